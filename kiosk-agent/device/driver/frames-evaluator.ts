/**
 * Keys for a visitor on a line of fixed frames, or of a keypad. The device knows nothing of sessions and numbers
 * nothing: which evaluation a press belongs to is kept here, and it ends by itself when its time is up.
 */
import { EventEmitter } from 'node:events';
import type { KeyFrame } from '../codec/frames.ts';
import type { CommandResult, DeviceStatus, Evaluator, EvaluatorEvents, Press, Voice } from './interfaces.ts';
import { KeyUnit, type UnitLine } from './key-unit.ts';

/** A press of the last moment may come with its first repeat only; the keys stay lit so much longer. */
const LATE_MS = 1_000;

const OK: CommandResult = { ok: true };
const ARG: CommandResult = { ok: false, why: 'arg' };

export type FramesEvaluatorParts = {
  id: string;
  line: UnitLine;
  /** [0…1) */
  random: () => number;
};

export class FramesEvaluator extends EventEmitter<EvaluatorEvents> implements Evaluator {
  readonly id: string;
  readonly kind = 'evaluator';
  readonly #line: UnitLine;
  readonly #unit: KeyUnit;
  /** stands for the power-up that the device does not tell: presses are counted since the driver was made */
  readonly #boot: string;
  #open: { session: number; untilMs: number; cancel: () => void } | null = null;
  /** what was so when each piece of a burst came, where keys are told only with the silence behind it */
  #came: { from: number; session: number | null; atMs: number }[] = [];
  /** keys of that burst that were told */
  #told = 0;

  constructor({ id, line, random }: FramesEvaluatorParts) {
    super();
    this.id = id;
    this.#line = line;
    this.#boot = Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
    // In one evaluation the same key again says nothing new; in the next one a late repeat would be another's rating.
    this.#unit = new KeyUnit(line, (from, to) => this.emit('status', from, to), true);
  }

  get status(): DeviceStatus {
    return this.#unit.describe();
  }

  /** Where the model has no frame for it the keys are always live, and opening is only noted. */
  async open(session: number, seconds: number, _voice: Voice): Promise<CommandResult> {
    if (!isSession(session) || !Number.isInteger(seconds) || seconds < 1 || seconds > 3600) return ARG;
    if (this.#line.facts.port !== 'open') return { ok: false, why: 'away' };
    this.#open?.cancel();
    const ms = seconds * 1_000 + LATE_MS;
    const opened = {
      session,
      untilMs: this.#line.clock.monotonicMs() + ms,
      cancel: this.#line.clock.after(ms, () => void this.#shut()),
    };
    this.#open = opened;
    if (!this.#line.can('open')) return OK;
    const result = await this.#line.command('open');
    // The frame may have been sent for a newer evaluation that has taken its place.
    if (this.#open !== opened) return { ok: false, why: 'session' };
    if (!result.ok) this.#forget();
    return result;
  }

  async shut(session: number): Promise<CommandResult> {
    if (!isSession(session)) return ARG;
    if (this.#line.facts.port !== 'open') {
      if (this.#open?.session === session) this.#forget();
      return { ok: false, why: 'away' };
    }
    if (this.#open?.session !== session) return { ok: false, why: 'session' };
    return this.#shut();
  }

  async say(voice: Voice): Promise<CommandResult> {
    return voice === 'thank-you' && this.#line.can('thanks') ? this.#line.command('thanks') : ARG;
  }

  async show(): Promise<CommandResult> {
    return ARG;
  }

  acknowledge(press: Pick<Press, 'boot' | 'seq'>): void {
    if (press.boot !== this.#boot) return;
    this.#unit.acknowledge(press.seq);
    this.#unit.tell();
  }

  /** The line belongs to its driver and is closed by it. */
  async close(): Promise<void> {
    this.#forget();
    this.removeAllListeners();
  }

  /**
   * Bytes have come that may be keys, behind `before` others of the same burst; which of them are will be told by `onKey`,
   * later. A press is made when its byte comes, and for who is here then.
   */
  bareKeys(before: number): void {
    if (before === 0) {
      this.#came = [];
      this.#told = 0;
    }
    // A burst is judged at 64 bytes (frame-receiver): there are no more pieces than that.
    if (this.#came.length < 64)
      this.#came.push({
        from: before,
        session: this.#sessionNow(),
        atMs: this.#line.clock.monotonicMs(),
      });
  }

  /** A key's frame came from this evaluator's address. */
  onKey(frame: KeyFrame): void {
    const index = this.#told++;
    const came = this.#came.findLast(({ from }) => from <= index);
    const press = this.#unit.frame(frame, came ? came.session : this.#sessionNow(), came?.atMs);
    this.#unit.tell();
    // A press that is not acknowledged is told with each repeat, under its own number: the disk may take it now.
    if (press)
      this.emit('press', {
        serial: this.id,
        boot: this.#boot,
        seq: press.seq,
        session: press.facts.session,
        code: press.code,
        ageMs: Math.round(this.#line.clock.monotonicMs() - press.pressedMs),
        receivedAt: this.#line.clock.now(),
      });
  }

  onEcho(frame: KeyFrame): void {
    this.#unit.echo(frame);
  }

  onWrongRole(): void {
    this.#unit.wrongRole();
  }

  portBack(): void {
    this.#unit.portBack();
    if (this.#sessionNow() !== null && this.#line.can('open')) void this.#line.command('open');
    this.#unit.tell();
    this.emit('appeared');
  }

  portGone(): void {
    this.#unit.portGone();
    this.#unit.tell();
  }

  /** Something changed on the line. */
  lineChanged(): void {
    this.#unit.tell();
  }

  /** A timer may be late by a turn of the loop: the time is asked. */
  #sessionNow(): number | null {
    if (!this.#open || this.#line.clock.monotonicMs() >= this.#open.untilMs) return null;
    return this.#open.session;
  }

  async #shut(): Promise<CommandResult> {
    this.#forget();
    return this.#line.can('shut') ? this.#line.command('shut') : OK;
  }

  #forget(): void {
    this.#open?.cancel();
    this.#open = null;
  }
}

function isSession(session: number): boolean {
  return Number.isInteger(session) && session >= 1 && session <= 4_294_967_295;
}

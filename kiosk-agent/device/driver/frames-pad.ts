/** Keys for a clerk on a line of fixed frames, or of a keypad. */
import { EventEmitter } from 'node:events';
import type { PadAction } from '../../contract/devices.ts';
import type { DisplayText, KeyFrame } from '../codec/frames.ts';
import type { CallPad, CallPadEvents, CommandResult, DeviceStatus, PadKey } from './interfaces.ts';
import { KeyUnit, type UnitLine } from './key-unit.ts';

const ARG: CommandResult = { ok: false, why: 'arg' };

export type FramesPadParts = {
  id: string;
  line: UnitLine;
  /** code → action; looked up by its own properties only */
  padMap: Readonly<Record<string, PadAction>>;
};

export class FramesPad extends EventEmitter<CallPadEvents> implements CallPad {
  readonly id: string;
  readonly kind = 'pad';
  readonly #line: UnitLine;
  readonly #unit: KeyUnit;
  readonly #padMap: Readonly<Record<string, PadAction>>;
  #text: DisplayText | null = null;

  constructor({ id, line, padMap }: FramesPadParts) {
    super();
    this.id = id;
    this.#line = line;
    this.#padMap = padMap;
    // A clerk sees that a key was not taken, and presses again.
    this.#unit = new KeyUnit(line, (from, to) => this.emit('status', from, to), false);
  }

  get status(): DeviceStatus {
    return this.#unit.describe();
  }

  acknowledge(key: Pick<PadKey, 'seq'>): void {
    this.#unit.acknowledge(key.seq);
    this.#unit.tell();
  }

  async display(waiting: number, ticket: string | null): Promise<CommandResult> {
    if (!this.#line.can('display')) return ARG;
    if (!Number.isInteger(waiting) || waiting < 0 || waiting > 999) return ARG;
    // The last three: a ticket's letter and leading digits are the same for a whole service.
    this.#text = { waiting: String(waiting).padStart(3), ticket: (ticket ?? '').slice(-3).padStart(3) };
    return this.#line.command('display', this.#text);
  }

  async beep(): Promise<CommandResult> {
    return this.#line.can('beep') ? this.#line.command('beep') : ARG;
  }

  /** The line belongs to its driver and is closed by it. */
  async close(): Promise<void> {
    this.removeAllListeners();
  }

  /** A key's frame came from this pad's address. */
  onKey(frame: KeyFrame): void {
    const press = this.#unit.frame(frame, null);
    this.#unit.tell();
    // A press that is not acknowledged is told with each repeat, under its own number: the disk may take it now.
    if (press)
      this.emit('key', {
        seq: press.seq,
        code: press.code,
        action: Object.hasOwn(this.#padMap, press.code) ? (this.#padMap[press.code] ?? null) : null,
        receivedAt: press.facts.receivedAt,
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
    // What it showed is gone with its power, perhaps.
    if (this.#text) void this.#line.command('display', this.#text);
    this.#unit.tell();
  }

  portGone(): void {
    this.#unit.portGone();
    this.#unit.tell();
  }

  /** Something changed on the line. */
  lineChanged(): void {
    this.#unit.tell();
  }
}

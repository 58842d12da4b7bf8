/** One device on a line of keys: its presses, its acknowledgements and its status. Shared by pads and evaluators. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { DisplayText, FrameCommand, KeyFrame } from '../codec/frames.ts';
import type { CommandResult, DeviceStatus } from './interfaces.ts';
import { KeyPresses, type HeardPress } from './key-presses.ts';
import { keyUnitState, type LineFacts } from './key-unit-status.ts';

/** What a device needs of the line that it is on. */
export interface UnitLine {
  readonly clock: Clock;
  /** two equal frames within this time are one press, ms */
  readonly repeatMs: number;
  /** the device repeats a key until it is acknowledged */
  readonly acknowledges: boolean;
  readonly facts: LineFacts;
  can(command: FrameCommand): boolean;
  /** Sends a command that the model can, when its turn comes; never rejects. */
  command(command: FrameCommand, text?: DisplayText): Promise<CommandResult>;
  acknowledge(frame: KeyFrame): void;
}

export type KeyFacts = { frame: KeyFrame; receivedAt: Date; session: number | null };
export type UnitPress = HeardPress<KeyFacts>;

export class KeyUnit {
  readonly #line: UnitLine;
  readonly #presses: KeyPresses<KeyFacts>;
  readonly #onStatus: (from: DeviceStatus, to: DeviceStatus) => void;
  readonly #counters = { presses: 0, repeats: 0, acknowledgedAgain: 0 };
  #lastSeenAt: Date | undefined;
  /** since the port was opened */
  #heard = false;
  #wrongRole = false;
  #status: DeviceStatus;

  /** `patient`: on a bad line a press too many is worse than one too few. */
  constructor(line: UnitLine, onStatus: (from: DeviceStatus, to: DeviceStatus) => void, patient: boolean) {
    this.#line = line;
    this.#onStatus = onStatus;
    this.#presses = new KeyPresses(line.repeatMs, line.acknowledges, patient);
    this.#status = this.describe();
  }

  /** Takes a key's frame that came at `atMs`; gives the press when it is new or still waits for its acknowledgement. */
  frame(frame: KeyFrame, session: number | null, atMs = this.#line.clock.monotonicMs()): UnitPress | null {
    const { clock } = this.#line;
    this.#heard = true;
    this.#lastSeenAt = clock.now();
    const facts = { frame, receivedAt: this.#lastSeenAt, session };
    const { news, press } = this.#presses.frame(frame.code, atMs, facts);
    this.#counters[news === 'new' ? 'presses' : 'repeats'] += 1;
    if (news === 'unheard') {
      this.#counters.acknowledgedAgain += 1;
      this.#line.acknowledge(press.facts.frame);
    }
    return news === 'new' || news === 'again' ? press : null;
  }

  /** What the agent says once a press is on disk; nothing happens for one that is forgotten or was acknowledged. */
  acknowledge(seq: number): void {
    const press = this.#presses.acknowledge(seq, this.#line.clock.monotonicMs());
    if (press && this.#line.acknowledges) this.#line.acknowledge(press.facts.frame);
  }

  /** Our own acknowledgement came back, or the device repeats its key: they are the same bytes. */
  echo(frame: KeyFrame): void {
    // A repeat is no new press, whatever is open now.
    if (!this.#presses.isEcho(frame.code, this.#line.clock.monotonicMs())) this.frame(frame, null);
  }

  /** Its address sends keys as only the other kind of device does. */
  wrongRole(): void {
    this.#wrongRole = true;
  }

  portBack(): void {
    this.#presses.portBack(this.#line.clock.monotonicMs());
  }

  portGone(): void {
    this.#presses.portGone(this.#line.clock.monotonicMs());
    this.#heard = false;
    this.#wrongRole = false;
  }

  describe(): DeviceStatus {
    const { facts, clock } = this.#line;
    const ranked = keyUnitState({
      line: facts,
      heard: this.#heard,
      wrongRole: this.#wrongRole,
      unheard: this.#presses.unheard(clock.monotonicMs()),
    });
    const detail =
      ranked.state === 'wrong-settings'
        ? 'bytes arrive, but no frames'
        : facts.port !== null && facts.port !== 'open'
          ? facts.port.detail
          : undefined;
    return {
      ...ranked,
      ...(detail !== undefined && { detail }),
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...facts.counters, ...this.#counters },
    };
  }

  /** Tells the status when it has changed in more than counters and time. */
  tell(): void {
    const from = this.#status;
    const to = this.describe();
    this.#status = to;
    const plain = ({ counters: _counters, lastSeenAt: _seen, ...rest }: DeviceStatus) => rest;
    if (!isDeepStrictEqual(plain(from), plain(to))) this.#onStatus(from, to);
  }
}

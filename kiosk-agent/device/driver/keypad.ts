/**
 * Numeric keypads and button boxes that are keyboards to the computer: keys for a clerk or a visitor. They cannot be
 * told that a key was taken, and the operating system delivers their keys to other programs too.
 */
import type { PadAction } from '../../contract/devices.ts';
import type { Clock } from '../clock.ts';
import { BootKeyboard } from '../codec/boot-keyboard.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import { FramesEvaluator } from './frames-evaluator.ts';
import { FramesPad } from './frames-pad.ts';
import type { CommandResult } from './interfaces.ts';
import type { UnitLine } from './key-unit.ts';

/** A finger that bounces, and keys that send themselves twice (00), are one press. */
const REPEAT_MS = 400;
const ARG: CommandResult = { ok: false, why: 'arg' };

export type KeypadParts = {
  id: string;
  as: 'pad' | 'evaluator';
  /** key names → action; what a visitor's key means is mapped outside */
  model: { keyMap: Readonly<Record<string, unknown>>; padMap: Readonly<Record<string, PadAction>> };
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** the technician's view of the wire */
  onFrame?: (
    direction: 'received',
    bytes: Uint8Array,
    decoded: { keys: string[] } | { dropped: 'wrong-length' | 'rollover' },
  ) => void;
};

export class Keypad implements AttachedDriver {
  readonly id: string;
  /** the one device that it is */
  readonly units: readonly [FramesPad | FramesEvaluator];
  readonly #parts: KeypadParts;
  readonly #counters = { framesIn: 0, dropped: 0, reopened: 0 };
  #keyboard = new BootKeyboard();
  #transport: Transport | null = null;
  #trouble: PortTrouble | null = null;
  #attachments = 0;

  constructor(parts: KeypadParts) {
    const { id, as, model, random } = parts;
    this.id = id;
    this.#parts = parts;
    const line = this.#line();
    this.units = [
      as === 'pad'
        ? new FramesPad({ id, line, padMap: model.padMap })
        : new FramesEvaluator({ id, line, random }),
    ];
  }

  attach(transport: Transport): void {
    this.#transport = transport;
    this.#trouble = null;
    this.#attachments += 1;
    if (this.#attachments > 1) this.#counters.reopened += 1;
    transport.onData = (bytes) => this.#onReport(bytes);
    this.units[0].portBack();
  }

  detached(trouble: PortTrouble | null): void {
    this.#release();
    this.#trouble = trouble;
    this.units[0].portGone();
  }

  /** The port belongs to the session and is closed by it. May be called again. */
  async close(): Promise<void> {
    this.#release();
    await this.units[0].close();
  }

  #release(): void {
    if (this.#transport) this.#transport.onData = null;
    this.#transport = null;
    this.#keyboard = new BootKeyboard();
  }

  #onReport(bytes: Uint8Array): void {
    const transport = this.#transport;
    const { as, onFrame } = this.#parts;
    const down = this.#keyboard.report(bytes);
    if (!down.ok) {
      this.#counters.dropped += 1;
      onFrame?.('received', bytes, { dropped: down.why });
      return;
    }
    this.#counters.framesIn += 1;
    onFrame?.('received', bytes, { keys: down.keys });
    for (const code of down.keys) {
      this.units[0].onKey({ role: as, address: null, code, bytes });
      // A listener may have closed the device; what follows belongs to nobody.
      if (this.#transport !== transport) return;
    }
  }

  #line(): UnitLine {
    const facts = () => ({
      port: this.#transport ? ('open' as const) : this.#trouble,
      unreadable: false,
      notes: ['unprotected'],
      counters: { ...this.#counters },
    });
    return {
      clock: this.#parts.clock,
      repeatMs: REPEAT_MS,
      acknowledges: false,
      get facts() {
        return facts();
      },
      can: () => false,
      command: () => Promise.resolve(ARG),
      acknowledge: () => {},
    };
  }
}

/**
 * A line of devices that are described by their frames: call pads and evaluators, one or several by address
 * (evaluators.md §3, §4 and "Models are data"). Acknowledging an FF68 pad is sending its own frame back, and cheap
 * RS-485 adapters send back what is sent: an echo must neither be a press nor be acknowledged.
 */
import type { FrameDescription, PadAction } from '../../contract/devices.ts';
import { HallError } from '../../contract/problem.ts';
import type { Clock } from '../clock.ts';
import type { FrameDropReason, FrameReceiver, Received } from '../codec/frame-receiver.ts';
import {
  compileFrames,
  type FrameCommand,
  type FrameRole,
  type FramesCodec,
  type KeyFrame,
} from '../codec/frames.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport, WriteResult } from '../transport/transport.ts';
import { FramesEvaluator } from './frames-evaluator.ts';
import { FramesPad } from './frames-pad.ts';
import type { CommandResult } from './interfaces.ts';
import type { UnitLine } from './key-unit.ts';
import type { LineFacts } from './key-unit-status.ts';
import { JUDGE_AFTER_MS, LineQuality } from './line-quality.ts';
import { afterReading } from './line-silence.ts';
import { LineWrites, type LineFrame } from './line-writes.ts';

/** An adapter sends back what was sent within this time, or the line's `repeatMs` where that is longer. */
const ECHO_MS = 250;
/** Addresses that nobody has configured: so many are named, all are counted. */
const MAX_STRANGERS = 8;
const DEFAULT_BAUD = 9_600;

export type FramesModelFacts = {
  frames: FrameDescription;
  /** code → level; only which codes there are is of interest here */
  keyMap: Readonly<Record<string, unknown>>;
  padMap: Readonly<Record<string, PadAction>>;
  /** false: technicians are told that a lost or late frame acts wrongly */
  protected: boolean;
  line?: { baud: number };
};

export type FramesUnit = { id: string; address: number | null; as: FrameRole };

export type FramesLineParts = {
  id: string;
  model: FramesModelFacts;
  units: readonly FramesUnit[];
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** The technician's view: a key, why bytes were dropped, or what was sent to whom. */
  onFrame?: (
    direction: 'sent' | 'received',
    bytes: Uint8Array,
    decoded:
      | { address: number | null; role: FrameRole; code: string }
      | { address: number | null; role: FrameRole; command: string }
      | { dropped: FrameDropReason | 'own-echo' },
  ) => void;
};

type Unit = FramesUnit & { device: FramesPad | FramesEvaluator };
/** What a frame of ours is for; an acknowledgement names the key. */
type Note = { unit: FramesUnit; command: FrameCommand | 'acknowledge'; key: KeyFrame | null };
/** A frame of ours that may come back. */
type Awaited = { note: Note; cancel: () => void };

const AWAY: PortTrouble = { kind: 'unplugged', detail: 'there is no port' };

export class FramesLine implements AttachedDriver {
  readonly id: string;
  readonly #parts: FramesLineParts;
  readonly #codec: FramesCodec;
  readonly #known: Record<FrameRole, ReadonlySet<string>>;
  readonly #units: Unit[] = [];
  readonly #writes: LineWrites<Note>;
  readonly #quality = new LineQuality();
  readonly #counters = {
    framesIn: 0,
    framesOut: 0,
    ownEchoes: 0,
    unknownAddresses: 0,
    cutOff: 0,
    reopened: 0,
  };
  readonly #awaited = new Map<Uint8Array, Awaited>();
  readonly #strangers = new Set<number>();
  #receiver: FrameReceiver;
  #transport: Transport | null = null;
  #trouble: PortTrouble | null = null;
  #attachments = 0;
  #cancelSilence: (() => void) | null = null;
  #cancelJudge: (() => void) | null = null;

  /** The description must be one that {@link compileFrames} takes; else it throws. */
  constructor(parts: FramesLineParts) {
    const { id, model, clock } = parts;
    const compiled = compileFrames(model.frames);
    if (!compiled.ok) {
      const why = compiled.faults.map((fault) => `${fault.path}: ${fault.why}`).join('; ');
      throw new HallError('internal', `the frames of ${id} were not checked: ${why}`);
    }
    this.id = id;
    this.#parts = parts;
    this.#codec = compiled.codec;
    this.#known = {
      pad: new Set(Object.keys(model.padMap)),
      evaluator: new Set(Object.keys(model.keyMap)),
    };
    this.#receiver = this.#codec.receiver(this.#known);
    this.#writes = new LineWrites({
      clock,
      baud: model.line?.baud ?? DEFAULT_BAUD,
      write: (frame) => this.#write(frame),
      midFrame: () => this.#receiver.midFrame,
    });
    for (const unit of parts.units) {
      const line = this.#lineOf(unit);
      const device =
        unit.as === 'pad'
          ? new FramesPad({ id: unit.id, line, padMap: model.padMap })
          : new FramesEvaluator({ id: unit.id, line, random: parts.random });
      this.#units.push({ ...unit, device });
    }
  }

  /** In the order in which they were given. */
  get units(): (FramesPad | FramesEvaluator)[] {
    return this.#units.map(({ device }) => device);
  }

  attach(transport: Transport): void {
    this.#transport = transport;
    this.#trouble = null;
    this.#attachments += 1;
    if (this.#attachments > 1) this.#counters.reopened += 1;
    transport.onData = (bytes) => this.#onData(bytes);
    this.#writes.heard();
    for (const { device } of this.#units) {
      device.portBack();
      // A listener may have closed the line.
      if (this.#transport !== transport) return;
    }
  }

  detached(trouble: PortTrouble | null): void {
    // A bare key that came just before: there will be no other silence, and it is kept nowhere else.
    if (this.#receiver.held > 0 && !this.#receiver.midFrame) this.#take(this.#receiver.silence());
    this.#release();
    this.#trouble = trouble;
    for (const { device } of this.#units) device.portGone();
  }

  /** The port belongs to the session and is closed by it. May be called again. */
  async close(): Promise<void> {
    this.#release();
    await Promise.all(this.#units.map(({ device }) => device.close()));
  }

  #release(): void {
    if (this.#transport) this.#transport.onData = null;
    this.#transport = null;
    this.#receiver = this.#codec.receiver(this.#known);
    this.#cancelSilence?.();
    this.#cancelJudge?.();
    this.#cancelSilence = this.#cancelJudge = null;
    for (const { cancel } of this.#awaited.values()) cancel();
    this.#awaited.clear();
    this.#strangers.clear();
    this.#quality.startAgain();
    this.#writes.drop();
  }

  #lineOf(unit: FramesUnit): UnitLine {
    const { clock, model } = this.#parts;
    const facts = () => this.#facts();
    return {
      clock,
      repeatMs: model.frames.repeatMs,
      acknowledges: this.#codec.can(unit.as, 'acknowledge'),
      get facts() {
        return facts();
      },
      can: (command) => this.#codec.can(unit.as, command),
      command: (command, text) => {
        const bytes = this.#codec.command(unit.as, command, unit.address, text);
        if (!bytes) throw new HallError('internal', `${unit.id} cannot ${command}`);
        // Lights on and lights off take each other's place.
        const slot = command === 'shut' ? 'open' : command;
        const note: Note = { unit, command, key: null };
        return this.#send({
          slot: `${unit.id} ${slot}`,
          bytes,
          urgent: false,
          seldom: command === 'display',
          note,
        });
      },
      acknowledge: (key) => {
        const bytes = this.#codec.acknowledge(key);
        const note: Note = { unit, command: 'acknowledge', key };
        // The device repeats its key until it has this: nobody waits for the result.
        const slot = `${unit.id} acknowledge ${key.code}`;
        if (bytes) void this.#send({ slot, bytes, urgent: true, seldom: false, note });
      },
    };
  }

  #send(frame: LineFrame<Note>): Promise<CommandResult> {
    if (!this.#transport) return Promise.resolve({ ok: false, why: 'away' });
    return this.#writes.send(frame);
  }

  #write({ bytes, note }: LineFrame<Note>): Promise<WriteResult> {
    const transport = this.#transport;
    if (!transport) return Promise.resolve({ ok: false, trouble: AWAY });
    this.#counters.framesOut += 1;
    this.#awaitEcho(bytes, note);
    const { address, as } = note.unit;
    this.#parts.onFrame?.('sent', bytes, { address, role: as, command: note.command });
    return transport.write(bytes);
  }

  #awaitEcho(bytes: Uint8Array, note: Note): void {
    const receiver = this.#receiver;
    receiver.expectEcho(bytes);
    const ms = Math.max(ECHO_MS, this.#parts.model.frames.repeatMs);
    const cancel = afterReading(this.#parts.clock, ms, () => {
      this.#awaited.delete(bytes);
      receiver.forgetEcho(bytes);
    });
    this.#awaited.set(bytes, { note, cancel });
  }

  #onData(bytes: Uint8Array): void {
    this.#writes.heard();
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    const before = this.#receiver.held;
    const received = this.#receiver.push(bytes);
    if (this.#receiver.held > before && !this.#receiver.midFrame)
      for (const { device } of this.#units) if (device.kind === 'evaluator') device.bareKeys(before);
    this.#take(received);
  }

  #take({ keys, echoes, dropped }: Received): void {
    const transport = this.#transport;
    for (const echo of echoes) this.#onEcho(echo);
    for (const { reason, bytes } of dropped) {
      this.#parts.onFrame?.('received', bytes, { dropped: reason });
      this.#onDropped(reason, bytes.length);
    }
    for (const key of keys) {
      this.#onKey(key);
      // A listener may have closed the line; what follows belongs to nobody.
      if (this.#transport !== transport) return;
    }
    if (this.#receiver.held > 0) this.#watchForSilence();
    this.#tell();
  }

  #onKey(key: KeyFrame): void {
    const { role, address, code, bytes } = key;
    this.#counters.framesIn += 1;
    this.#quality.message();
    this.#parts.onFrame?.('received', bytes, { address, role, code });
    const there = this.#units.filter((unit) => unit.address === address);
    const unit = there.find(({ as }) => as === role);
    if (unit) {
      unit.device.onKey(key);
      return;
    }
    for (const { device } of there) device.onWrongRole();
    if (there.length > 0 || address === null) return;
    this.#counters.unknownAddresses += 1;
    if (this.#strangers.size < MAX_STRANGERS) this.#strangers.add(address);
  }

  #onEcho(bytes: Uint8Array): void {
    this.#counters.ownEchoes += 1;
    this.#parts.onFrame?.('received', bytes, { dropped: 'own-echo' });
    const awaited = this.#awaited.get(bytes);
    if (!awaited) return;
    awaited.cancel();
    this.#awaited.delete(bytes);
    const { unit, key } = awaited.note;
    if (key) this.#units.find(({ id }) => id === unit.id)?.device.onEcho(key);
  }

  #onDropped(reason: FrameDropReason, length: number): void {
    if (reason === 'cut-off') this.#counters.cutOff += 1;
    const kind = reason === 'wrong-checksum' ? 'wrong-crc' : 'noise';
    if (!this.#quality.dropped(kind, length, this.#parts.clock.monotonicMs())) return;
    this.#cancelJudge?.();
    this.#cancelJudge = this.#parts.clock.after(JUDGE_AFTER_MS, () => this.#tell());
  }

  #watchForSilence(): void {
    const { clock, model } = this.#parts;
    this.#cancelSilence = afterReading(clock, model.frames.silenceMs, () => {
      this.#cancelSilence = null;
      this.#take(this.#receiver.silence());
    });
  }

  #facts(): LineFacts {
    const { clock, model } = this.#parts;
    const { droppedNoise, wrongCrc } = this.#quality.counters;
    return {
      port: this.#transport ? 'open' : this.#trouble,
      unreadable: this.#quality.unreadable(this.#receiver.endless, clock.monotonicMs()),
      notes: [
        ...(model.protected ? [] : ['unprotected']),
        ...[...this.#strangers].sort((a, b) => a - b).map((address) => `unknown-address-${address}`),
      ],
      counters: { ...this.#counters, droppedNoise, wrongChecksum: wrongCrc },
    };
  }

  #tell(): void {
    for (const { device } of this.#units) device.lineChanged();
  }
}

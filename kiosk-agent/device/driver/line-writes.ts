/**
 * What is to be sent on a line that several devices share: one frame at a time, never into a frame that is coming in
 * (signs-and-rs485.md, "Multi-drop practice": half duplex, ≥ 5 ms turnaround).
 */
import type { Clock } from '../clock.ts';
import type { WriteResult } from '../transport/transport.ts';
import type { CommandResult } from './interfaces.ts';

const TURNAROUND_MS = 5;
/** A line that is never quiet is written to all the same, after this. */
const PATIENCE_MS = 100;
/** A port that has not taken a frame for so long: the device is not answered for. */
const WRITE_MS = 1_000;
/**
 * What is seldom leaves the line to the devices for so many times as long as it has taken: forty displays that all
 * count one visitor more must not keep a key waiting.
 */
const REST = 3;
const MAX_WAITING = 64;
/** start bit, eight data bits, stop bit */
const BITS_PER_BYTE = 10;

export type LineFrame<Note> = {
  /** a newer frame with the same slot takes the place of one that still waits */
  slot: string;
  bytes: Uint8Array;
  /** stands before all that are not */
  urgent: boolean;
  /** can wait: it leaves the line to the devices for a while afterwards */
  seldom: boolean;
  /** what the line wants to know of it when it is written */
  note: Note;
};

type Waiting<Note> = LineFrame<Note> & { sinceMs: number; settle: ((result: CommandResult) => void)[] };

/** Smaller goes first; equals in their order. */
function rankOf({ urgent, seldom }: { urgent: boolean; seldom: boolean }): number {
  return urgent ? 0 : seldom ? 2 : 1;
}

export type LineWritesParts<Note> = {
  clock: Clock;
  baud: number;
  write: (frame: LineFrame<Note>) => Promise<WriteResult>;
  /** whether a frame is coming in */
  midFrame: () => boolean;
};

export class LineWrites<Note> {
  readonly #parts: LineWritesParts<Note>;
  #queue: Waiting<Note>[] = [];
  #cancelWait: (() => void) | null = null;
  #writing: { frame: Waiting<Note>; cancel: () => void } | null = null;
  #heardMs = -Infinity;
  #sentMs = -Infinity;
  #restUntilMs = -Infinity;

  constructor(parts: LineWritesParts<Note>) {
    this.#parts = parts;
  }

  /** Bytes have come, or the line is new: the other side may still be talking. */
  heard(): void {
    this.#heardMs = this.#parts.clock.monotonicMs();
  }

  /** Sends a frame when its turn comes; settles when the port has it, with `away`, `silent`, or `busy` when too many wait. */
  send(frame: LineFrame<Note>): Promise<CommandResult> {
    const before = this.#queue.find(({ slot }) => slot === frame.slot);
    if (!before && this.#queue.length >= MAX_WAITING) return Promise.resolve({ ok: false, why: 'busy' });
    return new Promise((settle) => {
      if (before) {
        before.bytes = frame.bytes;
        before.note = frame.note;
        before.settle.push(settle);
      } else {
        const entry = { ...frame, sinceMs: this.#parts.clock.monotonicMs(), settle: [settle] };
        const rank = rankOf(frame);
        const behind = this.#queue.findIndex((other) => rankOf(other) > rank);
        this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, entry);
      }
      // It does not wait out the rest that a display has to keep.
      if (!frame.seldom) this.#forgetWait();
      this.#next();
    });
  }

  /** The port went away: settles everything. */
  drop(): void {
    this.#forgetWait();
    const dropped = this.#queue.splice(0);
    if (this.#writing) {
      this.#writing.cancel();
      dropped.unshift(this.#writing.frame);
      this.#writing = null;
    }
    this.#sentMs = this.#restUntilMs = -Infinity;
    for (const { settle } of dropped) for (const done of settle) done({ ok: false, why: 'away' });
  }

  #forgetWait(): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
  }

  #next(): void {
    const frame = this.#queue[0];
    if (!frame || this.#writing || this.#cancelWait) return;
    const waitMs = this.#waitMs(frame);
    if (waitMs > 0) {
      this.#cancelWait = this.#parts.clock.after(waitMs, () => {
        this.#cancelWait = null;
        this.#next();
      });
      return;
    }
    this.#queue.shift();
    this.#write(frame);
  }

  /** 0: now. */
  #waitMs(frame: Waiting<Note>): number {
    const now = this.#parts.clock.monotonicMs();
    const ownMs = (frame.seldom ? this.#restUntilMs : this.#sentMs + TURNAROUND_MS) - now;
    if (ownMs > 0) return ownMs;
    if (now - frame.sinceMs >= PATIENCE_MS) return 0;
    const theirMs = this.#heardMs + TURNAROUND_MS - now;
    return theirMs > 0 ? theirMs : this.#parts.midFrame() ? TURNAROUND_MS : 0;
  }

  #write(frame: Waiting<Note>): void {
    const { clock, baud } = this.#parts;
    const done = (result: CommandResult) => {
      if (this.#writing?.frame !== frame) return;
      this.#writing.cancel();
      this.#writing = null;
      for (const settle of frame.settle) settle(result);
      this.#next();
    };
    this.#writing = { frame, cancel: clock.after(WRITE_MS, () => done({ ok: false, why: 'silent' })) };
    const takesMs = (frame.bytes.length * BITS_PER_BYTE * 1_000) / baud;
    this.#sentMs = clock.monotonicMs() + takesMs;
    this.#restUntilMs = this.#sentMs + Math.max(TURNAROUND_MS, frame.seldom ? takesMs * REST : 0);
    void this.#parts
      .write(frame)
      .then((result) => done(result.ok ? { ok: true } : { ok: false, why: 'away' }));
  }
}

/**
 * How much may be under way to the far end: as much as the line carries, learned from the receipts, as TCP learns its window.
 *
 * A receipt that came quickly lets more go; a connection that was lost with something under way halves what goes the next time,
 * down to one event alone. An event that is more than the line is known to carry goes alone and is waited for longer. So a line of
 * a few kB/s gets level too, slowly.
 */
import { BATCH_MAX_BYTES } from '../contract/link.ts';

/** Contract: up to four batches in flight. */
export const IN_FLIGHT = 4;
const LARGEST = IN_FLIGHT * BATCH_MAX_BYTES;
/** Of the usual events one is under way then. */
const SMALLEST = 1024;
/** To begin with: 8 s of a line of 8 kB/s. A better line doubles it with every answer. */
const FIRST = 64 * 1024;
/** More goes only while receipts come within this part of their time: what waits on the line stays short, and a heartbeat gets by. */
const QUICK = 1 / 4;
/** The largest event alone needs 33 s on a line of 8 kB/s. After 45 s the far end's heartbeat has ended the connection anyway. */
const MOST_PATIENT = 4;

type Batch = { bytes: number; sentMs: number };

/** Kept over connections; each batch that is sent is told, each receipt, and each connection's end. Times in ms of one clock. */
export class SendWindow {
  readonly #timeoutMs: number;
  #bytes = FIRST;
  #underWay: Batch[] = [];
  /** the connection before was lost soon after sending, and no receipt has come since */
  #lostSoon = false;

  /** `timeoutMs`: how long a receipt may take when nothing is known of the line. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Batches under way. */
  get inFlight(): number {
    return this.#underWay.length;
  }

  /** A batch's size at the most, in bytes of JSON; an event that is larger goes alone. */
  get batchBytes(): number {
    return Math.ceil(this.#bytes / IN_FLIGHT);
  }

  /** How long the oldest batch's receipt is waited for, since it is the oldest. */
  get waitMs(): number {
    const times = (this.#underWay[0]?.bytes ?? 0) / this.#bytes;
    return Math.ceil(this.#timeoutMs * Math.min(Math.max(times, 1), MOST_PATIENT));
  }

  /** Whether a batch of so many bytes may be sent now. Alone it always may. */
  fits(bytes: number): boolean {
    if (this.inFlight === 0) return true;
    return this.inFlight < IN_FLIGHT && this.#bytesUnderWay() + bytes <= this.#bytes;
  }

  sent(bytes: number, nowMs: number): void {
    this.#underWay.push({ bytes, sentMs: nowMs });
  }

  /** The oldest batch's receipt has come. */
  received(nowMs: number): void {
    // A window that is not used teaches nothing about the line.
    const used = this.#bytesUnderWay() > this.#bytes / 2;
    const batch = this.#underWay.shift();
    if (!batch) return;
    this.#lostSoon = false;
    const quick = nowMs - batch.sentMs <= this.#timeoutMs * QUICK;
    if (used && quick) this.#bytes = Math.min(LARGEST, this.#bytes + batch.bytes);
  }

  /**
   * The connection is over, for whatever reason: a slow line may also be ended by the far end's heartbeat. The first time that it
   * is soon after sending, at `nowMs`, nothing is learned: the far end was started anew, and the line is what it was.
   */
  ended(nowMs = Number.POSITIVE_INFINITY): void {
    const oldest = this.#underWay[0];
    if (!oldest) return;
    const forgiven = !this.#lostSoon && nowMs - oldest.sentMs <= this.#timeoutMs * QUICK;
    this.#lostSoon = forgiven;
    if (forgiven) {
      this.#underWay = [];
      return;
    }
    this.#bytes = Math.max(SMALLEST, Math.floor(Math.min(this.#bytes, this.#bytesUnderWay()) / 2));
    this.#underWay = [];
  }

  #bytesUnderWay(): number {
    return this.#underWay.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** How well bytes become messages on one line, and when they cannot be the right ones at all. */
import type { DropReason } from './evaluator-wire.ts';

/** Bytes without one message: this many at once, or a few that are left after this time. */
const MANY_BYTES = 64;
const FEW_BYTES = 8;
/** When to look again after the first of them, ms. */
export const JUDGE_AFTER_MS = 3_000;

export class LineQuality {
  readonly counters = { droppedNoise: 0, wrongCrc: 0, badBody: 0, tooLong: 0 };
  /** a message came since the port was opened */
  #heard = false;
  /** since the last message */
  #bytes = 0;
  #sinceMs = 0;

  /** A port was opened: earlier bytes tell nothing of it. */
  startAgain(): void {
    this.#heard = false;
    this.#bytes = 0;
  }

  message(): void {
    this.#heard = true;
    this.#bytes = 0;
  }

  /** Counts what is no frame at all in bytes and the rest in frames; true for the first since the last message. */
  dropped(reason: DropReason, bytes: number, nowMs: number): boolean {
    switch (reason) {
      case 'noise':
      case 'unknown-report':
      case 'wrong-length':
        this.counters.droppedNoise += bytes;
        break;
      case 'wrong-crc':
        this.counters.wrongCrc += 1;
        break;
      case 'bad-body':
      case 'not-zero':
        this.counters.badBody += 1;
        break;
      case 'too-long':
        this.counters.tooLong += 1;
        break;
    }
    const first = this.#bytes === 0;
    if (first) this.#sinceMs = nowMs;
    this.#bytes += bytes;
    return first;
  }

  /** Wrong line settings or another device. A device that was heard must be lost first: good lines have noise too. */
  unreadable(lost: boolean, nowMs: number): boolean {
    if (this.#heard) return lost && this.#bytes >= MANY_BYTES;
    return this.#bytes >= MANY_BYTES || (this.#bytes >= FEW_BYTES && nowMs - this.#sinceMs >= JUDGE_AFTER_MS);
  }
}

/**
 * Barriers: `GS r 1` behind the data, answered by a single byte when the data before it has been worked through (§1.5).
 * All answers look the same, so whose word one is can only be told by counting, and the count must never be wrong:
 * answers of a sheet that was given up, of a port that was lost and of an agent that was stopped may still come.
 */
import type { Clock } from '../clock.ts';
import { PAPER_STATUS, isPaperStatus } from '../codec/escpos.ts';
import { ANSWER_MS, type PrinterTalk } from './printer-talk.ts';

/** For the first answer of a printer that is there. */
const FIRST_MS = 2_000;
/** After the last answer: longer than any sheet prints, so that no earlier barrier can still be on its way. */
const QUIET_MS = 5_000;

export class Barriers {
  readonly #clock: Clock;
  /** sent and not answered */
  #owed = 0;
  /** an agent before this one may have left some; whether it did nobody knows */
  #strangers = true;
  #answers = 0;
  /** it was asked on this port, and has never answered any */
  #unknownHere = false;
  #lastByte = 0;
  #lastAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next answer belongs to the next barrier that is sent. */
  get settled(): boolean {
    return this.#owed === 0 && !this.#strangers;
  }

  get owed(): number {
    return this.#owed;
  }

  /** how many answers have come, and the last one's byte */
  get answers(): number {
    return this.#answers;
  }
  get lastByte(): number {
    return this.#lastByte;
  }

  sent(count: number): void {
    this.#owed += count;
  }

  /** They were not sent after all. */
  unsent(count: number): void {
    this.#owed -= count;
  }

  /** The printer has thrown away all that it held, barriers too. */
  cleared(): void {
    this.#owed = 0;
    this.#strangers = false;
  }

  /** A single byte has come; says whether it is a barrier's answer. */
  heard(byte: number): boolean {
    if (!isPaperStatus(byte)) return false;
    this.#answers += 1;
    this.#lastByte = byte;
    this.#lastAtMs = this.#clock.monotonicMs();
    if (this.#owed === 0) {
      // One too many: from now on the count cannot be trusted.
      this.#strangers = true;
      return false;
    }
    this.#owed -= 1;
    return true;
  }

  /** Another port, perhaps another printer: it is asked again. */
  attached(): void {
    this.#unknownHere = false;
  }

  /** Sends one more and waits until no earlier answer can come any more; false when that cannot be said. */
  async settle(talk: PrinterTalk): Promise<boolean> {
    // Nobody waits for it before every sheet; the sheet's own barriers will tell if it learns to speak.
    if (this.#unknownHere && this.#answers === 0) return false;
    // Also when nothing is owed it must have answered once: else silence later could mean anything.
    if (this.settled && this.#answers > 0) return true;
    const before = this.#answers;
    this.#owed += 1;
    const sent = await talk.send(PAPER_STATUS, ANSWER_MS);
    if (sent.handed === 0) this.#owed -= 1;
    if (sent.end !== 'sent') return false;
    const from = this.#clock.monotonicMs();
    for (;;) {
      if (talk.gone) return false;
      if (this.settled && this.#answers > 0) return true;
      const any = this.#answers > before;
      const left = any
        ? this.#lastAtMs + QUIET_MS - this.#clock.monotonicMs()
        : from + FIRST_MS - this.#clock.monotonicMs();
      if (left <= 0 && !any) {
        this.#unknownHere = true;
        return false;
      }
      if (left <= 0) {
        // Those that did not come by now were lost with a reset.
        this.cleared();
        return true;
      }
      await talk.stir(left);
    }
  }
}

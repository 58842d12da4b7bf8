/**
 * The fate of one sheet, from its first byte to its word.
 *
 * The rule of every outcome: `failed` only when the sheet certainly will not come out any more; `printed` only on the
 * printer's own word behind the data; everything else is `unconfirmed`, and people are asked. So a sheet on a printer
 * that can say nothing (one-way port) is always `unconfirmed` once its bytes are out: nobody knows, nobody guesses.
 *
 * What no word can tell: a printer that loses power in the middle of a sheet and is back before its flow control lets
 * the rest through prints the rest only. It is found out by a status question that was answered late or never and by
 * the XON of its start (§1.7); a printer without both (ordered status, RTS/CTS) gives itself away by neither.
 */
import type { PaperFault } from '../../contract/events.ts';
import type { Clock } from '../clock.ts';
import { AUTOMATIC_STATUS, PAPER_STATUS, RECOVER_CLEARING, processIdRequest } from '../codec/escpos.ts';
import { lastPiece } from '../codec/escpos-sheet.ts';
import type { Barriers } from './printer-barriers.ts';
import type { PrintOutcome } from './interfaces.ts';
import type { PrinterLook } from './printer-look.ts';
import { CLEAR_MS, PADDING, clearBuffers, type HalfSheet } from './printer-step.ts';
import { ANSWER_MS, type PrinterTalk } from './printer-talk.ts';

/** While a sheet is printing; between commands only, so after its last byte. */
const JOB_LOOK_MS = 300;
const WRITE_MS = 15_000;
/** From the last byte to the answer, whatever happens. */
const FATE_MS = 10_000;
/** How long after the barrier's word a process id may still come from a printer that has never answered one. */
const LATE_ID_MS = 3_000;

/** What a sheet needs of its printer. */
export type JobParts = {
  talk: PrinterTalk;
  look: PrinterLook;
  barriers: Barriers;
  clock: Clock;
  /** what it is asked for its word; both: it is not proven that it answers process ids */
  asks: { id: boolean; barrier: boolean };
  /** every barrier's answer that comes from now on is this sheet's */
  ownBarriers: boolean;
  /** real-time commands are obeyed: it can be asked while it prints, and to clear */
  realtime: boolean;
  nextId: () => string;
  /** what keeps paper from coming out now */
  stop: () => PaperFault | null;
  awayFault: () => PaperFault;
  /** asks the sensors and makes them public; false when they did not answer by `deadline` */
  lookAgain: (deadline: number) => Promise<boolean>;
};

/** What is left of it: the state that the next sheet finds. */
export type JobEnd = { fate: PrintOutcome; halfSheet: HalfSheet; halfCommand: boolean };

export class PrintJob {
  readonly #parts: JobParts;
  /** asked before the last printed piece: without its answer the sheet cannot be whole */
  readonly #nearlyId: string;
  /** asked behind the cut: with its answer the sheet is whole and out */
  readonly #wholeId: string;
  readonly #noiseBefore: number;
  readonly #gapsBefore: number;
  #barriersLeft: number;
  #nearlyOut = false;
  #idCame = false;
  #barrierCame = false;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#nearlyId = parts.nextId();
    this.#wholeId = parts.nextId();
    this.#noiseBefore = parts.talk.noise;
    this.#gapsBefore = this.#gaps;
    this.#barriersLeft = parts.asks.barrier ? 3 : 0;
  }

  heardId(id: string): void {
    if (id === this.#nearlyId) this.#nearlyOut = true;
    if (id === this.#wholeId) this.#idCame = true;
  }

  heardBarrier(): void {
    if (this.#barriersLeft === 0) return;
    this.#barriersLeft -= 1;
    this.#nearlyOut = true;
    this.#barrierCame = this.#barriersLeft === 0 && this.#parts.ownBarriers;
  }

  /** Sends the sheet behind what cuts off an earlier one, and waits for its fate. */
  async run(bytes: Uint8Array, before: readonly Uint8Array[]): Promise<JobEnd> {
    const { talk, barriers, clock, stop, awayFault } = this.#parts;
    const end = lastPiece(bytes);
    const whole = Buffer.concat([
      ...before,
      bytes.subarray(0, end),
      ...this.#questions(this.#nearlyId),
      bytes.subarray(end),
      // The sheet's own ESC @ has switched it off.
      ...(this.#parts.realtime ? [AUTOMATIC_STATUS] : []),
      ...this.#questions(this.#wholeId),
      // Once more: one answer that a bad line has doubled must not stand for the sheet's.
      ...(this.#parts.asks.barrier ? [PAPER_STATUS] : []),
    ]);
    // Before sending: a quick printer answers before the operating system says that it has taken the data.
    barriers.sent(this.#barriersLeft);
    const sent = await talk.send(whole, WRITE_MS, () => stop() !== null);
    if (sent.handed === 0) {
      barriers.unsent(this.#barriersLeft);
      const why = talk.gone ? awayFault() : (stop() ?? 'no-answer');
      return { fate: { outcome: 'failed', why, bytesSent: 0 }, halfSheet: 'none', halfCommand: false };
    }
    const fate = await this.#fate(sent.end, clock.monotonicMs() + FATE_MS);
    const halfCommand = sent.end !== 'sent';
    if (fate.outcome === 'printed') return { fate, halfSheet: 'none', halfCommand };
    const { id, barrier } = this.#parts.asks;
    // A printer that cannot speak has its sheet's cut at least: a scrap before every ticket would help nobody.
    const mute = !id && !barrier && sent.end === 'sent' && !talk.gone;
    return {
      fate: { ...fate, bytesSent: Math.min(sent.handed, bytes.length) },
      halfSheet: mute ? 'none' : fate.outcome,
      halfCommand,
    };
  }

  #questions(id: string): Uint8Array[] {
    const { asks } = this.#parts;
    return [...(asks.id ? [processIdRequest(id)] : []), ...(asks.barrier ? [PAPER_STATUS] : [])];
  }

  /** Waits for the printer's word behind the data, its trouble, or the end of patience. */
  async #fate(sending: 'sent' | 'stopped' | 'stuck' | 'gone', deadline: number): Promise<PrintOutcome> {
    const { talk, look, barriers, clock, asks, stop, awayFault } = this.#parts;
    let barrierAt: number | undefined;
    let lookedAt = clock.monotonicMs();
    for (;;) {
      const now = clock.monotonicMs();
      if (this.#idCame) return this.#wordOf('process-id', deadline);
      if (talk.gone) return unconfirmed(awayFault());
      if (this.#barrierCame) {
        barrierAt ??= now;
        const idMayCome = asks.id && now - barrierAt < LATE_ID_MS;
        if (!idMayCome) return this.#wordOf('barrier', deadline);
      }
      const why = stop();
      if (why) return this.#giveUp(why, sending === 'sent', deadline);
      const mute = !asks.id && !asks.barrier;
      if (mute || sending === 'stuck' || now >= deadline) return unconfirmed('no-answer');

      // A printer without marks answers a status question like a barrier: it is not asked while one is awaited.
      const mayLook = this.#parts.realtime && !(look.unmarked && barriers.owed > 0);
      if (mayLook && now - lookedAt >= JOB_LOOK_MS) {
        await this.#parts.lookAgain(deadline);
        lookedAt = clock.monotonicMs();
      } else {
        const untilLook = mayLook ? lookedAt + JOB_LOOK_MS - now : JOB_LOOK_MS;
        await talk.stir(Math.min(untilLook, deadline - now));
      }
    }
  }

  /** The word has come: whether it can be believed. */
  async #wordOf(confirmedBy: 'process-id' | 'barrier', deadline: number): Promise<PrintOutcome> {
    const { talk, look, clock, realtime, lookAgain, stop, awayFault } = this.#parts;
    // A question that is still open may be one that was lost with everything else the printer held.
    for (let end = Math.min(clock.monotonicMs() + ANSWER_MS, deadline); look.waits && !talk.gone;) {
      const left = end - clock.monotonicMs();
      if (left <= 0) return unconfirmed('no-answer');
      await talk.stir(left);
    }
    if (this.#gaps > this.#gapsBefore) return unconfirmed('no-answer');
    // Its own number comes back: noise cannot say that, and what happens now happens to the next sheet.
    if (confirmedBy === 'process-id') return { outcome: 'printed', confirmedBy };

    // All data has been worked through: printed, if the sensors agree.
    const heard = !realtime || (await lookAgain(deadline));
    if (this.#idCame) return { outcome: 'printed', confirmedBy: 'process-id' };
    if (talk.gone) return unconfirmed(awayFault());
    // The barrier's answer is a single byte: with noise on the line it may have been noise.
    const sure = heard && talk.noise === this.#noiseBefore && this.#gaps === this.#gapsBefore;
    const why = stop() ?? (sure ? null : 'no-answer');
    return why ? unconfirmed(why) : { outcome: 'printed', confirmedBy };
  }

  /**
   * Trouble in the middle of a sheet. The printer keeps what it holds and prints it after the repair (§1.6), so the
   * sheet has failed only when the printer has confirmed that it threw the data away before the last piece was begun.
   */
  async #giveUp(why: PaperFault, allSent: boolean, deadline: number): Promise<PrintOutcome> {
    const { talk, barriers, clock, realtime } = this.#parts;
    const left = () => Math.min(CLEAR_MS, deadline - clock.monotonicMs());
    if (!allSent) await talk.send(PADDING, left());
    const cleared = realtime && (await clearBuffers(talk, barriers, left()));
    if (this.#idCame) return this.#wordOf('process-id', deadline);
    // Noise may have been the answer that said how far it had come.
    const clean = talk.noise === this.#noiseBefore;
    if (cleared && !this.#nearlyOut && clean) return { outcome: 'failed', why, bytesSent: 0 };
    if (!cleared && (why === 'cutter-error' || why === 'printer-error' || why === 'paper-jam'))
      await talk.send(RECOVER_CLEARING, left());
    return unconfirmed(why);
  }

  /** Signs that the printer was not there for a while. */
  get #gaps(): number {
    return this.#parts.look.gaps + this.#parts.talk.restarts;
  }
}

const unconfirmed = (why: PaperFault): PrintOutcome => ({ outcome: 'unconfirmed', why, bytesSent: 0 });

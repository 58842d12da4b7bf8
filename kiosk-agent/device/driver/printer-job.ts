/**
 * The fate of one sheet, from its first byte to its word.
 *
 * The rule of every outcome: `failed` only when the sheet certainly will not come out any more; `printed` only on the
 * printer's own word behind the data; everything else is `unconfirmed`, and people are asked. So a sheet on a printer
 * that can say nothing (one-way port) is always `unconfirmed` once its bytes are out: nobody knows, nobody guesses.
 *
 * What nobody heard is no proof: an answer may be lost, one alone or all of a while, and the sheet lies in the tray all
 * the same. So a sheet is never called failed because a word about it did not come. Its ending (the last printed piece
 * and the cut) stays here until the printer has said that what stands before it is printed; until then the sheet cannot
 * be whole, whatever was said and lost. Failed is what stopped while the ending was still here, and of which the printer
 * has confirmed that it threw away what it held (§1.6). The ending is not held back from a printer that could confirm
 * neither (ordered status, one-way, none of its barriers ever answered): there nothing fails behind the first byte.
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
import { ANSWER_MS, type PrinterTalk, type Sent } from './printer-talk.ts';

/** While a sheet is printing; between commands only, so after its last byte. */
const JOB_LOOK_MS = 300;
const WRITE_MS = 15_000;
/** From the last byte to the answer, whatever happens. */
const FATE_MS = 10_000;
/**
 * How long the ending waits for the word before it: longer than a sheet takes to print (94 mm at 60 mm/s: 1.6 s), short
 * enough that nobody tears off what hangs there without its cut. Then it goes without the word, and so it does as soon as
 * a question stays unanswered: who is not heard has nothing more to tell.
 */
const HOLD_MS = 3_000;
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
  /** asked before the ending: with its answer the ending may go */
  readonly #nearlyId: string;
  /** asked behind the cut: with its answer the sheet is whole and out */
  readonly #wholeId: string;
  readonly #noiseBefore: number;
  readonly #gapsBefore: number;
  #barriersLeft: number;
  /** all that stands before the ending is printed, or somebody's word was taken for it: the ending goes, no more */
  #nearlyOut = false;
  /** the last printed piece, the cut, and the questions behind it; null: at least one byte of it was handed over */
  #ending: Uint8Array | null = null;
  #sent: Sent = { handed: 0, end: 'sent' };
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
    const { talk, clock, asks, ownBarriers, realtime, stop, awayFault } = this.#parts;
    const end = lastPiece(bytes);
    const body = Buffer.concat([...before, bytes.subarray(0, end), ...this.#questions(this.#nearlyId)]);
    const ending = Buffer.concat([
      bytes.subarray(end),
      // The sheet's own ESC @ has switched it off.
      ...(realtime ? [AUTOMATIC_STATUS] : []),
      ...this.#questions(this.#wholeId),
      // Once more: one answer that a bad line has doubled must not stand for the sheet's.
      ...(asks.barrier ? [PAPER_STATUS] : []),
    ]);
    const mute = !asks.id && !asks.barrier;
    if (realtime && ownBarriers && !mute) {
      this.#ending = ending;
      this.#sent = await this.#send(body, asks.barrier ? 1 : 0, WRITE_MS);
    } else this.#sent = await this.#send(Buffer.concat([body, ending]), this.#barriersLeft, WRITE_MS);
    if (this.#sent.handed === 0) {
      const why = talk.gone ? awayFault() : (stop() ?? 'no-answer');
      return { fate: { outcome: 'failed', why, bytesSent: 0 }, halfSheet: 'none', halfCommand: false };
    }
    const fate = await this.#fate(clock.monotonicMs() + FATE_MS);
    const halfCommand = this.#sent.end !== 'sent';
    if (fate.outcome === 'printed') return { fate, halfSheet: 'none', halfCommand };
    return {
      fate: { ...fate, bytesSent: Math.min(this.#sent.handed, bytes.length) },
      // A printer that cannot speak has its sheet's cut at least: a scrap before every ticket would help nobody.
      halfSheet: mute && !halfCommand && !talk.gone ? 'none' : fate.outcome,
      halfCommand,
    };
  }

  async #send(bytes: Uint8Array, barriersIn: number, limitMs: number): Promise<Sent> {
    const { talk, barriers, stop } = this.#parts;
    // Before sending: a quick printer answers before the operating system says that it has taken the data.
    barriers.sent(barriersIn);
    const sent = await talk.send(bytes, limitMs, () => stop() !== null);
    if (sent.handed === 0) barriers.unsent(barriersIn);
    return sent;
  }

  async #sendEnding(ending: Uint8Array, limitMs: number): Promise<void> {
    const { handed } = this.#sent;
    const sent = await this.#send(ending, this.#parts.asks.barrier ? 2 : 0, limitMs);
    if (sent.handed > 0) this.#ending = null;
    // Stopped before its first byte: the printer stands between two commands.
    const end = sent.handed === 0 && sent.end === 'stopped' ? 'sent' : sent.end;
    this.#sent = { handed: handed + sent.handed, end };
  }

  #questions(id: string): Uint8Array[] {
    const { asks } = this.#parts;
    return [...(asks.id ? [processIdRequest(id)] : []), ...(asks.barrier ? [PAPER_STATUS] : [])];
  }

  /** Waits for the printer's word behind the data, its trouble, or the end of patience. */
  async #fate(deadline: number): Promise<PrintOutcome> {
    const { talk, look, barriers, clock, asks, stop, awayFault } = this.#parts;
    let barrierAt: number | undefined;
    let lookedAt = clock.monotonicMs();
    const holdUntil = lookedAt + HOLD_MS;
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
      if (why) return this.#giveUp(why, deadline);
      const mute = !asks.id && !asks.barrier;
      if (mute || this.#sent.end === 'stuck' || now >= deadline) return unconfirmed('no-answer');
      if (this.#ending && (this.#nearlyOut || look.waits || now >= holdUntil)) {
        await this.#sendEnding(this.#ending, deadline - now);
        continue;
      }

      // A printer without marks answers a status question like a barrier: it is not asked while one is awaited.
      const mayLook = this.#parts.realtime && !(look.unmarked && barriers.owed > 0);
      const untilLook = mayLook ? lookedAt + JOB_LOOK_MS - now : JOB_LOOK_MS;
      if (untilLook <= 0) {
        await this.#parts.lookAgain(deadline);
        lookedAt = clock.monotonicMs();
      } else {
        await talk.stir(Math.min(untilLook, (this.#ending ? holdUntil : deadline) - now));
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
   * sheet has failed only when the printer has confirmed that it threw that away, and the ending is still here.
   */
  async #giveUp(why: PaperFault, deadline: number): Promise<PrintOutcome> {
    const { talk, barriers, clock, realtime } = this.#parts;
    const left = () => Math.min(CLEAR_MS, deadline - clock.monotonicMs());
    if (this.#sent.end !== 'sent') await talk.send(PADDING, left());
    const cleared = realtime && (await clearBuffers(talk, barriers, left()));
    if (this.#idCame) return this.#wordOf('process-id', deadline);
    if (cleared && this.#ending) return { outcome: 'failed', why, bytesSent: 0 };
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

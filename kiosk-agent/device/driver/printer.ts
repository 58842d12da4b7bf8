/**
 * A ticket printer that speaks ESC/POS: one sheet at a time, and the truth about each (escpos-printer.md §1).
 *
 * The rule of every outcome: `failed` only when the sheet certainly will not come out any more; `printed` only on the
 * printer's own word behind the data; everything else is `unconfirmed`.
 */
import { EventEmitter } from 'node:events';
import type { PaperFault } from '../../contract/events.ts';
import type { Clock } from '../clock.ts';
import {
  AUTOMATIC_STATUS,
  CLEAR_BUFFERS,
  FEED_AND_CUT,
  INIT,
  PAPER_STATUS,
  RECOVER_CLEARING,
  processIdRequest,
  readAutomatic,
  type Reply,
} from '../codec/escpos.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import type { DeviceStatus, PrintOutcome, TicketPrinter } from './interfaces.ts';
import { publicState, refusalOf, stopOf, type Reach } from './printer-status.ts';
import { ANSWER_MS, PrinterTalk, type FrameListener } from './printer-talk.ts';

const IDLE_LOOK_MS = 2_000;
/** While a sheet is printing; between commands only, so after its last byte. */
const JOB_LOOK_MS = 300;
const MAX_INTRODUCTIONS = 3;
const WRITE_MS = 15_000;
/** From the last byte to the answer, whatever happens. */
const FATE_MS = 10_000;
const CLEAR_MS = 2_000;
/** How long after the barrier's word a process id may still come from a printer that has never answered one. */
const LATE_ID_MS = 3_000;
/**
 * Fills up a command of which only a part arrived (the longest we send is a QR code of 213 bytes), so that the next
 * one is read as a command. Zeros first, before any question: they also complete a half-sent length (§1.6).
 */
const PADDING = new Uint8Array(256);

export type PrinterParts = {
  id: string;
  model: { columns: 48 | 32; confirmation: 'process-id' | 'barrier' };
  clock: Clock;
  /** [0…1): where the process ids begin, so that those of an earlier run are not taken for ours */
  random: () => number;
  onFrame?: FrameListener;
};

/**
 * A sheet on its way. The printer is asked for its word twice: behind the content, and behind the cut. With the first
 * word the sheet may be whole already; with the second it is.
 */
type Job = {
  asksId: boolean;
  contentId: string;
  id: string;
  /** barriers sent with this sheet that have not answered */
  barriersLeft: number;
  /** noise on the line before it was sent */
  noiseBefore: number;
  contentOut: boolean;
  idCame: boolean;
  barrierCame: boolean;
};

/** Ends a sheet that was reported as failed, in case enough of it hangs there to be taken for a good one. */
const VOID_LINE = Buffer.from([0x1c, 0x26, 0xd7, 0xf7, 0xb7, 0xcf, ...Buffer.from(' VOID\n')]);

export class EscPosPrinter
  extends EventEmitter<{ status: [from: DeviceStatus, to: DeviceStatus] }>
  implements TicketPrinter, AttachedDriver
{
  readonly id: string;
  readonly kind = 'printer';
  readonly columns: 48 | 32;
  readonly #parts: PrinterParts;
  readonly #clock: Clock;
  #status: DeviceStatus = { state: 'opening', notes: [], counters: {} };
  #reach: Reach = { at: 'opening' };
  #talk: PrinterTalk | null = null;
  /** everything that talks to the printer goes through here, one after the other */
  #lane: Promise<unknown> = Promise.resolve();
  #cancelLook: (() => void) | null = null;
  #closed = false;

  #job: Job | null = null;
  #runningId: number;
  /** what is known of GS ( H: a model may promise it and its firmware not keep it */
  #processId: 'unproven' | 'answers' | 'unanswered' = 'unproven';
  /** the printer may hold a part of a command; true at first, because an earlier run may have been cut off */
  #halfCommand = true;
  /** what may hang uncut in front of the next sheet, as it was reported */
  #halfSheet: 'none' | 'unconfirmed' | 'failed' = 'none';
  /** how often it may still be asked who it is on this port; many never say */
  #introductions = 0;

  #serial: string | undefined;
  #firmware: string | undefined;
  #lastSeenAt: Date | undefined;
  readonly #counters = { printed: 0, failed: 0, unconfirmed: 0, noiseBytes: 0 };

  constructor(parts: PrinterParts) {
    super();
    this.id = parts.id;
    this.columns = parts.model.columns;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#runningId = Math.floor(parts.random() * 9_999);
  }

  get status(): DeviceStatus {
    return {
      ...this.#status,
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...this.#counters },
    };
  }

  attach(transport: Transport): void {
    if (this.#closed) return;
    this.#talk?.end();
    const talk = new PrinterTalk(
      transport,
      this.#clock,
      (reply) => this.#hear(talk, reply),
      this.#parts.onFrame,
    );
    this.#talk = talk;
    this.#introductions = MAX_INTRODUCTIONS;
    // Nobody knows how much of an unsettled sheet reached the printer before the port went.
    if (this.#halfSheet !== 'none') this.#halfCommand = true;
    // Sensors are the truth after a reconnect: nothing is known until they have answered.
    this.#setReach({ at: 'opening' });
    void this.#inLane(() => this.#lookAround(talk));
  }

  detached(trouble: PortTrouble | null): void {
    this.#cancelLook?.();
    this.#talk?.end();
    this.#talk = null;
    this.#setReach({ at: 'away', trouble });
  }

  print(bytes: Uint8Array): Promise<PrintOutcome> {
    return this.#inLane(async () => {
      this.#cancelLook?.();
      const outcome = await this.#printOne(bytes);
      this.#job = null;
      this.#counters[outcome.outcome] += 1;
      if (this.#talk) this.#lookIn(IDLE_LOOK_MS);
      return outcome;
    });
  }

  /** Stops asking; a sheet on its way is settled at once. The port belongs to the session. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.detached(null);
    await this.#lane;
  }

  // ── one sheet ──

  async #printOne(bytes: Uint8Array): Promise<PrintOutcome> {
    const talk = this.#talk;
    const refused = (why: PaperFault): PrintOutcome => ({ outcome: 'failed', why, bytesSent: 0 });
    if (!talk) return refused(refusalOf(this.#reach) ?? 'printer-missing');
    if (this.#halfCommand) await this.#putInStep(talk);
    await this.#look(talk);
    const stop = talk.gone ? this.#awayFault() : refusalOf(this.#reach);
    if (stop) return refused(stop);
    const asksId = this.#parts.model.confirmation === 'process-id' && this.#processId !== 'unanswered';
    const asksBarrier = !asksId || this.#processId === 'unproven';
    if (asksBarrier && talk.owedBarriers > 0 && !(await this.#settleBarriers(talk))) {
      return refused(talk.gone ? this.#awayFault() : 'no-answer');
    }

    const job: Job = {
      asksId,
      contentId: this.#nextId(),
      id: this.#nextId(),
      barriersLeft: asksBarrier ? 2 : 0,
      noiseBefore: talk.noise,
      contentOut: false,
      idCame: false,
      barrierCame: false,
    };
    const question = (id: string) => [
      ...(asksId ? [processIdRequest(id)] : []),
      ...(asksBarrier ? [PAPER_STATUS] : []),
    ];
    const contentEnd = bytes.length - (endsWithCut(bytes) ? FEED_AND_CUT.length : 0);
    const whole = Buffer.concat([
      ...this.#leftover(),
      bytes.subarray(0, contentEnd),
      ...question(job.contentId),
      bytes.subarray(contentEnd),
      // The sheet's own ESC @ has switched it off.
      AUTOMATIC_STATUS,
      ...question(job.id),
    ]);
    this.#job = job;
    // Before sending: a quick printer answers before the operating system says that it has taken the data.
    talk.owedBarriers += job.barriersLeft;
    const sent = await talk.send(whole, WRITE_MS, () => this.#stop() !== null);
    if (sent.handed === 0) talk.owedBarriers -= job.barriersLeft;
    if (sent.handed === 0) return refused(talk.gone ? this.#awayFault() : (this.#stop() ?? 'no-answer'));
    this.#halfSheet = 'unconfirmed';
    this.#halfCommand = sent.end !== 'sent';

    const fate = await this.#fateOf(job, talk, sent.end, this.#clock.monotonicMs() + FATE_MS);
    // A printer without marks can no longer be asked anything while a barrier is owed.
    if (talk.unmarked) talk.owedBarriers = 0;
    this.#halfSheet = fate.outcome === 'printed' ? 'none' : fate.outcome;
    if (fate.outcome === 'printed') return fate;
    return { ...fate, bytesSent: Math.min(sent.handed, bytes.length) };
  }

  /** Cuts off what may hang there, marked as void if nobody is to use it. */
  #leftover(): Uint8Array[] {
    switch (this.#halfSheet) {
      case 'none':
        return [];
      case 'unconfirmed':
        return [INIT, FEED_AND_CUT];
      case 'failed':
        return [INIT, VOID_LINE, FEED_AND_CUT];
    }
  }

  /** Waits for the printer's word behind the data, its trouble, or the end of patience. */
  async #fateOf(
    job: Job,
    talk: PrinterTalk,
    sending: 'sent' | 'stopped' | 'stuck' | 'gone',
    deadline: number,
  ): Promise<PrintOutcome> {
    const unconfirmed = (why: PaperFault): PrintOutcome => ({ outcome: 'unconfirmed', why, bytesSent: 0 });
    let barrierAt: number | undefined;
    let lookedAt = this.#clock.monotonicMs();
    for (;;) {
      const now = this.#clock.monotonicMs();
      if (job.idCame) return { outcome: 'printed', confirmedBy: 'process-id' };
      if (talk.gone) return unconfirmed(this.#awayFault());
      if (job.barrierCame) {
        barrierAt ??= now;
        const idMayCome = job.asksId && now - barrierAt < LATE_ID_MS;
        if (!idMayCome) return this.#wordOfBarrier(job, talk, deadline);
      }
      const stop = this.#stop();
      if (stop) return this.#giveUp(job, talk, stop, sending === 'sent', deadline);
      if (sending === 'stuck' || now >= deadline) return unconfirmed('no-answer');

      // A printer without marks answers a status question like a barrier: it is not asked while one is awaited.
      const mayLook = !(talk.unmarked && talk.owedBarriers > 0);
      if (mayLook && now - lookedAt >= JOB_LOOK_MS) {
        await this.#askSensors(talk, deadline);
        lookedAt = this.#clock.monotonicMs();
      } else {
        // Whatever is heard may have changed the sheet's fate; nothing is taken from the others.
        await this.#stir(talk, Math.min(JOB_LOOK_MS, deadline - now));
      }
    }
  }

  /** All data has been worked through and no process id came: printed, if the sensors agree. */
  async #wordOfBarrier(job: Job, talk: PrinterTalk, deadline: number): Promise<PrintOutcome> {
    const heard = await this.#askSensors(talk, deadline);
    if (job.idCame) return { outcome: 'printed', confirmedBy: 'process-id' };
    if (talk.gone) return { outcome: 'unconfirmed', why: this.#awayFault(), bytesSent: 0 };
    // The barrier's answer is a single byte: with noise on the line it may have been noise.
    const stop = this.#stop() ?? (heard && talk.noise === job.noiseBefore ? null : 'no-answer');
    if (stop) return { outcome: 'unconfirmed', why: stop, bytesSent: 0 };
    if (job.asksId) {
      this.#processId = 'unanswered';
      this.#publish();
    }
    return { outcome: 'printed', confirmedBy: 'barrier' };
  }

  /**
   * Trouble in the middle of a sheet. The printer keeps what it holds and prints it after the repair (§1.6), so the
   * sheet has failed only when the printer has confirmed that it threw the data away before the content was out.
   */
  async #giveUp(
    job: Job,
    talk: PrinterTalk,
    why: PaperFault,
    allSent: boolean,
    deadline: number,
  ): Promise<PrintOutcome> {
    const left = () => Math.min(CLEAR_MS, deadline - this.#clock.monotonicMs());
    if (!allSent) await talk.send(PADDING, left());
    const cleared = await this.#clear(talk, left());
    if (job.idCame) return { outcome: 'printed', confirmedBy: 'process-id' };
    if (cleared && !job.contentOut) return { outcome: 'failed', why, bytesSent: 0 };
    if (!cleared && (why === 'cutter-error' || why === 'printer-error'))
      await talk.send(RECOVER_CLEARING, left());
    return { outcome: 'unconfirmed', why, bytesSent: 0 };
  }

  async #clear(talk: PrinterTalk, limitMs: number): Promise<boolean> {
    const answer = await talk.ask(CLEAR_BUFFERS, (reply) => reply.type === 'cleared' || undefined, limitMs);
    if (answer === true) talk.owedBarriers = 0;
    return answer === true;
  }

  /** Makes the next byte the first of a command again, and what is left of an interrupted sheet go away if it can. */
  async #putInStep(talk: PrinterTalk): Promise<void> {
    const padded = await talk.send(PADDING, CLEAR_MS);
    if (padded.end !== 'sent') return;
    await this.#clear(talk, ANSWER_MS);
    if (!talk.gone) this.#halfCommand = false;
  }

  /** Waits until the barriers of abandoned sheets have answered, so that their word is not taken for the next one's. */
  async #settleBarriers(talk: PrinterTalk): Promise<boolean> {
    const owed = (talk.owedBarriers += 1);
    const sent = await talk.send(PAPER_STATUS, ANSWER_MS);
    if (sent.end !== 'sent') return false;
    const deadline = this.#clock.monotonicMs() + CLEAR_MS;
    while (talk.owedBarriers > 0 && this.#clock.monotonicMs() < deadline && !talk.gone) {
      await this.#stir(talk, deadline - this.#clock.monotonicMs());
    }
    const anyCame = talk.owedBarriers < owed;
    // Those that did not come by now were lost with a reset.
    if (anyCame) talk.owedBarriers = 0;
    return anyCame && !talk.gone;
  }

  #nextId(): string {
    this.#runningId = (this.#runningId % 9_999) + 1;
    return String(this.#runningId).padStart(4, '0');
  }

  // ── hearing and looking ──

  /** What came without being the answer to a question. */
  #hear(talk: PrinterTalk, reply: Reply): void {
    if (reply.type === 'noise') {
      this.#counters.noiseBytes += reply.bytes.length;
      return;
    }
    this.#lastSeenAt = this.#clock.now();
    switch (reply.type) {
      case 'automatic':
        // Before the first full look nothing says that this is a printer at all.
        if (this.#reach.at !== 'heard') return;
        this.#setReach({ at: 'heard', sensors: { ...this.#reach.sensors, ...readAutomatic(reply.bytes) } });
        return;
      case 'process-id':
        if (reply.id === this.#job?.contentId) this.#job.contentOut = true;
        if (reply.id === this.#job?.id) this.#job.idCame = true;
        // Also one that comes too late: the printer knows the question.
        this.#processId = 'answers';
        return;
      case 'single':
        if (talk.owedBarriers === 0) return;
        talk.owedBarriers -= 1;
        // Those of earlier sheets come first; they are settled before a sheet is sent.
        if (!this.#job || this.#job.barriersLeft === 0) return;
        this.#job.barriersLeft -= 1;
        this.#job.contentOut = true;
        this.#job.barrierCame = this.#job.barriersLeft === 0;
        return;
      case 'realtime':
      case 'identity':
      case 'cleared':
      case 'offline':
      case 'block':
      case 'flow':
        return;
    }
  }

  /** Waits until anything is heard, at most `limitMs`. */
  async #stir(talk: PrinterTalk, limitMs: number): Promise<void> {
    await talk.wait((reply) => {
      // Meaning first, then waking: the waiter must see what the reply has changed.
      this.#hear(talk, reply);
      return true;
    }, limitMs);
  }

  /** A look, and on a printer that is newly heard the introduction; then again after a while. */
  async #lookAround(talk: PrinterTalk): Promise<void> {
    if (talk !== this.#talk) return;
    if (this.#halfCommand) await this.#putInStep(talk);
    await this.#look(talk);
    if (this.#introductions > 0 && this.#reach.at === 'heard' && !this.#reach.sensors.offline)
      await this.#introduce(talk);
    if (talk === this.#talk) this.#lookIn(IDLE_LOOK_MS);
  }

  #lookIn(ms: number): void {
    const talk = this.#talk;
    this.#cancelLook?.();
    if (!talk || this.#closed) return;
    this.#cancelLook = this.#clock.after(ms, () => void this.#inLane(() => this.#lookAround(talk)));
  }

  /** Asks the sensors, a second time if they say nothing, and publishes what it has found. */
  async #look(talk: PrinterTalk): Promise<void> {
    const noiseBefore = talk.noise;
    for (const _attempt of [1, 2]) if (await this.#askSensors(talk)) return;
    if (!talk.gone) this.#setReach({ at: talk.noise > noiseBefore ? 'garbled' : 'silent' });
  }

  async #askSensors(talk: PrinterTalk, deadline?: number): Promise<boolean> {
    const sensors = await talk.askSensors(deadline);
    if (!sensors) return false;
    this.#lastSeenAt = this.#clock.now();
    this.#setReach({ at: 'heard', sensors });
    return true;
  }

  /** Who it is, as far as it says, and "report by yourself". */
  async #introduce(talk: PrinterTalk): Promise<void> {
    this.#introductions -= 1;
    const maker = await talk.askIdentity('maker');
    if (maker !== undefined) {
      this.#introductions = 0;
      const model = await talk.askIdentity('model');
      this.#serial = (await talk.askIdentity('serial')) || undefined;
      this.#firmware = [maker, model, await talk.askIdentity('firmware')].filter(Boolean).join(' ');
    }
    await talk.send(AUTOMATIC_STATUS, ANSWER_MS);
    this.#publish();
  }

  // ── public status ──

  #stop(): PaperFault | null {
    return this.#reach.at === 'heard' ? stopOf(this.#reach.sensors) : null;
  }

  #awayFault(): PaperFault {
    // Closed on purpose while a sheet was on its way: the agent is stopping.
    return this.#reach.at === 'away' && this.#reach.trouble === null ? 'restarted' : 'unplugged';
  }

  #setReach(reach: Reach): void {
    this.#reach = reach;
    this.#publish();
  }

  #publish(): void {
    const from = this.status;
    const { notes, ...state } = publicState(this.#reach);
    if (this.#processId === 'unanswered') notes.push('process-id-unanswered');
    const to: DeviceStatus = {
      ...state,
      notes,
      ...(this.#serial !== undefined && { serial: this.#serial }),
      ...(this.#firmware !== undefined && { firmware: this.#firmware }),
      counters: {},
    };
    const changed = JSON.stringify({ ...this.#status }) !== JSON.stringify(to);
    this.#status = to;
    if (changed) this.emit('status', from, this.status);
  }

  #inLane<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(task);
    this.#lane = done.catch(() => {});
    return done;
  }
}

function endsWithCut(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(-FEED_AND_CUT.length)).equals(FEED_AND_CUT);
}

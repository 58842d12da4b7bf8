/**
 * A ticket printer that speaks ESC/POS: one sheet at a time, and the truth about each (escpos-printer.md §1).
 * The fate of a sheet is told in printer-job.ts, looking in printer-look.ts, the public state in printer-status.ts.
 */
import { EventEmitter } from 'node:events';
import type { PaperFault } from '../../contract/events.ts';
import type { Clock } from '../clock.ts';
import { AUTOMATIC_STATUS, ReplyStream, type Reply } from '../codec/escpos.ts';
import { afterAutomatic, readAutomatic } from '../codec/escpos-sensors.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import type { DeviceStatus, PrintOutcome, TicketPrinter } from './interfaces.ts';
import { Barriers } from './printer-barriers.ts';
import { PrintJob } from './printer-job.ts';
import { PATIENCE_MS, PrinterLook, type LookModel } from './printer-look.ts';
import { publicState, refusalOf, stopOf, type Reach } from './printer-status.ts';
import { leftover, putInStep, type HalfSheet } from './printer-step.ts';
import { ANSWER_MS, PrinterTalk, type FrameListener } from './printer-talk.ts';

const IDLE_LOOK_MS = 2_000;
const MAX_INTRODUCTIONS = 3;

export type PrinterParts = {
  id: string;
  model: LookModel & { columns: 48 | 32; confirmation: 'process-id' | 'barrier' | 'none' };
  clock: Clock;
  /** [0…1): where the process ids begin, so that those of an earlier run are not taken for ours */
  random: () => number;
  /** an earlier run may have been cut off in the middle of a sheet: what hangs there is no part of the next */
  halfSheetHangs?: boolean;
  onFrame?: FrameListener;
};

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
  #look: PrinterLook | null = null;
  readonly #barriers: Barriers;
  /** everything that talks to the printer goes through here, one after the other */
  #lane: Promise<unknown> = Promise.resolve();
  #cancelLook: (() => void) | null = null;
  #closed = false;

  #job: PrintJob | null = null;
  #runningId: number;
  /** what is known of GS ( H: a model may promise it and its firmware not keep it */
  #processId: 'unproven' | 'answers' | 'unanswered' = 'unproven';
  /** the printer may hold a part of a command; true at first, because an earlier run may have been cut off */
  #halfCommand = true;
  #halfSheet: HalfSheet = 'none';
  /** how often it may still be asked who it is on this port; many never say */
  #introductions = 0;
  /** its restarts that are known */
  #restarts = 0;

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
    this.#barriers = new Barriers(parts.clock);
    if (parts.halfSheetHangs) this.#halfSheet = 'unconfirmed';
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
      new ReplyStream(this.#parts.model),
      (reply) => this.#hear(talk, reply),
      this.#parts.onFrame,
    );
    const look = new PrinterLook(talk, this.#clock, this.#barriers, this.#parts.model);
    this.#talk = talk;
    this.#look = look;
    this.#introductions = MAX_INTRODUCTIONS;
    this.#barriers.attached();
    this.#restarts = 0;
    // Nobody knows how much of an unsettled sheet reached the printer before the port went.
    if (this.#halfSheet !== 'none') this.#halfCommand = true;
    // Sensors are the truth after a reconnect: nothing is known until they have answered, if they ever do.
    this.#setReach({ at: this.#parts.model.status === 'none' ? 'mute' : 'opening' });
    void this.#inLane(() => this.#lookAround(talk, look));
  }

  detached(trouble: PortTrouble | null): void {
    this.#cancelLook?.();
    // A printer that says nothing may have lost its power with its port, and half a sheet may hang there.
    if (this.#talk && this.#parts.model.confirmation === 'none') this.#halfSheet = 'unconfirmed';
    this.#talk?.end();
    this.#talk = null;
    this.#look = null;
    this.#setReach({ at: 'away', trouble });
  }

  print(bytes: Uint8Array): Promise<PrintOutcome> {
    return this.#inLane(async () => {
      this.#cancelLook?.();
      const outcome = await this.#printOne(bytes);
      this.#job = null;
      this.#counters[outcome.outcome] += 1;
      this.#lookIn(IDLE_LOOK_MS);
      return outcome;
    });
  }

  /** Stops asking; a sheet on its way is settled at once. The port belongs to the session. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.detached(null);
    await this.#lane;
  }

  async #printOne(bytes: Uint8Array): Promise<PrintOutcome> {
    const refused = (why: PaperFault): PrintOutcome => ({ outcome: 'failed', why, bytesSent: 0 });
    const talk = this.#talk;
    const look = this.#look;
    if (!talk || !look) return refused(refusalOf(this.#reach) ?? 'printer-missing');
    await this.#inStep(talk);
    await this.#lookTwice(talk, look);
    const stop = talk.gone ? this.#awayFault() : refusalOf(this.#reach);
    if (stop) return refused(stop);
    const asks = this.#asks;
    const ownBarriers = !asks.barrier || (await this.#barriers.settle(talk));
    // One that has never answered them may still print, and answer a process id; one that has is stuck now.
    if (!ownBarriers && (talk.gone || this.#barriers.answers > 0))
      return refused(talk.gone ? this.#awayFault() : 'no-answer');

    const job = new PrintJob({
      talk,
      look,
      barriers: this.#barriers,
      clock: this.#clock,
      asks,
      ownBarriers,
      realtime: this.#realtime,
      nextId: () => this.#nextId(),
      stop: () => this.#stop(),
      awayFault: () => this.#awayFault(),
      lookAgain: (deadline) => this.#readSensors(talk, look, PATIENCE_MS.job, deadline),
    });
    this.#job = job;
    const { fate, halfSheet, halfCommand } = await job.run(bytes, leftover(this.#halfSheet));
    if (fate.outcome === 'failed' && fate.bytesSent === 0) return fate;
    this.#halfSheet = halfSheet;
    this.#halfCommand ||= halfCommand;
    if (asks.id && fate.outcome === 'printed' && fate.confirmedBy === 'barrier') {
      this.#processId = 'unanswered';
      this.#publish();
    }
    return fate;
  }

  get #realtime(): boolean {
    return this.#parts.model.status === 'realtime';
  }

  /** How it is asked for its word. */
  get #asks(): { id: boolean; barrier: boolean } {
    const { confirmation } = this.#parts.model;
    if (confirmation === 'none') return { id: false, barrier: false };
    const id = confirmation === 'process-id' && this.#processId !== 'unanswered';
    return { id, barrier: !id || this.#processId === 'unproven' };
  }

  async #inStep(talk: PrinterTalk): Promise<void> {
    if (!this.#halfCommand) return;
    if (await putInStep(talk, this.#barriers, this.#realtime)) this.#halfCommand = false;
  }

  #nextId(): string {
    this.#runningId = (this.#runningId % 9_999) + 1;
    return String(this.#runningId).padStart(4, '0');
  }

  // ── hearing and looking ──

  /** What came without being the answer to a question. */
  #hear(talk: PrinterTalk, reply: Reply): void {
    if (talk !== this.#talk) return;
    if (reply.type === 'noise') {
      this.#counters.noiseBytes += reply.bytes.length;
      return;
    }
    this.#lastSeenAt = this.#clock.now();
    switch (reply.type) {
      case 'automatic': {
        // Before the first full look nothing says that this is a printer at all.
        if (this.#reach.at !== 'heard') return;
        const heard = readAutomatic(reply.bytes, this.#parts.model);
        this.#setReach({ at: 'heard', sensors: afterAutomatic(this.#reach.sensors, heard) });
        return;
      }
      case 'process-id':
        this.#job?.heardId(reply.id);
        // Also one that comes too late: the printer knows the question.
        this.#processId = 'answers';
        return;
      case 'single':
        if (this.#barriers.heard(reply.byte)) this.#job?.heardBarrier();
        else if (this.#look?.unmarked) this.#look.late();
        return;
      case 'realtime':
        this.#look?.late();
        return;
      case 'flow':
      case 'identity':
      case 'cleared':
      case 'offline':
      case 'block':
      case 'full-status':
        return;
    }
  }

  /** A look, and on a printer that is newly heard the introduction; then again after a while. */
  async #lookAround(talk: PrinterTalk, look: PrinterLook): Promise<void> {
    if (talk !== this.#talk) return;
    await this.#inStep(talk);
    await this.#lookTwice(talk, look);
    if (this.#reach.at === 'heard' && !this.#reach.sensors.offline) {
      // Before the next sheet comes: then nobody waits for it.
      if (this.#asks.barrier) await this.#barriers.settle(talk);
      if (this.#realtime && this.#introductions > 0) await this.#introduce(talk);
      // Switched off and on: it reports by itself no longer.
      if (this.#realtime && talk.restarts > this.#restarts) await talk.send(AUTOMATIC_STATUS, ANSWER_MS);
      this.#restarts = talk.restarts;
    }
    this.#lookIn(IDLE_LOOK_MS);
  }

  #lookIn(ms: number): void {
    const talk = this.#talk;
    const look = this.#look;
    this.#cancelLook?.();
    if (!talk || !look || this.#closed || this.#parts.model.status === 'none') return;
    this.#cancelLook = this.#clock.after(ms, () => void this.#inLane(() => this.#lookAround(talk, look)));
  }

  /** Asks the sensors, a second time if they say nothing, and publishes what it has found. */
  async #lookTwice(talk: PrinterTalk, look: PrinterLook): Promise<void> {
    if (this.#parts.model.status === 'none') return;
    const noiseBefore = talk.noise;
    for (const _attempt of [1, 2]) if (await this.#readSensors(talk, look)) return;
    if (!talk.gone) this.#setReach({ at: talk.noise > noiseBefore ? 'garbled' : 'silent' });
  }

  async #readSensors(
    talk: PrinterTalk,
    look: PrinterLook,
    patienceMs?: number,
    deadline?: number,
  ): Promise<boolean> {
    const sensors = await look.read(patienceMs, deadline);
    if (!sensors || talk.gone) return false;
    this.#lastSeenAt = this.#clock.now();
    this.#setReach({ at: 'heard', sensors });
    return true;
  }

  /** Who it is, as far as it says, and "report by yourself". */
  async #introduce(talk: PrinterTalk): Promise<void> {
    this.#introductions -= 1;
    const said: string[] = [];
    for (const question of ['maker', 'model', 'firmware', 'serial'] as const) {
      const text = await talk.askIdentity(question);
      // An answer does not say to which question: after a silence the next one could be the one before's.
      if (text === undefined) break;
      said.push(text);
    }
    if (said.length === 4) this.#introductions = 0;
    if (said.length > 0) this.#firmware = said.slice(0, 3).filter(Boolean).join(' ');
    this.#serial = said[3] || this.#serial;
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
    if (this.#look?.fullStatusUnanswered) notes.push('full-status-unanswered');
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

/** Asking a printer's sensors, by what its model can answer (§1.2, §1.5). Lives as long as the port does. */
import type { Clock } from '../clock.ts';
import { FULL_STATUS, PAPER_STATUS, realtimeStatus, type Reply } from '../codec/escpos.ts';
import {
  both,
  readFullStatus,
  readPaperStatus,
  readRealtime,
  type Sensors,
  type StatusDialect,
} from '../codec/escpos-sensors.ts';
import type { Barriers } from './printer-barriers.ts';
import { ANSWER_MS, type PrinterTalk } from './printer-talk.ts';

/**
 * How long an answer may come too late before the question counts as lost. Behind a sheet it may: 1.2 KB take 1.25 s
 * at 9600 baud. Nobody switches a printer off and has it running again in less.
 */
export const PATIENCE_MS = { idle: 1_000, job: 1_500 } as const;
/**
 * An ordered question stays in a printer that is offline, three bytes each: those of a weekend must not fill its buffer.
 * When it is asked again doubles from `first` to `last`; when so many are open, only so often as `rarely`.
 */
const ORDERED_AGAIN_MS = { first: 2_000, last: 30_000, rarely: 600_000 } as const;
const MANY_OPEN = 300;

export type LookModel = StatusDialect & {
  status: 'realtime' | 'ordered' | 'none';
  fullStatus?: boolean | undefined;
};

export class PrinterLook {
  readonly #talk: PrinterTalk;
  readonly #clock: Clock;
  readonly #barriers: Barriers;
  readonly #model: LookModel;
  /** answers DLE EOT without the fixed bits (§1.2); undefined until the first answer */
  #unmarked: boolean | undefined;
  /** a model may promise full status and its firmware not keep it */
  #fullStatus: 'unproven' | 'answers' | 'unanswered' = 'unproven';
  #fullMissed = 0;
  /** a question that was given up, and whose answer may come in the place of the next one's */
  #openSinceMs: number | null = null;
  #orderedAtMs = -Infinity;
  #orderedAgainMs: number = ORDERED_AGAIN_MS.first;
  /**
   * Questions that were answered much too late or never: for a while the printer was not there, and may have lost
   * what it had been sent.
   */
  gaps = 0;

  constructor(talk: PrinterTalk, clock: Clock, barriers: Barriers, model: LookModel) {
    this.#talk = talk;
    this.#clock = clock;
    this.#barriers = barriers;
    this.#model = model;
  }

  /** Its status answers look like those to a barrier: the two may not be asked at the same time. */
  get unmarked(): boolean {
    return this.#unmarked === true;
  }

  get fullStatusUnanswered(): boolean {
    return this.#fullStatus === 'unanswered';
  }

  /** A status question has not been answered yet. */
  get waits(): boolean {
    return this.#openSinceMs !== null;
  }

  /** A status answer came that nobody was waiting for any more. */
  late(): void {
    if (this.#openSinceMs === null) return;
    if (this.#clock.monotonicMs() - this.#openSinceMs > PATIENCE_MS.job) this.gaps += 1;
    this.#openSinceMs = null;
  }

  /** What the printer feels; undefined when it does not say, at the latest by `deadline` (monotonic ms). */
  read(patienceMs: number = PATIENCE_MS.idle, deadline = Infinity): Promise<Sensors | undefined> {
    switch (this.#model.status) {
      case 'realtime':
        return this.#readRealtime(patienceMs, deadline);
      case 'ordered':
        return this.#readOrdered(deadline);
      case 'none':
        return Promise.resolve(undefined);
    }
  }

  /** DLE EOT 1–4 and, where the model has it, 20; each after the answer to the one before. */
  async #readRealtime(patienceMs: number, deadline: number): Promise<Sensors | undefined> {
    const left = () => Math.min(ANSWER_MS, deadline - this.#clock.monotonicMs());
    if (!(await this.#lateAnswerCame(patienceMs, left()))) return undefined;
    const noiseBefore = this.#talk.noise;
    let singles = 0;
    const pick = (reply: Reply) => {
      if (reply.type === 'realtime') return reply.byte;
      if (reply.type !== 'single' || this.#unmarked === false) return undefined;
      // Until it is known how it answers, a byte that may be a barrier's is the barrier's.
      if (this.#unmarked === undefined && this.#barriers.owed > 0) return undefined;
      singles += 1;
      return reply.byte;
    };
    const answers: [number, number, number, number] = [0, 0, 0, 0];
    for (const question of [1, 2, 3, 4] as const) {
      const askedAt = this.#clock.monotonicMs();
      const answer = await this.#talk.ask(realtimeStatus(question), pick, left());
      if (typeof answer !== 'number') {
        if (answer === 'silent') this.#openSinceMs = askedAt;
        return undefined;
      }
      answers[question - 1] = answer;
    }
    const full = await this.#readFull(left());
    // An answer is a single byte: where noise came with it, it may have been noise.
    if (this.#talk.noise > noiseBefore) return undefined;
    // A stranger's barrier stood among them: not known which is whose, and one more answer is still to come.
    if (singles > 0 && singles < 4 && !this.#unmarked) {
      await this.#talk.stir(left());
      return undefined;
    }
    this.#unmarked ??= singles === 4;
    const sensors = readRealtime(answers, this.#model);
    return full ? both(sensors, full) : sensors;
  }

  /** A question of before is still open: waits for its answer, and forgets it when `patienceMs` are over. */
  async #lateAnswerCame(patienceMs: number, limitMs: number): Promise<boolean> {
    if (this.#openSinceMs === null) return true;
    const isAnswer = (reply: Reply) =>
      reply.type === 'realtime' || (this.#unmarked === true && reply.type === 'single');
    const end = await this.#talk.wait(isAnswer, limitMs);
    if (end === 'gone') return false;
    if (end === 'heard') {
      this.late();
      return true;
    }
    if (this.#openSinceMs === null) return true;
    if (this.#clock.monotonicMs() - this.#openSinceMs < patienceMs) return false;
    this.gaps += 1;
    this.#openSinceMs = null;
    return true;
  }

  async #readFull(limitMs: number): Promise<Sensors | undefined> {
    if (!this.#model.fullStatus || this.#fullStatus === 'unanswered') return undefined;
    const pick = (reply: Reply) => (reply.type === 'full-status' ? reply.bytes : undefined);
    const answer = await this.#talk.ask(FULL_STATUS, pick, limitMs);
    if (typeof answer !== 'string') {
      this.#fullStatus = 'answers';
      return readFullStatus(answer);
    }
    if (this.#fullStatus === 'unproven' && (this.#fullMissed += 1) >= 2) this.#fullStatus = 'unanswered';
    return undefined;
  }

  /** GS r 1: it comes behind all that was sent before, and from a printer that is offline not before it is online. */
  async #readOrdered(deadline: number): Promise<Sensors | undefined> {
    const now = () => this.#clock.monotonicMs();
    const before = this.#barriers.answers;
    const until = Math.min(now() + ANSWER_MS, deadline);
    const open = this.#barriers.owed;
    const againMs = open < MANY_OPEN ? this.#orderedAgainMs : ORDERED_AGAIN_MS.rarely;
    if (open === 0 || now() - this.#orderedAtMs >= againMs) {
      if (open > 0) this.#orderedAgainMs = Math.min(this.#orderedAgainMs * 2, ORDERED_AGAIN_MS.last);
      this.#barriers.sent(1);
      const sent = await this.#talk.send(PAPER_STATUS, ANSWER_MS);
      if (sent.handed === 0) this.#barriers.unsent(1);
      this.#orderedAtMs = now();
    }
    while (this.#barriers.answers === before && now() < until && !this.#talk.gone)
      await this.#talk.stir(until - now());
    if (this.#barriers.answers === before) return undefined;
    this.#orderedAgainMs = ORDERED_AGAIN_MS.first;
    return readPaperStatus(this.#barriers.lastByte);
  }
}

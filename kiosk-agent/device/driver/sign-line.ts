/**
 * A line with one sign or several (docs/protocols/window-sign.md): one question at a time, an answer or silence, a
 * short pause, the next. What is to be shown stands in the signs themselves; the line only gives them their turns.
 */
import type { Clock } from '../clock.ts';
import type { SignModel } from '../models.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import {
  stripDialect,
  xunpengDialect,
  type SignAnswer,
  type SignDialect,
  type SignQuestion,
} from './sign-dialect.ts';
import { SignUnit } from './sign.ts';

const TRIES = 3;
const ANSWER_MS = 200;
/** At least 5 ms; timers may come a little early. */
const TURNAROUND_MS = 6;
/** Bytes without a reply, after which an unanswered line has wrong settings rather than no sign. */
const UNREADABLE_BYTES = 8;

export type SignFrameListener = (direction: 'sent' | 'received', bytes: Uint8Array, decoded: unknown) => void;

export type SignLineParts = {
  id: string;
  model: SignModel;
  /** the signs on the line; address [1…247], null where there is only one and it needs none (it is asked as 1) */
  units: readonly { address: number | null; id: string }[];
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** the technician's view of the wire */
  onFrame?: SignFrameListener;
};

type OpenLine = { transport: Transport; receiver: ReturnType<SignDialect['receiver']> };
type Waiting = { question: SignQuestion; settle: (answer: SignAnswer | 'silent' | 'gone') => void };

export class SignLine implements AttachedDriver {
  readonly id: string;
  readonly units: readonly SignUnit[];
  readonly #clock: Clock;
  readonly #dialect: SignDialect;
  readonly #baud: number;
  readonly #onFrame: SignFrameListener | undefined;
  #open: OpenLine | null = null;
  #trouble: PortTrouble | null = null;
  #waiting: Waiting | null = null;
  /** ends the pause that the line is in; a pause between two questions is ended by the port only */
  #endPause: (() => void) | null = null;
  #endIdling: (() => void) | null = null;
  #seq: number;
  /** bytes without meaning since the last reply */
  #garbage = 0;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: SignLineParts) {
    this.id = parts.id;
    this.#clock = parts.clock;
    this.#baud = parts.model.line.baud;
    this.#onFrame = parts.onFrame;
    this.#seq = Math.floor(parts.random() * 256);
    this.#dialect = parts.model.protocol === 'strip' ? stripDialect(parts.model.columns) : xunpengDialect();
    const surroundings = {
      clock: parts.clock,
      random: parts.random,
      dialect: this.#dialect,
      port: () => (this.#open ? ('open' as const) : this.#trouble),
      unreadable: () => this.#garbage >= UNREADABLE_BYTES,
      wake: () => this.#endIdling?.(),
    };
    this.units = parts.units.map(({ id, address }) => new SignUnit(id, address, surroundings));
  }

  attach(transport: Transport): void {
    if (this.#closed) return;
    this.#letGo();
    const line: OpenLine = { transport, receiver: this.#dialect.receiver() };
    this.#open = line;
    this.#trouble = null;
    this.#garbage = 0;
    transport.onData = (bytes) => this.#onData(line, bytes);
    for (const unit of this.units) unit.portChanged();
    this.#running = this.#run(line);
  }

  detached(trouble: PortTrouble | null): void {
    this.#letGo();
    this.#trouble = trouble;
    for (const unit of this.units) unit.portChanged();
  }

  /** Ends for all its signs; the port belongs to the session. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#letGo();
    await this.#running;
    await Promise.all(this.units.map((unit) => unit.close()));
  }

  #letGo(): void {
    if (this.#open) this.#open.transport.onData = null;
    this.#open = null;
    this.#waiting?.settle('gone');
    this.#endPause?.();
    this.#endIdling?.();
  }

  async #run(line: OpenLine): Promise<void> {
    while (this.#open === line) {
      const unit = this.#nextUnit();
      const waitMs = unit ? unit.wish.atMs - this.#clock.monotonicMs() : Infinity;
      if (!unit || waitMs > 0) {
        await this.#pause(waitMs, true);
        continue;
      }
      await this.#serve(line, unit);
      if (this.#open === line) await this.#pause(TURNAROUND_MS, false);
    }
  }

  /** Of those whose time has come the most urgent one, and among equals the one that waits longest; else the next. */
  #nextUnit(): SignUnit | undefined {
    const now = this.#clock.monotonicMs();
    const wishes = this.units.map((unit) => ({ unit, ...unit.wish }));
    const due = wishes.filter(({ atMs }) => atMs <= now).sort((a, b) => a.rank - b.rank || a.atMs - b.atMs);
    return (due[0] ?? wishes.sort((a, b) => a.atMs - b.atMs)[0])?.unit;
  }

  async #serve(line: OpenLine, unit: SignUnit): Promise<void> {
    this.#seq = (this.#seq + 1) & 0xff;
    const step = unit.step(this.#seq);
    for (let tries = unit.offline ? 1 : TRIES; tries > 0; tries--) {
      const answer = await this.#ask(line, step.question);
      if (answer === 'gone') return;
      if (answer !== 'silent') return unit.answered(step, answer);
    }
    unit.missed();
  }

  #ask(line: OpenLine, question: SignQuestion): Promise<SignAnswer | 'silent' | 'gone'> {
    // Whatever came before a question is no part of its answer.
    this.#discard(line.receiver.silence());
    const { bytes, decoded } = question;
    // Ten bits a byte; until then the sign has not even heard the question.
    const limitMs = ANSWER_MS + Math.ceil((bytes.length * 10_000) / this.#baud);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(limitMs, () => settle('silent'));
      const settle = (answer: SignAnswer | 'silent' | 'gone') => {
        cancel();
        this.#waiting = null;
        resolve(answer);
      };
      this.#waiting = { question, settle };
      this.#onFrame?.('sent', bytes, decoded);
      // Whether it arrived is told by the answer, never by the write.
      void line.transport.write(bytes);
    });
  }

  #onData(line: OpenLine, bytes: Uint8Array): void {
    const { frames, dropped } = line.receiver.push(bytes);
    this.#discard(dropped);
    for (const { message, bytes: frame } of frames) {
      this.#onFrame?.('received', frame, message);
      // Our own words come back from cheap adapters.
      if (message.type === 'echo') continue;
      this.#garbage = 0;
      const answer = this.#waiting && this.#dialect.answerIn(this.#waiting.question, message);
      if (answer) this.#waiting?.settle(answer);
    }
  }

  #discard(dropped: { reason: string; bytes: Uint8Array }[]): void {
    for (const { reason, bytes } of dropped) {
      this.#onFrame?.('received', bytes, { dropped: reason });
      // A byte 00 or FF comes when the direction turns, on lines that are well.
      this.#garbage += bytes.filter((byte) => byte !== 0x00 && byte !== 0xff).length;
    }
  }

  #pause(ms: number, idle: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel?.();
        this.#endPause = this.#endIdling = null;
        resolve();
      };
      const cancel = Number.isFinite(ms) ? this.#clock.after(ms, end) : undefined;
      this.#endPause = end;
      this.#endIdling = idle ? end : null;
    });
  }
}

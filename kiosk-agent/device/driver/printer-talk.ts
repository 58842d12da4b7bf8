/** One open port of a printer: questions and their answers, data in pieces. Lives as long as the port does. */
import type { Clock } from '../clock.ts';
import { identify, type IdentityQuestion, type Reply, type ReplyStream } from '../codec/escpos.ts';
import type { Transport } from '../transport/transport.ts';

/** Small enough to stop between pieces when the paper runs out, large enough to keep a line busy. */
const PIECE_BYTES = 256;
export const ANSWER_MS = 500;

export type FrameListener = (direction: 'sent' | 'received', bytes: Uint8Array) => void;
export type Sent = { handed: number; end: 'sent' | 'stopped' | 'stuck' | 'gone' };

export class PrinterTalk {
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** every reply that answers no question; noise too */
  readonly #onReply: (reply: Reply) => void;
  readonly #onFrame: FrameListener | undefined;
  readonly #replies: ReplyStream;
  /** each looks at a reply (null: the port is gone) and says whether it takes it */
  readonly #waiting = new Set<(reply: Reply | null) => boolean>();
  /** wait for anything to be heard, and take nothing */
  readonly #stirring = new Set<() => void>();
  /** what the operating system has not taken yet */
  #writing: Promise<'sent' | 'stuck' | 'gone'> | null = null;
  #gone = false;
  /** the printer has said XOFF */
  #stopped = false;
  /** bytes that fitted nothing, since the port was opened */
  noise = 0;
  /** how often it said XON without an XOFF: it has been switched on (§1.7), and what it held is lost */
  restarts = 0;

  constructor(
    transport: Transport,
    clock: Clock,
    replies: ReplyStream,
    onReply: (reply: Reply) => void,
    onFrame?: FrameListener,
  ) {
    this.#replies = replies;
    this.#transport = transport;
    this.#clock = clock;
    this.#onReply = onReply;
    this.#onFrame = onFrame;
    transport.onData = (bytes) => this.#take(bytes);
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** The port is gone: everybody who waits is told. May be called again. */
  end(): void {
    this.#gone = true;
    this.#transport.onData = null;
    for (const offer of [...this.#waiting]) offer(null);
    for (const wake of [...this.#stirring]) wake();
  }

  /**
   * Sends `question` and waits up to `limitMs` for the reply that `pick` takes. Nothing is sent while earlier data is
   * still stuck in the operating system: a question behind it would be answered at the wrong time.
   */
  async ask<T>(
    question: Uint8Array,
    pick: (reply: Reply) => T | undefined,
    limitMs: number,
  ): Promise<T | 'silent' | 'stuck' | 'gone'> {
    if (this.#gone) return 'gone';
    const ready = await this.#written(limitMs);
    if (ready !== 'sent') return ready;
    let answer: T | undefined;
    const heard = this.wait((reply) => (answer = pick(reply)) !== undefined, limitMs);
    void this.#write(question);
    const end = await heard;
    if (end === 'silent') this.#replies.abandon().forEach((reply) => this.#offer(reply));
    return end === 'heard' ? answer! : end;
  }

  /** GS I; undefined when it does not say. In data order, so it is answered only while the printer is online. */
  async askIdentity(question: IdentityQuestion): Promise<string | undefined> {
    const pick = (reply: Reply) => (reply.type === 'identity' ? { text: reply.text } : undefined);
    const answer = await this.ask(identify(question), pick, ANSWER_MS);
    return typeof answer === 'object' ? answer.text : undefined;
  }

  /** Waits up to `limitMs` for a reply that `takes` wants; what it does not want goes on to the others. */
  wait(takes: (reply: Reply) => boolean, limitMs: number): Promise<'heard' | 'silent' | 'gone'> {
    if (this.#gone) return Promise.resolve('gone');
    return new Promise((resolve) => {
      const done = (end: 'heard' | 'silent' | 'gone') => {
        cancel();
        this.#waiting.delete(offer);
        resolve(end);
      };
      const offer = (reply: Reply | null) => {
        if (reply === null) {
          done('gone');
          return true;
        }
        const taken = takes(reply);
        if (taken) done('heard');
        return taken;
      };
      const cancel = this.#clock.after(Math.max(0, limitMs), () => done('silent'));
      this.#waiting.add(offer);
    });
  }

  /** Waits up to `limitMs` until anything has been heard and its meaning is known, or the port is gone. */
  stir(limitMs: number): Promise<void> {
    if (this.#gone) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#stirring.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(Math.max(0, limitMs), wake);
      this.#stirring.add(wake);
    });
  }

  /**
   * Hands `bytes` to the operating system piece by piece, as fast as it takes them, up to `limitMs`; `stop` is asked
   * before each piece. `handed` counts what may have reached the printer.
   */
  async send(bytes: Uint8Array, limitMs: number, stop: () => boolean = () => false): Promise<Sent> {
    const deadline = this.#clock.monotonicMs() + limitMs;
    let handed = 0;
    while (handed < bytes.length) {
      if (this.#gone) return { handed, end: 'gone' };
      if (stop()) return { handed, end: 'stopped' };
      const ready = await this.#written(deadline - this.#clock.monotonicMs());
      if (ready !== 'sent') return { handed, end: ready };
      const piece = bytes.subarray(handed, handed + PIECE_BYTES);
      void this.#write(piece);
      handed += piece.length;
    }
    return { handed, end: await this.#written(deadline - this.#clock.monotonicMs()) };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#onFrame?.('sent', bytes);
    const writing = this.#transport.write(bytes).then((result) => {
      if (this.#writing === writing) this.#writing = null;
      if (result.ok) return 'sent';
      return result.trouble.kind === 'timeout' ? 'stuck' : 'gone';
    });
    this.#writing = writing;
    await writing;
  }

  /** Waits up to `limitMs` until the operating system has taken what was written. */
  async #written(limitMs: number): Promise<'sent' | 'stuck' | 'gone'> {
    const writing = this.#writing;
    if (!writing) return this.#gone ? 'gone' : 'sent';
    return new Promise((resolve) => {
      const cancel = this.#clock.after(Math.max(0, limitMs), () => resolve('stuck'));
      void writing.then((end) => {
        cancel();
        resolve(end);
      });
    });
  }

  #take(bytes: Uint8Array): void {
    this.#onFrame?.('received', bytes);
    for (const reply of this.#replies.push(bytes)) this.#offer(reply);
  }

  #offer(reply: Reply): void {
    if (reply.type === 'noise') this.noise += reply.bytes.length;
    if (reply.type === 'flow') {
      if (reply.ready && !this.#stopped) this.restarts += 1;
      this.#stopped = !reply.ready;
    }
    for (const offer of [...this.#waiting]) if (offer(reply)) return;
    this.#onReply(reply);
    for (const wake of [...this.#stirring]) wake();
  }
}

/** Requests over one open port to an SDT reader: one at a time, each with a limit; the end of the port settles all. */
import type { Clock } from '../clock.ts';
import {
  encodeSdt,
  fitsRequest,
  SdtReceiver,
  shownAnswer,
  wipe,
  type SdtAnswer,
  type SdtDropped,
  type SdtDropReason,
  type SdtReceived,
  type SdtRequest,
  type SdtStatus,
} from '../codec/sdt.ts';
import type { Transport } from '../transport/transport.ts';

/** Reading a card takes 2 to 3 s at the worst (id-card-reader §2); everything else is a matter of moments. */
const READ_MS = 3_000;
const ANSWER_MS = 1_000;
/** A frame takes 113 ms; a line that says nothing for so long in the middle of one has stopped. */
const SILENCE_MS = 300;
/** After a request without an answer: so many times is waited for silence, so that a late answer is not taken for the next. */
const QUIET_TRIES = 3;

/** What the technician's view says of bytes; an answer's data and what was dropped are zeros there. */
export type SdtDecoded =
  | { request: SdtRequest }
  | { answer: SdtStatus; sw: string; data: number; hidden: boolean; late: boolean }
  | { dropped: SdtDropReason; bytes: number; hidden: true };
export type OnSdtFrame = (direction: 'sent' | 'received', bytes: Uint8Array, decoded: SdtDecoded) => void;

export type SdtTalkParts = {
  transport: Transport;
  clock: Clock;
  onFrame: OnSdtFrame | undefined;
  onAnswer: (late: boolean) => void;
  onDropped: (dropped: SdtDropped) => void;
};

export class SdtTalk {
  readonly #parts: SdtTalkParts;
  readonly #receiver = new SdtReceiver();
  #ended = false;
  #waiting: { request: SdtRequest; settle: (answer: SdtAnswer | null) => void } | null = null;
  #endPause: (() => void) | null = null;
  #cancelSilence: (() => void) | null = null;
  /** a frame of the answer that is waited for was broken */
  #broken = false;
  /** the last request had no answer: it may still come */
  #owed = false;
  #pieces = 0;

  constructor(parts: SdtTalkParts) {
    this.#parts = parts;
    parts.transport.onData = (bytes) => this.#onData(bytes);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a request; null: no answer in time, a broken one, or the port has ended. The caller wipes the answer. */
  async ask(request: SdtRequest): Promise<SdtAnswer | null> {
    if (this.#owed) await this.#quiet();
    if (this.#ended) return null;
    this.#broken = false;
    const answer = await new Promise<SdtAnswer | null>((resolve) => {
      const limit = request === 'read' ? READ_MS : ANSWER_MS;
      const cancel = this.#parts.clock.after(limit, () => this.#settle(null));
      this.#waiting = {
        request,
        settle: (given) => {
          cancel();
          resolve(given);
        },
      };
      const bytes = encodeSdt(request);
      this.#parts.onFrame?.('sent', bytes, { request });
      // Whether it arrived is told by the answer, never by the write; a lost port settles by `end`.
      void this.#parts.transport.write(bytes);
    });
    this.#owed = answer === null;
    return answer;
  }

  /** Waits so long, or until the port has ended. */
  pause(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#endPause = null;
        cancel();
        resolve();
      };
      const cancel = this.#parts.clock.after(ms, done);
      this.#endPause = done;
    });
  }

  /** The port has gone or is not wanted any more. May be called again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.transport.onData = null;
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    // Half an answer is personal too.
    this.#receiver.cutOff().answers.forEach(wipe);
    this.#settle(null);
    this.#endPause?.();
  }

  async #quiet(): Promise<void> {
    for (let tries = QUIET_TRIES; tries > 0 && !this.#ended; tries--) {
      const before = this.#pieces;
      await this.pause(SILENCE_MS);
      if (this.#pieces === before) break;
    }
    if (!this.#ended) this.#take(this.#receiver.cutOff());
  }

  #onData(bytes: Uint8Array): void {
    this.#pieces += 1;
    const received = this.#receiver.push(bytes);
    // The piece belongs to nobody else any more, and may hold a part of somebody's card.
    bytes.fill(0);
    this.#take(received);
    this.#watchForSilence();
  }

  #watchForSilence(): void {
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    if (this.#ended || (this.#receiver.held === 0 && !this.#broken)) return;
    this.#cancelSilence = this.#parts.clock.after(SILENCE_MS, () => {
      this.#cancelSilence = null;
      this.#take(this.#receiver.cutOff());
      if (this.#broken) this.#settle(null);
    });
  }

  #take({ answers, dropped }: SdtReceived): void {
    for (const each of dropped) {
      const { reason, length } = each;
      // Noise alone says nothing of the answer: it may stand before it.
      if (reason !== 'noise' && this.#waiting) this.#broken = true;
      this.#parts.onFrame?.('received', new Uint8Array(length), {
        dropped: reason,
        bytes: length,
        hidden: true,
      });
      this.#parts.onDropped(each);
    }
    for (const answer of answers) {
      const request =
        this.#waiting && fitsRequest(this.#waiting.request, answer) ? this.#waiting.request : null;
      this.#show(answer, request);
      this.#parts.onAnswer(request === null);
      // Nobody needs the data of a late answer or a failure, whatever it is.
      if (request === null || answer.status !== 'ok') wipe(answer);
      if (request !== null) this.#settle(answer);
    }
  }

  #show(answer: SdtAnswer, request: SdtRequest | null): void {
    const { status, sw, data } = answer;
    this.#parts.onFrame?.('received', shownAnswer(answer, request), {
      answer: status,
      sw: Buffer.from(sw).toString('hex').toUpperCase(),
      data: data.length,
      hidden: data.length > 0 && request !== 'sam-id',
      late: request === null,
    });
  }

  #settle(answer: SdtAnswer | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#broken = false;
    waiting?.settle(answer);
  }
}

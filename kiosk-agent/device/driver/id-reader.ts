/** A reader of identity cards, over SDT. It looks for cards all the time; nothing that names a person leaves it in clear. */
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { samIdText, wipe, type SdtAnswer, type SdtDropped, type SdtRequest } from '../codec/sdt.ts';
import type { KnowPerson } from '../person-hash.ts';
import type { AttachedDriver } from '../session.ts';
import type { PortTrouble, Transport } from '../transport/transport.ts';
import { cardReadOf } from './card-read.ts';
import { idReaderState, type ReaderFault } from './id-reader-status.ts';
import type { CardFault, DeviceStatus, IdReader, IdReaderEvents } from './interfaces.ts';
import { JUDGE_AFTER_MS, LineQuality } from './line-quality.ts';
import { SdtTalk, type OnSdtFrame } from './sdt-talk.ts';

/** "Poll find every 200-500 ms" (id-card-reader §2). */
const FIND_EVERY_MS = 300;
/** A card that is laid down askew is read at the second or third try. */
const TRIES = 3;
/** A card that was being read is gone when so many finds in a row see none: one may miss a card that lies at the edge. */
const GONE_AFTER = 2;
/** So many requests in a row without an answer are silence, so many refusals a fault. */
const GIVE_UP_AFTER = 3;
/** A port that has been dumb this long is closed and opened afresh: some adapters and servers need it. */
const REOPEN_MS = 60_000;

export type SdtReaderParts = {
  id: string;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** masked form and keyed hashes of a card's number */
  know: KnowPerson;
  /** the technician's view of the wire; carries no byte of a card */
  onFrame?: OnSdtFrame;
};

export class SdtReader extends EventEmitter<IdReaderEvents> implements IdReader, AttachedDriver {
  readonly id: string;
  readonly kind = 'reader';
  readonly #parts: SdtReaderParts;
  readonly #quality = new LineQuality();
  readonly #counters = {
    answers: 0,
    lateAnswers: 0,
    unanswered: 0,
    reopened: 0,
    cardsRead: 0,
    cardsUnreadable: 0,
    droppedNoise: 0,
    wrongCheck: 0,
    tooLong: 0,
    cutOff: 0,
  };

  #talk: SdtTalk | null = null;
  #trouble: PortTrouble | null = null;
  #attachments = 0;
  /** text of the SAM's id: names the device */
  #serial: string | null = null;
  #lastSeenAt: Date | undefined;
  #greeted = false;
  #fault: ReaderFault | null = null;
  /** in a row */
  #unanswered = 0;
  #refused = 0;
  /** the request that was not answered, while the device is silent */
  #silent: SdtRequest | null = null;
  #silentSinceMs = 0;

  /** tries at the card that lies there, and finds in a row that did not see it any more */
  #tries = 0;
  #absent = 0;
  /** the card that lies there was given up, and that was told: it must be lifted */
  #givenUp = false;
  /** who was read since a find last saw no card: a reader that finds a card twice must not make two visitors of one */
  #readPerson: string | null = null;

  #cancelJudge: (() => void) | null = null;
  #status: DeviceStatus;

  constructor(parts: SdtReaderParts) {
    super();
    this.id = parts.id;
    this.#parts = parts;
    this.#status = this.#describe();
  }

  get status(): DeviceStatus {
    return this.#describe();
  }

  attach(transport: Transport): void {
    this.#talk?.end();
    this.#trouble = null;
    this.#attachments += 1;
    if (this.#attachments > 1) this.#counters.reopened += 1;
    const talk = new SdtTalk({
      transport,
      clock: this.#parts.clock,
      onFrame: this.#parts.onFrame,
      onAnswer: (late) => this.#onAnswer(late),
      onDropped: (dropped) => this.#onDropped(dropped),
    });
    this.#talk = talk;
    this.#unanswered = 0;
    this.#silentSinceMs = this.#parts.clock.monotonicMs();
    // Whatever was known of a card: the sensor says it afresh.
    this.#forgetCard();
    this.#tell();
    void this.#live(talk, transport);
  }

  detached(trouble: PortTrouble | null): void {
    this.#trouble = trouble;
    // A fresh port for a silent device does not bring it back; a port that went away is news of its own.
    if (trouble) {
      this.#silent = null;
      this.#quality.startAgain();
    }
    this.#release();
    this.#tell();
  }

  /** The port belongs to the session and is closed by it. May be called again. */
  async close(): Promise<void> {
    this.#release();
    this.removeAllListeners();
  }

  #release(): void {
    this.#talk?.end();
    this.#talk = null;
    this.#greeted = false;
    this.#fault = null;
    this.#cancelJudge?.();
    this.#cancelJudge = null;
  }

  /** Greets the SAM until it is well, then looks for cards until it is not; ends with the port. */
  async #live(talk: SdtTalk, transport: Transport): Promise<void> {
    let waits = backoff(this.#parts.random);
    while (!talk.ended) {
      if ((await this.#greet(talk)) && (await this.#lookForCards(talk))) waits = backoff(this.#parts.random);
      if (this.#silent !== null && this.#parts.clock.monotonicMs() - this.#silentSinceMs >= REOPEN_MS) {
        void transport.close();
        return;
      }
      await talk.pause(waits.next().value);
    }
  }

  async #greet(talk: SdtTalk): Promise<boolean> {
    const status = await this.#ask(talk, 'status');
    if (status?.status !== 'ok') return false;
    const id = await this.#ask(talk, 'sam-id');
    if (!id) return false;
    // A reader that does not tell its SAM's id reads cards all the same.
    this.#serial = id.status === 'ok' ? samIdText(id.data) : null;
    this.#greeted = true;
    this.#tell();
    return true;
  }

  /** Until the port has ended, the SAM is ill or the reader silent; true when it had worked before. */
  async #lookForCards(talk: SdtTalk): Promise<boolean> {
    let worked = false;
    while (!talk.ended && this.#greeted) {
      const found = await this.#ask(talk, 'find');
      worked ||= found?.status === 'found' || found?.status === 'no-card';
      if (found?.status === 'found') {
        this.#absent = 0;
        if (!this.#givenUp) await this.#readCard(talk);
      } else if (found?.status === 'no-card') {
        this.#noCard();
      }
      if (this.#greeted) await talk.pause(FIND_EVERY_MS);
    }
    return worked;
  }

  async #readCard(talk: SdtTalk): Promise<void> {
    this.#tries += 1;
    // "find→select→read mandatory each time" (§2): after a failure it begins with find again.
    const selected = await this.#ask(talk, 'select');
    if (selected?.status !== 'ok') return this.#tryFailed(talk);
    const read = await this.#ask(talk, 'read');
    if (read?.status !== 'ok') return this.#tryFailed(talk);
    const { clock, know } = this.#parts;
    const result = (() => {
      try {
        return cardReadOf(read.data, know, clock.now());
      } finally {
        wipe(read);
      }
    })();
    if (!result.ok) return this.#giveUp(result.why);
    this.#tries = 0;
    // "The card must be removed before find succeeds again" (§2): found without that, it is another one, or a lax reader.
    if (this.#readPerson === result.card.person.hash) return;
    this.#readPerson = result.card.person.hash;
    this.#counters.cardsRead += 1;
    this.emit('card', result.card);
  }

  #tryFailed(talk: SdtTalk): void {
    // A reader that is gone, silent or ill says so by its status; the card is not to blame.
    if (talk.ended || !this.#greeted || this.#tries < TRIES) return;
    this.#giveUp('card-not-readable');
  }

  /** A card that was being read, or had been read and not been heard, is gone: whoever laid it must lay it again. */
  #noCard(): void {
    this.#givenUp = false;
    this.#readPerson = null;
    if (this.#tries === 0) return;
    this.#absent += 1;
    if (this.#absent < GONE_AFTER) return;
    this.#giveUp('card-moved');
    this.#givenUp = false;
  }

  #giveUp(why: CardFault): void {
    this.#forgetCard();
    this.#givenUp = true;
    this.#counters.cardsUnreadable += 1;
    this.emit('unreadable', why);
  }

  #forgetCard(): void {
    this.#tries = 0;
    this.#absent = 0;
    this.#givenUp = false;
    this.#readPerson = null;
  }

  /** Asks, and learns from the answer how the reader is; null when there was none. */
  async #ask(talk: SdtTalk, request: SdtRequest): Promise<SdtAnswer | null> {
    const answer = await talk.ask(request);
    if (talk.ended) {
      if (answer) wipe(answer);
      return null;
    }
    if (answer) this.#onAnswered(request, answer);
    else this.#onUnanswered(request);
    this.#tell();
    return answer;
  }

  /** Late ones tell at least that the line is right. */
  #onAnswer(late: boolean): void {
    this.#counters[late ? 'lateAnswers' : 'answers'] += 1;
    this.#lastSeenAt = this.#parts.clock.now();
    this.#quality.message();
  }

  #onAnswered(request: SdtRequest, { status }: SdtAnswer): void {
    this.#unanswered = 0;
    this.#silent = null;
    switch (status) {
      case 'self-test-failed':
        return this.#onSamFault('sam-self-test-failed');
      case 'not-authorised':
        return this.#onSamFault('sam-not-authorised');
      case 'checksum-error':
      case 'length-error':
      case 'command-error':
      case 'unknown-command':
        this.#refused += 1;
        // A request may be spoilt on its way now and then; one that is never understood is a fault.
        if (this.#refused >= GIVE_UP_AFTER && this.#fault === null) this.#fault = 'reader-refuses';
        return;
      default:
        this.#refused = 0;
        // Only the SAM's own word ends its fault, and only a find that is understood the other one.
        if (request === (isSamFault(this.#fault) ? 'status' : 'find')) this.#fault = null;
    }
  }

  #onSamFault(fault: ReaderFault): void {
    this.#fault = fault;
    this.#greeted = false;
  }

  #onUnanswered(request: SdtRequest): void {
    this.#counters.unanswered += 1;
    this.#unanswered += 1;
    if (this.#unanswered < GIVE_UP_AFTER || this.#silent !== null) return;
    // In the dark a card may be exchanged. Only that one was being read is kept: whoever laid it is owed a word.
    this.#givenUp = false;
    this.#readPerson = null;
    this.#absent = 0;
    this.#silent = request;
    this.#silentSinceMs = this.#parts.clock.monotonicMs();
    this.#greeted = false;
  }

  #onDropped({ reason, length }: SdtDropped): void {
    if (reason === 'noise') this.#counters.droppedNoise += length;
    else if (reason === 'wrong-check') this.#counters.wrongCheck += 1;
    else if (reason === 'too-long') this.#counters.tooLong += 1;
    else this.#counters.cutOff += 1;
    // What was cut off had begun as an answer: it tells of a cable or a power supply, not of line settings.
    if (reason === 'cut-off') return this.#tell();
    // For the judgement of the line the others are all the same: bytes that were no answer.
    const first = this.#quality.dropped('noise', length, this.#parts.clock.monotonicMs());
    if (first) {
      this.#cancelJudge?.();
      this.#cancelJudge = this.#parts.clock.after(JUDGE_AFTER_MS, () => {
        this.#cancelJudge = null;
        this.#tell();
      });
    }
    this.#tell();
  }

  #describe(): DeviceStatus {
    const ranked = idReaderState({
      port: this.#talk ? 'open' : this.#trouble,
      unreadable: this.#quality.unreadable(this.#silent !== null, this.#parts.clock.monotonicMs()),
      silent: this.#silent !== null,
      fault: this.#fault,
      greeted: this.#greeted,
    });
    const detail =
      this.#trouble?.detail ??
      (ranked.state === 'silent' ? `${this.#silent} was not answered` : undefined) ??
      (ranked.state === 'wrong-settings'
        ? 'bytes arrive, but no answers; some readers are set to 57600, 38400, 19200 or 9600 baud'
        : undefined);
    return {
      ...ranked,
      ...(detail !== undefined && { detail }),
      ...(this.#serial !== null && { serial: this.#serial }),
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...this.#counters },
    };
  }

  /** Tells the status when it has changed in more than counters and time. */
  #tell(): void {
    const from = this.#status;
    const to = this.#describe();
    this.#status = to;
    const plain = ({ counters: _counters, lastSeenAt: _seen, ...rest }: DeviceStatus) => rest;
    if (!isDeepStrictEqual(plain(from), plain(to))) this.emit('status', from, to);
  }
}

function isSamFault(fault: ReaderFault | null): boolean {
  return fault === 'sam-self-test-failed' || fault === 'sam-not-authorised';
}

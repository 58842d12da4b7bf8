/**
 * One epoch's events on their way to the far end: connect, go on from where the far end stands, send, wait for receipts.
 *
 * The cursor moves only by what the far end names. Nothing is skipped: what the far end refuses is offered again, slowly,
 * until somebody has put it right. A connection starts with the event that the far end has last, so that a journal that was
 * set back to an older copy is found out (`chain-broken`) and does not pass for the one that the far end knows.
 */
import type { HallEvent } from '../contract/events.ts';
import { BATCH_MAX_BYTES, BATCH_MAX_EVENTS, type LinkState, type Receipt } from '../contract/link.ts';
import type { DialResult, EventStream, LinkConnection } from './binding.ts';
import { IN_FLIGHT, SendWindow } from './window.ts';

/** Batches of about a hundred are the cheapest to store (measured); single events only while nothing is under way. */
const GOOD_BATCH = 100;
/** Read from the journal at once: after a long cut taps and presses get their turn between the pieces of a large batch. */
const PIECE = 100;
/** What the usual event has, as JSON. */
const EVENT_BYTES = 500;
/** Rewinds in a row that bring nothing: the far end does not take what it asks for. */
const USELESS_REWINDS = 3;
/** A connection that lived this long was a good one: the next attempt is quick again. */
const GOOD_CONNECTION_MS = 30_000;

/** Waiting times in ms between attempts; each wait is random between 0 and its bound, so that 3,000 halls spread out. */
export type RetryTimes = { firstMs: number; capMs: number; refusedMs: number };
export const RETRY: RetryTimes = { firstMs: 500, capMs: 20_000, refusedMs: 30_000 };

type Ended = { why: string; refused: boolean; setBack?: boolean };

/** Sends one {@link EventStream} until it is closed, or until all is there when `sealed`. */
export class StreamSender {
  state: LinkState = 'connecting';
  why: string | undefined;
  /** what the far end has named last */
  ackedSeq = 0;
  /** resolves when the far end has refused this stream for the first time */
  readonly stuck: Promise<void>;
  readonly epoch: string;

  readonly #stream: EventStream;
  readonly #link: string;
  readonly #sealed: boolean;
  readonly #dial: (signal: AbortSignal) => Promise<DialResult>;
  readonly #retry: RetryTimes;
  readonly #random: () => number;
  readonly #changed: () => void;
  readonly #setBack: (why: string) => void;
  readonly #window: SendWindow;
  readonly #closing = new AbortController();
  readonly #bell = new Bell();
  readonly #isStuck: () => void;
  #cursorWanted = 0;
  #cursorWritten = 0;
  #cursorWriting: Promise<void> | null = null;

  constructor(options: {
    stream: EventStream;
    link: string;
    sealed: boolean;
    dial: (signal: AbortSignal) => Promise<DialResult>;
    /** how long to wait for a receipt, in ms; longer for a large event on a slow line */
    timeoutMs: number;
    retry: RetryTimes;
    random: () => number;
    changed: () => void;
    /** the far end knows another history of this epoch than this journal */
    setBack: (why: string) => void;
  }) {
    this.#stream = options.stream;
    this.#link = options.link;
    this.#sealed = options.sealed;
    this.#dial = options.dial;
    this.#window = new SendWindow(options.timeoutMs);
    this.#retry = options.retry;
    this.#random = options.random;
    this.#changed = options.changed;
    this.#setBack = options.setBack;
    this.epoch = options.stream.epoch;
    const stuck = Promise.withResolvers<void>();
    this.stuck = stuck.promise;
    this.#isStuck = stuck.resolve;
  }

  /** Events on disk that the far end has not named. */
  get lag(): number {
    return Math.max(0, this.#stream.durableSeq - this.ackedSeq);
  }

  /** Reads the cursor: where the far end stood when we last heard of it. */
  async load(): Promise<void> {
    try {
      this.ackedSeq = this.#cursorWanted = this.#cursorWritten = await this.#stream.cursor(this.#link);
    } catch (error) {
      // Without the cursor we start at 0 and the far end's welcome says the rest.
      this.#tell('connecting', `the journal's cursor cannot be read: ${String(error)}`);
    }
    if (this.#done()) this.state = 'level';
  }

  /** Resolves when a sealed stream is all there, or after close(); never rejects. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted && !this.#done()) {
      const acked = this.ackedSeq;
      const since = performance.now();
      let ended: Ended;
      try {
        ended = await this.#once();
        await this.#cursorWriting;
      } catch (error) {
        ended = { why: `the journal cannot be read or written: ${String(error)}`, refused: false };
      }
      if (this.#closing.signal.aborted || this.#done()) return;
      this.#tell(ended.refused ? 'refused' : 'away', ended.why);
      if (ended.refused) this.#isStuck();
      if (ended.setBack) this.#setBack(ended.why);
      const good = this.ackedSeq > acked || performance.now() - since > GOOD_CONNECTION_MS;
      failures = good ? 0 : failures + 1;
      await this.#pause(ended.refused, failures);
    }
  }

  /** Something new is on disk. */
  wake(): void {
    this.#bell.ring();
  }

  close(): void {
    this.#closing.abort();
    this.#bell.ring();
  }

  #done(): boolean {
    return this.#sealed && this.ackedSeq >= this.#stream.durableSeq;
  }

  async #once(): Promise<Ended> {
    const dialled = await this.#dial(this.#closing.signal);
    if ('failed' in dialled) return { why: dialled.failed, refused: dialled.refused };
    const { connection } = dialled;
    const stopped = () => connection.close();
    this.#closing.signal.addEventListener('abort', stopped);
    const silence = new Silence();
    try {
      return await this.#pump(connection, silence);
    } finally {
      silence.over();
      this.#window.ended(performance.now());
      this.#closing.signal.removeEventListener('abort', stopped);
      connection.close();
    }
  }

  async #pump(connection: LinkConnection, silence: Silence): Promise<Ended> {
    const window = this.#window;
    const outcome: { ended: Ended | null } = { ended: null };
    const end = (why: string, refused: boolean, setBack = false) => {
      outcome.ended ??= { why, refused, setBack };
      this.#bell.ring();
    };
    void connection.ended.then((why) => end(why, false));

    if (connection.through > this.#stream.durableSeq)
      return { why: this.#ahead(connection.through), refused: true, setBack: true };
    this.#named(connection.through);
    let sent = await this.#startBefore(connection.through);
    let rewinding = false;
    let rewinds = 0;

    // Batches come one after another: the oldest one's time counts, and begins anew with each receipt.
    const waitForReceipt = () => {
      silence.over();
      const ms = window.waitMs;
      if (window.inFlight > 0) silence.begin(ms, () => end(`no receipt within ${ms / 1000} s`, false));
    };
    const answered = (batch: readonly HallEvent[], receipt: Receipt) => {
      const { refused } = receipt;
      if (refused)
        return end(refusal(batch, refused), refused.code !== 'store-failed', refused.code === 'chain-broken');
      if (receipt.through > this.#stream.durableSeq) return end(this.#ahead(receipt.through), true, true);
      if (receipt.through > this.ackedSeq) rewinds = 0;
      if (receipt.through < batch.at(-1)!.seq) rewinding = true;
      this.#named(receipt.through);
    };

    while (!outcome.ended) {
      if (rewinding && window.inFlight === 0) {
        rewinds += 1;
        if (rewinds > USELESS_REWINDS) {
          return {
            why: `the far end stays at seq ${this.ackedSeq} and does not take what follows`,
            refused: true,
          };
        }
        sent = this.ackedSeq;
        rewinding = false;
      }
      this.#tell(this.lag === 0 ? 'level' : 'sending');
      if (this.#done()) return { why: 'all is there', refused: false };
      const waiting = this.#stream.durableSeq - sent;
      const good = Math.min(GOOD_BATCH, window.batchBytes / EVENT_BYTES);
      const more = window.inFlight === 0 || (window.inFlight < IN_FLIGHT && waiting >= good);
      if (!rewinding && waiting > 0 && more) {
        const batch = await this.#batch(sent, waiting);
        if ('refused' in batch) return batch;
        if (outcome.ended) break;
        if (window.fits(batch.bytes)) {
          window.sent(batch.bytes, performance.now());
          if (window.inFlight === 1) waitForReceipt();
          sent = batch.events.at(-1)!.seq;
          void connection.send(batch.events).then((result) => {
            if ('lost' in result) return end(result.lost, false);
            window.received(performance.now());
            waitForReceipt();
            answered(batch.events, result.receipt);
            this.#bell.ring();
          });
          continue;
        }
      }
      await this.#bell.rung();
    }
    return outcome.ended;
  }

  /** One before `through`, when the journal still has that event: the far end compares it with its own. */
  async #startBefore(through: number): Promise<number> {
    if (through === 0) return 0;
    const [known] = await this.#stream.read(through - 1, 1);
    return known?.seq === through ? through - 1 : through;
  }

  async #batch(after: number, waiting: number): Promise<{ events: HallEvent[]; bytes: number } | Ended> {
    const limit = waiting > IN_FLIGHT * GOOD_BATCH ? BATCH_MAX_EVENTS : GOOD_BATCH;
    const good = this.#window.batchBytes;
    const events: HallEvent[] = [];
    let bytes = 2;
    let first: HallEvent | undefined;
    for (let more = true; more && events.length < limit;) {
      const wanted = Math.min(PIECE, limit - events.length);
      const read = await this.#stream.read(after + events.length, wanted, good - bytes);
      first ??= read[0];
      more = read.length === wanted;
      for (const event of read) {
        const size = Buffer.byteLength(JSON.stringify(event)) + 1;
        // The first one goes in any case, as long as the far end takes it.
        const fits = bytes + size <= (events.length === 0 ? BATCH_MAX_BYTES : good);
        if (!fits || event.seq !== after + events.length + 1) {
          more = false;
          break;
        }
        events.push(event);
        bytes += size;
      }
    }
    if (events.length > 0) return { events, bytes };
    if (first?.seq === after + 1) {
      return {
        why: `event ${first.seq} alone is larger than a batch may be (${BATCH_MAX_BYTES} bytes)`,
        refused: true,
      };
    }
    const has = first ? `its next is ${first.seq}` : 'it gives nothing';
    return {
      why: `the far end needs event ${after + 1}, the journal no longer has it (${has})`,
      refused: true,
    };
  }

  #ahead(through: number): string {
    return (
      `the far end has events up to ${through} of epoch ${this.#stream.epoch}, this journal ends at ${this.#stream.durableSeq}: ` +
      'it was set back to an older copy. Nothing is sent; start it with a new epoch'
    );
  }

  /** Takes over what the far end has on disk. Several receipts share one write of the cursor. */
  #named(through: number): void {
    this.ackedSeq = through;
    this.#cursorWanted = through;
    if (this.#cursorWriting || this.#cursorWanted === this.#cursorWritten) return;
    this.#cursorWriting = this.#writeCursor().finally(() => (this.#cursorWriting = null));
    // A failed write is noticed by whoever awaits it in run(); until then the far end's word in memory is enough.
    this.#cursorWriting.catch(() => undefined);
  }

  async #writeCursor(): Promise<void> {
    while (this.#cursorWritten !== this.#cursorWanted) {
      const seq = this.#cursorWanted;
      await this.#stream.setCursor(this.#link, seq);
      this.#cursorWritten = seq;
    }
  }

  #tell(state: LinkState, why?: string): void {
    this.state = state;
    this.why = why;
    this.#changed();
  }

  async #pause(refused: boolean, failures: number): Promise<void> {
    const { firstMs, capMs, refusedMs } = this.#retry;
    // Refused: half of the wait is certain. Away: full jitter.
    const ms = refused
      ? refusedMs * (0.5 + this.#random() / 2)
      : this.#random() * Math.min(capMs, firstMs * 2 ** Math.min(failures, 30));
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        this.#closing.signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      this.#closing.signal.addEventListener('abort', over);
      if (this.#closing.signal.aborted) over();
    });
  }
}

function refusal(batch: readonly HallEvent[], refused: NonNullable<Receipt['refused']>): string {
  const event = refused.index === undefined ? undefined : batch[refused.index];
  const which = event
    ? `event ${event.seq} (${event.type}, number ${refused.index} of the batch)`
    : 'the batch';
  return `the far end refused ${which}: ${refused.why} (${refused.code})`;
}

/** A ring is kept until somebody has waited for it. */
class Bell {
  #rung = false;
  #waiting: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  async rung(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#waiting = null;
    this.#rung = false;
  }
}

/** Tells once that nothing has come for so long. */
class Silence {
  #timer: NodeJS.Timeout | undefined;

  begin(ms: number, tell: () => void): void {
    this.#timer = setTimeout(tell, ms);
  }

  over(): void {
    clearTimeout(this.#timer);
  }
}

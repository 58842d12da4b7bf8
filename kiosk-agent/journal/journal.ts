/** The journal's face: what the executor, the link and the commands hold on to. The work is done in worker.ts. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BATCH_MAX_BYTES } from '../contract/link.ts';
import type { EventDraft, HallEvent } from '../contract/events.ts';
import { HallError } from '../contract/problem.ts';
import { sha256, toRow } from './chain.ts';
import type { Link, Row } from './chain.ts';
import type { Ask, Failure, FromWorker, Kind, OpenOptions, Opened, Requests, Sealed } from './messages.ts';
import { wantNewEpoch } from './repair.ts';
import type { Repair } from './repair.ts';
import type { JournalStat } from './stat.ts';

export type { JournalStat, LinkBacklog } from './stat.ts';

export type JournalOptions = {
  /** the journal's own folder, `<state>/journal` */
  folder: string;
  agentId: string;
  hall: string;
  /** 12 digits */
  region: string;
  clock?: () => Date;
  /** 8 to 64 of 0-9 a-z - */
  randomEpoch?: () => string;
};
export type OpenedJournal = { journal: Journal; repaired: Repair | null };

/** Records of an earlier epoch, saved from a damaged journal: nothing is added, but the next hop still has to get them. */
export type SealedJournal = {
  epoch: string;
  lastSeq: number;
  read(after: number, limit: number, maxBytes?: number): Promise<HallEvent[]>;
  cursor(link: string): Promise<number>;
  setCursor(link: string, seq: number): Promise<void>;
};
/** What `replay` went through. `complete` is false when records before `from` are gone and no snapshot of that version stands for them. */
export type Replayed = { snapshot: { epoch: string; seq: number } | null; events: number; complete: boolean };

const REPLAY_STEP = 1000;
/** A step of the search takes a few ms of the journal's thread; one question takes at most a hundred of them. */
const FIND_STEP = 2000;
const FIND_MOST = 200_000;

/**
 * Opens the journal in `folder`, makes it when there is none, and repairs it when it is damaged.
 * Throws a HallError when another process holds it, when it belongs to another agent, or when the disk refuses.
 */
export async function openJournal(options: JournalOptions): Promise<OpenedJournal> {
  const clock = options.clock ?? (() => new Date());
  const open: OpenOptions = {
    folder: resolve(options.folder),
    agentId: options.agentId,
    newEpoch: (options.randomEpoch ?? randomUUID)(),
    now: clock().toISOString(),
  };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: open });
  const opened = await new Promise<Opened>((settle, refuse) => {
    const exited = () =>
      refuse(
        new HallError('journal-unwritable', `the journal's thread ended while it opened ${open.folder}`),
      );
    worker.once('error', refuse);
    worker.once('exit', exited);
    worker.once('message', (message: FromWorker) => {
      worker.off('error', refuse);
      worker.off('exit', exited);
      if ('opened' in message) settle(message.opened);
      else if ('notOpened' in message)
        worker.terminate().then(() => refuse(toError(message.notOpened)), refuse);
    });
  });
  return { journal: new Journal(options, clock, worker, opened), repaired: opened.repaired };
}

type Waiting = { kind: Kind; settle: (value: never) => void; refuse: (error: Error) => void };

export class Journal {
  readonly epoch: string;
  /** false from the first refusal of the disk until `probe` has succeeded */
  writable = true;
  readonly #options: JournalOptions;
  readonly #clock: () => Date;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #sealed: Sealed[];
  readonly #generation: number;
  #baseSeq: number;
  #last: Link;
  #durable: Link;
  #nextId = 1;
  #refusal: HallError | null = null;
  /** the thread is gone: nothing will be answered any more */
  #lost: HallError | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: JournalOptions, clock: () => Date, worker: Worker, opened: Opened) {
    this.#options = options;
    this.#clock = clock;
    this.#worker = worker;
    this.epoch = opened.epoch;
    this.#sealed = opened.sealed;
    this.#generation = opened.generation;
    this.#baseSeq = opened.baseSeq;
    this.#last = opened.last;
    this.#durable = opened.last;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error) => this.#lose(`the journal's thread failed: ${error.message}`));
    worker.on('exit', () => this.#lose(`the journal's thread has ended`));
  }

  /** the last number given out; back to `durableSeq` when the disk refuses, so that there is never a gap */
  get lastSeq(): number {
    return this.#last.seq;
  }

  /** the last number on disk */
  get durableSeq(): number {
    return this.#durable.seq;
  }

  /** where its files lie */
  get folder(): string {
    return resolve(this.#options.folder);
  }

  /** the end of the chain on disk: its last number and that record's hash */
  get durableEnd(): Link {
    return { ...this.#durable };
  }

  /**
   * Numbers and chains the drafts at once, in the order of the calls; `durable` resolves, in that order, after the commit
   * that holds them, and rejects with `journal-unwritable` when the disk refuses. Throws the same at once, and numbers
   * nothing, while the journal is unwritable; `stopping` after close; a TypeError for what JSON cannot hold.
   */
  append(drafts: readonly EventDraft[]): { events: HallEvent[]; durable: Promise<HallEvent[]> } {
    if (this.#closing) throw stopping();
    if (this.#refusal) throw this.#refusal;
    if (drafts.length === 0) return { events: [], durable: Promise.resolve([]) };
    const { agentId, hall, region } = this.#options;
    let last = this.#last;
    const rows: Row[] = [];
    const events = drafts.map((draft): HallEvent => {
      const seq = last.seq + 1;
      const event: HallEvent = {
        specversion: '1.0',
        id: `${agentId}/${seq}`,
        source: `/halls/${hall}/agents/${agentId}`,
        ...draft,
        datacontenttype: 'application/json',
        seq,
        epoch: this.epoch,
        prev: last.hash,
        region,
      };
      const row = toRow(event);
      rows.push(row);
      last = { seq, hash: row.hash };
      return event;
    });
    const written = this.#ask('append', { rows });
    this.#last = last;
    return {
      events,
      durable: written.then(() => events),
    };
  }

  /** Up to `limit` records after number `after`, in order, together about `maxBytes` of JSON but at least one. Only what is on disk. */
  read(after: number, limit: number, maxBytes = BATCH_MAX_BYTES): Promise<HallEvent[]> {
    return this.#read(this.epoch, after, limit, maxBytes);
  }

  /**
   * Records of one type of the running epoch, oldest first, each with its hash: at most `limit` of those behind number
   * `after`, found among the next 200,000. `next`: where to go on; null when all that is on disk has been looked at.
   */
  async find<T extends HallEvent['type']>(
    type: T,
    after: number,
    limit: number,
    wanted: (event: Extract<HallEvent, { type: T }>) => boolean = () => true,
  ): Promise<{ found: { event: Extract<HallEvent, { type: T }>; hash: string }[]; next: number | null }> {
    const found: { event: Extract<HallEvent, { type: T }>; hash: string }[] = [];
    let looked = Math.max(after, this.#baseSeq);
    const last = this.durableSeq;
    const end = Math.min(last, looked + FIND_MOST);
    while (looked < end) {
      const through = Math.min(end, looked + FIND_STEP);
      for (const row of await this.#ask('find', { epoch: this.epoch, type, after: looked, through })) {
        const event = JSON.parse(row.json) as HallEvent;
        if (event.type !== type) continue;
        const one = event as Extract<HallEvent, { type: T }>;
        if (!wanted(one)) continue;
        found.push({ event: one, hash: row.hash });
        if (found.length === limit) return { found, next: row.seq < last ? row.seq : null };
      }
      looked = through;
    }
    return { found, next: looked < last ? looked : null };
  }

  /** The last number that the next hop of `link` has on disk; 0 for a link not heard of before. */
  cursor(link: string): Promise<number> {
    return this.#ask('cursor', { epoch: this.epoch, link });
  }

  /** Moves the cursor forward; a smaller number changes nothing. Throws a RangeError beyond what is on disk here. */
  setCursor(link: string, seq: number): Promise<void> {
    return this.#setCursor(this.epoch, this.durableSeq, link, seq);
  }

  /** Keeps the state after record `seq` (at most `durableSeq`), in the shape of `version`; the newest two are kept. */
  async saveSnapshot(seq: number, version: number, state: unknown): Promise<void> {
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > this.durableSeq)
      throw new RangeError(`a snapshot at ${seq} reaches beyond record ${this.durableSeq}`);
    const text = JSON.stringify(state);
    await this.#ask('saveSnapshot', { snapshot: { seq, version, state: text, hash: sha256(text) } });
  }

  /** The newest undamaged snapshot of that version in the running epoch, or null. */
  loadSnapshot(version: number): Promise<{ seq: number; state: unknown } | null> {
    return this.#loadSnapshot(this.epoch, version);
  }

  /**
   * Rebuilds a state at start: the newest snapshot of `version`, if any, then every record after it in order, over sealed
   * epochs and the running one. Works the same after a repair. A record's place is (epoch, seq): numbers begin anew with an epoch.
   */
  async replay(
    version: number,
    onSnapshot: (state: unknown, at: { epoch: string; seq: number }) => void,
    onEvent: (event: HallEvent) => void,
  ): Promise<Replayed> {
    const files: Sealed[] = [
      ...this.#sealed,
      { epoch: this.epoch, generation: this.#generation, baseSeq: this.#baseSeq, lastSeq: this.durableSeq },
    ];
    let begin = 0;
    let after = 0;
    let snapshot: Replayed['snapshot'] = null;
    for (let index = files.length - 1; index >= 0 && snapshot === null; index -= 1) {
      const epoch = files[index]!.epoch;
      const found = await this.#loadSnapshot(epoch, version);
      if (!found) continue;
      snapshot = { epoch, seq: found.seq };
      begin = index;
      after = found.seq;
      onSnapshot(found.state, snapshot);
    }
    const whole = files.slice(begin).every((file, index) => file.baseSeq <= (index === 0 ? after : 0));
    const complete = whole && (snapshot !== null || files[0]!.generation === 1);
    let events = 0;
    for (const file of files.slice(begin)) {
      for (;;) {
        const step = await this.#read(file.epoch, after, REPLAY_STEP, Number.MAX_SAFE_INTEGER);
        for (const event of step) onEvent(event);
        events += step.length;
        after = step.at(-1)?.seq ?? after;
        if (step.length === 0) break;
      }
      after = 0;
    }
    return { snapshot, events, complete };
  }

  /** Earlier epochs whose records still have to reach a next hop, oldest first. Empty as long as nothing was repaired. */
  sealed(): SealedJournal[] {
    return this.#sealed.map(({ epoch, lastSeq }) => ({
      epoch,
      lastSeq,
      read: (after, limit, maxBytes = BATCH_MAX_BYTES) => this.#read(epoch, after, limit, maxBytes),
      cursor: (link) => this.#ask('cursor', { epoch, link }),
      setCursor: (link, seq) => this.#setCursor(epoch, lastSeq, link, seq),
    }));
  }

  /**
   * Removes records older than `keepDays` that each of `links` has acknowledged and the newest snapshot contains.
   * The chain stays verifiable. Appends go on between its steps.
   */
  async retain({ keepDays, links }: { keepDays: number; links: string[] }): Promise<{ removed: number }> {
    const before = this.#clock().getTime() - keepDays * 24 * 3600 * 1000;
    let removed = 0;
    for (;;) {
      const step = await this.#ask('retain', { before, links });
      this.#sealed = step.sealedLeft;
      if (step.removed === 0) return { removed };
      removed += step.removed;
      this.#baseSeq += step.removed;
    }
  }

  /**
   * For a link whose next hop holds more of this epoch than this file: the file was rolled back (an old backup, a lost
   * write-ahead log), and its next numbers were given before. The next start seals the epoch and begins another.
   */
  beginNewEpochAtStart(why: string): void {
    wantNewEpoch(this.#options.folder, why);
  }

  /** Numbers for health, metrics and people. */
  stat(): Promise<JournalStat> {
    return this.#ask('stat', {});
  }

  /** Tries a real write. True: the disk takes it, and the journal is writable (again). Never throws. */
  async probe(): Promise<boolean> {
    if (this.#closing) return false;
    try {
      const last = await this.#ask('probe', {});
      if (this.#refusal) this.#last = this.#durable = last;
      this.#refusal = null;
      this.writable = true;
      return true;
    } catch {
      return false;
    }
  }

  /** Waits for what is under way, then lets the folder go. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    if (this.#lost) return;
    const ended = new Promise<void>((settle) => this.#worker.once('exit', () => settle()));
    // A refusal here has nobody left to hear it: the thread ends either way.
    await this.#send('close', {}).catch(() => undefined);
    await ended;
    this.writable = false;
  }

  async #read(epoch: string, after: number, limit: number, maxBytes: number): Promise<HallEvent[]> {
    const texts = await this.#ask('read', { epoch, after, limit, maxBytes });
    return texts.map((text) => JSON.parse(text) as HallEvent);
  }

  async #setCursor(epoch: string, lastSeq: number, link: string, seq: number): Promise<void> {
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > lastSeq)
      throw new RangeError(
        `link ${link} cannot have acknowledged ${seq}: record ${lastSeq} is the last on disk`,
      );
    await this.#ask('setCursor', { epoch, link, seq });
  }

  async #loadSnapshot(epoch: string, version: number): Promise<{ seq: number; state: unknown } | null> {
    const found = await this.#ask('loadSnapshot', { epoch, version });
    return found && { seq: found.seq, state: JSON.parse(found.state) as unknown };
  }

  #ask<K extends Kind>(kind: K, what: Requests[K]['ask']): Promise<Requests[K]['answer']> {
    if (this.#closing) return Promise.reject(stopping());
    return this.#send(kind, what);
  }

  #send<K extends Kind>(kind: K, what: Requests[K]['ask']): Promise<Requests[K]['answer']> {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    return new Promise((settle, refuse) => {
      this.#worker.postMessage({ id, kind, ...what } as unknown as Ask);
      this.#waiting.set(id, { kind, settle, refuse });
    });
  }

  #hear(message: FromWorker): void {
    if (!('answers' in message)) return;
    for (const answer of message.answers) {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (!waiting) continue;
      if ('failure' in answer) {
        waiting.refuse(toError(answer.failure));
      } else {
        if (waiting.kind === 'append') this.#durable = answer.value as Link;
        waiting.settle(answer.value as never);
      }
    }
    if (message.refusing) this.#refuse(toError(message.refusing));
  }

  #refuse(error: HallError): void {
    this.#refusal ??= error;
    this.writable = false;
    this.#last = this.#durable;
  }

  #lose(why: string): void {
    const error = new HallError('journal-unwritable', `${why} (${this.#options.folder}); restart the agent`, {
      folder: this.#options.folder,
    });
    this.#lost ??= error;
    if (!this.#closing) this.#refuse(error);
    for (const { refuse } of this.#waiting.values()) refuse(this.#closing ? stopping() : error);
    this.#waiting.clear();
  }
}

function toError(failure: Failure): HallError {
  return new HallError(failure.code, failure.detail, failure.facts);
}

function stopping(): HallError {
  return new HallError('stopping', 'the journal is closed: the agent is stopping');
}

/** All exports of this server, at work: each by one server at a time, whichever has its lease. */
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { withLease } from '../lease.ts';
import { collect } from './collect.ts';
import type { RatingExport } from './load.ts';
import { begin, push } from './push.ts';

/** New ratings are looked for at this interval, ms. */
const LOOK_MS = 5_000;
/** A server that died lets another one go on after so long, ms. */
const LEASE_MS = 60_000;
const CLEAN_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export class RatingExports {
  readonly list: RatingExport[];
  readonly #database: Database;
  readonly #holder: string;
  readonly #clock: () => Date;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  readonly #working = new Map<string, Promise<void>>();
  readonly #cleanedAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout | undefined;

  /** Begins at once. `holder` names this server among those on the database. */
  constructor(list: RatingExport[], database: Database, holder: string, clock: () => Date, log: Logger) {
    this.list = list;
    this.#database = database;
    this.#holder = holder;
    this.#clock = clock;
    this.#log = log;
    if (list.length === 0) return;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    this.look();
  }

  /** Looks for something to send now. */
  look(): void {
    for (const wanted of this.list) {
      if (this.#closing.signal.aborted || this.#working.has(wanted.id)) continue;
      const done = withLease(
        this.#database,
        `rating-export:${wanted.id}`,
        this.#holder,
        LEASE_MS,
        this.#clock,
        (lost) => this.#work(wanted, AbortSignal.any([lost, this.#closing.signal])),
      )
        .catch((error: unknown) => {
          if (!this.#closing.signal.aborted)
            this.#log.error({ export: wanted.id, err: error }, 'the export of ratings stopped; it goes on');
        })
        .then(() => void this.#working.delete(wanted.id));
      this.#working.set(wanted.id, done);
    }
  }

  /** Ends what is under way; a message without an answer yet goes again after the next start. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await Promise.all(this.#working.values());
  }

  async #work(wanted: RatingExport, signal: AbortSignal): Promise<void> {
    await begin(this.#database, wanted);
    await collect(this.#database, wanted, this.#clock, signal);
    await push(this.#database, wanted, this.#clock, signal, this.#log);
    const now = this.#clock().getTime();
    if (now - (this.#cleanedAt.get(wanted.id) ?? 0) < CLEAN_EVERY_MS) return;
    this.#cleanedAt.set(wanted.id, now);
    await this.#database.query(
      `DELETE FROM rating_export_records WHERE export_id = $1 AND state IN ('sent', 'left-out') AND answered_at < $2`,
      [wanted.id, new Date(now - wanted.settings.keepSentDays * DAY_MS)],
    );
  }
}

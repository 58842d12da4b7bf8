/** Keeps the store in order: months are made ahead, old rows go. One of the servers on a database does it at a time. */
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import { withLease } from '../lease.ts';
import { makeMonths } from './partitions.ts';
import { dropOld, type KeptBack } from './retention.ts';
import type { KeepSettings } from './settings.ts';

const LOOK_MS = 600_000;
/** Old rows are looked for once in so long: a little less than a day, so that the hour does not wander. */
const RETENTION_MS = 23 * 3_600_000;
const LEASE_MS = 60_000;
/** Rows that are kept for ever get months of their own as far back. */
const LONGEST_BACK = 120;

type Parts = {
  database: Database;
  keep: KeepSettings;
  keptBack: KeptBack[];
  /** this server's name among those on the database */
  holder: string;
  clock: () => Date;
  log: Logger;
};

export class Keeping {
  readonly #parts: Parts;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #work: Promise<void>;

  /** Begins at once, and looks every ten minutes from then on. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.#work = this.#look();
    this.#timer = setInterval(() => {
      this.#work = this.#work.then(() => this.#look());
    }, LOOK_MS).unref();
  }

  /** Ends after the step under way. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await this.#work;
  }

  async #look(): Promise<void> {
    const { database, holder, clock, log } = this.#parts;
    if (this.#ending.signal.aborted) return;
    try {
      await withLease(database, 'keeping', holder, LEASE_MS, clock, (lost) =>
        this.#keep(AbortSignal.any([lost, this.#ending.signal])),
      );
    } catch (error) {
      if (!this.#ending.signal.aborted)
        log.error({ err: error }, 'the store could not be kept in order; tried again in ten minutes');
    }
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { database, keep, keptBack, clock, log } = this.#parts;
    const now = clock();
    const back = { events: keep.events || LONGEST_BACK, ratings: keep.ratings || LONGEST_BACK };
    const made = await makeMonths(database, now, back, signal);
    if (made.length > 0) log.info({ made }, 'months made in the store');

    const [last] = await database.query<{ at: Date }>(`SELECT at FROM keeping_runs WHERE task = 'retention'`);
    if (signal.aborted || (last && Math.abs(now.getTime() - last.at.getTime()) < RETENTION_MS)) return;
    const done = await dropOld(database, keep, now, keptBack, signal);
    if (signal.aborted) return;
    await database.query(
      `INSERT INTO keeping_runs (task, at, result) VALUES ('retention', $1, $2)
       ON CONFLICT (task) DO UPDATE SET at = excluded.at, result = excluded.result`,
      [now, JSON.stringify(done)],
    );
    const told = done.dropped.length + done.keptBack.length + Object.keys(done.deleted).length > 0;
    if (told) log.info(done, 'old rows have gone from the store');
    // A server of its own counts its tables by itself.
    if (database.kind === 'embedded') await database.query('ANALYZE');
  }
}

/**
 * Work that one server at a time may do: pushing, alerts, cleaning up. A lease is a row, so that it works on every database
 * that speaks PostgreSQL, and through poolers; its times are the database's, so that servers whose clocks differ agree.
 *
 * A lease keeps others from starting; it cannot stop one who was held up. `signal` tells the work that its lease is lost:
 * from then on another may be doing the same.
 */
import type { Database } from './database.ts';

export type Leased<T> = { ran: true; value: T } | { ran: false; heldBy: string; until: Date };

/**
 * Runs `work` unless somebody holds the lease `name`, also this `holder` itself in another call. It is prolonged while the work
 * runs and given back at its end; that of a holder that died ends `forMs` (at least 100) after it was last prolonged.
 * `now` is this server's clock, for how long nothing was heard of the database. Rejects with the error of the database at the
 * beginning, or of `work`.
 */
export async function withLease<T>(
  database: Database,
  name: string,
  holder: string,
  forMs: number,
  now: () => Date,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Leased<T>> {
  let askedAt = now().getTime();
  const [taken] = await database.query<{ turn: number }>(TAKE, [name, holder, forMs]);
  if (!taken) {
    const [held] = await database.query<{ heldBy: string; until: Date }>(
      'SELECT holder AS "heldBy", until FROM leases WHERE name = $1',
      [name],
    );
    return { ran: false, heldBy: held?.heldBy ?? '', until: held?.until ?? now() };
  }
  const { turn } = taken;
  const lost = new AbortController();
  const prolong = async () => {
    const asked = now().getTime();
    const rows = await database.query(PROLONG, [name, turn, forMs]).catch(() => null);
    if (rows !== null) askedAt = asked;
    if (rows?.length === 0 || now().getTime() - askedAt >= forMs) lost.abort();
  };
  let prolonging: Promise<void> = Promise.resolve();
  let waits = false;
  const timer = setInterval(() => {
    // One at a time: a database that does not answer must not be asked ever more.
    if (waits) return now().getTime() - askedAt >= forMs ? lost.abort() : undefined;
    waits = true;
    prolonging = prolong().finally(() => (waits = false));
  }, forMs / 3);
  try {
    return { ran: true, value: await work(lost.signal) };
  } finally {
    clearInterval(timer);
    await prolonging;
    // When this fails it ends by itself.
    await database
      .query('UPDATE leases SET until = now() WHERE name = $1 AND turn = $2', [name, turn])
      .catch(() => undefined);
  }
}

const TAKE = `
  INSERT INTO leases (name, holder, turn, until)
  VALUES ($1, $2, 1, now() + $3::double precision * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, turn = leases.turn + 1, until = excluded.until
  WHERE leases.until <= now()
  RETURNING turn`;

const PROLONG = `
  UPDATE leases SET until = now() + $3::double precision * interval '1 millisecond'
  WHERE name = $1 AND turn = $2 RETURNING turn`;

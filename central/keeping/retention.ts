/**
 * Old rows go: whole months of events and ratings, the others hall by hall in steps. Nothing goes that is not counted yet, or
 * that another room still needs.
 */
import type { Database, Query } from '../database.ts';
import { monthAt, monthsAfter } from './months.ts';
import { PARTITIONED, partitionsOf, type Partition, type Partitioned } from './partitions.ts';
import type { KeepSettings } from './settings.ts';

/** A room that must still do something with old rows: an export that has not pushed them. */
export type KeptBack = {
  name: string;
  /** The day (yyyy-MM-dd) from which on it needs the rows of `table`; null when it needs none. */
  neededFrom(query: Query, table: Partitioned | 'tickets'): Promise<string | null>;
};

export type Retention = {
  dropped: { table: Partitioned; month: string; rows: number }[];
  /** rows by table; tables of which nothing went are left out */
  deleted: Record<string, number>;
  keptBack: { table: string; month: string | null; why: string }[];
};

/** Rows of one statement: it must not hold what it deletes for long. */
const STEP = 5_000;
const LOCK_WITHIN = '3s';
const COUNT_WITHIN = '30min';

/** Ends early when `signal` says so: the next run goes on. Rejects with the database's error. */
export async function dropOld(
  database: Database,
  keep: KeepSettings,
  now: Date,
  keptBack: KeptBack[],
  signal: AbortSignal,
): Promise<Retention> {
  const done: Retention = { dropped: [], deleted: {}, keptBack: [] };
  for (const table of PARTITIONED) {
    if (keep[table] === 0) continue;
    const from = monthsAfter(monthAt(now), -keep[table]);
    for (const { month, name } of await partitionsOf(database.query, table)) {
      if (signal.aborted) return done;
      if (month === null || month >= from) continue;
      const result = await database.transaction((query) =>
        dropMonth(query, { table, month, name }, keptBack),
      );
      if ('why' in result) done.keptBack.push({ table, month, why: result.why });
      else done.dropped.push({ table, month, rows: result.rows });
    }
  }
  await deleteRows(database, keep, now, keptBack, signal, done);
  return done;
}

async function dropMonth(
  query: Query,
  { table, month, name }: Partition & { month: string },
  keptBack: KeptBack[],
): Promise<{ rows: number } | { why: string }> {
  await query(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
  await query(`SET LOCAL statement_timeout = '${COUNT_WITHIN}'`);
  for (const room of keptBack) {
    const needed = await room.neededFrom(query, table);
    if (needed !== null && needed < monthsAfter(month, 1)) return { why: room.name };
  }
  if (table === 'events') {
    const [uncounted] = await query(
      `SELECT agent_id FROM streams s WHERE counted < through AND EXISTS (
         SELECT FROM ${name} e WHERE e.agent_id = s.agent_id AND e.epoch = s.epoch AND e.seq > s.counted) LIMIT 1`,
    );
    if (uncounted) return { why: 'not counted yet' };
  }
  const [row] = await query<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`);
  await query(`ALTER TABLE ${table} DETACH PARTITION ${name}`);
  await query(`DROP TABLE ${name}`);
  return { rows: row!.rows };
}

async function deleteRows(
  database: Database,
  keep: KeepSettings,
  now: Date,
  keptBack: KeptBack[],
  signal: AbortSignal,
  done: Retention,
): Promise<void> {
  let ticketsBefore = new Date(now.getTime() - keep.tickets * 86_400_000).toISOString().slice(0, 10);
  if (keep.tickets > 0)
    for (const room of keptBack) {
      const needed = await room.neededFrom(database.query, 'tickets');
      if (needed === null || needed >= ticketsBefore) continue;
      ticketsBefore = needed;
      done.keptBack.push({ table: 'tickets', month: null, why: room.name });
    }
  const monthsAgo = (months: number) => monthsAfter(monthAt(now), -months);
  const wanted = [
    { days: keep.tickets, before: ticketsBefore, ...TICKETS },
    ...[BAD_RATINGS, OPINIONS].map((each) => ({
      ...{ days: keep.ledgers, before: monthsAgo(keep.ledgers) },
      ...each,
    })),
    ...[TALLIES, CLOSINGS].map((each) => ({
      ...{ days: keep.details, before: monthsAgo(keep.details) },
      ...each,
    })),
  ].filter(({ days }) => days > 0);
  // By hall, where its rows lie together; also where a database spreads tables by hall.
  const halls = await database.query<{ agentId: string; hall: string }>(
    'SELECT agent_id AS "agentId", hall FROM halls ORDER BY agent_id, hall',
  );
  for (const { agentId, hall } of halls)
    for (const { table, key, old, before } of wanted)
      for (let gone = STEP; gone === STEP && !signal.aborted;) {
        const rows = await database.query(
          `DELETE FROM ${table} WHERE agent_id = $1 AND (${key}) IN (
             SELECT ${key} FROM ${table} WHERE agent_id = $1 AND hall = $2 AND ${old} LIMIT ${STEP}) RETURNING 1 AS gone`,
          [agentId, hall, before],
        );
        gone = rows.length;
        if (gone > 0) done.deleted[table] = (done.deleted[table] ?? 0) + gone;
      }
}

const TICKETS = { table: 'tickets', key: 'epoch, ticket_id', old: 'day < $3' };
const BAD_RATINGS = {
  table: 'bad_ratings',
  key: 'epoch, session',
  old: `state = 'closed' AND given_at < $3::date`,
};
const OPINIONS = {
  table: 'opinions',
  key: 'epoch, opinion',
  old: `state = 'closed' AND filed_at < $3::date`,
};
const TALLIES = {
  table: 'tallies',
  key: 'part, day, hall, hour, service, "window", staff',
  old: `part IN ('day', 'hour', 'place', 'service') AND day < $3`,
};
const CLOSINGS = { table: 'day_closings', key: 'epoch, seq', old: 'day < $3' };

/**
 * The months of events and ratings: made ahead, and made later where rows lie in the rest, which takes whatever has no month of
 * its own. So a hall that is a year behind, or whose clock is wrong, is never refused.
 */
import type { Database, Query } from '../database.ts';
import { monthAt, monthsAfter } from './months.ts';

/** This month and so many more. */
const AHEAD = 2;
/** Making a month waits no longer for those who are storing; it is tried again. */
const LOCK_WITHIN = '3s';
/** Moving a month out of the rest may take so long. */
const MOVE_WITHIN = '30min';

/** `month`: of a row, yyyy-MM-01. */
const TABLES = {
  events: { key: 'received_at', at: '00:00:00+00', month: `received_at AT TIME ZONE 'UTC'` },
  ratings: { key: 'day', at: '', month: 'day' },
} as const;
export type Partitioned = keyof typeof TABLES;
export const PARTITIONED = Object.keys(TABLES) as Partitioned[];
/** `month`: its first day; null for the rest. */
export type Partition = { table: Partitioned; name: string; month: string | null };

/** What a table consists of, by month, the rest last; nothing where the engine keeps it whole. */
export async function partitionsOf(query: Query, table: Partitioned): Promise<Partition[]> {
  const rows = await query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass($1) ORDER BY 1`,
    [table],
  );
  return rows.map(({ name }) => {
    const [, year, month] = /_(\d{4})_(\d\d)$/.exec(name) ?? [];
    return { table, name, month: year && month ? `${year}-${month}-01` : null };
  });
}

/**
 * Makes the months of `now` and ahead, and those that rows of the rest belong to, as far back as `back` months (a wrong clock
 * must not make a month for a few rows). Resolves with the names of what it made; ends early when `signal` says so. Rejects with
 * the database's error, also when those who are storing did not let go in time: what was made stays, the others are made next.
 */
export async function makeMonths(
  database: Database,
  now: Date,
  back: Record<Partitioned, number>,
  signal: AbortSignal,
): Promise<string[]> {
  const made: string[] = [];
  for (const table of PARTITIONED) {
    const there = await partitionsOf(database.query, table);
    if (there.length === 0) continue;
    const known = new Set(there.map(({ month }) => month));
    const ahead = Array.from({ length: AHEAD + 1 }, (_, count) => monthsAfter(monthAt(now), count));
    const behind = await database.query<{ month: string }>(
      `SELECT DISTINCT to_char(${TABLES[table].month}, 'YYYY-MM-01') AS month FROM ${table}_rest ORDER BY 1 DESC`,
    );
    const earliest = monthsAfter(monthAt(now), -back[table]);
    const wanted = [
      ...ahead,
      ...behind.map(({ month }) => month).filter((month) => month >= earliest && month < ahead[0]!),
    ];
    for (const month of wanted) {
      if (signal.aborted) return made;
      if (!known.has(month)) made.push(await database.transaction((query) => makeMonth(query, table, month)));
    }
  }
  return made;
}

/** The rows of the month leave the rest in the same transaction in which the month begins to take them. */
async function makeMonth(query: Query, table: Partitioned, month: string): Promise<string> {
  const { key, at } = TABLES[table];
  const name = `${table}_${month.slice(0, 7).replace('-', '_')}`;
  const [from, before] = [month, monthsAfter(month, 1)].map((day) => `'${`${day} ${at}`.trim()}'`);
  const lies = `${key} >= ${from} AND ${key} < ${before}`;
  await query(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
  await query(`SET LOCAL statement_timeout = '${MOVE_WITHIN}'`);
  await query(
    `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`,
  );
  await query(`LOCK TABLE ${table}_rest IN ACCESS EXCLUSIVE MODE`);
  await query(`INSERT INTO ${name} SELECT * FROM ${table}_rest WHERE ${lies}`);
  await query(`DELETE FROM ${table}_rest WHERE ${lies}`);
  await query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${before})`);
  return name;
}

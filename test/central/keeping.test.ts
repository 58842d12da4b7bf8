import { readFileSync } from 'node:fs';
/** The store over the years: months, what goes and what stays, a database from before, and the keys it is spread by. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate, hasPartitions, type Database } from '../../central/database.ts';
import { catchUp } from '../../central/figures/figures.ts';
import { monthAt, monthsAfter } from '../../central/keeping/months.ts';
import { makeMonths, partitionsOf } from '../../central/keeping/partitions.ts';
import { storeReport } from '../../central/keeping/report.ts';
import { dropOld, type KeptBack } from '../../central/keeping/retention.ts';
import { keepSettings } from '../../central/keeping/settings.ts';
import { eventsAfter, hallRows, latestAlarms, latestRatings } from '../../central/overview.ts';
import { statistics, statisticsQuery } from '../../central/statistics.ts';
import { greet, takeBatch } from '../../central/store.ts';
import { eventHash } from '../../central/batch.ts';
import { history } from '../link/history.ts';
import { ENGINES, type Engine } from './postgres.ts';

const REGION = '371000000000';
const BACK = { events: 24, ratings: 60 };
const open = new AbortController().signal;
const now = new Date();
const thisMonth = monthAt(now);
const noAgents = {
  all: async () => [],
  find: async () => undefined,
  put: async () => {},
  close: async () => {},
};
/** Tables that belong to no agent: small, and whole on every node where the others are spread. */
const REFERENCE = [
  ...['alert_deliveries', 'alert_round', 'changes', 'keeping_runs', 'leases', 'migrations', 'notices'],
  ...['rating_exports', 'servers', 'tokens'],
];
/** What migrations 001 to 003 make. */
const BEFORE = [
  ...[
    'agents',
    'streams',
    'events',
    'chain_alarms',
    'halls',
    'tickets',
    'ratings',
    'tallies',
    'day_closings',
  ],
  ...['open_evaluations', 'bad_ratings', 'opinions', 'hall_windows', 'hall_devices', 'outbox'],
];

describe.each(ENGINES)('the keeping of %s', (_name, start) => {
  let engine: Engine;
  let database: Database;
  let count = 0;
  beforeAll(async () => {
    engine = await start();
    database = await engine.open();
  });
  afterAll(async () => {
    await database?.close();
    await engine?.stop();
  });

  /** A hall whose events begin at `at`, ten a second. */
  async function hallOf(events: number, at: number) {
    const stream = { agentId: `hub-${++count}`, epoch: `epoch-000${count}` };
    const journal = history(stream.agentId, stream.epoch, `hall-${count}`, at);
    const { receipt } = await takeBatch(database, stream, REGION, journal.add(events));
    expect(receipt).toEqual({ through: events });
    return { stream, journal };
  }
  const came = (agentId: string, at: Date) =>
    database.query('UPDATE events SET received_at = $2 WHERE agent_id = $1', [agentId, at]);
  const lies = async (table: string, agentId: string) =>
    (
      await database.query<{ part: string }>(
        `SELECT DISTINCT tableoid::regclass::text AS part FROM ${table} WHERE agent_id = $1 ORDER BY 1`,
        [agentId],
      )
    ).map(({ part }) => part);
  const nameOf = (table: string, month: string) => `${table}_${month.slice(0, 7).replace('-', '_')}`;
  const all = async () =>
    Object.fromEntries(
      await Promise.all(
        [...BEFORE, 'hall_months'].map(async (table) => {
          const rows = await database.query<{ row: string }>(
            `SELECT to_jsonb(t)::text AS row FROM ${table} t`,
          );
          return [table, rows.map(({ row }) => row).sort()];
        }),
      ),
    ) as Record<string, string[]>;
  async function anew(last?: string): Promise<void> {
    await database.query('DROP SCHEMA public CASCADE');
    await database.query('CREATE SCHEMA public');
    await migrate(database, last);
  }
  beforeEach(() => anew());

  test('a database from before is moved over whole, its figures summed as if they had been counted so, or not at all', async () => {
    for (const [events, at] of [
      [450, Date.UTC(2026, 0, 31, 15, 59, 40)],
      [70, Date.UTC(2026, 2, 2, 1)],
    ] as const)
      await hallOf(events, at);
    await database.query(
      `INSERT INTO day_closings (agent_id, epoch, seq, hall, day, at, fits)
       VALUES ('hub-${count}', 'e', 1, 'hall-${count}', '2026-03-02', now(), false)`,
    );
    await database.query(
      `UPDATE hall_months SET closed = 2, differing = 2 WHERE agent_id = 'hub-${count}' AND month = '2026-03-01'`,
    );
    const wanted = await all();
    expect(wanted['ratings']).toHaveLength(173);
    expect(new Set(wanted['hall_months']).size).toBe(3);

    await anew('003-figures.sql');
    for (const table of BEFORE) {
      const [{ columns }] = (await database.query<{ columns: string }>(
        `SELECT string_agg(quote_ident(attname), ', ') AS columns FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
        [table],
      )) as [{ columns: string }];
      await database.query(
        `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT ${columns} FROM jsonb_populate_recordset(null::${table}, $1::jsonb)
         ${table === 'tallies' ? `WHERE part IN ('day', 'hour', 'place')` : ''}`,
        [`[${wanted[table]!.join()}]`],
      );
    }
    await database.query('CREATE TABLE ratings_rest (in_the_way integer)');
    await expect(migrate(database)).rejects.toThrow('ratings_rest');
    expect(await database.query(`SELECT name FROM migrations WHERE name > '003-figures.sql'`)).toEqual([]);
    expect(await database.query(`SELECT relkind FROM pg_class WHERE relname = 'events'`)).toEqual([
      { relkind: 'r' },
    ]);
    await database.query('DROP TABLE ratings_rest');
    await migrate(database);
    expect(await all()).toEqual(wanted);

    const [last] = await latestRatings(database, 1);
    const { stream } = await hallOf(6, Date.UTC(2026, 2, 3));
    expect((await latestRatings(database, 1))[0]).toMatchObject({ agentId: stream.agentId });
    expect((await latestRatings(database, 1))[0]!.place).toBeGreaterThan(last!.place);
    const before = (await all())['ratings'];
    await makeMonths(database, now, BACK, open);
    expect(await lies('ratings', stream.agentId)).toEqual(['ratings_2026_03']);
    expect((await all())['ratings']).toEqual(before);
  }, 60_000);

  test('months are made ahead once, and what comes lies in its own', async () => {
    const made = await makeMonths(database, now, BACK, open);
    expect(made).toEqual(
      ['events', 'ratings'].flatMap((table) =>
        [0, 1, 2].map((ahead) => nameOf(table, monthsAfter(thisMonth, ahead))),
      ),
    );
    expect(await makeMonths(database, now, BACK, open)).toEqual([]);
    const { stream, journal } = await hallOf(9, now.getTime() - 86_400_000);
    expect(await lies('events', stream.agentId)).toEqual([nameOf('events', thisMonth)]);
    expect(await lies('ratings', stream.agentId)).toEqual([
      nameOf('ratings', `${journal.events[2]!.time.slice(0, 7)}-01`),
    ]);
  });

  test('a hall that is years behind or whose clock is wrong is taken; its month is made later, unless nobody can mean it', async () => {
    await makeMonths(database, now, BACK, open);
    const behind = await hallOf(30, Date.UTC(now.getUTCFullYear() - 1, 5, 10));
    const wrong = [await hallOf(9, Date.UTC(1980, 0, 1)), await hallOf(9, Date.UTC(2099, 0, 1))];
    for (const { stream } of [behind, ...wrong])
      expect(await lies('ratings', stream.agentId)).toEqual(['ratings_rest']);
    expect(await makeMonths(database, now, BACK, open)).toEqual([`ratings_${now.getUTCFullYear() - 1}_06`]);
    expect(await lies('ratings', behind.stream.agentId)).toEqual([`ratings_${now.getUTCFullYear() - 1}_06`]);
    const next = await takeBatch(database, behind.stream, REGION, behind.journal.add(30));
    expect(next.receipt).toEqual({ through: 60 });
    expect(await lies('ratings', behind.stream.agentId)).toHaveLength(1);
    expect((await latestRatings(database, 1000)).length).toBe(20 + 3 + 3);
    await dropOld(database, keepSettings.parse({ ratings: 1 }), now, [], open);
    for (const { stream } of wrong) expect(await lies('ratings', stream.agentId)).toEqual(['ratings_rest']);
  });

  test('what is older than is kept goes, but never what is not counted or still needed elsewhere; the figures stay', async () => {
    const old = await hallOf(60, Date.UTC(now.getUTCFullYear() - 3, 0, 5, 1));
    const fresh = await hallOf(30, now.getTime() - 3_600_000);
    const longAgo = new Date(Date.parse(monthsAfter(thisMonth, -30)) + 86_400_000);
    await came(old.stream.agentId, longAgo);
    await makeMonths(database, now, { events: 40, ratings: 60 }, open);
    const keep = keepSettings.parse({ ratings: 24, tickets: 30 });
    const figures = () =>
      statistics(
        database,
        statisticsQuery.parse({
          from: `${now.getUTCFullYear() - 3}-01-01`,
          to: `${now.getUTCFullYear() - 3}-12-31`,
        }),
      );
    const { rows } = await figures();
    expect(rows[0]!.called).toBe(20);
    expect((await storeReport(database, keep)).oldestEvent).toBe(longAgo.toISOString());

    await database.query('UPDATE streams SET counted = 40 WHERE agent_id = $1', [old.stream.agentId]);
    const needed: KeptBack = {
      name: 'an export',
      neededFrom: async (_query, table) => (table === 'events' ? null : `${now.getUTCFullYear() - 3}-01-05`),
    };
    const first = await dropOld(database, keep, now, [needed], open);
    const month = monthAt(longAgo);
    const oldRatings = `${now.getUTCFullYear() - 3}-01-01`;
    expect(first).toEqual({
      dropped: [],
      deleted: {},
      keptBack: [
        { table: 'events', month, why: 'not counted yet' },
        { table: 'ratings', month: oldRatings, why: 'an export' },
        { table: 'tickets', month: null, why: 'an export' },
      ],
    });
    await database.query(`DELETE FROM tallies WHERE agent_id = $1`, [old.stream.agentId]);
    await database.query('UPDATE streams SET counted = 0 WHERE agent_id = $1', [old.stream.agentId]);
    expect(await catchUp(database, open)).toBe(60);

    const second = await dropOld(database, keep, now, [], open);
    expect(second).toEqual({
      dropped: [
        { table: 'events', month, rows: 60 },
        { table: 'ratings', month: oldRatings, rows: 20 },
      ],
      deleted: { tickets: 20 },
      keptBack: [],
    });
    expect((await figures()).rows).toEqual(rows);
    expect(await eventsAfter(database, old.stream.agentId, old.stream.epoch, 0, 1000)).toEqual([]);
    expect(await eventsAfter(database, fresh.stream.agentId, undefined, 0, 1000)).toHaveLength(30);
    expect((await latestRatings(database, 100)).length).toBe(10);
    expect((await storeReport(database, keep)).oldestEvent! > longAgo.toISOString()).toBe(true);

    // Days and windows go later than that; months stay.
    await dropOld(database, { ...keep, details: 12 }, now, [], open);
    expect((await figures()).rows).toEqual(rows);
    expect((await figures()).days).toEqual({ closed: 0, running: 1, differing: 0 });
    expect(
      await database.query(`SELECT part FROM tallies WHERE agent_id = $1 AND part NOT LIKE 'month%'`, [
        old.stream.agentId,
      ]),
    ).toEqual([]);
  });

  test('an agent that offers or names again what is no longer kept raises no alarm', async () => {
    const { stream, journal } = await hallOf(30, now.getTime() - 3_600_000);
    await database.query('DELETE FROM events WHERE agent_id = $1 AND seq <= 20', [stream.agentId]);
    const again = await takeBatch(database, stream, REGION, journal.events.slice(0, 10));
    expect(again).toEqual({ receipt: { through: 30 }, changed: null });
    expect((await takeBatch(database, stream, REGION, journal.events)).receipt).toEqual({ through: 30 });
    expect(await latestAlarms(database, 10)).toEqual([]);
    // One that has less than this server is still told of.
    await greet(database, stream, { seq: 10, hash: eventHash(journal.events[9]) });
    expect(await latestAlarms(database, 10)).toMatchObject([{ seq: 11, kind: 'set-back' }]);
  });

  test('says what it holds, by month, and what its keeping did', async () => {
    await makeMonths(database, now, BACK, open);
    await hallOf(30, now.getTime() - 60_000);
    await database.query('ANALYZE');
    const report = await storeReport(database, keepSettings.parse({}));
    expect(report).toMatchObject({ kind: database.kind, partitioned: true, retention: null });
    expect(report.keep).toEqual({ events: 25, ratings: 61, tickets: 400, ledgers: 61, details: 61 });
    const events = report.partitions.filter(({ table }) => table === 'events');
    expect(events.map(({ month, rows }) => [month, rows])).toEqual([
      [thisMonth.slice(0, 7), 30],
      [monthsAfter(thisMonth, 1).slice(0, 7), 0],
      [monthsAfter(thisMonth, 2).slice(0, 7), 0],
      [null, 0],
    ]);
    const sizes = new Map(report.tables.map(({ table, bytes }) => [table, bytes]));
    expect(sizes.get('events')).toBe(events.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(sizes.has('events_rest')).toBe(false);
  });

  test('taking a batch, and what the page reads all the time, look into the months they need and no other', async () => {
    await makeMonths(database, now, BACK, open);
    for (let back = 1; back <= 8; back++) {
      const { stream } = await hallOf(30, Date.parse(monthsAfter(thisMonth, -back)) + 86_400_000);
      await came(stream.agentId, new Date(Date.parse(monthsAfter(thisMonth, -back)) + 86_400_000));
    }
    await makeMonths(database, now, BACK, open);
    const { stream, journal } = await hallOf(150, now.getTime() - 60_000);
    await database.query('ANALYZE');
    const read = new Set<string>();
    const explaining: Database = {
      ...database,
      query: async (sql, parameters) => {
        for (const relation of await partsRead(sql, parameters)) read.add(relation);
        return database.query(sql, parameters);
      },
      transaction: (work) =>
        database.transaction((query) =>
          work(async (sql, parameters) => {
            for (const relation of await partsRead(sql, parameters)) read.add(relation);
            return query(sql, parameters);
          }),
        ),
    };
    /** Months of which rows were looked for; what is pruned before or never executed is not read. */
    async function partsRead(sql: string, parameters: unknown[] = []): Promise<string[]> {
      if (!/\b(events|ratings)\b/.test(sql) || /^\s*(UPDATE|SET|CREATE)/.test(sql)) return [];
      const text = await rolledBack(async (query) => {
        const rows = await query<{ 'QUERY PLAN': unknown }>(
          `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`,
          parameters,
        );
        return rows[0]!['QUERY PLAN'];
      });
      const found: string[] = [];
      const walk = (node: unknown): void => {
        if (Array.isArray(node)) return node.forEach(walk);
        if (typeof node !== 'object' || node === null) return;
        const {
          'Relation Name': name,
          'Actual Loops': loops,
          'Node Type': type,
        } = node as Record<string, unknown>;
        if (
          typeof name === 'string' &&
          type !== 'ModifyTable' &&
          loops !== 0 &&
          /^(events|ratings)_/.test(name)
        )
          found.push(name);
        Object.values(node).forEach(walk);
      };
      walk(text);
      return found;
    }
    async function rolledBack<T>(work: Parameters<typeof database.transaction<T>>[0]): Promise<T> {
      let result: T;
      const undone = new Error('undone');
      await database
        .transaction(async (query) => {
          result = await work(query);
          throw undone;
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error;
        });
      return result!;
    }
    const more = journal.add(30);
    // The embedded database has one connection: a plan of a statement cannot be had inside another transaction.
    if (database.kind === 'postgres') await takeBatch(explaining, stream, REGION, more);
    else await takeBatch(database, stream, REGION, more);
    await hallRows(explaining, noAgents, () => undefined, now, [stream.agentId]);
    await latestRatings(explaining, 40, now);
    // Months ahead are empty, and cost nothing.
    const months = [2, 1, 0, -1, -2].map((back) => monthsAfter(thisMonth, back));
    const allowed = ['ratings_rest', ...months.map((month) => nameOf('ratings', month))];
    expect(read).toContain(nameOf('ratings', monthAt(new Date(now.getTime() + 8 * 3_600_000 - 60_000))));
    expect([...read].filter((part) => !allowed.includes(part))).toEqual([]);
  });

  test('every table belongs to an agent, by its key and every unique index, or is one of a few small ones; nothing refers across', async () => {
    const keys = await database.query<{ table: string; index: string | null; columns: string[] | null }>(
      `SELECT t.relname AS table, i.indexrelid::regclass::text AS index,
              (SELECT jsonb_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey)) AS columns
       FROM pg_class t LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique
       WHERE t.relkind IN ('r', 'p') AND t.relnamespace = 'public'::regnamespace`,
    );
    const spread = keys.filter(({ table }) => !REFERENCE.includes(table));
    expect(spread.length).toBeGreaterThan(15);
    expect(spread.filter(({ columns }) => !columns?.includes('agent_id'))).toEqual([]);
    // One that is ordered by a sequence alone would have its end on one node.
    const ordered = spread.filter(({ columns }) => columns!.length === 1 && columns![0] !== 'agent_id');
    expect(ordered).toEqual([]);
    expect(await database.query(`SELECT conname FROM pg_constraint WHERE contype = 'f'`)).toEqual([]);
    expect((await partitionsOf(database.query, 'events')).length).toBeGreaterThan(0);
    // The file for Citus names each of them, and nothing that is not there.
    const citus = readFileSync(new URL('../../central/deploy/citus.sql', import.meta.url), 'utf8');
    const named = (call: string) =>
      [...citus.matchAll(new RegExp(`${call}\\('(\\w+)'`, 'g'))].map((each) => each[1]);
    const partitions = /_(rest|\d{4}_\d{2}|\d{6})$/;
    const tables = [...new Set(keys.map(({ table }) => table))].filter((table) => !partitions.test(table));
    expect(named('create_reference_table').toSorted()).toEqual(REFERENCE);
    expect(named('create_distributed_table').toSorted()).toEqual(
      tables.filter((table) => !REFERENCE.includes(table)).toSorted(),
    );
  });
});

test('an engine without partitions by range keeps its tables whole', () => {
  expect(hasPartitions('CockroachDB CCL v25.2.0 (x86_64-pc-linux-gnu, built 2026/05/07)')).toBe(false);
  expect(hasPartitions('PostgreSQL 15.13 (Debian 15.13-0+deb12u1) on x86_64-pc-linux-gnu')).toBe(true);
});

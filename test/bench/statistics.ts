/** A year of all halls asked for at once: from its months, and from its days as it would be without them, in the same database. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../central/database.ts';
import { statistics, statisticsQuery, SUMS } from '../../central/statistics.ts';
import { startPostgres } from '../central/postgres.ts';

const HALLS = Number(process.env.HALL_BENCH_HALLS ?? 3_000);
const YEAR = { from: '2025-01-01', to: '2025-12-31' };
const RUNS = 5;

type Figure = { question: string; fromMonthsMs: number; fromDaysMs: number; ratio: number };

/** Made-up tallies of a year, three services a hall; ms, medians of some runs. */
export async function benchStatistics(): Promise<{
  halls: number;
  rows: number;
  bytes: number;
  figures: Figure[];
}> {
  const { databaseUrl, stop } = await startPostgres();
  const stateDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const database = await openDatabase(stateDir, databaseUrl);
  try {
    await database.transaction(async (query) => {
      await query('SET LOCAL statement_timeout = 0');
      for (const sql of MADE) await query(sql, sql.includes('$1') ? [HALLS] : []);
    });
    await database.query('VACUUM ANALYZE tallies');
    await database.query('ANALYZE hall_months');
    const [size] = await database.query<{ rows: number; bytes: number }>(
      `SELECT (SELECT count(*) FROM tallies) AS rows, pg_total_relation_size('tallies') AS bytes`,
    );
    const ask = (more: object) => () => statistics(database, statisticsQuery.parse({ ...YEAR, ...more }));
    const days = (part: string, key: string) => () => summed(database, part, key);
    const figures: Figure[] = [];
    for (const [question, months, fromDays] of [
      ['all', ask({}), days('day', `'all'`)],
      ['by region', ask({ by: 'region' }), days('day', `left(h.region, 4)`)],
      ['by hall', ask({ by: 'hall' }), days('day', 't.agent_id')],
      ['by service', ask({ by: 'service' }), days('service', 't.service')],
      // Both ends lie within a month.
      ['15 January to 15 December', ask({ from: '2025-01-15', to: '2025-12-15' }), days('day', `'all'`)],
    ] as const) {
      const [fromMonthsMs, fromDaysMs] = [await median(months), await median(fromDays)];
      figures.push({ question, fromMonthsMs, fromDaysMs, ratio: Math.round(fromDaysMs / fromMonthsMs) });
    }
    return { halls: HALLS, ...size!, figures };
  } finally {
    await database.close();
    await stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** What is asked without months: the sums, and how many days of halls there are. */
async function summed(database: Database, part: string, key: string): Promise<void> {
  await database.query(
    `SELECT ${key} AS key, ${SUMS} FROM tallies t JOIN halls h ON h.agent_id = t.agent_id AND h.hall = t.hall
     WHERE t.part = $1 AND t.day BETWEEN $2 AND $3 GROUP BY 1 ORDER BY 1`,
    [part, YEAR.from, YEAR.to],
  );
  await database.query(`SELECT count(*) FROM tallies WHERE part = 'day' AND day BETWEEN $1 AND $2`, [
    YEAR.from,
    YEAR.to,
  ]);
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  return Math.round(times.sort((a, b) => a - b)[RUNS >> 1]!);
}

const FIGURES = `100 + n % 50, 90, 85, 4, 3, 80, 20, ARRAY[1, 1, 2, 6, 60], ARRAY[5, 10, 20, 20, 10, 5, 4, 3, 2, 1],
  60000 + n, 4000 + n % 900, ARRAY[1, 10, 30, 20, 10, 5, 4, 3, 1, 1], 50000 + n, 3000 + n % 900`;
const COLUMNS = `agent_id, part, day, hall, service, tickets, called, served, missed, cancelled, asked, lapsed, ratings, waited,
  waited_sum, waited_max, at_window, at_window_sum, at_window_max`;
const rows = (part: string, spans: string, services: number) => `
  INSERT INTO tallies (${COLUMNS})
  SELECT 'hub-' || n, '${part}', day::date, 'hall-' || n, ${services === 0 ? `''` : `'service-' || s`}, ${FIGURES}
  FROM generate_series('${YEAR.from}'::date, '${YEAR.to}', interval '${spans}') AS each (day),
       generate_series(1, $1::integer) AS n, generate_series(1, ${Math.max(1, services)}) AS s`;
const SERVICES = 3;
const MADE = [
  `INSERT INTO halls (hall, agent_id, region, epoch, day, offset_minutes, last_event_at)
   SELECT 'hall-' || n, 'hub-' || n, lpad((11 + n % 31)::text, 2, '0') || lpad((1 + n % 90)::text, 2, '0') || '00000000',
          'e', '2025-12-31', 480, now() FROM generate_series(1, $1::integer) AS n`,
  rows('day', '1 day', 0),
  rows('service', '1 day', SERVICES),
  rows('month', '1 month', 0),
  rows('month-service', '1 month', SERVICES),
  `INSERT INTO hall_months (agent_id, hall, month, days, closed, differing)
   SELECT 'hub-' || n, 'hall-' || n, month::date, (1 << 28) - 1, (1 << 28) - 1, 0
   FROM generate_series('${YEAR.from}'::date, '${YEAR.to}', interval '1 month') AS each (month), generate_series(1, $1::integer) AS n`,
];

/** Figures over days and halls, from the tallies: nobody counts events while somebody waits for an answer. */
import { z } from 'zod';
import type { FarEndStatistics, StatisticsGroup, StatisticsRow } from '../kiosk-agent/contract/far-end.ts';
import { agentId } from '../kiosk-agent/contract/link.ts';
import { HallError } from '../kiosk-agent/contract/problem.ts';
import { TIME_STEPS_S } from '../kiosk-agent/contract/totals.ts';
import { id, localDate, staff, windowNumber } from '../kiosk-agent/contract/words.ts';
import type { Database } from './database.ts';
import { monthOf } from './figures/rollup.ts';
import { digitsApart, regionCode, sharedDigits } from './regions.ts';

const GROUPS = [
  ...(['all', 'day', 'hour', 'region', 'hall', 'service', 'window', 'staff'] as const),
] satisfies StatisticsGroup[];
const MOST_DAYS = 400;
const DIFFERING_SHOWN = 50;

export const statisticsQuery = z.strictObject({
  from: localDate,
  to: localDate,
  by: z.enum(GROUPS).default('all'),
  region: regionCode.optional(),
  agent: agentId.optional(),
  window: z.coerce.number().pipe(windowNumber).optional(),
  service: id.optional(),
  staff: staff.optional(),
});
export type StatisticsQuery = z.infer<typeof statisticsQuery>;

/** Throws HallError bad-request when the question makes no sense. */
export async function statistics(database: Database, query: StatisticsQuery): Promise<FarEndStatistics> {
  const { from, to, by, agent, window, service, staff } = query;
  refuse(from > to, 'from', 'lies after to');
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  refuse(days > MOST_DAYS, 'from', `at most ${MOST_DAYS} days`);
  const named = window !== undefined || staff !== undefined;
  refuse(
    (named || by === 'window' || by === 'staff') && agent === undefined,
    'agent',
    'windows and staff are those of one hall: name its agent',
  );
  const places = named || service !== undefined || ['service', 'window', 'staff'].includes(by);
  refuse(places && by === 'hour', 'by', 'hours are counted for whole halls');
  const ofServices = !named && places && by !== 'window' && by !== 'staff';
  const part = ofServices ? 'service' : places ? 'place' : by === 'hour' ? 'hour' : 'day';
  // Windows and staff are asked of one hall, and days one by one: these are few enough as they are.
  const months = part === 'place' || by === 'day' ? noMonths(from) : wholeMonths(from, to);
  const digits = by === 'region' ? await digitsOf(database, query.region) : 0;
  const key = KEYS[by](digits);
  const ofHalls = `${sharedDigits(query.region ?? '000000000000')}%`;
  const rows = await database.query<Stored>(
    `SELECT ${key} AS key, ${by === 'hall' ? 'h.hall, h.region,' : ''} ${SUMS} FROM tallies t
     JOIN halls h ON h.agent_id = t.agent_id AND h.hall = t.hall AND h.region LIKE $4
     WHERE ((t.part = $1 AND (t.day >= $2 AND t.day < $8 OR t.day >= $9 AND t.day <= $3))
         OR (t.part = $10 AND t.day >= $8 AND t.day < $9))
       ${agent === undefined ? 'AND $11::text IS NULL' : 'AND t.agent_id = $11'}
       AND ($5::text IS NULL OR t.service = $5) AND ($6::integer IS NULL OR t."window" = $6)
       AND ($7::text IS NULL OR t.staff = $7)
       ${by === 'window' ? 'AND t."window" <> 0' : ''} ${by === 'staff' ? "AND t.staff <> ''" : ''}
     GROUP BY 1 ${by === 'hall' ? ', h.hall, h.region' : ''} ORDER BY 1`,
    [
      ...[part, from, to, ofHalls, service ?? null, window ?? null, staff ?? null],
      ...[months.from, months.before, MONTHS_OF[part], agent ?? null],
    ],
  );
  const ofDays = [from, to, ofHalls, agent ?? null];
  const [state] = await database.query<{ halldays: number; closed: number; differing: number }>(
    daysIn(agent),
    ofDays,
  );
  const differing = await database.query<FarEndStatistics['differing'][number]>(DIFFERING, ofDays);
  return {
    ...{ from, to, by },
    rows: rows.map((row) => rowOf(row, by)),
    days: {
      closed: state!.closed,
      running: state!.halldays - state!.closed,
      differing: state!.differing,
    },
    differing,
  };
}

/** Where the sums of the days stand, by month. Places have none. */
const MONTHS_OF = { day: 'month', hour: 'month-hour', service: 'month-service', place: 'place' } as const;

/** The whole months from `from` to `to` (yyyy-MM-dd, both included): from the first's first day to before `before`'s. */
function wholeMonths(from: string, to: string): { from: string; before: string } {
  const first = from.endsWith('-01') ? from : firstAfter(from);
  const next = new Date(Date.parse(to) + 86_400_000).toISOString().slice(0, 10);
  const before = monthOf(next);
  return first < before ? { from: first, before } : noMonths(from);
}

function noMonths(from: string): { from: string; before: string } {
  return { from, before: from };
}

function firstAfter(day: string): string {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
}

function refuse(wrong: boolean, field: string, why: string): void {
  if (wrong) throw new HallError('bad-request', `${field}: ${why}`, { field });
}

async function digitsOf(database: Database, region: string | undefined): Promise<number> {
  const halls = await database.query<{ region: string }>(
    'SELECT DISTINCT region FROM halls WHERE region LIKE $1',
    [`${sharedDigits(region ?? '000000000000')}%`],
  );
  return digitsApart(
    halls.map((hall) => hall.region),
    region,
  );
}

/** What the rows are told apart by. `digits`: of the region. */
const KEYS: Record<StatisticsGroup, (digits: number) => string> = {
  all: () => `'all'`,
  day: () => 't.day::text',
  hour: () => `lpad(t.hour::text, 2, '0')`,
  region: (digits) => `rpad(left(h.region, ${digits}), 12, '0')`,
  hall: () => 't.agent_id',
  service: () => 't.service',
  window: () => `t."window"::text`,
  staff: () => 't.staff',
};

const COUNTS = ['tickets', 'called', 'served', 'missed', 'cancelled', 'asked', 'lapsed'] as const;
const CLASSES = Array.from({ length: TIME_STEPS_S.length + 1 }, (_, at) => at + 1);
const sumOfArray = (name: string, places: number[]) =>
  `ARRAY[${places.map((at) => `sum(${name}[${at}])`).join(', ')}]::float8[] AS ${name}`;
const SUMS = [
  ...COUNTS.map((name) => `sum(${name})::float8 AS ${name}`),
  sumOfArray('ratings', [1, 2, 3, 4, 5]),
  ...['waited', 'at_window'].flatMap((name) => [
    sumOfArray(name, CLASSES),
    `sum(${name}_sum)::float8 AS ${name}_sum`,
    `max(${name}_max) AS ${name}_max`,
  ]),
].join(', ');

type Stored = Record<(typeof COUNTS)[number], number> & {
  key: string;
  hall?: string;
  region?: string;
  ratings: number[];
  waited: number[];
  waited_sum: number;
  waited_max: number;
  at_window: number[];
  at_window_sum: number;
  at_window_max: number;
};

function rowOf(stored: Stored, by: StatisticsQuery['by']): StatisticsRow {
  const { waited, waited_sum, waited_max, at_window, at_window_sum, at_window_max, key, ...rest } = stored;
  const times = (counts: number[], sumS: number, maxS: number) => ({
    count: counts.reduce((sum, count) => sum + count, 0),
    ...{ sumS, maxS, counts },
  });
  return {
    key: by === 'window' ? String(Number(key)) : key,
    ...rest,
    waited: times(waited, waited_sum, waited_max),
    atWindow: times(at_window, at_window_sum, at_window_max),
  };
}

/** How many days of halls have figures, were closed, differ: the bits of each month that lie between $1 and $2. */
const daysIn = (agent: string | undefined) => `
  SELECT coalesce(sum(bit_count((m.days & span.bits)::bit(32))), 0)::float8 AS halldays,
         coalesce(sum(bit_count((m.days & m.closed & span.bits)::bit(32))), 0)::float8 AS closed,
         coalesce(sum(bit_count((m.days & m.differing & span.bits)::bit(32))), 0)::float8 AS differing
  FROM (
    SELECT month::date AS month, bit_or(1 << (extract(day FROM day)::integer - 1)) AS bits
    FROM generate_series($1::date, $2::date, interval '1 day') AS each (day), date_trunc('month', day) AS month
    GROUP BY 1) span
  JOIN hall_months m ON m.month = span.month
  JOIN halls h ON h.agent_id = m.agent_id AND h.hall = m.hall AND h.region LIKE $3
  WHERE ${agent === undefined ? '$4::text IS NULL' : 'm.agent_id = $4'}`;

const DIFFERING = `
  SELECT DISTINCT t.agent_id AS "agentId", t.hall, t.day FROM day_closings t
  JOIN halls h ON h.agent_id = t.agent_id AND h.hall = t.hall AND h.region LIKE $3 AND ($4::text IS NULL OR t.agent_id = $4)
  WHERE t.fits = false AND t.day BETWEEN $1 AND $2 ORDER BY t.day DESC, t.agent_id LIMIT ${DIFFERING_SHOWN}`;

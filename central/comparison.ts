/** The places inside a region side by side: as they stand now, and over days. */
import { z } from 'zod';
import type { Comparison, ListedHall, PlaceFigures } from '../kiosk-agent/contract/far-end.ts';
import type { Tally, Times } from '../kiosk-agent/contract/totals.ts';
import { localDate } from '../kiosk-agent/contract/words.ts';
import { summaryOf, type HallBoard } from './board.ts';
import type { Database } from './database.ts';
import { saidOf } from './down/said.ts';
import { noTally } from './figures/count.ts';
import { digitsApart, regionAt, regionCode, sharedDigits } from './regions.ts';
import { statistics } from './statistics.ts';

const COUNTRY = '000000000000';
/** What a hall told of its waits longer ago says nothing of now. */
const TOLD_WITHIN_MS = 30 * 60_000;

export const comparisonQuery = z.strictObject({
  region: regionCode.optional(),
  from: localDate,
  to: localDate,
});

type Expected = { weight: number; sumS: number };
type Hour = { tickets: number; usual: number | null };
/** What is known of each hall, by its agent. */
type Known = {
  tallies: Map<string, Tally>;
  expected: Map<string, Expected>;
  hours: Map<string, Hour>;
  chain: Map<string, number>;
  differing: Map<string, number>;
};

/** Throws HallError bad-request for days that make no sense. */
export async function compare(
  database: Database,
  board: HallBoard,
  { region, from, to }: z.infer<typeof comparisonQuery>,
  now: Date,
): Promise<Comparison> {
  const prefix = sharedDigits(region ?? COUNTRY);
  const of = (await statistics(database, { from, to, by: 'hall', region })).rows;
  const counts = async (sql: string): Promise<Map<string, number>> => {
    const rows = await database.query<{ agentId: string; n: number }>(sql, [from, to]);
    return new Map(rows.map(({ agentId, n }) => [agentId, n]));
  };
  const known: Known = {
    tallies: new Map(of.map((row) => [row.key, row])),
    expected: await expectedWaits(database, now),
    hours: await lastHours(database, now, `${prefix}%`),
    chain: await counts(CHAIN),
    differing: await counts(DIFFERING),
  };
  const rows = (await board.rows()).filter((row) => row.region.startsWith(prefix));
  const codes = rows.map((row) => row.region);
  const digits = digitsApart(codes, region);
  // Where there is one smallest place only, its halls are what there is to compare.
  const by = new Set(codes.map((code) => code.slice(0, digits))).size > 1 ? 'region' : 'hall';
  const groups = Map.groupBy(rows, (row) => (by === 'region' ? regionAt(row.region, digits) : row.agentId));
  const places = [...groups].map(([key, halls]) => {
    const hall = by === 'hall' ? (halls[0]!.hall ?? null) : null;
    return figuresOf(halls, { key, region: by === 'region' ? key : halls[0]!.region, hall }, known);
  });
  const whole = figuresOf(rows, { key: region ?? COUNTRY, region: region ?? COUNTRY, hall: null }, known);
  return { time: now.toISOString(), from, to, by, places, whole };
}

function figuresOf(
  halls: ListedHall[],
  place: Pick<PlaceFigures, 'key' | 'region' | 'hall'>,
  known: Known,
): PlaceFigures {
  const agents = [...new Set(halls.map((row) => row.agentId))];
  const each = <T>(of: Map<string, T>): T[] => agents.flatMap((agent) => of.get(agent) ?? []);
  const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
  const expected = each(known.expected);
  const weight = sum(expected.map((one) => one.weight));
  const hours = each(known.hours);
  const usual = hours.flatMap((hour) => hour.usual ?? []);
  return {
    ...summaryOf(halls),
    ...place,
    away: halls.filter((row) => row.state === 'away' || row.state === 'silent').length,
    expectedS: weight === 0 ? null : Math.round(sum(expected.map((one) => one.sumS)) / weight),
    hourTickets: sum(hours.map((hour) => hour.tickets)),
    hourUsual: usual.length === 0 ? null : Math.round(sum(usual) * 10) / 10,
    days: each(known.tallies).reduce(added, noTally()),
    chainAlarms: sum(each(known.chain)),
    differing: sum(each(known.differing)),
  };
}

function added(one: Tally, more: Tally): Tally {
  const arrays = (a: number[], b: number[]) => a.map((value, at) => value + (b[at] ?? 0));
  const times = (a: Times, b: Times): Times => ({
    ...{ count: a.count + b.count, sumS: a.sumS + b.sumS, maxS: Math.max(a.maxS, b.maxS) },
    counts: arrays(a.counts, b.counts),
  });
  return {
    ...{
      tickets: one.tickets + more.tickets,
      called: one.called + more.called,
      served: one.served + more.served,
    },
    ...{ missed: one.missed + more.missed, cancelled: one.cancelled + more.cancelled },
    ...{ asked: one.asked + more.asked, lapsed: one.lapsed + more.lapsed },
    ...{ waited: times(one.waited, more.waited), atWindow: times(one.atWindow, more.atWindow) },
    ratings: arrays(one.ratings, more.ratings),
  };
}

type Told = {
  open?: boolean;
  services?: { waiting: number; waitMinS: number | null; waitMaxS: number | null }[];
};
/** What open halls promise somebody who comes now; a service counts as often as people wait for it, and once more. */
async function expectedWaits(database: Database, now: Date): Promise<Map<string, Expected>> {
  const known = new Map<string, Expected>();
  for (const { agentId, at, data } of await saidOf(database.query, 'waits')) {
    const { open, services = [] } = data as Told;
    if (!open || now.getTime() - at.getTime() > TOLD_WITHIN_MS) continue;
    const sums = { weight: 0, sumS: 0 };
    for (const { waiting, waitMinS, waitMaxS } of services) {
      if (waitMinS === null || waitMaxS === null) continue;
      sums.weight += waiting + 1;
      sums.sumS += ((waitMinS + waitMaxS) / 2) * (waiting + 1);
    }
    if (sums.weight > 0) known.set(agentId, sums);
  }
  return known;
}

async function lastHours(database: Database, now: Date, prefix: string): Promise<Map<string, Hour>> {
  const rows = await database.query<Hour & { agentId: string }>(HOURS, [now, prefix]);
  return new Map(rows.map(({ agentId, tickets, usual }) => [agentId, { tickets, usual }]));
}

/** Of weeks in which the hall had that day at all; an hour without tickets in them counts as none. */
const HOURS = `
  SELECT h.agent_id AS "agentId", coalesce(sum(t.tickets) FILTER (WHERE d.day = past.day), 0)::float8 AS tickets,
         (coalesce(sum(t.tickets) FILTER (WHERE d.day < past.day), 0)
           / nullif(count(*) FILTER (WHERE d.day < past.day), 0)::float8) AS usual
  FROM halls h
  CROSS JOIN LATERAL (
    SELECT local.at::date AS day, extract(hour FROM local.at)::integer AS hour FROM (
      SELECT $1::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => h.offset_minutes - 60) AS at) local) past
  JOIN tallies d ON d.part = 'day' AND d.agent_id = h.agent_id AND d.hall = h.hall
    AND d.day IN (past.day, past.day - 7, past.day - 14, past.day - 21, past.day - 28)
  LEFT JOIN tallies t ON t.part = 'hour' AND t.agent_id = d.agent_id AND t.hall = d.hall AND t.day = d.day AND t.hour = past.hour
  WHERE h.region LIKE $2 GROUP BY 1`;

const CHAIN = `
  SELECT a.agent_id AS "agentId", count(*) AS n FROM chain_alarms a
  WHERE (a.at AT TIME ZONE 'UTC' + make_interval(mins => coalesce(
    (SELECT max(offset_minutes) FROM halls h WHERE h.agent_id = a.agent_id), 0)))::date BETWEEN $1 AND $2 GROUP BY 1`;

const DIFFERING = `
  SELECT agent_id AS "agentId", count(DISTINCT (hall, day)) AS n FROM day_closings
  WHERE fits = false AND day BETWEEN $1 AND $2 GROUP BY 1`;

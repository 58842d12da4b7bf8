/** Bad ratings and opinions of all halls with their clocks, overdue ones first, and the devices that are down. */
import { z } from 'zod';
import type {
  BadRating,
  DeviceDown,
  LedgerPage,
  OpinionEntry,
  Standing,
} from '../kiosk-agent/contract/far-end.ts';
import type { ClockStep } from '../kiosk-agent/contract/follow-up.ts';
import { agentId } from '../kiosk-agent/contract/link.ts';
import type { Database } from './database.ts';
import { localTime } from './overview.ts';
import { digitsApart, regionAt, regionCode, sharedDigits } from './regions.ts';

export const ledgerQuery = z.strictObject({
  region: regionCode.optional(),
  agent: agentId.optional(),
  /** open: whatever is not closed */
  state: z.enum(['overdue', 'open', 'closed', 'all']).default('open'),
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(1000).default(50),
});
export type LedgerQuery = z.infer<typeof ledgerQuery>;

type Ledger = { table: string; columns: string; due: string; clock: string; overdue: string; at: string };
const TODAY = `($1::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => l.offset_minutes))::date`;
const BAD: Ledger = {
  table: 'bad_ratings',
  columns: `session, number, service, "window", staff, level, given_at AS "givenAt", upheld, steps, reason,
    next_step AS "nextStep", next_due AS "nextDue"`,
  due: 'l.next_due',
  clock: `coalesce(l.clock_day, ${TODAY})`,
  overdue: `(l.state <> 'closed' AND l.next_due IS NOT NULL AND l.next_due < coalesce(l.clock_day, ${TODAY}))`,
  at: 'l.given_at',
};
const OPINIONS: Ledger = {
  table: 'opinions',
  columns: `opinion, kind, channel, text, "window", filed_at AS "filedAt", due_day AS "dueDay", assigned_to AS "assignedTo",
    answer, outcome, reopened`,
  due: 'l.due_day',
  clock: TODAY,
  overdue: `(l.state IN ('filed', 'assigned') AND l.due_day < ${TODAY})`,
  at: 'l.filed_at',
};

type StoredBad = Omit<BadRating, 'givenAt' | 'next'> & {
  givenAt: Date;
  offset: number;
  nextStep: ClockStep | null;
  nextDue: string | null;
};
export async function badRatings(
  database: Database,
  query: LedgerQuery,
  now: Date,
): Promise<LedgerPage & { ratings: BadRating[] }> {
  const { rows, ...page } = await readLedger<StoredBad>(database, BAD, query, now);
  const ratings = rows.map(({ givenAt, offset, nextStep, nextDue, ...row }) => ({
    ...row,
    givenAt: localTime(givenAt, offset),
    next: nextStep && nextDue ? { step: nextStep, due: nextDue } : null,
  }));
  return { ratings, ...page };
}

type StoredOpinion = Omit<OpinionEntry, 'filedAt'> & { filedAt: Date; offset: number };
export async function opinions(
  database: Database,
  query: LedgerQuery,
  now: Date,
): Promise<LedgerPage & { opinions: OpinionEntry[] }> {
  const { rows, ...page } = await readLedger<StoredOpinion>(database, OPINIONS, query, now);
  return {
    opinions: rows.map(({ filedAt, offset, ...row }) => ({ ...row, filedAt: localTime(filedAt, offset) })),
    ...page,
  };
}

async function readLedger<Row>(
  database: Database,
  { table, columns, due, clock, overdue, at }: Ledger,
  { region, agent, state, page, size }: LedgerQuery,
  now: Date,
): Promise<LedgerPage & { rows: Row[] }> {
  const of = `FROM ${table} l JOIN halls h ON h.agent_id = l.agent_id AND h.hall = l.hall
    WHERE h.region LIKE $2 AND ($3::text IS NULL OR l.agent_id = $3)`;
  const wanted = [now, `${sharedDigits(region ?? '000000000000')}%`, agent ?? null];
  const places = await database.query<LedgerPage['halls'][number] & { all: number; closed: number }>(
    `SELECT l.agent_id AS "agentId", l.hall, h.region, count(*) AS all,
       count(*) FILTER (WHERE l.state <> 'closed') AS open, count(*) FILTER (WHERE l.state = 'closed') AS closed,
       count(*) FILTER (WHERE ${overdue}) AS overdue ${of} GROUP BY 1, 2, 3`,
    wanted,
  );
  const sum = (count: (place: (typeof places)[number]) => number): number =>
    places.reduce((total, place) => total + count(place), 0);
  const total = sum((place) => place[state]);
  const pages = Math.max(1, Math.ceil(total / size));
  const shown = Math.min(page, pages);
  const filter = {
    overdue: `AND ${overdue}`,
    open: `AND l.state <> 'closed'`,
    closed: `AND l.state = 'closed'`,
    all: '',
  }[state];
  const rows = await database.query<Row>(
    `SELECT l.agent_id AS "agentId", l.hall, h.region, l.offset_minutes AS "offset", l.state,
       ${columns}, ${overdue} AS overdue,
       CASE WHEN ${overdue} THEN ${clock} - ${due} ELSE 0 END AS "daysLate"
     ${of} ${filter}
     ORDER BY ${overdue} DESC, (l.state = 'closed'), ${due} NULLS LAST, ${at} DESC LIMIT $4 OFFSET $5`,
    [...wanted, size, (shown - 1) * size],
  );
  const digits = digitsApart(
    places.map((place) => place.region),
    region,
  );
  const regions = new Map<string, Standing>();
  for (const place of places) {
    const key = regionAt(place.region, digits);
    const before = regions.get(key) ?? { open: 0, overdue: 0 };
    regions.set(key, { open: before.open + place.open, overdue: before.overdue + place.overdue });
  }
  return {
    rows,
    ...{ total, page: shown, pages },
    counts: { open: sum(({ open }) => open), overdue: sum(({ overdue: late }) => late) },
    regions: [...regions]
      .map(([key, standing]) => ({ region: key, ...standing }))
      .sort((a, b) => (a.region < b.region ? -1 : 1)),
    halls: places
      .filter(({ open }) => open > 0)
      .sort((a, b) => b.overdue - a.overdue || b.open - a.open || (a.agentId < b.agentId ? -1 : 1))
      .slice(0, 100)
      .map(({ agentId: id, hall, region: of, open, overdue: late }) => ({
        ...{ agentId: id, hall, region: of, open },
        overdue: late,
      })),
  };
}

export const devicesQuery = z.strictObject({ region: regionCode.optional() });

/** Devices that a hall has lost or that say that they are broken, those that have been so longest first; at most 1,000. */
export async function devicesDown(database: Database, region: string | undefined): Promise<DeviceDown[]> {
  const rows = await database.query<Omit<DeviceDown, 'since'> & { since: Date; offset: number }>(
    `SELECT d.agent_id AS "agentId", d.hall, h.region, d.device, d.state, coalesce(d.why, '') AS why,
            d.changed_at AS since, d.offset_minutes AS "offset"
     FROM hall_devices d JOIN halls h ON h.agent_id = d.agent_id AND h.hall = d.hall
     WHERE d.state <> 'ready' AND h.region LIKE $1 ORDER BY d.changed_at LIMIT 1000`,
    [`${sharedDigits(region ?? '000000000000')}%`],
  );
  return rows.map(({ since, offset, ...row }) => ({ ...row, since: localTime(since, offset) }));
}

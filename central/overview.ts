/** What the far end's page and its programs see: halls with today's figures, the latest ratings and tickets, alarms. */
import type { AlarmRow, HallRow, RatingRow, TicketRow } from '../kiosk-agent/contract/far-end.ts';
import { TIME_STEPS_S } from '../kiosk-agent/contract/totals.ts';
import type { Agents } from './agents.ts';
import type { Database } from './database.ts';
import type { Presence } from './link/intake.ts';

/** An instant as RFC 3339 in an offset given in minutes. */
export function localTime(instant: Date, offset: number): string {
  const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
  const sign = offset < 0 ? '-' : '+';
  const minutes = Math.abs(offset);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${local}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** All halls, ordered by region and name, as they stand at `now`; those of some agents when `agentIds` are given. */
export async function hallRows(
  database: Database,
  agents: Agents,
  presence: (agentId: string) => Presence | undefined,
  now: Date,
  agentIds?: string[],
): Promise<HallRow[]> {
  const stored = await database.query<StoredHall>(HALLS, [now, agentIds ? JSON.stringify(agentIds) : null]);
  const rows = stored.map((row): HallRow => {
    const { offset, receivedAt, lastEventAt, longestSince, ...counted } = row;
    const { level5, level4, level3, level2, level1, waited, waitedSum, ...rest } = counted;
    const here = presence(row.agentId);
    const waits = waited?.reduce((sum, count) => sum + count, 0) ?? 0;
    return {
      ...rest,
      lastEventAt: localTime(lastEventAt, offset),
      ratings: { '5': level5, '4': level4, '3': level3, '2': level2, '1': level1 },
      waitMeanS: waits === 0 ? null : Math.round((waitedSum ?? 0) / waits),
      waitMostS: waited ? below(waited, 0.9) : null,
      longestSince: longestSince && localTime(longestSince, offset),
      connected: here?.connected ?? false,
      // After a restart of this server the last receipt is the best we know.
      since: here ? localTime(new Date(here.since), offset) : localTime(receivedAt, offset),
      backlog: here?.connected ? Math.max(0, endOf(here, row.epoch) - row.through) : null,
    };
  });
  const heard = new Set(rows.map((row) => row.agentId));
  for (const agent of await agents.all()) {
    if (heard.has(agent.agentId) || (agentIds && !agentIds.includes(agent.agentId))) continue;
    const here = presence(agent.agentId);
    rows.push({
      hall: null,
      agentId: agent.agentId,
      region: agent.region,
      epoch: null,
      through: 0,
      hash: null,
      lastEventAt: null,
      day: null,
      ...{ tickets: 0, waiting: 0, finished: 0, windowsOpen: 0, windowsPaused: 0, devicesDown: 0 },
      ...{ badOpen: 0, badOverdue: 0, opinionsOpen: 0, opinionsOverdue: 0 },
      ratings: { '5': 0, '4': 0, '3': 0, '2': 0, '1': 0 },
      ...{ waitMeanS: null, waitMostS: null, longestSince: null },
      connected: here?.connected ?? false,
      since: here?.since ?? null,
      backlog: null,
    });
  }
  return rows;
}

/** The end of its log that a connected agent has told of this epoch; 0 when it has told none. */
function endOf({ end }: Presence, epoch: string | null): number {
  return end && end.epoch === epoch ? end.seq : 0;
}

/**
 * The limit below which `share` of these times lie, s, by the classes of the contract; the last limit for those beyond it, null
 * for none.
 */
export function below(counts: number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let passed = 0;
  const at = counts.findIndex((count) => (passed += count) >= share * total);
  return TIME_STEPS_S[Math.min(at, TIME_STEPS_S.length - 1)] ?? null;
}

/** Ratings of these days are enough for the latest, where there are many: every month that is read costs time. */
const LATEST_DAYS = 40;

/**
 * The latest ratings in the order this server took them, newest first; `limit` 1…1000. Where as many were given in the last
 * weeks, older ones that came late are not among them.
 */
export async function latestRatings(
  database: Database,
  limit: number,
  now = new Date(),
): Promise<RatingRow[]> {
  const since = new Date(now.getTime() - LATEST_DAYS * 86_400_000).toISOString().slice(0, 10);
  const latest = await database.query<StoredRating>(RATINGS, [limit, since]);
  const rows =
    latest.length === limit ? latest : await database.query<StoredRating>(RATINGS, [limit, '-infinity']);
  return rows.map(({ offset, promptedAt, pressedAt, deviceSerial, deviceBoot, deviceSeq, ...row }) => ({
    ...row,
    device:
      deviceSerial === null ? null : { serial: deviceSerial, boot: deviceBoot ?? '', seq: deviceSeq ?? 0 },
    promptedAt: localTime(promptedAt, offset),
    pressedAt: localTime(pressedAt, offset),
  }));
}

/** The tickets that changed last, newest first. */
export async function latestTickets(database: Database, limit: number): Promise<TicketRow[]> {
  const rows = await database.query<Omit<TicketRow, 'changedAt'> & { changedAt: Date; offset: number }>(
    TICKETS,
    [limit],
  );
  return rows.map(({ offset, changedAt, ...row }) => ({ ...row, changedAt: localTime(changedAt, offset) }));
}

/** Breaks of the chain, newest first. */
export async function latestAlarms(database: Database, limit: number): Promise<AlarmRow[]> {
  const rows = await database.query<Omit<AlarmRow, 'at'> & { at: Date }>(
    `SELECT agent_id AS "agentId", (SELECT hall FROM halls h WHERE h.agent_id = a.agent_id ORDER BY last_event_at DESC LIMIT 1)
       AS hall, epoch, seq, kind, at FROM chain_alarms a ORDER BY at DESC LIMIT $1`,
    [limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/**
 * An agent's events behind `after`, in order, at most `limit` (1…1000); the newest epoch unless one is named.
 * An agent that was installed anew starts at seq 1 again, with a new epoch.
 */
export async function eventsAfter(
  database: Database,
  agentId: string,
  epoch: string | undefined,
  after: number,
  limit: number,
): Promise<unknown[]> {
  const rows = await database.query<{ event: unknown }>(EVENTS, [agentId, epoch ?? null, after, limit]);
  return rows.map((row) => row.event);
}

type Computed =
  'lastEventAt' | 'ratings' | 'connected' | 'since' | 'waitMeanS' | 'waitMostS' | 'longestSince';
type StoredHall = Omit<HallRow, Computed | 'backlog'> & {
  hall: string;
  waited: number[] | null;
  waitedSum: number | null;
  longestSince: Date | null;
  offset: number;
  lastEventAt: Date;
  receivedAt: Date;
  level5: number;
  level4: number;
  level3: number;
  level2: number;
  level1: number;
};

type StoredRating = Omit<RatingRow, 'device' | 'promptedAt' | 'pressedAt'> & {
  offset: number;
  promptedAt: Date;
  pressedAt: Date;
  deviceSerial: string | null;
  deviceBoot: string | null;
  deviceSeq: number | null;
};

/** Waiting counts the current epoch only: what an older installation left in line waits for nobody. */
const HALLS = `
  SELECT h.hall, h.agent_id AS "agentId", h.region, h.epoch, h.day, h.offset_minutes AS "offset",
         h.last_event_at AS "lastEventAt", s.through, s.last_hash AS hash, s.received_at AS "receivedAt",
         coalesce(t.tickets, 0) AS tickets, coalesce(t.finished, 0) AS finished,
         coalesce(l.waiting, 0) AS waiting, l.since AS "longestSince",
         coalesce(r.level5, 0) AS level5, coalesce(r.level4, 0) AS level4, coalesce(r.level3, 0) AS level3,
         coalesce(r.level2, 0) AS level2, coalesce(r.level1, 0) AS level1,
         d.waited, d.waited_sum AS "waitedSum",
         coalesce(w.open, 0) AS "windowsOpen", coalesce(w.paused, 0) AS "windowsPaused",
         coalesce(b.open, 0) AS "badOpen", coalesce(b.overdue, 0) AS "badOverdue",
         coalesce(o.open, 0) AS "opinionsOpen", coalesce(o.overdue, 0) AS "opinionsOverdue",
         coalesce(v.down, 0) AS "devicesDown"
  FROM halls h
  JOIN streams s ON s.agent_id = h.agent_id AND s.epoch = h.epoch
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state NOT IN ('reserved', 'printing', 'print-failed')) AS tickets,
           count(*) FILTER (WHERE state = 'finished') AS finished
    FROM tickets WHERE hall = h.hall AND day = h.day AND agent_id = h.agent_id) t ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS waiting, min(coalesce(reserved_at, changed_at)) AS since
    FROM tickets WHERE hall = h.hall AND day = h.day AND agent_id = h.agent_id AND epoch = h.epoch
      AND state IN ('waiting', 'transferred')) l ON true
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE level = 5) AS level5, count(*) FILTER (WHERE level = 4) AS level4,
           count(*) FILTER (WHERE level = 3) AS level3, count(*) FILTER (WHERE level = 2) AS level2,
           count(*) FILTER (WHERE level = 1) AS level1
    FROM ratings WHERE hall = h.hall AND day = h.day AND agent_id = h.agent_id) r ON true
  LEFT JOIN tallies d ON d.part = 'day' AND d.agent_id = h.agent_id AND d.hall = h.hall AND d.day = h.day
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'paused') AS paused
    FROM hall_windows WHERE agent_id = h.agent_id AND hall = h.hall AND day = h.day) w ON true
  LEFT JOIN (
    SELECT agent_id, hall, count(*) AS open,
           count(*) FILTER (WHERE next_due < coalesce(clock_day,
             ($1::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => offset_minutes))::date)) AS overdue
    FROM bad_ratings WHERE state <> 'closed' GROUP BY agent_id, hall) b ON b.agent_id = h.agent_id AND b.hall = h.hall
  LEFT JOIN (
    SELECT agent_id, hall, count(*) AS open,
           count(*) FILTER (WHERE state IN ('filed', 'assigned') AND due_day <
             ($1::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => offset_minutes))::date) AS overdue
    FROM opinions WHERE state <> 'closed' GROUP BY agent_id, hall) o ON o.agent_id = h.agent_id AND o.hall = h.hall
  LEFT JOIN (
    SELECT agent_id, hall, count(*) AS down
    FROM hall_devices WHERE state <> 'ready' GROUP BY agent_id, hall) v ON v.agent_id = h.agent_id AND v.hall = h.hall
  WHERE $2::jsonb IS NULL OR h.agent_id IN (SELECT jsonb_array_elements_text($2::jsonb))
  ORDER BY h.region, h.hall, h.agent_id`;

const RATINGS = `
  SELECT place, agent_id AS "agentId", epoch, seq, hall, region, session, ticket_id AS "ticketId", number, service, stage,
         "window", staff, level, source, device_serial AS "deviceSerial", device_boot AS "deviceBoot",
         device_seq AS "deviceSeq", prompted_at AS "promptedAt", pressed_at AS "pressedAt",
         offset_minutes AS "offset", flags
  FROM ratings WHERE day >= $2 ORDER BY place DESC LIMIT $1`;

const TICKETS = `
  SELECT agent_id AS "agentId", ticket_id AS "ticketId", hall, number, service, state, "window",
         changed_at AS "changedAt", offset_minutes AS "offset"
  FROM tickets ORDER BY changed_at DESC, changed_seq DESC LIMIT $1`;

const EVENTS = `
  SELECT event FROM events
  WHERE agent_id = $1 AND seq > $3 AND epoch = coalesce($2, (
    SELECT epoch FROM streams WHERE agent_id = $1 AND through > 0 ORDER BY received_at DESC LIMIT 1))
  ORDER BY seq LIMIT $4`;

/** Alerts and their messages in the database. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AlertDelivery, AlertList, AlertRow } from '../../kiosk-agent/contract/far-end.ts';
import type { Database, Query } from '../database.ts';
import { regionCode, sharedDigits } from '../regions.ts';
import { BETWEEN_MS, type Alert } from './evaluate.ts';
import type { MessageData } from './message.ts';
import { inZone } from './words.ts';

const KEPT_DAYS = { alerts: 400, deliveries: 90 };
/** A happening is known for longer than it is looked for. */
const ONCE_KNOWN_DAYS = 40;

const INSTANTS = ['since', 'lastSeenAt', 'raisedAt', 'resolvedAt', 'toldAt', 'overToldAt', 'seenAt'] as const;
const COLUMNS = `id, rule, kind, agent_id AS "agentId", hall, region, subject, count, since, latest, last_seen_at AS "lastSeenAt",
  raised_at AS "raisedAt", resolved_at AS "resolvedAt", ended, told_at AS "toldAt", over_told_at AS "overToldAt", seen_at AS "seenAt"`;
type Stored = Omit<Alert, (typeof INSTANTS)[number]> & Record<(typeof INSTANTS)[number], Date | null>;

/**
 * Reads what the rules must know of before and keeps what they make of it with the messages, in one transaction that no other
 * server runs at the same time. Resolves with how many messages were put on their way.
 */
export function inOneRound(
  database: Database,
  now: Date,
  work: (alerts: Alert[]) => {
    keep: Alert[];
    drop: string[];
    messages: { data: MessageData; channels: string[] }[];
  },
): Promise<number> {
  return database.transaction(async (query) => {
    await query('SELECT one FROM alert_round FOR UPDATE');
    const { keep, drop, messages } = work(await known(query, now));
    if (drop.length > 0)
      await query('DELETE FROM alerts WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb))', [
        JSON.stringify(drop),
      ]);
    if (keep.length > 0) await query(KEEP, [JSON.stringify(keep.map(columns))]);
    for (const { data, channels } of messages) await queue(query, data, channels, now);
    return messages.length;
  });
}

async function known(query: Query, now: Date): Promise<Alert[]> {
  const rows = await query<Stored>(
    `SELECT ${COLUMNS} FROM alerts WHERE resolved_at IS NULL OR over_told_at IS NULL
       OR over_told_at > $1::timestamptz - make_interval(secs => ${(BETWEEN_MS * 2) / 1000})
       OR (latest IS NOT NULL AND resolved_at > $1::timestamptz - make_interval(days => ${ONCE_KNOWN_DAYS}))
     ORDER BY raised_at, agent_id, id`,
    [now],
  );
  return rows.map((row) => {
    const instants = INSTANTS.map((name) => [name, row[name] === null ? null : row[name].getTime()]);
    return { ...row, ...Object.fromEntries(instants) } as Alert;
  });
}

function columns(alert: Alert) {
  const instants = INSTANTS.map((name) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    alert[name] === null ? null : new Date(alert[name]).toISOString(),
  ]);
  return { ...alert, agent_id: alert.agentId, ...Object.fromEntries(instants) };
}

/** What somebody has seen meanwhile stays seen: only this server's own columns are written over. */
const KEEP = `
  INSERT INTO alerts (agent_id, id, rule, kind, hall, region, subject, count, since, latest, last_seen_at, raised_at, resolved_at,
                      ended, told_at, over_told_at)
  SELECT agent_id, id, rule, kind, hall, region, subject, count, since, latest, last_seen_at, raised_at, resolved_at, ended,
         told_at, over_told_at
  FROM jsonb_to_recordset($1::jsonb) AS kept(agent_id text, id text, rule text, kind text, hall text, region text, subject text,
    count double precision, since timestamptz, latest text, last_seen_at timestamptz, raised_at timestamptz,
    resolved_at timestamptz, ended text, told_at timestamptz, over_told_at timestamptz)
  ON CONFLICT (agent_id, id) DO UPDATE SET count = excluded.count, since = excluded.since, latest = excluded.latest,
    last_seen_at = excluded.last_seen_at, raised_at = excluded.raised_at, resolved_at = excluded.resolved_at,
    ended = excluded.ended, told_at = excluded.told_at, over_told_at = excluded.over_told_at`;

async function queue(query: Query, data: MessageData, channels: string[], now: Date): Promise<void> {
  for (const channel of channels)
    await query(
      `INSERT INTO alert_deliveries (id, channel, rule, kind, region, phase, alerts, message, queued_at, next_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
      [
        ...[randomUUID(), channel, data.rule, data.kind, data.region, data.phase, data.count],
        ...[JSON.stringify(data), now],
      ],
    );
}

/** Takes away what is older than anybody asks for. */
export async function forget(database: Database, now: Date): Promise<void> {
  await database.query(
    `DELETE FROM alerts WHERE resolved_at < $1::timestamptz - make_interval(days => ${KEPT_DAYS.alerts})`,
    [now],
  );
  await database.query(
    `DELETE FROM alert_deliveries WHERE queued_at < $1::timestamptz - make_interval(days => ${KEPT_DAYS.deliveries})`,
    [now],
  );
}

const page = z.coerce.number().int().min(1).max(1_000).default(200);
export const alertsQuery = z.strictObject({
  state: z.enum(['open', 'resolved', 'all']).default('open'),
  region: regionCode.optional(),
  limit: page,
});
export const deliveriesQuery = z.strictObject({
  /** failed: refused, expired, or tried and not answered yet */
  state: z.enum(['failed', 'queued', 'all']).default('failed'),
  limit: page,
});

type StoredRow = Omit<AlertRow, 'since' | 'raisedAt' | 'resolvedAt'> &
  Record<'since' | 'raisedAt', Date> & { resolvedAt: Date | null };
/** Alerts that were raised, open ones first, then the newest. */
export async function alertList(
  database: Database,
  { state, region, limit }: z.infer<typeof alertsQuery>,
  channels: string[],
  timeZone: string,
): Promise<AlertList> {
  const prefix = `${sharedDigits(region ?? '000000000000')}%`;
  const wanted = { open: 'AND resolved_at IS NULL', resolved: 'AND resolved_at IS NOT NULL', all: '' }[state];
  const rows = await database.query<StoredRow>(
    `SELECT id, rule, kind, region, agent_id AS "agentId", nullif(hall, '') AS hall, subject, count, since,
            raised_at AS "raisedAt", resolved_at AS "resolvedAt", coalesce(ended, CASE WHEN seen_at IS NOT NULL THEN 'seen' END) AS ended
     FROM alerts WHERE raised_at IS NOT NULL AND region LIKE $1 ${wanted}
     ORDER BY (resolved_at IS NOT NULL), raised_at DESC, id LIMIT $2`,
    [prefix, limit],
  );
  const [sum] = await database.query<{ open: number }>(
    'SELECT count(*) AS open FROM alerts WHERE raised_at IS NOT NULL AND resolved_at IS NULL AND region LIKE $1',
    [prefix],
  );
  return {
    alerts: rows.map((row) => ({
      ...row,
      ...{ since: inZone(row.since, timeZone), raisedAt: inZone(row.raisedAt, timeZone) },
      resolvedAt: row.resolvedAt && inZone(row.resolvedAt, timeZone),
    })),
    ...{ open: sum!.open, channels },
  };
}

type StoredDelivery = Omit<AlertDelivery, 'queuedAt' | 'nextAt' | 'answeredAt'> &
  Record<'nextAt' | 'queuedAt', Date> & { answeredAt: Date | null };
/** Messages with what became of them, newest first. */
export async function deliveryList(
  database: Database,
  { state, limit }: z.infer<typeof deliveriesQuery>,
  timeZone: string,
  now: Date,
): Promise<AlertDelivery[]> {
  const wanted = {
    failed: `state IN ('refused', 'expired') OR (state = 'queued' AND tries > 0)`,
    queued: `state = 'queued'`,
    all: 'true',
  }[state];
  const rows = await database.query<StoredDelivery>(
    `SELECT id, channel, rule, kind, region, phase, alerts, queued_at AS "queuedAt", tries, state, said, next_at AS "nextAt",
            answered_at AS "answeredAt"
     FROM alert_deliveries WHERE (${wanted}) AND queued_at > $2::timestamptz - make_interval(days => ${state === 'all' ? 90 : 7})
     ORDER BY queued_at DESC, id LIMIT $1`,
    [limit, now],
  );
  return rows.map((row) => ({
    ...row,
    queuedAt: inZone(row.queuedAt, timeZone),
    nextAt: row.state === 'queued' ? inZone(row.nextAt, timeZone) : null,
    answeredAt: row.answeredAt && inZone(row.answeredAt, timeZone),
  }));
}

/** Somebody sees to it: it is not said again, and what never ends by itself is closed. Resolves with whether there is such an alert. */
export async function markSeen(database: Database, id: string, now: Date): Promise<boolean> {
  const rows = await database.query(
    'UPDATE alerts SET seen_at = coalesce(seen_at, $2) WHERE id = $1 AND raised_at IS NOT NULL RETURNING id',
    [id, now],
  );
  return rows.length > 0;
}

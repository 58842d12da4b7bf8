/** How the exports stand, for people and for alerts: what was sent, what waits and since when, what cannot be sent and why. */
import type { RatingExportRefused, RatingExportView } from '../../kiosk-agent/contract/far-end.ts';
import type { Database } from '../database.ts';
import { gapsOf } from './findings.ts';
import type { RatingExport } from './load.ts';

const SHOWN = 200;
/** It could go: due, and of an unrated visit the hall has been heard of since. */
const DUE = `(r.due_at <= $2 AND (r.kind <> 'default' OR EXISTS (
  SELECT FROM rating_export_cursors c WHERE c.agent_id = r.agent_id AND c.export_id = r.export_id AND c.at >= r.due_at)))`;

/** Every export as it stands at `now`. */
export async function ratingExports(
  database: Database,
  list: RatingExport[],
  now: Date,
): Promise<RatingExportView[]> {
  return Promise.all(list.map((wanted) => view(database, wanted, now)));
}

type Standing = {
  failures: number;
  nextTryAt: Date | null;
  lastAnswer: string | null;
  lastAnswerAt: Date | null;
  lastAnswered: boolean | null;
  sent: number;
  sentDefaults: number;
};

async function view(
  database: Database,
  { id, profile, settings }: RatingExport,
  now: Date,
): Promise<RatingExportView> {
  const [standing] = await database.query<Standing>(
    `SELECT failures, next_try_at AS "nextTryAt", last_answer AS "lastAnswer", last_answer_at AS "lastAnswerAt",
       last_answered AS "lastAnswered", sent, sent_defaults AS "sentDefaults"
     FROM rating_exports WHERE export_id = $1`,
    [id],
  );
  const [waits] = await database.query<{ waiting: number; held: number; oldestAt: Date | null }>(
    `SELECT count(*) FILTER (WHERE ${DUE}) AS waiting, count(*) FILTER (WHERE NOT coalesce(${DUE}, false)) AS held,
       min(r.due_at) FILTER (WHERE ${DUE}) AS "oldestAt"
     FROM rating_export_records r WHERE r.export_id = $1 AND r.state = 'waiting'`,
    [id, now],
  );
  const refused = await database.query<{ why: string; n: number }>(
    `SELECT coalesce(answer, '') AS why, count(*) AS n FROM rating_export_records
     WHERE export_id = $1 AND state = 'refused' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${SHOWN}`,
    [id],
  );
  const incomplete = await database.query<RatingExportView['incomplete']['fields'][number]>(
    `SELECT r.service, m.field, m.why, m.say, count(*) AS n
     FROM rating_export_records r, jsonb_to_recordset(r.missing) AS m(field text, why text, say text)
     WHERE r.export_id = $1 AND r.state = 'incomplete' GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2 LIMIT ${SHOWN}`,
    [id],
  );
  const [totals] = await database.query<{ refused: number; incomplete: number; upheldLater: number }>(
    `SELECT count(*) FILTER (WHERE state = 'refused') AS refused, count(*) FILTER (WHERE state = 'incomplete') AS incomplete,
       count(*) FILTER (WHERE upheld_later) AS "upheldLater"
     FROM rating_export_records WHERE export_id = $1 AND (state IN ('refused', 'incomplete') OR upheld_later)`,
    [id],
  );
  return {
    ...{ id, name: profile.name, profile: settings.profile, regions: settings.regions, from: settings.from },
    pushes: settings.url !== undefined,
    sent: standing?.sent ?? 0,
    sentDefaults: standing?.sentDefaults ?? 0,
    ...{ waiting: waits?.waiting ?? 0, held: waits?.held ?? 0 },
    oldestAt: waits?.oldestAt?.toISOString() ?? null,
    failures: standing?.failures ?? 0,
    nextTryAt: standing?.nextTryAt?.toISOString() ?? null,
    lastAnswer: standing?.lastAnswerAt
      ? {
          at: standing.lastAnswerAt.toISOString(),
          answered: standing.lastAnswered === true,
          said: standing.lastAnswer ?? '',
        }
      : null,
    refused: { total: totals?.refused ?? 0, reasons: refused },
    incomplete: { total: totals?.incomplete ?? 0, fields: incomplete },
    upheldLater: totals?.upheldLater ?? 0,
    gaps: gapsOf(profile),
  };
}

/** The refused records, newest first, at most 200. */
export async function refusedRecords(database: Database, exportId: string): Promise<RatingExportRefused[]> {
  const rows = await database.query<Omit<RatingExportRefused, 'refusedAt'> & { refusedAt: Date }>(
    `SELECT rating->>'recordId' AS id, agent_id AS "agentId", rating->>'hall' AS hall, service, kind,
       rating->>'number' AS number, (rating->>'window')::integer AS "window", (rating->>'level')::integer AS level,
       rating->>'pressedAt' AS "ratedAt", coalesce(answer, '') AS why, answered_at AS "refusedAt", tries
     FROM rating_export_records WHERE export_id = $1 AND state = 'refused' ORDER BY answered_at DESC LIMIT ${SHOWN}`,
    [exportId],
  );
  return rows.map((row) => ({ ...row, refusedAt: row.refusedAt.toISOString() }));
}

/** Refused records go again, with the profile as it is now: these, or all. Resolves with their number. */
export async function retryRefused(
  database: Database,
  exportId: string,
  ids: string[] | undefined,
): Promise<number> {
  const rows = await database.query(
    `UPDATE rating_export_records
     SET state = 'waiting', record = NULL, answer = NULL, answered_at = NULL, tries = 0, next_try_at = NULL
     WHERE export_id = $1 AND state = 'refused' AND ($2::text[] IS NULL OR rating->>'recordId' = ANY ($2::text[]))
     RETURNING 1`,
    [exportId, ids ?? null],
  );
  return rows.length;
}

/**
 * For alerts: exports with something that could have gone and has no answer, and since when the oldest waits. Also exports that
 * are no longer configured are named, when something of theirs waits.
 */
export async function exportTrouble(
  database: Database,
  now: Date,
): Promise<
  { exportId: string; waiting: number; oldestAt: Date; ageMs: number; lastAnswer: string | null }[]
> {
  const rows = await database.query<{
    exportId: string;
    waiting: number;
    oldestAt: Date;
    lastAnswer: string | null;
  }>(
    `SELECT r.export_id AS "exportId", count(*) AS waiting, min(r.due_at) AS "oldestAt", min(x.last_answer) AS "lastAnswer"
     FROM rating_export_records r LEFT JOIN rating_exports x ON x.export_id = r.export_id
     WHERE r.state = 'waiting' AND r.export_id <> $1 AND ${DUE}
     GROUP BY 1 ORDER BY 3`,
    ['', now],
  );
  return rows.map((row) => ({ ...row, ageMs: now.getTime() - row.oldestAt.getTime() }));
}

/**
 * For retention: the oldest event that an export has not read yet, as the time it came in; null when all is read. What was
 * read has been copied and does not need its event. Streams of regions that no export wants do not count.
 */
export async function oldestUnsent(
  database: Pick<Database, 'query'>,
  list: RatingExport[],
): Promise<Date | null> {
  let oldest: Date | null = null;
  for (const { id, regions } of list) {
    const [row] = await database.query<{ at: Date | null }>(
      `SELECT min(e.received_at) AS at FROM streams s
       LEFT JOIN rating_export_cursors c ON c.agent_id = s.agent_id AND c.epoch = s.epoch AND c.export_id = $1
       JOIN LATERAL (
         SELECT received_at FROM events e WHERE e.agent_id = s.agent_id AND e.epoch = s.epoch AND e.seq > coalesce(c.seq, 0)
         ORDER BY e.seq LIMIT 1) e ON true
       WHERE s.through > coalesce(c.seq, 0)
         AND EXISTS (SELECT FROM halls h WHERE h.agent_id = s.agent_id AND h.region LIKE ANY ($2::text[]))`,
      [id, regions],
    );
    if (row?.at && (oldest === null || row.at < oldest)) oldest = row.at;
  }
  return oldest;
}

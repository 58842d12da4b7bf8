/**
 * Hands an export's records in, one message at a time, until the region has answered for each. No answer: again, for ever, after
 * a pause that grows. A clear no: kept as refused, for people. What goes again is what went before, byte for byte, under the same
 * id: also after a crash between an answer and its commit.
 */
import type { Logger } from 'pino';
import type { Database, Query } from '../database.ts';
import { readAnswer, type Verdict } from './answer.ts';
import { encode, type Outgoing } from './encode.ts';
import type { RatingExport } from './load.ts';
import type { Transport } from './profile.ts';
import { post } from './post.ts';
import { buildRecord, type Rating, type Sent } from './record.ts';

/** Pause after a message without an answer, ms: doubled each time up to the longest. */
const AGAIN_MS = { first: 5_000, longest: 300_000 };
/** A record that got no answer so often steps behind the others: it may be the record. */
const STEPS_BACK_AFTER = 3;
const STEP_BACK_MS = { first: 60_000, longest: 3_600_000 };
const PAGE = 200;

type Kept = {
  agentId: string;
  epoch: string;
  session: number;
  kind: string;
  rating: Rating;
  reason: Rating['reason'];
  record: string | null;
  tries: number;
};
export type Ready = Omit<Kept, 'record'> & Outgoing;

/** Makes the export's row, and gives what another profile could not send another chance with this one. */
export async function begin(database: Database, { id, profileHash }: RatingExport): Promise<void> {
  await database.transaction(async (query) => {
    const [before] = await query<{ profileHash: string }>(
      'SELECT profile_hash AS "profileHash" FROM rating_exports WHERE export_id = $1',
      [id],
    );
    if (before?.profileHash === profileHash) return;
    await query(
      `INSERT INTO rating_exports (export_id, profile_hash) VALUES ($1, $2)
       ON CONFLICT (export_id) DO UPDATE SET profile_hash = excluded.profile_hash`,
      [id, profileHash],
    );
    await query(
      `UPDATE rating_export_records SET state = 'waiting', missing = NULL WHERE export_id = $1 AND state = 'incomplete'`,
      [id],
    );
  });
}

/** Sends what is due, until nothing is, a message got no answer, or `signal`. Rejects with the database's error. */
export async function push(
  database: Database,
  wanted: RatingExport,
  now: () => Date,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const { url, deadlineSeconds } = wanted.settings;
  const { transport } = wanted.profile;
  if (url === undefined || 'notPublic' in transport) return;
  const [standing] = await database.query<{ failures: number; nextTryAt: Date | null }>(
    'SELECT failures, next_try_at AS "nextTryAt" FROM rating_exports WHERE export_id = $1',
    [wanted.id],
  );
  let failures = standing?.failures ?? 0;
  if (standing?.nextTryAt && standing.nextTryAt > now()) return;
  while (!signal.aborted) {
    const page = await nextPage(database, wanted, now());
    if (page === null) return;
    for (let at = 0; at < page.length && !signal.aborted; at += transport.batch) {
      const group = page.slice(at, at + transport.batch);
      const message = encode(
        group.map(({ id, record }) => ({ id, record })),
        transport,
        wanted.secrets,
      );
      const answer = await post(url, message, deadlineSeconds * 1000, signal);
      if (signal.aborted && 'failed' in answer) return;
      const verdicts = verdictsOf(transport, answer, group);
      const unanswered = [...verdicts.values()].find((verdict) => verdict.is === 'again');
      const nothing = [...verdicts.values()].every((verdict) => verdict.is === 'again');
      // A region that is not there has said nothing of these records: nothing is written at them.
      const told = 'failed' in answer && !answer.late ? [] : group;
      await settle(database, wanted, told, verdicts, now(), nothing ? failures + 1 : 0, failures);
      if (nothing) {
        failures += 1;
        log.warn(
          { export: wanted.id, failures, why: unanswered?.why },
          'ratings got no answer; they go again',
        );
        return;
      }
      failures = 0;
    }
  }
}

/**
 * The next records that are due, built and kept as they will be sent; null when there are none. What cannot be built is put
 * aside as incomplete. A visit is not sent as unrated while its hall has not been heard of since that became due; of one
 * visit nothing goes before what was on its way earlier; that is looked up by the key. (`state || ''`: else a planner without
 * statistics goes through everything that waits, for each record.)
 */
export async function nextPage(database: Database, wanted: RatingExport, now: Date): Promise<Ready[] | null> {
  const due = await database.query<Kept>(
    `SELECT r.agent_id AS "agentId", r.epoch, r.session, r.kind, r.rating, r.reason, r.record, r.tries
     FROM rating_export_records r
     WHERE r.export_id = $1 AND r.state = 'waiting' AND r.due_at <= $2 AND r.file IS NULL
       AND (r.next_try_at IS NULL OR r.next_try_at <= $2)
       AND (r.kind <> 'default' OR EXISTS (
         SELECT FROM rating_export_cursors c WHERE c.agent_id = r.agent_id AND c.export_id = r.export_id AND c.at >= r.due_at))
       AND NOT EXISTS (
         SELECT FROM rating_export_records e
         WHERE e.agent_id = r.agent_id AND e.export_id = r.export_id AND e.epoch = r.epoch AND e.session = r.session
           AND (e.state || '') = 'waiting'
           AND (r.kind = 'first' AND e.kind = 'default' OR r.kind = 'second' AND e.kind <> 'second'))
     ORDER BY r.due_at, r.agent_id, r.epoch, r.seq LIMIT $3`,
    [wanted.id, now, PAGE],
  );
  if (due.length === 0) return null;
  const ready: Ready[] = [];
  const built: { key: Key; record: string | null; missing: unknown }[] = [];
  for (const row of due) {
    if (row.record) {
      ready.push({ ...row, id: row.rating.recordId, record: JSON.parse(row.record) as Sent });
      continue;
    }
    const made = buildRecord({ ...row.rating, reason: row.reason }, wanted.profile);
    if ('record' in made) ready.push({ ...row, id: row.rating.recordId, record: made.record });
    built.push({
      key: keyOf(row),
      record: 'record' in made ? JSON.stringify(made.record) : null,
      missing: 'missing' in made ? made.missing : null,
    });
  }
  if (built.length > 0)
    await database.query(
      `UPDATE rating_export_records r SET record = b.record, missing = b.missing,
         state = CASE WHEN b.record IS NULL THEN 'incomplete' ELSE 'waiting' END
       FROM jsonb_to_recordset($2::jsonb) AS b(agent_id text, epoch text, session bigint, kind text, record text, missing jsonb)
       WHERE r.export_id = $1 AND r.agent_id = b.agent_id AND r.epoch = b.epoch AND r.session = b.session AND r.kind = b.kind
         AND (r.state || '') = 'waiting'`,
      [wanted.id, JSON.stringify(built.map(({ key, record, missing }) => ({ ...key, record, missing })))],
    );
  return ready;
}

type Key = { agent_id: string; epoch: string; session: number; kind: string };
export const keyOf = ({ agentId, epoch, session, kind }: Omit<Kept, 'record'>): Key => ({
  agent_id: agentId,
  epoch,
  session,
  kind,
});

function verdictsOf(
  transport: Transport,
  answer: Awaited<ReturnType<typeof post>>,
  group: Ready[],
): Map<string, Verdict> {
  const ids = group.map(({ id }) => id);
  if ('failed' in answer) return new Map(ids.map((id) => [id, { is: 'again', why: answer.failed }]));
  return readAnswer(transport, answer, ids);
}

/** `failuresNow`: messages in a row without any answer, after this one; `before` this one. */
async function settle(
  database: Database,
  wanted: RatingExport,
  group: Ready[],
  verdicts: Map<string, Verdict>,
  now: Date,
  failuresNow: number,
  failuresBefore: number,
): Promise<void> {
  const later = (ms: number) => new Date(now.getTime() + ms).toISOString();
  const rows = group.map((row) => {
    const verdict = verdicts.get(row.id)!;
    const over = row.tries + 1 - STEPS_BACK_AFTER;
    // A record that the answer passed over waits too, or this would go round and round.
    const back =
      over >= 0
        ? Math.min(STEP_BACK_MS.first * 2 ** over, STEP_BACK_MS.longest)
        : failuresNow > 0
          ? 0
          : AGAIN_MS.first;
    return {
      ...keyOf(row),
      state: verdict.is === 'taken' ? 'sent' : verdict.is === 'refused' ? 'refused' : 'waiting',
      answer: 'why' in verdict ? verdict.why : null,
      receipt: verdict.is === 'taken' ? (verdict.receipt ?? null) : null,
      next_try_at: verdict.is === 'again' && back > 0 ? later(back) : null,
    };
  });
  const taken = group.filter(({ id }) => verdicts.get(id)!.is === 'taken');
  const said = [...verdicts.values()].find((verdict) => 'why' in verdict);
  const last = said && 'why' in said ? said.why : 'taken';
  const pause = failuresNow > 0 ? Math.min(AGAIN_MS.first * 2 ** (failuresNow - 1), AGAIN_MS.longest) : 0;
  await database.transaction(async (query: Query) => {
    if (rows.length > 0)
      await query(
        `UPDATE rating_export_records r SET state = b.state, answer = b.answer, receipt = b.receipt, tries = r.tries + 1,
         next_try_at = b.next_try_at, answered_at = CASE WHEN b.state = 'waiting' THEN NULL ELSE $3::timestamptz END
       FROM jsonb_to_recordset($2::jsonb) AS b(agent_id text, epoch text, session bigint, kind text, state text, answer text,
         receipt text, next_try_at timestamptz)
       WHERE r.export_id = $1 AND r.agent_id = b.agent_id AND r.epoch = b.epoch AND r.session = b.session AND r.kind = b.kind
         AND (r.state || '') = 'waiting'`,
        [wanted.id, JSON.stringify(rows), now],
      );
    await query(
      `UPDATE rating_exports SET failures = $2, next_try_at = $3, last_answer = $4, last_answer_at = $5, last_answered = $6,
         sent = sent + $7, sent_defaults = sent_defaults + $8 WHERE export_id = $1`,
      [
        ...[wanted.id, failuresNow, pause > 0 ? later(pause) : null, last, now, failuresNow === 0],
        ...[taken.length, taken.filter(({ kind }) => kind === 'default').length],
      ],
    );
    // It was the region that was away, and not these records.
    if (failuresNow === 0 && failuresBefore >= STEPS_BACK_AFTER)
      await query(
        `UPDATE rating_export_records SET next_try_at = NULL, tries = 0
         WHERE export_id = $1 AND state = 'waiting' AND next_try_at IS NOT NULL`,
        [wanted.id],
      );
  });
}

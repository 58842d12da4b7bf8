/**
 * Takes batches: each (agent, epoch, seq) once, in order, everything about it in one transaction.
 *
 * The chain. A new event whose `prev` does not fit the event before it is taken and raises an alarm: losing ratings would be
 * worse than having them with a mark. A repeated event that is not the one we have is another history under the same name (a
 * journal set back to an old copy): taking it would lose one of the two, so it is refused and the agent keeps it.
 * An agent says with its greeting where its log ends: a log that is shorter than the copy here, or ends with another record,
 * raises an alarm although not one event of it has come. So does a new epoch of an agent that had one before.
 */
import { CHAIN_START } from '../kiosk-agent/contract/events.ts';
import type { AlarmKind } from '../kiosk-agent/contract/far-end.ts';
import type { Receipt } from '../kiosk-agent/contract/link.ts';
import { checkBatch, eventHash, type CheckedEvent, type StreamName } from './batch.ts';
import type { Database, Query } from './database.ts';
import { countIn } from './figures/figures.ts';
import { project } from './projections.ts';

/** What a batch has changed; null when nothing. */
export type Taken = { receipt: Receipt; changed: { halls: string[]; alarms: number } | null };

/** The last seq on disk for this stream; 0 when there is none. */
export async function through(database: Database, stream: StreamName): Promise<number> {
  const rows = await database.query<{ through: number }>(
    'SELECT through FROM streams WHERE agent_id = $1 AND epoch = $2',
    [stream.agentId, stream.epoch],
  );
  return rows[0]?.through ?? 0;
}

/**
 * Compares where an agent says that its log ends with the copy here. Resolves true when that raised a new alarm: `set-back`
 * at the first record that the agent no longer has, or `other-history` at a last record that is another one.
 */
export async function checkEnd(
  database: Database,
  stream: StreamName,
  end: { seq: number; hash: string },
): Promise<boolean> {
  return database.transaction(async (query) => {
    const key = [stream.agentId, stream.epoch];
    const [row] = await query<{ through: number; lastHash: string }>(
      'SELECT through, last_hash AS "lastHash" FROM streams WHERE agent_id = $1 AND epoch = $2',
      key,
    );
    if (!row || row.through === 0 || end.seq > row.through) return false;
    const here = end.seq > 0 ? await hashAt(query, key, end.seq, row) : null;
    if (here !== null && end.hash !== here) return alarm(query, key, end.seq, 'other-history');
    return end.seq < row.through && (await alarm(query, key, end.seq + 1, 'set-back'));
  });
}

/**
 * Checks and stores one batch and resolves after the commit. `region` is the one the agent was let in for.
 * Rejects only with the database's error; then nothing of the batch is stored.
 */
export async function takeBatch(
  database: Database,
  stream: StreamName,
  region: string,
  batch: unknown,
): Promise<Taken> {
  const checked = checkBatch(stream, batch);
  if ('refused' in checked) {
    return { receipt: { through: await through(database, stream), refused: checked.refused }, changed: null };
  }
  return database.transaction((query) => store(query, stream, region, checked.events));
}

async function store(
  query: Query,
  stream: StreamName,
  region: string,
  events: CheckedEvent[],
): Promise<Taken> {
  const key = [stream.agentId, stream.epoch];
  const begun = await query<{ another: boolean }>(BEGIN_STREAM, [...key, CHAIN_START]);
  const [row] = await query<{ through: number; counted: number; lastHash: string }>(
    'SELECT through, counted, last_hash AS "lastHash" FROM streams WHERE agent_id = $1 AND epoch = $2 FOR UPDATE',
    key,
  );
  const { through, counted, lastHash } = row!;
  if (events[0]!.event.seq > through + 1) return { receipt: { through }, changed: null };

  const repeated = events.filter(({ event }) => event.seq <= through);
  const fresh = events.slice(repeated.length);
  const last = repeated.at(-1);
  const here = last ? await hashAt(query, key, last.event.seq, { through, lastHash }) : null;
  if (last && here !== null && last.hash !== here) {
    await alarm(query, key, last.event.seq, 'other-history');
    const why =
      `event ${last.event.seq} is not the one that this server has under the same epoch and seq: ` +
      'the journal was set back or changed; start it with a new epoch';
    const refused = { code: 'chain-broken', index: repeated.length - 1, why } as const;
    return { receipt: { through, refused }, changed: { halls: [], alarms: 1 } };
  }
  if (fresh.length === 0) return { receipt: { through }, changed: null };

  let alarms = 0;
  if (begun[0]?.another && (await alarm(query, key, 1, 'new-epoch'))) alarms += 1;
  let hash = lastHash;
  for (const one of fresh) {
    if (one.event.prev !== hash) {
      await alarm(query, key, one.event.seq, 'prev-differs');
      alarms += 1;
    }
    hash = one.hash;
  }
  await query(INSERT_EVENTS, [...key, JSON.stringify(fresh.map(({ event, hall }) => ({ event, hall })))]);
  await project(query, stream, region, fresh);
  // Figures that are still being caught up come to these events in their turn.
  if (counted === through) await countIn(query, stream, fresh);
  const named = fresh.at(-1)!.event.seq;
  await query(
    'UPDATE streams SET through = $3, last_hash = $4, received_at = now() WHERE agent_id = $1 AND epoch = $2',
    [...key, named, hash],
  );
  return {
    receipt: { through: named },
    changed: { halls: [...new Set(fresh.map(({ hall }) => hall))], alarms },
  };
}

/** Tells of a stream that begins whether the agent had another one before. */
const BEGIN_STREAM = `
  INSERT INTO streams (agent_id, epoch, last_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
  RETURNING EXISTS (SELECT FROM streams WHERE agent_id = $1 AND epoch <> $2 AND through > 0) AS another`;

const INSERT_EVENTS = `
  INSERT INTO events (agent_id, epoch, seq, hall, region, type, subject, time, event)
  SELECT $1, $2, (event->>'seq')::bigint, hall, event->>'region', event->>'type', event->>'subject',
         (event->>'time')::timestamptz, event
  FROM jsonb_to_recordset($3::jsonb) AS batch(event jsonb, hall text)
  ORDER BY (event->>'seq')::bigint`;

/** The hash of record `seq` in the copy here; null when it is no longer kept. */
async function hashAt(
  query: Query,
  key: string[],
  seq: number,
  end: { through: number; lastHash: string },
): Promise<string | null> {
  if (seq === end.through) return end.lastHash;
  const rows = await query<{ event: unknown }>(
    'SELECT event FROM events WHERE agent_id = $1 AND epoch = $2 AND seq = $3',
    [...key, seq],
  );
  return rows[0] ? eventHash(rows[0].event) : null;
}

async function alarm(query: Query, key: string[], seq: number, kind: AlarmKind): Promise<boolean> {
  const raised = await query(
    'INSERT INTO chain_alarms (agent_id, epoch, seq, kind) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING seq',
    [...key, seq, kind],
  );
  return raised.length > 0;
}

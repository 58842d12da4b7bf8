/**
 * Figures, ledgers and what is wrong now, kept up with the events. Each event counts once: a stream says how far it is counted,
 * and that moves in the same transaction.
 */
import type { StreamName } from '../batch.ts';
import type { Database, Query } from '../database.ts';
import type { HeldEvent } from './count.ts';
import { keepLedgers } from './ledgers.ts';
import { keepPresent } from './present.ts';
import { addToTallies } from './tallies.ts';

const AT_ONCE = 1_000;

/** Counts these events, which follow the last one counted, inside the transaction that holds the stream's row. */
export async function countIn(query: Query, stream: StreamName, events: HeldEvent[]): Promise<void> {
  await addToTallies(query, stream, events);
  await keepLedgers(query, stream, events);
  await keepPresent(query, stream, events);
  await query('UPDATE streams SET counted = $3 WHERE agent_id = $1 AND epoch = $2', [
    stream.agentId,
    stream.epoch,
    events.at(-1)!.event.seq,
  ]);
}

/**
 * Counts what is stored and not counted yet (a database from before there were figures, or figures that were emptied), stream by
 * stream; ends early when `signal` says so. Resolves with the number of events counted.
 */
export async function catchUp(database: Database, signal: AbortSignal): Promise<number> {
  const behind = await database.query<StreamName>(
    `SELECT agent_id AS "agentId", epoch FROM streams WHERE counted < through ORDER BY agent_id, received_at`,
  );
  let total = 0;
  for (const stream of behind) {
    let counted = AT_ONCE;
    while (counted > 0 && !signal.aborted) {
      counted = await database.transaction((query) => countStored(query, stream));
      total += counted;
    }
  }
  return total;
}

async function countStored(query: Query, stream: StreamName): Promise<number> {
  const key = [stream.agentId, stream.epoch];
  const [row] = await query<{ counted: number }>(
    'SELECT counted FROM streams WHERE agent_id = $1 AND epoch = $2 FOR UPDATE',
    key,
  );
  const events = await query<HeldEvent>(
    'SELECT event, hall FROM events WHERE agent_id = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4',
    [...key, row!.counted, AT_ONCE],
  );
  if (events.length > 0) await countIn(query, stream, events);
  return events.length;
}

/**
 * Figures, ledgers and what is wrong now, kept up with the events. Each event counts once: a stream says how far it is counted,
 * and that moves in the same transaction.
 */
import type { StreamName } from '../batch.ts';
import type { Database, Query } from '../database.ts';
import type { Counting, HeldEvent } from './count.ts';
import { keepLedgers } from './ledgers.ts';
import { keepPresent } from './present.ts';
import { addToTallies } from './tallies.ts';

const AT_ONCE = 1_000;

/**
 * Counts these events, which follow the last one counted, inside the transaction that holds the stream's row. `counting` is where
 * that row says that the count stands; resolves with where it stands now, which the caller writes into the row.
 */
export async function countIn(
  query: Query,
  stream: StreamName,
  events: HeldEvent[],
  counting: Counting,
): Promise<Counting> {
  const [after] = await Promise.all([
    addToTallies(query, stream, events, counting),
    keepLedgers(query, stream, events),
    keepPresent(query, stream, events),
  ]);
  return after;
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
  const [row] = await query<Counting & { counted: number }>(
    `SELECT counted, open_day AS "openDay", day_tally AS "sinceOpened" FROM streams
     WHERE agent_id = $1 AND epoch = $2 FOR UPDATE`,
    key,
  );
  const events = await query<HeldEvent>(
    'SELECT event, hall FROM events WHERE agent_id = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4',
    [...key, row!.counted, AT_ONCE],
  );
  if (events.length > 0) {
    const { openDay, sinceOpened } = await countIn(query, stream, events, row!);
    await query(
      'UPDATE streams SET counted = $3, open_day = $4, day_tally = $5 WHERE agent_id = $1 AND epoch = $2',
      [
        ...[...key, events.at(-1)!.event.seq, openDay],
        sinceOpened === null ? null : JSON.stringify(sinceOpened),
      ],
    );
  }
  return events.length;
}

/** Whether the far end has what the halls have written, event by event and figure by figure. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../../central/database.ts';
import type { DayStream } from './stream.ts';

/** What does not fit, one line each; nothing when all does. A day that a hall has closed must fit its own totals. */
export async function faultsOf(database: Database, streams: DayStream[]): Promise<string[]> {
  const faults: string[] = [];
  const through = await byAgent<{ through: number }>(database, 'SELECT agent_id, through FROM streams');
  const stored = await byAgent<{ count: number; last: number; halls: number }>(
    database,
    'SELECT agent_id, count(*), max(seq) AS last, count(DISTINCT hall) AS halls FROM events GROUP BY 1',
  );
  const closed = await byAgent<{ fits: boolean | null }>(
    database,
    `SELECT agent_id || ' ' || day AS agent_id, fits FROM day_closings`,
  );
  const tallies = await byAgent<Record<string, unknown>>(
    database,
    `SELECT agent_id || ' ' || day AS agent_id, tickets, called, served, missed, cancelled, asked, lapsed, ratings,
            waited, waited_sum, waited_max, at_window, at_window_sum, at_window_max FROM tallies WHERE part = 'day'`,
  );
  const [{ alarms }] = (await database.query<{ alarms: number }>(
    'SELECT count(*) AS alarms FROM chain_alarms',
  )) as [{ alarms: number }];
  if (alarms > 0) faults.push(`${alarms} chain alarms`);
  for (const { office, durableSeq, counts } of streams) {
    const { agentId } = office;
    if (durableSeq === 0) continue;
    const said = (what: string, found: unknown, wanted: unknown) => {
      if (!isDeepStrictEqual(found, wanted))
        faults.push(`${agentId}: ${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    };
    said('through', through.get(agentId)?.through, durableSeq);
    said('stored', stored.get(agentId), { count: durableSeq, last: durableSeq, halls: 1 });
    for (const { day, tally, closed: over } of counts) {
      const { waited, atWindow, ...numbers } = tally;
      if (over) said(`${day} closed and fitting`, closed.get(`${agentId} ${day}`)?.fits, true);
      if (tally.tickets === 0) continue;
      said(`figures of ${day}`, tallies.get(`${agentId} ${day}`), {
        ...numbers,
        ...{ waited: waited.counts, waited_sum: waited.sumS, waited_max: waited.maxS },
        ...{ at_window: atWindow.counts, at_window_sum: atWindow.sumS, at_window_max: atWindow.maxS },
      });
    }
  }
  return faults;
}

async function byAgent<Row>(database: Database, sql: string): Promise<Map<string, Row>> {
  const rows = await database.query<Row & { agent_id?: string }>(sql);
  return new Map(rows.map(({ agent_id, ...row }) => [agent_id!, row as unknown as Row]));
}

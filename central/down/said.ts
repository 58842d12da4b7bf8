/** What halls say of what was sent down to them, kept in the transaction that takes their events. */
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { CheckedEvent, StreamName } from '../batch.ts';
import type { Query } from '../database.ts';

export type What = 'configuration' | 'in-effect' | 'notice' | 'surge' | 'waits';

/** The things that an event says something of. */
function saidBy(event: HallEvent): { what: What; subject: string }[] {
  switch (event.type) {
    case 'hall.configuration.taken':
    case 'hall.configuration.refused':
      return [{ what: 'configuration', subject: String(event.data.version) }];
    case 'hall.configuration.in-effect':
      return [
        { what: 'configuration', subject: String(event.data.version) },
        { what: 'in-effect', subject: '' },
      ];
    case 'hall.notice.posted':
    case 'hall.notice.withdrawn':
      return [{ what: 'notice', subject: event.data.notice }];
    case 'hall.surge.started':
    case 'hall.surge.changed':
    case 'hall.surge.ended':
      return [{ what: 'surge', subject: '' }];
    case 'hall.waits.told':
      return [{ what: 'waits', subject: '' }];
    default:
      return [];
  }
}

/** Notes the newest word on each thing; asks the database only where there is one. */
export async function noteSaid(query: Query, { agentId }: StreamName, events: CheckedEvent[]): Promise<void> {
  const newest = new Map<string, object>();
  for (const { event, hall } of events)
    for (const { what, subject } of saidBy(event))
      newest.set(`${what} ${subject}`, {
        ...{ what, subject, hall },
        ...{ type: event.type, data: event.data, at: event.time },
      });
  if (newest.size > 0) await query(UPSERT, [agentId, JSON.stringify([...newest.values()])]);
}

const UPSERT = `
  INSERT INTO hall_said (agent_id, what, subject, hall, type, data, at)
  SELECT $1, what, subject, hall, type, data, at
  FROM jsonb_to_recordset($2::jsonb) AS batch(
    what text, subject text, hall text, type text, data jsonb, at timestamptz)
  ON CONFLICT (agent_id, what, subject) DO UPDATE SET
    hall = excluded.hall, type = excluded.type, data = excluded.data, at = excluded.at`;

export type Said = {
  agentId: string;
  subject: string;
  hall: string;
  type: HallEvent['type'];
  data: Record<string, unknown>;
  at: Date;
};

/** The newest words on a thing: of some agents where they are named, of one subject where it is. */
export function saidOf(
  query: Query,
  what: What,
  { agentIds, subject }: { agentIds?: string[]; subject?: string } = {},
): Promise<Said[]> {
  return query<Said>(
    `SELECT agent_id AS "agentId", subject, hall, type, data, at FROM hall_said
     WHERE what = $1 AND ($2::text[] IS NULL OR agent_id = ANY($2::text[])) AND ($3::text IS NULL OR subject = $3::text)`,
    [what, agentIds ?? null, subject ?? null],
  );
}

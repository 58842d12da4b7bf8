/** What is wrong in the halls now, as the rules ask for it. Counts, halls and devices only: nothing of a person is read. */
import type { ListedHall } from '../../kiosk-agent/contract/far-end.ts';
import type { HallBoard } from '../board.ts';
import type { Database } from '../database.ts';
import type { Fact } from './evaluate.ts';

/** Something that another room of the far end knows: exports that are not answered, configurations that were refused. */
export type FactSource = (database: Database, now: Date) => Promise<Fact[]>;
/** What has happened longer ago is not told any more. */
const DAYS_BACK = 30;

/** Rejects with the database's error: what could not be read is not taken for being well. */
export async function readFacts(
  database: Database,
  board: HallBoard,
  now: Date,
  sources: FactSource[],
): Promise<Fact[]> {
  const rows = await board.rows();
  const open = new Set(
    (
      await database.query<{ key: string }>(
        `SELECT agent_id || '/' || epoch AS key FROM streams WHERE open_day IS NOT NULL`,
      )
    ).map(({ key }) => key),
  );
  const facts = rows.flatMap((row) => ofHall(row, open.has(`${row.agentId}/${row.epoch}`), now));
  for (const source of [devices, dueSoon, chainAlarms, totals, ...sources])
    facts.push(...(await source(database, now)));
  return facts;
}

/** `dayOpen`: the hall has opened its day and not closed it, as far as it has said. */
function ofHall(row: ListedHall, dayOpen: boolean, now: Date): Fact[] {
  if (row.hall === null) return [];
  const place = { agentId: row.agentId, hall: row.hall, region: row.region, subject: '', once: null };
  const facts: Fact[] = [];
  const add = (kind: Fact['kind'], measure: number | null, since: number | null = null) =>
    facts.push({ kind, ...place, since, measure });
  if (!row.connected && dayOpen && row.since !== null) add('hall-silent', null, Date.parse(row.since));
  // Of a hall that is away nobody knows who still waits.
  if (row.connected && row.current && row.waiting > 0 && row.longestSince !== null)
    add('wait-above', Math.floor((now.getTime() - Date.parse(row.longestSince)) / 60_000));
  if (row.badOverdue > 0) add('bad-rating-overdue', row.badOverdue);
  if (row.opinionsOverdue > 0) add('opinion-overdue', row.opinionsOverdue);
  if (row.backlog !== null && row.backlog > 0) add('backlog-above', row.backlog);
  return facts;
}

type Found = { agentId: string; hall: string; region: string };

const devices: FactSource = async (database) => {
  const rows = await database.query<Found & { device: string; why: string | null; since: Date }>(
    `SELECT d.agent_id AS "agentId", d.hall, h.region, d.device, d.why, d.changed_at AS since
     FROM hall_devices d JOIN halls h ON h.agent_id = d.agent_id AND h.hall = d.hall WHERE d.state <> 'ready'`,
  );
  return rows.map(({ device, why, since, ...place }) => ({
    kind: why === 'paper-out' ? 'paper-out' : 'device-down',
    ...{ ...place, subject: device, since: since.getTime(), measure: null, once: null },
  }));
};

const dueSoon: FactSource = async (database, now) => {
  const rows = await database.query<Found & { due: number }>(
    `SELECT b.agent_id AS "agentId", b.hall, h.region, count(*) AS due
     FROM bad_ratings b JOIN halls h ON h.agent_id = b.agent_id AND h.hall = b.hall,
       LATERAL (SELECT coalesce(b.clock_day,
         ($1::timestamptz AT TIME ZONE 'UTC' + make_interval(mins => b.offset_minutes))::date) AS day) today
     WHERE b.state <> 'closed' AND b.next_due BETWEEN today.day AND today.day + 1 GROUP BY 1, 2, 3`,
    [now],
  );
  return rows.map(({ due, ...place }) => ({
    ...{ kind: 'bad-rating-due', ...place, subject: '', since: null, measure: due, once: null },
  }));
};

const chainAlarms: FactSource = async (database, now) => {
  const rows = await database.query<Found & { epoch: string; breaks: number; first: Date; last: Date }>(
    `SELECT a.agent_id AS "agentId", coalesce(h.hall, '') AS hall, coalesce(h.region, '000000000000') AS region,
            a.epoch, count(*) AS breaks, min(a.at) AS first, max(a.at) AS last
     FROM chain_alarms a LEFT JOIN LATERAL (
       SELECT hall, region FROM halls h WHERE h.agent_id = a.agent_id ORDER BY last_event_at DESC LIMIT 1) h ON true
     WHERE a.at > $1::timestamptz - make_interval(days => ${DAYS_BACK}) GROUP BY 1, 2, 3, 4`,
    [now],
  );
  return rows.map(({ epoch, breaks, first, last, ...place }) => ({
    ...{ kind: 'chain-alarm', ...place, subject: epoch, since: first.getTime(), measure: breaks },
    once: last.toISOString(),
  }));
};

const totals: FactSource = async (database, now) => {
  const rows = await database.query<Found & { day: string; at: Date }>(
    `SELECT c.agent_id AS "agentId", c.hall, h.region, c.day::text AS day, max(c.at) AS at
     FROM day_closings c JOIN halls h ON h.agent_id = c.agent_id AND h.hall = c.hall
     WHERE c.fits = false AND c.day > ($1::timestamptz)::date - ${DAYS_BACK} GROUP BY 1, 2, 3, 4`,
    [now],
  );
  return rows.map(({ day, at, ...place }) => ({
    ...{ kind: 'totals-differ', ...place, subject: day, since: at.getTime(), measure: null },
    once: at.toISOString(),
  }));
};

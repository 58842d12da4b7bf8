/** The tallies in the database: what a batch adds, and where its stream's count stands. */
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { Tally } from '../../kiosk-agent/contract/totals.ts';
import type { StreamName } from '../batch.ts';
import type { Query } from '../database.ts';
import { countEvents, type HeldEvent, type TallyRow } from './count.ts';
import { monthsOf, rollUp } from './rollup.ts';

/** Adds these events, in their order, to the tallies, inside the caller's transaction. */
export async function addToTallies(query: Query, stream: StreamName, events: HeldEvent[]): Promise<void> {
  const key = [stream.agentId, stream.epoch];
  const [row] = await query<{ openDay: string | null; sinceOpened: Tally | null }>(COUNTING, key);
  const askedBy = await evaluations(query, key, events);
  const counted = countEvents(row!, events, (session) => askedBy.get(session));
  const rows = [...counted.rows, ...rollUp(counted.rows)];
  if (rows.length > 0) await query(ADD, [stream.agentId, JSON.stringify(rows.sort(byKey).map(columns))]);
  const months = monthsOf(counted.rows, counted.closings);
  if (months.length > 0) await query(MONTHS, [stream.agentId, JSON.stringify(months)]);
  if (counted.closings.length > 0) await query(CLOSE, [...key, JSON.stringify(counted.closings)]);
  const { openDay, sinceOpened } = counted.counting;
  await query('UPDATE streams SET open_day = $3, day_tally = $4 WHERE agent_id = $1 AND epoch = $2', [
    ...key,
    openDay,
    sinceOpened === null ? null : JSON.stringify(sinceOpened),
  ]);
}

/** Who asked for which rating, as far as these events need it; keeps those that are still open. */
async function evaluations(query: Query, key: string[], events: HeldEvent[]): Promise<Map<number, string>> {
  const askedBy = new Map<number, string>();
  const open = new Map<number, string>();
  const ended = new Set<number>();
  for (const { event } of events) {
    if (event.type === 'hall.rating.requested') {
      const { session, staff } = event.data;
      askedBy.set(session, staff);
      open.set(session, staff);
    } else if (isEnd(event)) {
      if (!open.delete(event.data.session)) ended.add(event.data.session);
    }
  }
  if (ended.size > 0) {
    const gone = await query<{ session: number; staff: string }>(
      `DELETE FROM open_evaluations WHERE agent_id = $1 AND epoch = $2
       AND session IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb)) RETURNING session, staff`,
      [...key, JSON.stringify([...ended])],
    );
    for (const { session, staff } of gone) askedBy.set(session, staff);
  }
  if (open.size > 0)
    await query(
      `INSERT INTO open_evaluations (agent_id, epoch, session, staff)
       SELECT $1, $2, session, staff FROM jsonb_to_recordset($3::jsonb) AS asked(session bigint, staff text)
       ON CONFLICT (agent_id, epoch, session) DO UPDATE SET staff = excluded.staff`,
      [...key, JSON.stringify([...open].map(([session, staff]) => ({ session, staff })))],
    );
  return askedBy;
}

type EndOfEvaluation = Extract<HallEvent, { type: 'hall.rating.lapsed' | 'hall.rating.given' }>;
function isEnd(event: HallEvent): event is EndOfEvaluation {
  return event.type === 'hall.rating.lapsed' || event.type === 'hall.rating.given';
}

/** Always in the same order: two streams of one agent must not wait for each other in a circle. */
function byKey(one: TallyRow, other: TallyRow): number {
  const key = ({ part, hall, day, hour, service, window, staff }: TallyRow) =>
    JSON.stringify([part, hall, day, hour, service, window, staff]);
  return key(one) < key(other) ? -1 : 1;
}

function columns({ tally, ...where }: TallyRow) {
  const { waited, atWindow, ...counts } = tally;
  return {
    ...where,
    ...counts,
    waited: waited.counts,
    waited_sum: waited.sumS,
    waited_max: waited.maxS,
    at_window: atWindow.counts,
    at_window_sum: atWindow.sumS,
    at_window_max: atWindow.maxS,
  };
}

const COUNTING = `
  SELECT open_day AS "openDay", day_tally AS "sinceOpened" FROM streams WHERE agent_id = $1 AND epoch = $2`;

const COUNTS = ['tickets', 'called', 'served', 'missed', 'cancelled', 'asked', 'lapsed'];
const SUMS = [...COUNTS, 'waited_sum', 'at_window_sum'];
const ARRAYS = ['ratings', 'waited', 'at_window'];
const LARGEST = ['waited_max', 'at_window_max'];
const FIGURES = [...SUMS, ...ARRAYS, ...LARGEST];

const ADD = `
  INSERT INTO tallies (agent_id, hall, part, day, hour, service, "window", staff, ${FIGURES.join(', ')})
  SELECT $1, hall, part, day, hour, service, "window", staff, ${FIGURES.join(', ')}
  FROM jsonb_to_recordset($2::jsonb) AS batch(
    hall text, part text, day date, hour integer, service text, "window" integer, staff text,
    ${SUMS.map((name) => `${name} bigint`).join(', ')}, ${ARRAYS.map((name) => `${name} integer[]`).join(', ')},
    ${LARGEST.map((name) => `${name} integer`).join(', ')})
  ON CONFLICT (agent_id, part, day, hall, hour, service, "window", staff) DO UPDATE SET
    ${SUMS.map((name) => `${name} = tallies.${name} + excluded.${name}`).join(', ')},
    ${LARGEST.map((name) => `${name} = greatest(tallies.${name}, excluded.${name})`).join(', ')},
    ${ARRAYS.map(
      (name) => `${name} = ARRAY(
        SELECT one + more FROM unnest(tallies.${name}, excluded.${name}) WITH ORDINALITY AS both_of(one, more, place)
        ORDER BY place)`,
    ).join(', ')}`;

/** Nothing is written when the days are known: that is nearly always. */
const MONTHS = `
  INSERT INTO hall_months (agent_id, hall, month, days, closed, differing)
  SELECT $1, hall, month, days, closed, differing
  FROM jsonb_to_recordset($2::jsonb) AS batch(hall text, month date, days integer, closed integer, differing integer)
  ON CONFLICT (agent_id, month, hall) DO UPDATE SET
    days = hall_months.days | excluded.days, closed = hall_months.closed | excluded.closed,
    differing = hall_months.differing | excluded.differing
  WHERE (hall_months.days | excluded.days, hall_months.closed | excluded.closed, hall_months.differing | excluded.differing)
    <> (hall_months.days, hall_months.closed, hall_months.differing)`;

const CLOSE = `
  INSERT INTO day_closings (agent_id, epoch, seq, hall, day, at, fits)
  SELECT $1, $2, seq, hall, day, at, fits
  FROM jsonb_to_recordset($3::jsonb) AS batch(seq bigint, hall text, day date, at timestamptz, fits boolean)
  ON CONFLICT DO NOTHING`;

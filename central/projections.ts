/** What is read from the events while they are taken: halls, tickets, ratings. All of it could be computed again from `events`. */
import type { HallEvent } from '../kiosk-agent/contract/events.ts';
import type { TicketState } from '../kiosk-agent/contract/live.ts';
import type { CheckedEvent, StreamName } from './batch.ts';
import type { Query } from './database.ts';
import { noteSaid } from './down/said.ts';

/** Brings the projections up to these events, inside the batch's transaction. */
export async function project(
  query: Query,
  stream: StreamName,
  region: string,
  events: CheckedEvent[],
): Promise<void> {
  const key = [stream.agentId, stream.epoch];
  await query(UPSERT_HALLS, [...key, region, JSON.stringify(hallRows(events))]);
  const tickets = ticketRows(events);
  if (tickets.length > 0) await query(UPSERT_TICKETS, [...key, JSON.stringify(tickets)]);
  await noteSaid(query, stream, events);
  const ratings = ratingRows(events);
  if (ratings.length > 0) await query(INSERT_RATINGS, [...key, region, JSON.stringify(ratings)]);
}

/** The local day in a time with offset, as the hub wrote it. */
export function localDay(time: string): string {
  return time.slice(0, 10);
}

/** `+08:00` → 480 */
export function offsetMinutes(time: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(time) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

function hallRows(events: CheckedEvent[]) {
  const latest = new Map<string, HallEvent>();
  for (const { event, hall } of events) {
    const before = latest.get(hall);
    if (!before || Date.parse(event.time) >= Date.parse(before.time)) latest.set(hall, event);
  }
  return [...latest].map(([hall, { time }]) => ({
    hall,
    time,
    day: localDay(time),
    offset: offsetMinutes(time),
  }));
}

/** The latest event decides: an older epoch that arrives late does not turn the hall's day back. */
const UPSERT_HALLS = `
  INSERT INTO halls (hall, agent_id, epoch, region, day, offset_minutes, last_event_at)
  SELECT hall, $1, $2, $3, day, "offset", time
  FROM jsonb_to_recordset($4::jsonb) AS batch(hall text, time timestamptz, day date, "offset" integer)
  ON CONFLICT (hall, agent_id) DO UPDATE SET
    epoch = excluded.epoch, region = excluded.region, day = excluded.day,
    offset_minutes = excluded.offset_minutes, last_event_at = excluded.last_event_at
  WHERE excluded.last_event_at >= halls.last_event_at`;

const STATE_AFTER: Partial<Record<HallEvent['type'], TicketState>> = {
  'hall.ticket.reserved': 'reserved',
  'hall.ticket.printed': 'waiting',
  'hall.ticket.print-failed': 'print-failed',
  'hall.ticket.unconfirmed': 'unconfirmed',
  'hall.ticket.reprinted': 'printing',
  'hall.ticket.called': 'called',
  'hall.ticket.recalled': 'called',
  'hall.ticket.started': 'serving',
  'hall.ticket.continued': 'waiting',
  'hall.ticket.finished': 'finished',
  'hall.ticket.missed': 'missed',
  'hall.ticket.requeued': 'waiting',
  'hall.ticket.transferred': 'transferred',
  'hall.ticket.parked': 'parked',
  'hall.ticket.resumed': 'waiting',
  'hall.ticket.cancelled': 'cancelled',
};

type TicketRow = {
  ticket_id: string;
  hall: string;
  number: string;
  service: string;
  day: string;
  offset_minutes: number;
  state: TicketState;
  window?: number;
  reserved_at?: string;
  called_at?: string;
  started_at?: string;
  finished_at?: string;
  changed_at: string;
  changed_seq: number;
};

/** One row a ticket: what the batch says about it, later events over earlier ones. */
function ticketRows(events: CheckedEvent[]): TicketRow[] {
  const rows = new Map<string, TicketRow>();
  for (const { event, hall } of events) {
    const state = STATE_AFTER[event.type];
    if (!state || !('ticketId' in event.data) || !('service' in event.data)) continue;
    const { ticketId, number, service } = event.data;
    const { time } = event;
    rows.set(ticketId, {
      day: localDay(time),
      ...rows.get(ticketId),
      ticket_id: ticketId,
      hall,
      number,
      service,
      offset_minutes: offsetMinutes(time),
      state,
      changed_at: time,
      changed_seq: event.seq,
      ...('window' in event.data && event.data.window !== undefined ? { window: event.data.window } : {}),
      ...(event.type === 'hall.ticket.reserved' ? { reserved_at: time } : {}),
      ...(event.type === 'hall.ticket.called' ? { called_at: time } : {}),
      ...(event.type === 'hall.ticket.started' ? { started_at: time } : {}),
      ...(event.type === 'hall.ticket.finished' ? { finished_at: time } : {}),
    });
  }
  return [...rows.values()];
}

const UPSERT_TICKETS = `
  INSERT INTO tickets (agent_id, epoch, ticket_id, hall, number, service, day, offset_minutes, state, "window",
                       reserved_at, called_at, started_at, finished_at, changed_at, changed_seq)
  SELECT $1, $2, ticket_id, hall, number, service, day, offset_minutes, state, "window",
         reserved_at, called_at, started_at, finished_at, changed_at, changed_seq
  FROM jsonb_to_recordset($3::jsonb) AS batch(
    ticket_id text, hall text, number text, service text, day date, offset_minutes integer, state text, "window" integer,
    reserved_at timestamptz, called_at timestamptz, started_at timestamptz, finished_at timestamptz,
    changed_at timestamptz, changed_seq bigint)
  ON CONFLICT (agent_id, epoch, ticket_id) DO UPDATE SET
    number = excluded.number, service = excluded.service, offset_minutes = excluded.offset_minutes, state = excluded.state,
    "window" = coalesce(excluded."window", tickets."window"),
    reserved_at = coalesce(excluded.reserved_at, tickets.reserved_at),
    called_at = coalesce(excluded.called_at, tickets.called_at),
    started_at = coalesce(excluded.started_at, tickets.started_at),
    finished_at = coalesce(excluded.finished_at, tickets.finished_at),
    changed_at = excluded.changed_at, changed_seq = excluded.changed_seq`;

function ratingRows(events: CheckedEvent[]) {
  return events.flatMap(({ event, hall }) => {
    if (event.type !== 'hall.rating.given') return [];
    const { data } = event;
    return {
      seq: event.seq,
      hall,
      day: localDay(data.pressedAt),
      offset_minutes: offsetMinutes(data.pressedAt),
      session: data.session,
      ticket_id: data.ticketId,
      number: data.number,
      service: data.service,
      stage: data.stage,
      window: data.window,
      staff: data.staff,
      level: data.level,
      source: data.source,
      device_serial: data.device?.serial,
      device_boot: data.device?.boot,
      device_seq: data.device?.seq,
      prompted_at: data.promptedAt,
      pressed_at: data.pressedAt,
      clock_offset_ms: data.clockOffsetMs,
      flags: data.flags,
    };
  });
}

const INSERT_RATINGS = `
  INSERT INTO ratings (agent_id, epoch, region, seq, hall, day, offset_minutes, session, ticket_id, number, service, stage,
                       "window", staff, level, source, device_serial, device_boot, device_seq, prompted_at, pressed_at,
                       clock_offset_ms, flags)
  SELECT $1, $2, $3, seq, hall, day, offset_minutes, session, ticket_id, number, service, stage,
         "window", staff, level, source, device_serial, device_boot, device_seq, prompted_at, pressed_at,
         clock_offset_ms, flags
  FROM jsonb_to_recordset($4::jsonb) AS batch(
    seq bigint, hall text, day date, offset_minutes integer, session bigint, ticket_id text, number text, service text,
    stage text, "window" integer, staff text, level integer, source text, device_serial text, device_boot text,
    device_seq bigint, prompted_at timestamptz, pressed_at timestamptz, clock_offset_ms double precision, flags text[])
  ORDER BY seq`;

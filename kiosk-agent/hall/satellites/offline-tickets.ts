/**
 * Tickets that a kiosk gave from its leased block while it was cut off (离线). They are facts: somebody holds the paper. They join
 * the line at the time when they were taken, by the hub's clock.
 */
import type { EventData, EventDraft, HallEvent } from '../../contract/events.ts';
import type { TicketState } from '../../contract/live.ts';
import { localTime } from '../day.ts';
import { happened, ticketRef } from '../decision.ts';
import type { HallRules, HallState, Ticket } from '../state.ts';
import { reserveTicket, ticketOf } from '../tickets.ts';
import { numberOf } from './blocks.ts';
import { hubName, plainReason } from './names.ts';
import { blocksOf } from './state.ts';

type Reserved = EventData<'hall.ticket.reserved'>;
type News = Extract<
  HallEvent,
  {
    type:
      | 'hall.ticket.printed'
      | 'hall.ticket.print-failed'
      | 'hall.ticket.unconfirmed'
      | 'hall.ticket.cancelled';
  }
>;

/** Nobody holds paper for certain. */
const NO_PAPER: readonly TicketState[] = ['reserved', 'printing', 'print-failed', 'unconfirmed'];
/** What its own kiosk may still give back; at a window only the window does. */
const MAY_LEAVE: readonly TicketState[] = [...NO_PAPER, 'waiting', 'missed', 'parked'];

/** The events by which an offline ticket of `agent` comes into the hall. */
export function mergeOffline(
  state: HallState,
  agent: string,
  given: Reserved,
  time: string,
  rules: HallRules,
): EventDraft[] {
  const { offline, ticketId, number, running, idempotencyKey } = given;
  if (!offline || ticketOf(state, ticketId)) return [];
  const takenMs = Math.min(Date.parse(offline.takenAt) - offline.clockOffsetMs, Date.parse(time));
  const arrivedAt = localTime(new Date(takenMs), rules.timeZone);
  if (arrivedAt.slice(0, 10) < state.day) return ofEarlierDay(agent, given, arrivedAt, time);

  const service = rules.services.find(({ id }) => id === given.service);
  const superseded = supersededBy(state, given);
  const leased =
    service !== undefined &&
    number === numberOf(service.prefix, running) &&
    blocksOf(state.satellites, agent, state.day).some(
      ({ prefix, from, to }) => prefix === service.prefix && from <= running && running <= to,
    );
  const wish = {
    ticketId,
    service: given.service,
    ...(given.priority ? { priority: given.priority } : {}),
    language: given.language,
    idempotencyKey,
    delivery: given.delivery,
    ...(given.person ? { person: given.person } : {}),
    ...(given.further ? { further: given.further } : {}),
    kiosk: agent,
    arrivedAt,
    number: { running, number },
    offline,
  };
  const reserved = reserveTicket(asIfFree(state, given, superseded), rules, time, wish);
  const place = { ticketId, number };
  const traces = [
    ...(leased ? [] : [`${number} of ${agent} is not in a block leased to it`]),
    ...(reserved.ok ? [] : [`${number} of ${agent} cannot be taken in: ${reserved.refusal.detail}`]),
    ...(superseded && !NO_PAPER.includes(superseded.state) && superseded.state !== 'cancelled'
      ? [`one tap, two papers: ${superseded.number} and ${number} of ${agent}`]
      : []),
  ].map((reason) =>
    happened('hall.trace.recorded', ticketId, time, {
      action: 'offline-ticket',
      reason: plainReason(reason),
      ...place,
    }),
  );
  const cancelled =
    reserved.ok && superseded && NO_PAPER.includes(superseded.state)
      ? [
          happened('hall.ticket.cancelled', superseded.ticketId, time, {
            ...ticketRef(superseded),
            by: 'superseded' as const,
            reason: plainReason(`the same tap got ${number} at ${agent}`),
          }),
        ]
      : [];
  return [...cancelled, ...(reserved.ok ? reserved.events : []), ...traces];
}

/** What the kiosk's own printer and the visitor there did with an offline ticket, when it still matters. */
export function offlineTicketNews(state: HallState, agent: string, event: News, time: string): EventDraft[] {
  const ticket = ticketOf(state, event.data.ticketId);
  if (!ticket?.offline || ticket.kiosk !== agent) return [];
  const { ticketId } = ticket;
  const ref = ticketRef(ticket);
  if (event.type === 'hall.ticket.cancelled') {
    if (!MAY_LEAVE.includes(ticket.state)) return [];
    const { by, reason } = event.data;
    return [happened(event.type, ticketId, time, { ...ref, by, ...(reason ? { reason } : {}) })];
  }
  if (!NO_PAPER.includes(ticket.state)) return [];
  const printer = event.data.printer === undefined ? {} : { printer: hubName(agent, event.data.printer) };
  if (event.type === 'hall.ticket.printed')
    return [
      happened(event.type, ticketId, time, { ...ref, confirmedBy: event.data.confirmedBy, ...printer }),
    ];
  return [happened(event.type, ticketId, time, { ...ref, why: event.data.why, ...printer })];
}

/** The ticket that the hub gave for the same tap before it was cut off. */
function supersededBy(state: HallState, { idempotencyKey, ticketId }: Reserved): Ticket | undefined {
  const before = Object.hasOwn(state.keys, idempotencyKey) ? state.keys[idempotencyKey] : undefined;
  return before === undefined || before === ticketId ? undefined : ticketOf(state, before);
}

/**
 * The hall as the offline ticket finds it: its tap has no other ticket that counts, and a number of an earlier day, which only came
 * to be kept, does not stand in the way of today's.
 */
function asIfFree(state: HallState, given: Reserved, superseded: Ticket | undefined): HallState {
  const keys = { ...state.keys };
  delete keys[given.idempotencyKey];
  const tickets = Object.fromEntries(
    Object.entries(state.tickets).filter(
      ([ticketId, ticket]) =>
        !(superseded && ticketId === superseded.ticketId && NO_PAPER.includes(superseded.state)) &&
        !(ticket.state === 'cancelled' && ticket.arrivedAt.slice(0, 10) < state.day),
    ),
  );
  return { ...state, keys, tickets };
}

/** Of an earlier day: it was given, and nobody can be called with it any more. Both stand in the log. */
function ofEarlierDay(agent: string, given: Reserved, arrivedAt: string, time: string): EventDraft[] {
  const { ticketId, number, service } = given;
  const { person, further, priority, offline } = given;
  return [
    happened('hall.ticket.reserved', ticketId, time, {
      ticketId,
      number,
      service,
      running: given.running,
      class: given.class,
      ...(priority ? { priority } : {}),
      language: given.language,
      idempotencyKey: given.idempotencyKey,
      delivery: given.delivery,
      ahead: 0,
      waitMinS: null,
      waitMaxS: null,
      ...(person ? { person } : {}),
      ...(further ? { further } : {}),
      kiosk: agent,
      ...(offline ? { offline } : {}),
      arrivedAt,
    }),
    happened('hall.ticket.cancelled', ticketId, time, { ticketId, number, service, by: 'day-end' }),
  ];
}

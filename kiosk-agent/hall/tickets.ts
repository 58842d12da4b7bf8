/** A ticket from the tap to the line and, if need be, out of it (docs/rules.md, "A ticket"). Calls are in calls.ts. */
import type { EventData, EventDraft, PaperFault } from '../contract/events.ts';
import type { TicketState } from '../contract/live.ts';
import type { Decision, TicketCommand } from './commands.ts';
import { accept, givenReason, happened, notInThisState, NOTHING_NEW, refuse, ticketRef } from './decision.ts';
import { aheadOfNew } from './line.ts';
import { stillHonoured } from './missed.ts';
import { nextNumber, numbersInUse } from './numbers.ts';
import { cancelledLately, givesBack, holderOf, liveTicketOf } from './people.ts';
import { decidePriority } from './priority.ts';
import type { HallRules, HallState, Ticket } from './state.ts';
import { waitFor } from './wait.ts';

type CommandOf<N extends TicketCommand['name']> = Extract<TicketCommand, { name: N }>;
/** What a ticket is wanted for; the optional fields after the command's own are for check-ins and offline tickets. */
export type TicketWish = Omit<CommandOf<'ticket.reserve'>, 'name'> & {
  class?: 'appointment';
  appointment?: string;
  /** its place in line counts from here; missing: from `offline.takenAt`, else from now */
  arrivedAt?: string;
  number?: { running: number; number: string };
  offline?: { takenAt: string; clockOffsetMs: number };
};

const MOST_FURTHER = 5;

/** Its paper is settled and it is in line or beyond: what is still said about the paper changes nothing. */
const PAPER_SETTLED: readonly TicketState[] = [
  'waiting',
  'called',
  'serving',
  'missed',
  'parked',
  'transferred',
  'finished',
];
/** Nobody has the paper for certain. A ticket that is printing is none of these: its paper may be coming out. */
const PAPER_MISSING: readonly TicketState[] = ['print-failed', 'unconfirmed'];
/** The visitor may leave. Not while printing, not at a window. */
const MAY_LEAVE: readonly TicketState[] = ['reserved', ...PAPER_MISSING, 'waiting', 'missed', 'parked'];
/** By itself a ticket is cancelled only where nobody holds it: never out of the line. */
const UNCLAIMED: readonly TicketState[] = ['reserved', ...PAPER_MISSING];

/** The ticket, or undefined; an id from outside that is a word of JavaScript is no ticket. */
export function ticketOf(state: HallState, ticketId: string): Ticket | undefined {
  return Object.hasOwn(state.tickets, ticketId) ? state.tickets[ticketId] : undefined;
}

/** Whether the visitor may leave now: neither while the paper is coming out, nor at a window. */
export function mayLeave(ticket: Ticket): boolean {
  return MAY_LEAVE.includes(ticket.state);
}

/** Decides a command about one ticket at `time` (RFC 3339, the hall's offset). */
export function decideTicket(
  state: HallState,
  command: TicketCommand,
  time: string,
  rules: HallRules,
): Decision {
  if (command.name === 'ticket.reserve') return reserveTicket(state, rules, time, command);
  const ticket = ticketOf(state, command.ticketId);
  if (!ticket) return refuse('unknown-ticket', 'This hall has no such ticket today.');
  switch (command.name) {
    case 'ticket.printed':
      return printed(ticket, ['printing', 'unconfirmed'], time, {
        confirmedBy: command.confirmedBy,
        printer: command.printer,
      });
    case 'ticket.print-failed':
      return paperTrouble('hall.ticket.print-failed', ticket, command, time);
    case 'ticket.unconfirmed':
      return paperTrouble('hall.ticket.unconfirmed', ticket, command, time);
    case 'ticket.confirm-paper':
      return confirmPaper(ticket, command, time);
    case 'ticket.reprint':
      return reprint(ticket, command, time);
    case 'ticket.take-on-screen':
      return printed(ticket, PAPER_MISSING, time, { confirmedBy: 'screen' });
    case 'ticket.cancel':
      return cancel(state, rules, ticket, command, time);
    case 'ticket.resume':
      return resume(state, ticket, command, time, rules);
    case 'ticket.priority':
      return decidePriority(ticket, command, time);
  }
}

/**
 * A number for one visit: what `ticket.reserve` decides, for everyone who makes a ticket (tap, check-in, a kiosk that was cut off).
 *
 * `class: 'appointment'` with `arrivedAt` = when its slot begins: the line itself takes `appointmentHeadStartMin` off. `number` is one
 * of a leased block; without it the hub gives the next one outside all blocks. With `offline` the ticket is a fact (its paper is out):
 * it is never refused for its holder; a second live ticket of the same person leaves a trace.
 * A key that has been used today answers with no events. Refuses `unknown-service`, `bad-request` (field), `key-reused`,
 * `ticket-taken`, `identity-needed`, `already-has-ticket` (facts: number, ticketId).
 */
export function reserveTicket(state: HallState, rules: HallRules, time: string, wish: TicketWish): Decision {
  const service = rules.services.find(({ id }) => id === wish.service);
  if (!service) return refuse('unknown-service', `This hall has no service ${wish.service}.`);
  const { ticketId, idempotencyKey, offline } = wish;
  // One tap is one ticket: an impatient tap, a retry and a reconnect mean the ticket that is there already.
  const before = Object.hasOwn(state.keys, idempotencyKey) ? state.keys[idempotencyKey] : undefined;
  if (before !== undefined) {
    const ticket = ticketOf(state, before);
    if (!ticket || ticket.reservedFor === service.id) return NOTHING_NEW;
    return refuse('key-reused', 'This key was used today for another service.', { ticketId: before });
  }
  const taken = ticketOf(state, ticketId);
  if (taken) return notInThisState(taken);

  const further = wish.further ?? [];
  const wrong = wrongFurther(rules, service.id, further);
  if (wrong) return wrong;
  const person = holderOf(rules, [service.id, ...further], wish.person);
  const held = person && liveTicketOf(state, rules, time, person, [service.id, ...further]);
  if (!offline) {
    if (person === 'needed')
      return refuse('identity-needed', 'This service needs an identity card or its number.', {
        service: service.id,
      });
    if (held)
      return refuse('already-has-ticket', `This person has ticket ${held.number} already.`, {
        number: held.number,
        ticketId: held.ticketId,
      });
  }

  const { running, number } = wish.number ?? nextNumber(state, service.prefix, time);
  if (wish.number && numbersInUse(state).has(number))
    return refuse('ticket-taken', `Number ${number} is on another ticket today.`, { number });
  const ticketClass =
    wish.class ?? (wish.priority && rules.priorityCounts === 'claimed' ? 'priority' : 'normal');
  const arrivedAt = wish.arrivedAt ?? offline?.takenAt ?? time;
  const ahead = aheadOfNew(state, rules, service.id, ticketClass, arrivedAt);
  const wait = waitFor(state, rules, service.id, ahead, time);
  const ref = { ticketId, number, service: service.id };
  const events = [
    happened('hall.ticket.reserved', ticketId, time, {
      ...ref,
      running,
      class: ticketClass,
      ...(wish.priority ? { priority: wish.priority } : {}),
      language: wish.language,
      idempotencyKey,
      delivery: wish.delivery,
      ahead,
      waitMinS: wait?.minS ?? null,
      waitMaxS: wait?.maxS ?? null,
      ...(typeof person === 'object' ? { person } : {}),
      ...(wish.appointment === undefined ? {} : { appointment: wish.appointment }),
      ...(further.length > 0 ? { further } : {}),
      ...(wish.kiosk === undefined ? {} : { kiosk: wish.kiosk }),
      ...(offline ? { offline } : {}),
      ...(arrivedAt === time ? {} : { arrivedAt }),
    }),
  ];
  if (wish.delivery === 'screen')
    events.push(happened('hall.ticket.printed', ticketId, time, { ...ref, confirmedBy: 'screen' }));
  if (held)
    events.push(
      happened('hall.trace.recorded', ticketId, time, {
        action: 'second-live-ticket',
        reason: `${held.number} was live when ${number} was given offline`,
        ticketId,
        number,
        ...(typeof person === 'object' ? { person } : {}),
      }),
    );
  return accept(...events);
}

/** Why these further services cannot be: unknown, twice, or more than a visit has. */
function wrongFurther(rules: HallRules, first: string, further: readonly string[]): Decision | null {
  const field = 'further';
  if (further.length > MOST_FURTHER)
    return refuse('bad-request', `further: at most ${MOST_FURTHER} services after the first`, { field });
  const unknown = further.find((each) => !rules.services.some(({ id }) => id === each));
  if (unknown !== undefined)
    return refuse('bad-request', `further: this hall has no service ${unknown}`, { field });
  if (new Set([first, ...further]).size < further.length + 1)
    return refuse('bad-request', 'further: each service once', { field });
  return null;
}

/** Parked tickets whose time has run out are back in line, with their earlier place. */
export function parkedDue(state: HallState, time: string): EventDraft[] {
  const now = Date.parse(time);
  return Object.values(state.tickets)
    .filter(
      ({ state: at, parkedUntil }) =>
        at === 'parked' && parkedUntil !== null && Date.parse(parkedUntil) <= now,
    )
    .map((ticket) => happened('hall.ticket.resumed', ticket.ticketId, time, ticketRef(ticket)));
}

function printed(
  ticket: Ticket,
  from: readonly TicketState[],
  time: string,
  how: Pick<EventData<'hall.ticket.printed'>, 'confirmedBy' | 'printer'>,
): Decision {
  if (PAPER_SETTLED.includes(ticket.state)) return NOTHING_NEW;
  if (!from.includes(ticket.state)) return notInThisState(ticket);
  return accept(happened('hall.ticket.printed', ticket.ticketId, time, { ...ticketRef(ticket), ...how }));
}

function paperTrouble(
  type: 'hall.ticket.print-failed' | 'hall.ticket.unconfirmed',
  ticket: Ticket,
  { why, printer }: { why: PaperFault; printer?: string },
  time: string,
): Decision {
  if (PAPER_SETTLED.includes(ticket.state)) return NOTHING_NEW;
  if (ticket.state !== 'printing') return notInThisState(ticket);
  const data = { ...ticketRef(ticket), why, ...(printer === undefined ? {} : { printer }) };
  return accept(happened(type, ticket.ticketId, time, data));
}

/** "Did the ticket come out?" yes. When staff say so for the visitor, that leaves a trace. */
function confirmPaper(ticket: Ticket, command: CommandOf<'ticket.confirm-paper'>, time: string): Decision {
  const decision = printed(ticket, ['unconfirmed'], time, { confirmedBy: command.by });
  if (!decision.ok || decision.events.length === 0 || command.by === 'visitor') return decision;
  return accept(
    ...decision.events,
    trace(ticket, 'confirm-paper', 'staff saw the paper', command.staff, time),
  );
}

/** The same number once more. From the line only staff may ask, and the ticket keeps its place in it. */
function reprint(ticket: Ticket, command: CommandOf<'ticket.reprint'>, time: string): Decision {
  const { by, staff } = command;
  const inLine = ticket.state === 'waiting' || ticket.state === 'called';
  if (!PAPER_MISSING.includes(ticket.state) && !(inLine && by === 'staff')) return notInThisState(ticket);
  // Two papers with one number: only when the second says that it is one (docs/rules.md, "A ticket").
  const mark = ticket.sheetMayBeOut || ticket.state !== 'print-failed';
  const data = { ...ticketRef(ticket), by, mark, ...(staff === undefined ? {} : { staff }) };
  return accept(happened('hall.ticket.reprinted', ticket.ticketId, time, data));
}

/**
 * The visitor leaves, staff end it with a reason, or nobody took it. A person who gives tickets back again and again is
 * flagged by a trace; nothing else follows from it by itself.
 */
function cancel(
  state: HallState,
  rules: HallRules,
  ticket: Ticket,
  command: CommandOf<'ticket.cancel'>,
  time: string,
): Decision {
  const { by, staff } = command;
  const reason = givenReason(command.reason);
  if (!(by === 'nobody' ? UNCLAIMED : MAY_LEAVE).includes(ticket.state)) return notInThisState(ticket);
  if (by === 'staff' && reason === null)
    return refuse('reason-needed', 'Staff cancel a ticket only with a reason.');
  const events = [
    happened('hall.ticket.cancelled', ticket.ticketId, time, {
      ...ticketRef(ticket),
      by,
      ...(staff === undefined ? {} : { staff }),
      ...(reason === null ? {} : { reason }),
    }),
  ];
  if (by === 'staff' && reason !== null) events.push(trace(ticket, 'cancel', reason, staff, time));
  const { person } = ticket;
  if (person && givesBack(ticket, by)) {
    const { times, days } = rules.realName.takeAndCancel;
    const given = cancelledLately(state, rules, person.hash, time) + 1;
    if (given >= times) {
      const { ticketId, number } = ticket;
      const pattern = `${given} tickets given back within ${days} days`;
      const data = { action: 'take-and-cancel' as const, reason: pattern, ticketId, number, person };
      events.push(happened('hall.trace.recorded', ticketId, time, data));
    }
  }
  return accept(...events);
}

/** A parked ticket, or a missed one that the policy still honours, goes back to its place. */
function resume(
  state: HallState,
  ticket: Ticket,
  command: CommandOf<'ticket.resume'>,
  time: string,
  rules: HallRules,
): Decision {
  const honoured = ticket.state === 'missed' && stillHonoured(state, rules, ticket, time);
  if (ticket.state !== 'parked' && !honoured) return notInThisState(ticket);
  const data = { ...ticketRef(ticket), staff: command.staff };
  return accept(happened('hall.ticket.resumed', ticket.ticketId, time, data));
}

function trace(
  ticket: Ticket,
  action: 'cancel' | 'confirm-paper',
  reason: string,
  staff: string | undefined,
  time: string,
): EventDraft {
  const { ticketId, number } = ticket;
  const data = { action, reason, ticketId, number, ...(staff === undefined ? {} : { staff }) };
  return happened('hall.trace.recorded', ticketId, time, data);
}

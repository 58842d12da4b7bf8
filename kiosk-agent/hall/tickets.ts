/** A ticket from the tap to the line and, if need be, out of it (docs/rules.md, "A ticket"). Calls are in calls.ts. */
import type { EventData, EventDraft, PaperFault } from '../contract/events.ts';
import type { TicketState } from '../contract/live.ts';
import type { Decision, TicketCommand } from './commands.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse, ticketRef } from './decision.ts';
import { aheadOfNew } from './line.ts';
import { stillHonoured } from './missed.ts';
import type { HallRules, HallState, Ticket } from './state.ts';
import { waitFor } from './wait.ts';

type Reserve = Extract<TicketCommand, { name: 'ticket.reserve' }>;
type CommandOf<N extends TicketCommand['name']> = Extract<TicketCommand, { name: N }>;

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

/** Decides a command about one ticket at `time` (RFC 3339, the hall's offset). */
export function decideTicket(
  state: HallState,
  command: TicketCommand,
  time: string,
  rules: HallRules,
): Decision {
  if (command.name === 'ticket.reserve') return reserve(state, command, time, rules);
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
      return cancel(ticket, command, time);
    case 'ticket.resume':
      return resume(state, ticket, command, time, rules);
    case 'ticket.priority':
      return refuse('bad-request', 'ticket.priority is not built yet');
  }
}

/** The refusal of everything that does not stand in the table of a ticket's life. */
export function notInThisState(ticket: Ticket): Decision {
  return refuse('wrong-state', `Ticket ${ticket.number} is ${ticket.state}.`, { state: ticket.state });
}

function reserve(state: HallState, command: Reserve, time: string, rules: HallRules): Decision {
  const service = rules.services.find(({ id }) => id === command.service);
  if (!service) return refuse('unknown-service', `This hall has no service ${command.service}.`);
  const { ticketId, idempotencyKey } = command;
  // One tap is one ticket: an impatient tap, a retry and a reconnect mean the ticket that is there already.
  const before = Object.hasOwn(state.keys, idempotencyKey) ? state.keys[idempotencyKey] : undefined;
  if (before !== undefined) {
    const ticket = ticketOf(state, before);
    if (!ticket || ticket.reservedFor === service.id) return NOTHING_NEW;
    return refuse('key-reused', 'This key was used today for another service.', { ticketId: before });
  }
  const taken = ticketOf(state, ticketId);
  if (taken) return notInThisState(taken);

  const { running, number } = nextNumber(state, service.prefix);
  const ticketClass = command.priority ? 'priority' : 'normal';
  const ahead = aheadOfNew(state, rules, service.id, ticketClass, time);
  const wait = waitFor(state, rules, service.id, ahead);
  const ref = { ticketId, number, service: service.id };
  const reserved = happened('hall.ticket.reserved', ticketId, time, {
    ...ref,
    running,
    class: ticketClass,
    ...(command.priority ? { priority: command.priority } : {}),
    language: command.language,
    idempotencyKey,
    delivery: command.delivery,
    ahead,
    waitMinS: wait?.minS ?? null,
    waitMaxS: wait?.maxS ?? null,
  });
  if (command.delivery === 'paper') return accept(reserved);
  return accept(reserved, happened('hall.ticket.printed', ticketId, time, { ...ref, confirmedBy: 'screen' }));
}

/** Parked tickets whose time has run out are back in line, with their earlier place. */
export function parkedDue(state: HallState, time: string): EventDraft[] {
  void state;
  void time;
  return [];
}

/** A001 … A999, A1000 …; passes by a number that is still on a ticket (one that was at a window at midnight). */
function nextNumber(state: HallState, prefix: string): { running: number; number: string } {
  const inUse = new Set(Object.values(state.tickets).map((ticket) => ticket.number));
  let running = (state.running[prefix] ?? 0) + 1;
  while (inUse.has(numberOf(prefix, running))) running++;
  return { running, number: numberOf(prefix, running) };
}

function numberOf(prefix: string, running: number): string {
  return prefix + String(running).padStart(3, '0');
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

function cancel(ticket: Ticket, command: CommandOf<'ticket.cancel'>, time: string): Decision {
  const { by, staff } = command;
  const reason = givenReason(command.reason);
  if (!(by === 'nobody' ? UNCLAIMED : MAY_LEAVE).includes(ticket.state)) return notInThisState(ticket);
  if (by === 'staff' && reason === null)
    return refuse('reason-needed', 'Staff cancel a ticket only with a reason.');
  const cancelled = happened('hall.ticket.cancelled', ticket.ticketId, time, {
    ...ticketRef(ticket),
    by,
    ...(staff === undefined ? {} : { staff }),
    ...(reason === null ? {} : { reason }),
  });
  if (by !== 'staff' || reason === null) return accept(cancelled);
  return accept(cancelled, trace(ticket, 'cancel', reason, staff, time));
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

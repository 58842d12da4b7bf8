/** What a clerk does with the visitor: call, recall, take back, start, finish, missed, transfer, park. */
import type { EventData, EventDraft } from '../contract/events.ts';
import type { TicketState } from '../contract/live.ts';
import type { Decision, WindowCommand } from './commands.ts';
import { localTime } from './day.ts';
import { accept, givenReason, happened, notInThisState, refuse, ticketRef } from './decision.ts';
import { lineAt, onlyWindowOf } from './line.ts';
import { decideMatch } from './match.ts';
import { arrivalAfterMiss, stillHonoured } from './missed.ts';
import { lapsed } from './ratings.ts';
import type { HallRules, HallState, Ticket, Window } from './state.ts';
import { servicesNow } from './surge/windows.ts';
import { ticketOf } from './tickets.ts';
import { nextOf, stageOf } from './visit.ts';
import { REASON_NEEDED, unknownWindow, windowIs } from './windows.ts';

export type CallCommand = Exclude<
  WindowCommand,
  { name: 'window.open' | 'window.pause' | 'window.resume' | 'window.close' }
>;
type CommandOf<N extends CallCommand['name']> = Extract<CallCommand, { name: N }>;
/** An open window with its clerk, and what it takes now. */
type Desk = Window & { staff: string; services: string[] };
/** The moment of the decision: what every rule below is given. */
type Moment = { state: HallState; rules: HallRules; time: string; desk: Desk };

const MAX_SESSION = 4_294_967_295;
const MOST_PARKED_MIN = 480;

/** Decides a command of a window about its visitor at `time` (RFC 3339, the hall's offset). */
export function decideAtWindow(
  state: HallState,
  command: CallCommand,
  time: string,
  rules: HallRules,
): Decision {
  if (!rules.windows.some(({ number }) => number === command.window)) return unknownWindow(command.window);
  const window = state.windows[command.window];
  if (!window || window.state === 'closed' || window.staff === null)
    return refuse('window-closed', `Window ${command.window} is closed.`, { state: 'closed' });
  const desk: Desk = { ...window, staff: window.staff, services: servicesNow(state, rules, command.window) };
  const moment: Moment = { state, rules, time, desk };

  if (command.name === 'window.call-next') return callNext(moment);
  if (command.name === 'window.call') return callOutOfTurn(moment, command);
  const ticket = window.ticketId === null ? undefined : ticketOf(state, window.ticketId);
  if (command.name === 'window.match') {
    if (!ticket) return windowIs(desk);
    return decideMatch(ticket, { window: desk.number, staff: desk.staff }, command, time);
  }
  const needed: TicketState = STATE_NEEDED[command.name];
  if (!ticket || ticket.state !== needed) return windowIs(desk);
  switch (command.name) {
    case 'window.recall':
      return recall(moment, ticket);
    case 'window.take-back':
      return takeBack(moment, ticket, command.reason);
    case 'window.start':
      return accept(happened('hall.ticket.started', ticket.ticketId, time, atDesk(ticket, desk)));
    case 'window.finish':
      return finish(moment, ticket, command.session);
    case 'window.missed':
      return missed(moment, ticket);
    case 'window.transfer':
      return transfer(moment, ticket, command);
    case 'window.park':
      return park(moment, ticket, command);
  }
}

/** The state that the ticket in hand must be in (docs/rules.md, the table of a ticket's states). */
const STATE_NEEDED = {
  'window.recall': 'called',
  'window.take-back': 'called',
  'window.start': 'called',
  'window.missed': 'called',
  'window.finish': 'serving',
  'window.transfer': 'serving',
  'window.park': 'serving',
} as const;

function callNext(moment: Moment): Decision {
  const { state, rules, desk } = moment;
  if (desk.state !== 'idle') return windowIs(desk);
  const next = lineAt(state, rules, desk.number)[0];
  if (!next) return refuse('nobody-waiting', `Nobody waits for window ${desk.number}.`);
  return accept(...called(moment, next));
}

/**
 * One named ticket: out of the line (out of turn, with a reason that goes into the trace), or a missed one whose holder
 * stands at the window while the policy still honours it.
 */
function callOutOfTurn(moment: Moment, command: CommandOf<'window.call'>): Decision {
  const { state, rules, time, desk } = moment;
  if (desk.state !== 'idle') return windowIs(desk);
  const ticket = ticketOf(state, command.ticketId);
  if (!ticket) return refuse('unknown-ticket', 'This hall has no such ticket today.');
  if (ticket.state === 'called' || ticket.state === 'serving')
    return refuse('ticket-taken', `Ticket ${ticket.number} is at window ${ticket.window}.`, {
      state: ticket.state,
      window: ticket.window,
    });
  const missed = ticket.state === 'missed' && stillHonoured(state, rules, ticket, time);
  if (ticket.state !== 'waiting' && !missed) return notInThisState(ticket);
  if (!mayServe(moment, ticket))
    return refuse('not-this-window', `Ticket ${ticket.number} is not for window ${desk.number}.`, {
      service: ticket.service,
      window: ticket.onlyWindow,
    });
  if (missed) return accept(...called(moment, ticket));
  const reason = givenReason(command.reason);
  if (reason === null) return REASON_NEEDED;
  return accept(...called(moment, ticket, { reason }), trace(ticket, desk, 'call-out-of-turn', reason, time));
}

/** A ticket for one window is that window's, unless it has closed: then nobody would ever call it. */
function mayServe({ state, rules, desk }: Moment, ticket: Ticket): boolean {
  const only = onlyWindowOf(state, rules, ticket);
  return only === null ? desk.services.includes(ticket.service) : only === desk.number;
}

/** A new call ends the evaluation of the visitor before. */
function called({ state, time, desk }: Moment, ticket: Ticket, outOfTurn?: { reason: string }): EventDraft[] {
  const session = desk.session === null ? undefined : state.sessions[desk.session];
  const call = happened('hall.ticket.called', ticket.ticketId, time, {
    ...atDesk(ticket, desk),
    call: ticket.calls + 1,
    waitedS: secondsBetween(ticket.waitingSince ?? ticket.arrivedAt, time),
    ...(outOfTurn ? { outOfTurn } : {}),
  });
  return session?.state === 'open' ? [lapsed(session, 'next-call', time), call] : [call];
}

function recall({ rules, time, desk }: Moment, ticket: Ticket): Decision {
  const { coolDownS, limit } = rules.recall;
  if (ticket.call - 1 >= limit)
    return refuse('recall-limit', `Ticket ${ticket.number} has been recalled ${limit} times.`, { limit });
  // A clock that was set back says nothing about the time since the call; it must not lock the clerk out.
  const sinceMs = ticket.calledAt === null ? -1 : Date.parse(time) - Date.parse(ticket.calledAt);
  if (sinceMs >= 0 && sinceMs < coolDownS * 1000) {
    const secondsLeft = Math.ceil(coolDownS - sinceMs / 1000);
    return refuse('recall-too-soon', `Wait ${secondsLeft} s before the next recall.`, { secondsLeft });
  }
  const data = { ...atDesk(ticket, desk), call: ticket.calls + 1 };
  return accept(happened('hall.ticket.recalled', ticket.ticketId, time, data));
}

function takeBack({ time, desk }: Moment, ticket: Ticket, given: string): Decision {
  const reason = givenReason(given);
  if (reason === null) return REASON_NEEDED;
  const { arrivedAt } = ticket;
  return accept(
    happened('hall.ticket.requeued', ticket.ticketId, time, {
      ...atDesk(ticket, desk),
      arrivedAt,
      why: 'call-taken-back',
      reason,
    }),
    trace(ticket, desk, 'call-taken-back', reason, time),
  );
}

/** The service is done: the visit ends, or goes on with its next service; what was done is rated, each service once. */
function finish({ state, rules, time, desk }: Moment, ticket: Ticket, session: number): Decision {
  // One service, one rating: a session number that means another visit would mix two ratings up.
  if (!Number.isInteger(session) || session < 1 || session > MAX_SESSION || state.sessions[session])
    return refuse('wrong-state', `Session ${session} cannot be used for a new evaluation.`, { session });
  const openUntil = localTime(new Date(Date.parse(time) + rules.rating.seconds * 1000), rules.timeZone);
  const at = atDesk(ticket, desk);
  const servedS = secondsBetween(ticket.startedAt ?? time, time);
  const next = nextOf(state, rules, ticket);
  const stage = stageOf(ticket, next);
  const done = next
    ? happened('hall.ticket.continued', ticket.ticketId, time, { ...at, servedS, ...next })
    : happened('hall.ticket.finished', ticket.ticketId, time, { ...at, servedS });
  if (stage === null) return accept(done);
  const rateUntil = localTime(
    new Date(Date.parse(time) + rules.followUp.reasonHours * 3600_000),
    rules.timeZone,
  );
  const asked = { ...at, session, stage, promptedAt: time, openUntil, servedS, rateUntil };
  return accept(done, happened('hall.rating.requested', ticket.ticketId, time, asked));
}

function missed({ state, rules, time, desk }: Moment, ticket: Ticket): Decision {
  const event = happened('hall.ticket.missed', ticket.ticketId, time, atDesk(ticket, desk));
  if (rules.missed.policy !== 'back') return accept(event);
  const arrivedAt = arrivalAfterMiss(state, rules, ticket, rules.missed.places);
  return accept(
    event,
    happened('hall.ticket.requeued', ticket.ticketId, time, {
      ...atDesk(ticket, desk),
      arrivedAt,
      why: 'missed-policy',
    }),
  );
}

function transfer(moment: Moment, ticket: Ticket, command: CommandOf<'window.transfer'>): Decision {
  const { state, rules, time, desk } = moment;
  const { service, window } = command.to;
  if (command.comeBack && ticket.comeBackTo)
    return refuse(
      'bad-request',
      `Ticket ${ticket.number} comes back to window ${ticket.comeBackTo.window} already.`,
      {
        field: 'comeBack',
      },
    );
  if (command.comeBack && window === desk.number)
    return refuse('bad-request', 'comeBack: it stays at this window', { field: 'comeBack' });
  if (service === undefined && window === undefined)
    return refuse('bad-request', 'A transfer names a service or a window.');
  if (service !== undefined && !rules.services.some(({ id }) => id === service))
    return refuse('unknown-service', `This hall has no service ${service}.`);
  if (window !== undefined) {
    if (!rules.windows.some(({ number }) => number === window)) return unknownWindow(window);
    if ((state.windows[window]?.state ?? 'closed') === 'closed')
      return refuse('window-closed', `Window ${window} is closed; nobody would call the ticket.`, { window });
  }
  const reason = givenReason(command.reason);
  if (reason === null) return REASON_NEEDED;
  const to = { ...(service === undefined ? {} : { service }), ...(window === undefined ? {} : { window }) };
  return accept(
    happened('hall.ticket.transferred', ticket.ticketId, time, {
      ...atDesk(ticket, desk),
      to,
      ...(command.comeBack ? { comeBack: true } : {}),
      reason,
    }),
    trace(ticket, desk, 'transfer', reason, time),
  );
}

function park({ rules, time, desk }: Moment, ticket: Ticket, command: CommandOf<'window.park'>): Decision {
  const reason = givenReason(command.reason);
  if (reason === null) return REASON_NEEDED;
  const minutes = command.minutes ?? rules.parkMinutes;
  if (minutes !== null && !(minutes >= 1 && minutes <= MOST_PARKED_MIN))
    return refuse('bad-request', `minutes: 1 to ${MOST_PARKED_MIN}`, { field: 'minutes' });
  const until =
    minutes === null ? null : localTime(new Date(Date.parse(time) + minutes * 60_000), rules.timeZone);
  return accept(
    happened('hall.ticket.parked', ticket.ticketId, time, {
      ...atDesk(ticket, desk),
      reason,
      ...(until === null ? {} : { until }),
    }),
    trace(ticket, desk, 'park', reason, time),
  );
}

function atDesk(ticket: Ticket, desk: Desk): EventData<'hall.ticket.started'> {
  return { ...ticketRef(ticket), window: desk.number, staff: desk.staff };
}

function trace(
  { ticketId, number }: Ticket,
  desk: Desk,
  action: 'call-out-of-turn' | 'call-taken-back' | 'transfer' | 'park',
  reason: string,
  time: string,
): EventDraft {
  const data = { action, reason, staff: desk.staff, window: desk.number, ticketId, number };
  return happened('hall.trace.recorded', ticketId, time, data);
}

/** Whole seconds, never negative: a clock that was set back makes no negative wait. */
function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}

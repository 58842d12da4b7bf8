/** What an event does to the hall. Every event has its effect here and nowhere else; replaying the log repeats it. */
import type { EventData, EventDraft } from '../contract/events.ts';
import { applyAnnouncement } from './announcements/apply.ts';
import { applyAppointment } from './appointments/apply.ts';
import { applyFollowUp } from './follow-up/apply.ts';
import { applyNotice } from './notices/apply.ts';
import { applyOpinion } from './opinions/apply.ts';
import { forgetOldPeople, givesBack, rememberGivenBack } from './people.ts';
import { rememberPress } from './presses.ts';
import { rememberRating } from './rating-flags.ts';
import { applySatellite } from './satellites/apply.ts';
import type { HallState, RatingSession, Ticket, Window } from './state.ts';
import { applySurge } from './surge/apply.ts';
import { countEvent } from './totals/apply.ts';
import { goOn, markDone } from './visit.ts';

/** An event of the journal, or a draft that has been given its seq. */
export type AppliedEvent = EventDraft & { seq: number };

const CALLS_SHOWN = 8;
const TIMES_KEPT = 20;
/** A press may still arrive for a lapsed session from a device that was cut off for a weekend. */
const LAPSED_KEPT_MS = 3 * 24 * 3600_000;

/**
 * Changes `state` in place to what it is after `event`. Total and deterministic: the same events make the same state,
 * an event about something unknown changes only `seq`. Keeps no reference into the event.
 */
export function apply(state: HallState, event: AppliedEvent): void {
  // Counted first: what is counted is the ticket as it was.
  countEvent(state, event);
  state.seq = event.seq;
  applyToHall(state, event);
  applyAnnouncement(state, event);
  applyAppointment(state, event);
  applyFollowUp(state, event);
  applyOpinion(state, event);
  applyNotice(state, event);
  applySurge(state, event);
  applySatellite(state, event);
}

/** Tickets, windows and evaluations. */
function applyToHall(state: HallState, event: AppliedEvent): void {
  const { time } = event;
  switch (event.type) {
    case 'hall.day.opened':
      return openDay(state, event.data.day, time);
    case 'hall.ticket.reserved':
      return reserve(state, event.data, time);
    case 'hall.ticket.printed':
      return onTicket(state, event.data.ticketId, (ticket) => {
        if (!['reserved', 'printing', 'print-failed', 'unconfirmed'].includes(ticket.state)) return;
        if (event.data.confirmedBy === 'screen') ticket.delivery = 'screen';
        else ticket.sheetMayBeOut = true;
        joinLine(ticket, time);
      });
    case 'hall.ticket.print-failed':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.state = 'print-failed';
        ticket.paperFault = event.data.why;
      });
    case 'hall.ticket.unconfirmed':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.state = 'unconfirmed';
        ticket.sheetMayBeOut = true;
        ticket.paperFault = event.data.why;
      });
    case 'hall.ticket.reprinted':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.reprints++;
        // From the line it keeps its place: only the sheet is new.
        if (ticket.state !== 'print-failed' && ticket.state !== 'unconfirmed') return;
        ticket.state = 'printing';
        delete ticket.paperFault;
      });
    case 'hall.ticket.called':
      return call(state, event.data, time);
    case 'hall.ticket.recalled':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.call++;
        ticket.calls = event.data.call;
        ticket.calledAt = time;
        showCall(state, event.data, time);
      });
    case 'hall.ticket.started':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.state = 'serving';
        ticket.startedAt = time;
        become(windowOf(state, event.data.window), 'serving', time);
      });
    case 'hall.ticket.finished':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.state = 'finished';
        ticket.finishedAt = time;
        markDone(ticket);
        state.served++;
        measure(state, ticket.service, event.data.servedS);
        freeWindow(state, event.data.window, ticket.ticketId, time);
      });
    case 'hall.ticket.continued':
      return onTicket(state, event.data.ticketId, (ticket) => {
        measure(state, ticket.service, event.data.servedS);
        leaveWindow(state, ticket, time);
        goOn(ticket, event.data);
        joinLine(ticket, time);
      });
    case 'hall.ticket.priority':
      return onTicket(state, event.data.ticketId, (ticket) => {
        const { decision, priority } = event.data;
        ticket.priority = priority;
        ticket.priorityDecision = decision;
        // An appointment keeps its mark; its place counts the priority that staff have seen (line.ts).
        if (ticket.class !== 'appointment') ticket.class = decision === 'denied' ? 'normal' : 'priority';
      });
    case 'hall.ticket.matched':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.match = event.data.result;
      });
    case 'hall.ticket.missed':
      return onTicket(state, event.data.ticketId, (ticket) => {
        leaveWindow(state, ticket, time);
        ticket.state = 'missed';
        ticket.missedAt = time;
        ticket.callsAtMiss = state.callsMade[ticket.service] ?? 0;
      });
    case 'hall.ticket.requeued':
      return onTicket(state, event.data.ticketId, (ticket) => {
        leaveWindow(state, ticket, time);
        ticket.arrivedAt = event.data.arrivedAt;
        joinLine(ticket, time);
      });
    case 'hall.ticket.transferred':
      // The state "transferred" is passing: the ticket waits again at once, with its earlier arrival time.
      return onTicket(state, event.data.ticketId, (ticket) => {
        leaveWindow(state, ticket, time);
        const { to, comeBack, window } = event.data;
        const back = ticket.comeBackTo;
        if (back && (to.window === back.window || to.service === back.service)) ticket.comeBackTo = null;
        if (comeBack) ticket.comeBackTo = { service: ticket.service, window };
        ticket.service = to.service ?? ticket.service;
        // What it goes to now does not come once more later.
        ticket.further = ticket.further.filter((service) => service !== ticket.service);
        ticket.onlyWindow = to.window ?? null;
        joinLine(ticket, time);
      });
    case 'hall.ticket.parked':
      return onTicket(state, event.data.ticketId, (ticket) => {
        leaveWindow(state, ticket, time);
        ticket.state = 'parked';
        ticket.parkedUntil = event.data.until ?? null;
      });
    case 'hall.ticket.resumed':
      return onTicket(state, event.data.ticketId, (ticket) => joinLine(ticket, time));
    case 'hall.ticket.cancelled':
      return onTicket(state, event.data.ticketId, (ticket) => {
        ticket.state = 'cancelled';
        delete ticket.paperFault;
        if (ticket.person && givesBack(ticket, event.data.by))
          rememberGivenBack(state.people, ticket.person.hash, time);
      });
    case 'hall.window.opened': {
      const window = windowOf(state, event.data.window);
      become(window, 'idle', time);
      window.staff = event.data.staff;
      // The next clerk sees an evaluation of the one before only while it is open.
      if (window.session !== null && state.sessions[window.session]?.state !== 'open') window.session = null;
      return;
    }
    case 'hall.window.paused': {
      const window = windowOf(state, event.data.window);
      become(window, 'paused', time);
      window.pausedReason = event.data.reason;
      return;
    }
    case 'hall.window.resumed': {
      const window = windowOf(state, event.data.window);
      become(window, 'idle', time);
      window.pausedReason = null;
      return;
    }
    case 'hall.window.closed': {
      // An open evaluation stays open: the visitor may still press.
      const window = windowOf(state, event.data.window);
      become(window, 'closed', time);
      window.staff = null;
      window.pausedReason = null;
      return;
    }
    case 'hall.rating.requested': {
      const { session, ticketId, number, service, stage, window, staff, promptedAt, openUntil } = event.data;
      const { servedS = 0, rateUntil = null } = event.data;
      const head = {
        session,
        ticketId,
        number,
        service,
        stage,
        servedS,
        window,
        staff,
        promptedAt,
        openUntil,
        rateUntil,
      };
      state.sessions[session] = { ...head, state: 'open', closedAt: null, closeReason: null };
      windowOf(state, window).session = session;
      return;
    }
    case 'hall.rating.given':
      if (event.data.device) rememberPress(state, event.data.device, event.data.session, time);
      state.ratings[event.data.level]++;
      rememberRating(state, event.data, time);
      // A press that arrives late supersedes the lapse.
      return closeSession(state.sessions[event.data.session], 'rated', time, null);
    case 'hall.rating.ignored':
      if (event.data.device) rememberPress(state, event.data.device, event.data.session, time);
      return;
    case 'hall.rating.lapsed':
      return closeSession(state.sessions[event.data.session], 'lapsed', time, event.data.why);
    default:
      // Days closed, devices and traces are history: nothing is decided by them.
      return;
  }
}

/** What belongs to one day goes; what is under way at a window, what was measured and what a press may still need stays. */
function openDay(state: HallState, day: string, time: string): void {
  state.day = day;
  forgetOldPeople(state.people, time);
  for (const ticket of Object.values(state.tickets))
    if (ticket.state !== 'called' && ticket.state !== 'serving') delete state.tickets[ticket.ticketId];
  for (const session of Object.values(state.sessions)) {
    const lapsedMs = Date.parse(time) - Date.parse(session.closedAt ?? time);
    const mayBeRated = session.rateUntil !== null && Date.parse(time) <= Date.parse(session.rateUntil);
    if (session.state === 'rated' || (lapsedMs > LAPSED_KEPT_MS && !mayBeRated))
      delete state.sessions[session.session];
  }
  for (const window of Object.values(state.windows))
    if (window.session !== null && !state.sessions[window.session]) window.session = null;
  state.keys = {};
  state.running = {};
  state.callsMade = {};
  state.calls = [];
  state.served = 0;
  state.ratings = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };
}

/** Seconds at the window, of the service that was done there. */
function measure(state: HallState, service: string, servedS: number): void {
  const measured = [...(state.serviceTimes[service] ?? []), servedS];
  state.serviceTimes[service] = measured.slice(-TIMES_KEPT);
}

function reserve(state: HallState, data: EventData<'hall.ticket.reserved'>, time: string): void {
  const { ticketId, number, running, service, delivery } = data;
  state.keys[data.idempotencyKey] = ticketId;
  // A number from a kiosk's block says nothing about how far the hub's own have come.
  if (!data.offline) state.running[number.slice(0, -String(running).padStart(3, '0').length)] = running;
  state.tickets[ticketId] = {
    ticketId,
    number,
    running,
    service,
    reservedFor: service,
    class: data.class,
    ...(data.priority ? { priority: data.priority } : {}),
    priorityDecision: null,
    ...(data.person ? { person: { ...data.person } } : {}),
    match: null,
    ...(data.appointment ? { appointment: data.appointment } : {}),
    further: [...(data.further ?? [])],
    done: [],
    kiosk: data.kiosk ?? null,
    offline: data.offline !== undefined,
    ...(data.offline?.keyHash ? { keyHash: data.offline.keyHash } : {}),
    language: data.language,
    // The printing story begins right after the commit.
    state: delivery === 'paper' ? 'printing' : 'reserved',
    delivery,
    reservedAt: time,
    arrivedAt: data.arrivedAt ?? time,
    waitingSince: null,
    ahead: data.ahead,
    waitMinS: data.waitMinS,
    waitMaxS: data.waitMaxS,
    reprints: 0,
    sheetMayBeOut: false,
    call: 0,
    calls: 0,
    calledAt: null,
    startedAt: null,
    finishedAt: null,
    window: null,
    onlyWindow: null,
    comeBackTo: null,
    parkedUntil: null,
    missedAt: null,
    callsAtMiss: 0,
  };
}

function call(state: HallState, data: EventData<'hall.ticket.called'>, time: string): void {
  onTicket(state, data.ticketId, (ticket) => {
    ticket.state = 'called';
    ticket.window = data.window;
    ticket.call = 1;
    ticket.calls = data.call;
    ticket.calledAt = time;
    ticket.missedAt = null;
    state.callsMade[ticket.service] = (state.callsMade[ticket.service] ?? 0) + 1;
    const window = windowOf(state, data.window);
    become(window, 'called', time);
    window.ticketId = ticket.ticketId;
    showCall(state, data, time);
  });
}

function showCall(state: HallState, data: EventData<'hall.ticket.recalled'>, time: string): void {
  const { ticketId, number, service, window, call: count } = data;
  hideCall(state, ticketId);
  state.calls.unshift({ ticketId, number, service, window, call: count, at: time });
  state.calls.length = Math.min(state.calls.length, CALLS_SHOWN);
}

/** A number that is no longer asked to a window is not shown as called there. */
function hideCall(state: HallState, ticketId: string): void {
  state.calls = state.calls.filter((each) => each.ticketId !== ticketId);
}

function onTicket(state: HallState, ticketId: string, change: (ticket: Ticket) => void): void {
  const ticket = Object.hasOwn(state.tickets, ticketId) ? state.tickets[ticketId] : undefined;
  if (ticket) change(ticket);
}

/** Into the line, at the place of its arrival time. */
function joinLine(ticket: Ticket, time: string): void {
  ticket.state = 'waiting';
  ticket.waitingSince = time;
  ticket.call = 0;
  ticket.calledAt = null;
  ticket.startedAt = null;
  ticket.missedAt = null;
  ticket.parkedUntil = null;
  delete ticket.paperFault;
}

function leaveWindow(state: HallState, ticket: Ticket, time: string): void {
  if (ticket.window === null) return;
  freeWindow(state, ticket.window, ticket.ticketId, time);
  hideCall(state, ticket.ticketId);
  ticket.window = null;
}

function freeWindow(state: HallState, number: number, ticketId: string, time: string): void {
  const window = windowOf(state, number);
  if (window.ticketId !== ticketId) return;
  window.ticketId = null;
  become(window, 'idle', time);
}

function become(window: Window, now: Window['state'], time: string): void {
  if (window.state !== now || window.since === undefined) window.since = time;
  window.state = now;
}

function windowOf(state: HallState, number: number): Window {
  return (state.windows[number] ??= {
    number,
    state: 'closed',
    staff: null,
    ticketId: null,
    session: null,
    pausedReason: null,
  });
}

function closeSession(
  session: RatingSession | undefined,
  to: 'rated' | 'lapsed',
  time: string,
  why: RatingSession['closeReason'],
): void {
  if (!session) return;
  session.state = to;
  session.closedAt = time;
  session.closeReason = why;
}

/** Counts what happens. Called before the event changes the rest of the state, so that a ticket is seen as it was. */
import {
  TIME_STEPS_S,
  type DayTotals,
  type Hours,
  type HourTally,
  type Tally,
  type Times,
} from '../../contract/totals.ts';
import type { EventData, EventDraft } from '../../contract/events.ts';
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';
import { learnPace } from './pace.ts';
import { packDay } from './packed.ts';
import { DAYS_KEPT, noDayTotals, noTally } from './state.ts';

/** Changes only `state.totals`. A day's totals are those of the events from its opening to its closing. */
export function countEvent(state: HallState, event: AppliedEvent): void {
  const { totals } = state;
  learnPace(state, event);
  if (event.type === 'hall.day.opened') {
    totals.today = noDayTotals();
    totals.fromSeq = event.seq;
  } else if (event.type === 'hall.day.closed') {
    const { day } = event.data;
    const closed = packDay(event.data.totals ?? totals.today);
    totals.days.push({ day, fromSeq: totals.fromSeq, throughSeq: event.seq, totals: closed });
    if (totals.days.length > DAYS_KEPT) totals.days.splice(0, totals.days.length - DAYS_KEPT);
  } else count(totals.today, event, state);
}

/** Counts one event into `totals`; `state` is the hall before it. */
export function count(totals: DayTotals, event: EventDraft, state: HallState): void {
  switch (event.type) {
    case 'hall.ticket.reserved':
      inHour(totals, event.time, event.data.service, (hour) => hour.tickets++);
      return onEach(totals, { service: event.data.service }, (tally) => tally.tickets++);
    case 'hall.ticket.called': {
      const first = event.data.call === 1;
      if (first) {
        countPromise(totals, event.data, state);
        inHour(totals, event.time, event.data.service, (hour) => {
          hour.called++;
          hour.waitedSumS += event.data.waitedS;
        });
      }
      return onEach(totals, event.data, (tally) => {
        tally.called++;
        if (first) addTime(tally.waited, event.data.waitedS);
      });
    }
    // A visit of several services is served once for each.
    case 'hall.ticket.continued':
    case 'hall.ticket.finished':
      inHour(totals, event.time, event.data.service, (hour) => hour.served++);
      return onEach(totals, event.data, (tally) => {
        tally.served++;
        addTime(tally.atWindow, event.data.servedS);
      });
    case 'hall.ticket.missed':
      return onEach(totals, event.data, (tally) => tally.missed++);
    case 'hall.ticket.cancelled': {
      const { service, staff } = event.data;
      return onEach(
        totals,
        { service, ...(staff === undefined ? {} : { staff }) },
        (tally) => tally.cancelled++,
      );
    }
    case 'hall.rating.requested':
      return onEach(totals, event.data, (tally) => tally.asked++);
    // A rating counts on the day on which it is taken, also when its evaluation was asked for on an earlier one.
    case 'hall.rating.given': {
      const at = event.data.level - 1;
      return onEach(totals, event.data, (tally) => (tally.ratings[at] = (tally.ratings[at] ?? 0) + 1));
    }
    // A lapse that a late press supersedes has still happened.
    case 'hall.rating.lapsed': {
      const { service, window, session } = event.data;
      const staff = state.sessions[session]?.staff;
      return onEach(
        totals,
        { service, window, ...(staff === undefined ? {} : { staff }) },
        (tally) => tally.lapsed++,
      );
    }
    case 'hall.appointment.booked':
      totals.appointments.booked++;
      return;
    case 'hall.appointment.checked-in':
      totals.appointments.checkedIn++;
      return;
    case 'hall.appointment.lapsed':
      totals.appointments.lapsed++;
      return;
    case 'hall.appointment.cancelled':
      totals.appointments.cancelled++;
      return;
    case 'hall.opinion.filed':
      totals.opinions++;
      return;
    case 'hall.trace.recorded':
      totals.traces++;
      return;
    default:
      return;
  }
}

/** The interval that stands on the ticket against the true wait, of those who were called in their turn for the first time. */
function countPromise(totals: DayTotals, called: EventData<'hall.ticket.called'>, state: HallState): void {
  const ticket = state.tickets[called.ticketId];
  if (!ticket || called.outOfTurn || ticket.waitMinS === null || ticket.waitMaxS === null) return;
  const { promises } = totals;
  const errorS = called.waitedS - Math.round((ticket.waitMinS + ticket.waitMaxS) / 2);
  promises.count++;
  if (called.waitedS >= ticket.waitMinS && called.waitedS <= ticket.waitMaxS) promises.kept++;
  promises.errorSumS += errorS;
  promises.absErrorSumS += Math.abs(errorS);
}

/** Where an event counts besides the hall. */
type Place = { service?: string; window?: number; staff?: string };

function onEach(
  totals: DayTotals,
  { service, window, staff }: Place,
  change: (tally: Tally) => unknown,
): void {
  change(totals.hall);
  if (service !== undefined) change(tallyOf(totals.services, service));
  if (window !== undefined) change(tallyOf(totals.windows, String(window)));
  if (staff !== undefined) change(tallyOf(totals.staff, staff));
}

/** Counts in the hour of the hall's clock, for the hall and the service. */
function inHour(
  totals: DayTotals,
  time: string,
  service: string,
  change: (hour: HourTally) => unknown,
): void {
  // A day that began under an older version has no hours at all, rather than some of them.
  if (!totals.hours) return;
  const { hall, services } = totals.hours;
  if (!Object.hasOwn(services, service)) services[service] = {};
  const key = time.slice(11, 13);
  for (const hours of [hall, services[service] as Hours])
    change((hours[key] ??= { tickets: 0, called: 0, waitedSumS: 0, served: 0 }));
}

/** A service may be called `constructor`: only what stands there itself counts. */
function tallyOf(tallies: Record<string, Tally>, key: string): Tally {
  if (!Object.hasOwn(tallies, key)) tallies[key] = noTally();
  return tallies[key] as Tally;
}

/** Adds one time, whole seconds ≥ 0. */
export function addTime(times: Times, seconds: number): void {
  times.count++;
  times.sumS += seconds;
  times.maxS = Math.max(times.maxS, seconds);
  const step = TIME_STEPS_S.findIndex((below) => seconds < below);
  const at = step < 0 ? TIME_STEPS_S.length : step;
  times.counts[at] = (times.counts[at] ?? 0) + 1;
}

/** What today still holds: who will be served before closing, and how many more could be. Nobody is refused for it. */
import type { ServedToday } from '../contract/live.ts';
import { localTime } from './day.ts';
import { aheadOfNew } from './line.ts';
import { lineAhead, turnOf } from './line-ahead.ts';
import type { HallRules, HallState } from './state.ts';
import { expectedWait, serviceSeconds, waitFor, type Wait } from './wait.ts';

export type ServiceForecast = {
  service: string;
  waiting: number;
  /** of those who wait now: how many would be served only after closing */
  afterClosing: number;
  /** how many more of this service the open windows could serve until closing if nobody else came; null where no closing is published */
  moreToday: number | null;
  /** a visitor who comes now: the wait, and when the visit would be over (RFC 3339); null while no window is open */
  wait: Wait | null;
  expectedEnd: string | null;
  servedToday: ServedToday;
};

/** When the hall closes today, RFC 3339: as published, or later in a surge with extended hours; null where nothing is published. */
export function closesAt(state: HallState, rules: HallRules, time: string): string | null {
  if (!rules.opening) return null;
  const extended = state.surge.current?.measures.extendUntil;
  const { to } = rules.opening;
  return closingAt(extended !== undefined && extended > to ? extended : to, time);
}

/** The clock time HH:mm on the local day of `time`. A day on which the clocks change may be wrong by that hour; no hall works then. */
export function closingAt(clock: string, time: string): string {
  return `${time.slice(0, 11)}${clock}:00.000${time.slice(23)}`;
}

/** The forecast of one service at `time`. */
export function forecastOf(
  state: HallState,
  rules: HallRules,
  service: string,
  time: string,
): ServiceForecast {
  const line = Object.values(state.tickets).filter(
    (each) => each.state === 'waiting' && each.service === service,
  );
  const { calls, desks, callOf } = lineAhead(state, rules, time);
  const closing = closesAt(state, rules, time);
  const leftS = closing === null ? null : (Date.parse(closing) - Date.parse(time)) / 1000;
  const visitS = serviceSeconds(state, rules, service);
  const endOf = (ticketId: string): number =>
    (calls.get(ticketId)?.seconds ?? Number.POSITIVE_INFINITY) + visitS;
  const turnS = turnOf(state, rules, service).meanS;
  const ahead = aheadOfNew(state, rules, service, 'normal', time);
  const call = callOf(service, ahead);
  return {
    service,
    waiting: line.length,
    afterClosing: leftS === null ? 0 : line.filter(({ ticketId }) => endOf(ticketId) > leftS).length,
    moreToday:
      leftS === null
        ? null
        : desks
            .filter(({ services }) => services.includes(service))
            .reduce((sum, { seconds }) => sum + visitsIn(leftS - seconds, visitS, turnS), 0),
    wait: waitFor(state, rules, service, ahead, time),
    expectedEnd: call ? later(rules, time, call.seconds + visitS) : null,
    servedToday: servedToday(state, rules, service, ahead, time),
  };
}

/** Whether somebody of this service with `ahead` people before them is served before closing. */
export function servedToday(
  state: HallState,
  rules: HallRules,
  service: string,
  ahead: number,
  time: string,
): ServedToday {
  const closing = closesAt(state, rules, time);
  if (closing === null) return 'yes';
  const leftS = (Date.parse(closing) - Date.parse(time)) / 1000;
  if (leftS <= 0) return 'no';
  const wait = expectedWait(state, rules, service, ahead, time);
  // Windows open in the course of the morning: that none is open now says nothing yet.
  if (!wait) return 'doubtful';
  const visitS = serviceSeconds(state, rules, service);
  const { low, high } = state.totals.pace.reach;
  const [lowS, highS] = [Math.max(0, low) * wait.spreadS, Math.max(0, high) * wait.spreadS];
  if (wait.seconds + highS + visitS <= leftS) return 'yes';
  return wait.seconds - lowS + visitS > leftS ? 'no' : 'doubtful';
}

/** When the last one who waits now would be done, RFC 3339; null when nobody waits whom an open window takes. */
export function lastServed(state: HallState, rules: HallRules, time: string): string | null {
  const { calls } = lineAhead(state, rules, time);
  let last: number | null = null;
  for (const [ticketId, { seconds }] of calls) {
    const service = state.tickets[ticketId]?.service;
    if (service !== undefined) last = Math.max(last ?? 0, seconds + serviceSeconds(state, rules, service));
  }
  return last === null ? null : later(rules, time, last);
}

function visitsIn(seconds: number, visitS: number, turnS: number): number {
  if (seconds < visitS) return 0;
  // The last visit must be over by closing; the clerk's way to the next one no longer counts.
  return 1 + Math.floor((seconds - visitS) / Math.max(1, turnS));
}

function later(rules: HallRules, time: string, seconds: number): string {
  return localTime(new Date(Date.parse(time) + seconds * 1000), rules.timeZone);
}

/** A surge by forecast begins or ends, and every surge ends with its day. */
import type { EventDraft } from '../../contract/events.ts';
import { happened } from '../decision.ts';
import { closingAt, lastServed } from '../forecast.ts';
import type { HallRules, HallState } from '../state.ts';
import { surgeTrace } from './decide.ts';

/** The hall is checked every 20 s; two checks are in a row when they lie so far apart, ms. */
const IN_A_ROW = { least: 5_000, most: 45_000 };
/** A surge that has been announced holds at least so long. */
const HOLDS_MS = 15 * 60_000;

/** What the forecast says at one of the regular checks; only where `rules.surge.auto` is set and an opening time is published. */
export function surgeDue(state: HallState, time: string, rules: HallRules): EventDraft[] {
  const { auto } = rules.surge;
  if (!auto || !rules.opening) return [];
  const { current, endedByHandOn } = state.surge;
  if (current) return current.automatic ? mayEnd(state, rules, time) : [];
  if (endedByHandOn === time.slice(0, 10)) return [];
  const published = closingAt(rules.opening.to, time);
  const last = lastServed(state, rules, time);
  if (last === null || time.slice(11, 16) < rules.opening.from) return [];
  const beyondMs = Date.parse(last) - Date.parse(published);
  if (beyondMs <= auto.beyondClosingMin * 60_000) return [];
  if (!inARow(state.surge.foreseenAt, time)) {
    const beyondMin = Math.floor(beyondMs / 60_000);
    return [happened('hall.surge.foreseen', 'surge', time, { servedAt: last, beyondMin })];
  }
  const surge = `forecast-${time.slice(0, 19).replaceAll(/[^0-9]/g, '')}`;
  const reason = `forecast: the last one who waits would be served at ${last.slice(11, 16)}, closing is ${rules.opening.to}`;
  const { measures } = auto;
  return [
    happened('hall.surge.started', surge, time, { surge, by: 'forecast', reason, measures }),
    surgeTrace(surge, reason, time),
  ];
}

/**
 * Before closing: when without the surge everybody would be served by so much before closing as it began beyond it, and it has
 * held a quarter of an hour. After closing: when the extended hours are over and nobody waits.
 */
function mayEnd(state: HallState, rules: HallRules, time: string): EventDraft[] {
  const { current } = state.surge;
  const { auto } = rules.surge;
  if (!current || !auto || !rules.opening) return [];
  const closing = closingAt(rules.opening.to, time);
  const nobodyWaits = !Object.values(state.tickets).some((ticket) => ticket.state === 'waiting');
  let reason: string;
  if (Date.parse(time) >= Date.parse(closing)) {
    if (!nobodyWaits || time.slice(11, 16) < (current.measures.extendUntil ?? rules.opening.to)) return [];
    reason = 'forecast: the extended hours are over and nobody waits';
  } else {
    if (Date.parse(time) - Date.parse(current.startedAt) < HOLDS_MS) return [];
    const without = { ...state, surge: { ...state.surge, current: null } };
    const last = lastServed(without, rules, time);
    if (!nobodyWaits && last === null) return [];
    const spareMs = last === null ? Number.POSITIVE_INFINITY : Date.parse(closing) - Date.parse(last);
    if (spareMs < auto.beyondClosingMin * 60_000) return [];
    reason = 'forecast: everybody would be served before closing without it';
  }
  const { surge } = current;
  return [
    happened('hall.surge.ended', surge, time, { surge, by: 'forecast', reason }),
    surgeTrace(surge, reason, time),
  ];
}

/** The end of a surge with its day, at the day's change. */
export function surgeAtDayEnd(state: HallState, time: string): EventDraft[] {
  const { current } = state.surge;
  if (!current) return [];
  const { surge } = current;
  const reason = 'the day is over';
  return [
    happened('hall.surge.ended', surge, time, { surge, by: 'day-end', reason }),
    surgeTrace(surge, reason, time),
  ];
}

function inARow(before: string | null, time: string): boolean {
  if (before === null) return false;
  const sinceMs = Date.parse(time) - Date.parse(before);
  return sinceMs >= IN_A_ROW.least && sinceMs <= IN_A_ROW.most;
}

/** How long it will take: an interval, from the service times really measured and the windows really open. */
import type { HallRules, HallState } from './state.ts';

/** So many visits must have been measured before they are believed more than the configuration. */
const ENOUGH_MEASURED = 3;

/** Seconds, whole minutes of them; `minS` ≤ `maxS`. */
export type Wait = { minS: number; maxS: number };

/** The wait of somebody with `ahead` people of this service before them; null when no open window takes the service. */
export function waitFor(state: HallState, rules: HallRules, service: string, ahead: number): Wait | null {
  const windows = windowsOpenFor(state, rules, service).length;
  if (windows === 0) return null;
  const expectedS = (ahead * serviceSeconds(state, rules, service)) / windows;
  return { minS: wholeMinutes(expectedS * 0.7), maxS: wholeMinutes(expectedS * 1.3) };
}

/** Numbers of the windows that take this service and are open: neither closed nor paused. */
export function windowsOpenFor(state: HallState, rules: HallRules, service: string): number[] {
  return rules.windows
    .filter(({ number, services }) => {
      const now = state.windows[number]?.state ?? 'closed';
      return services.includes(service) && now !== 'closed' && now !== 'paused';
    })
    .map(({ number }) => number);
}

/** Mean seconds of one visit: of the latest ones when enough have been measured, else as configured. */
export function serviceSeconds(state: HallState, rules: HallRules, service: string): number {
  const measured = state.serviceTimes[service] ?? [];
  if (measured.length >= ENOUGH_MEASURED)
    return measured.reduce((sum, each) => sum + each, 0) / measured.length;
  return (rules.services.find(({ id }) => id === service)?.minutes ?? 0) * 60;
}

function wholeMinutes(seconds: number): number {
  return Math.round(seconds / 60) * 60;
}

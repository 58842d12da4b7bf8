/**
 * How long it will take: an interval. The line is played forward (./line-ahead.ts) with the service times really measured and the
 * windows really open; how far the interval reaches to both sides is learnt from the waits that came true (./totals/pace.ts).
 */
import { lineAhead } from './line-ahead.ts';
import type { HallRules, HallState } from './state.ts';
import { windowsNow } from './surge/windows.ts';

/** So many visits must have been measured before they are believed more than the configuration. */
const ENOUGH_MEASURED = 3;
/** What nobody can foresee: a minute, and a share of the wait (absent people, breaks, those who come with priority). */
const UNFORESEEN = { seconds: 60, share: 0.15 };

/** Seconds, whole minutes of them; `minS` ≤ `maxS`. */
export type Wait = { minS: number; maxS: number };

/**
 * The wait of somebody with `ahead` people of this service before them; null when no open window takes the service. Those who are
 * at a window are counted with what is left of their visit at `time` (RFC 3339; the time of the last event when left out).
 */
export function waitFor(
  state: HallState,
  rules: HallRules,
  service: string,
  ahead: number,
  time = state.totals.pace.lastAt,
): Wait | null {
  const expected = expectedWait(state, rules, service, ahead, time);
  if (!expected) return null;
  const { seconds, spreadS } = expected;
  const { low, high } = state.totals.pace.reach;
  const minS = Math.max(0, Math.floor((seconds - low * spreadS) / 60) * 60);
  return { minS, maxS: Math.max(minS, Math.ceil((seconds + high * spreadS) / 60) * 60) };
}

/** The expected wait and its spread (about one standard deviation), seconds; null when no open window takes the service. */
export function expectedWait(
  state: HallState,
  rules: HallRules,
  service: string,
  ahead: number,
  time = state.totals.pace.lastAt,
): { seconds: number; spreadS: number } | null {
  const call = lineAhead(state, rules, time).callOf(service, ahead);
  return call && { seconds: call.seconds, spreadS: spreadOf(call) };
}

/** The spread of a moment that lies `seconds` ahead with this variance (s²) of the visits before it, s. */
export function spreadOf({ seconds, variance }: { seconds: number; variance: number }): number {
  return Math.sqrt(UNFORESEEN.seconds ** 2 + variance + (UNFORESEEN.share * seconds) ** 2);
}

/** Numbers of the windows that take this service now and are open: neither closed nor paused. */
export function windowsOpenFor(state: HallState, rules: HallRules, service: string): number[] {
  return windowsNow(state, rules)
    .filter(({ number, services }) => {
      const now = state.windows[number]?.state ?? 'closed';
      return services.includes(service) && now !== 'closed' && now !== 'paused';
    })
    .map(({ number }) => number);
}

/** Mean seconds of one visit at the window: of the latest ones when enough have been measured, else as configured. */
export function serviceSeconds(state: HallState, rules: HallRules, service: string): number {
  const measured = state.serviceTimes[service] ?? [];
  if (measured.length >= ENOUGH_MEASURED)
    return measured.reduce((sum, each) => sum + each, 0) / measured.length;
  return (rules.services.find(({ id }) => id === service)?.minutes ?? 0) * 60;
}

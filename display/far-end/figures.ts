/** What is read from tallies: means, shares, limits. Pure; durations in whole seconds, null where nothing was counted. */
import type { ByLevel } from '../../kiosk-agent/contract/far-end.ts';
import type { Tally, TIME_STEPS_S, Times } from '../../kiosk-agent/contract/totals.ts';

const steps: typeof TIME_STEPS_S = [60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400];

export function meanS({ count, sumS }: Times): number | null {
  return count === 0 ? null : Math.round(sumS / count);
}

/** The limit below which 90 of 100 lie, by the classes of the totals; the longest one where that lies beyond the last class. */
export function mostS({ count, counts, maxS }: Times): number | null {
  if (count === 0) return null;
  let passed = 0;
  const at = counts.findIndex((each) => (passed += each) >= 0.9 * count);
  return Math.min(steps[at] ?? maxS, maxS);
}

export function rated({ ratings }: Tally): number {
  return ratings.reduce((sum, count) => sum + count, 0);
}

/** Asked and not (yet) rated. */
export function notRated(tally: Tally): number {
  return Math.max(0, tally.asked - rated(tally));
}

/** Levels 3 to 5 among all ratings. */
export function satisfied(ratings: number[]): number | null {
  const all = ratings.reduce((sum, count) => sum + count, 0);
  const [, , three = 0, four = 0, five = 0] = ratings;
  return all === 0 ? null : (three + four + five) / all;
}

/** By level, worst first, as tallies have them. */
export function levels(ratings: ByLevel): number[] {
  return [ratings['1'], ratings['2'], ratings['3'], ratings['4'], ratings['5']];
}

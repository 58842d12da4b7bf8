/** What a member of staff sees of the own ratings: sums of closed days, out of which no single rating can be read. */
import type { RatingLevel } from '../../contract/events.ts';
import { unpackDay } from '../totals/packed.ts';
import type { HallState } from '../state.ts';

export type OwnTotals = {
  staff: string;
  /** first and last local day in the sums; null while there is not enough to show */
  from: string | null;
  through: string | null;
  served: number;
  asked: number;
  lapsed: number;
  ratings: Record<RatingLevel, number>;
};

/** Days join the sums together, as soon as they have so many ratings: who looks every day learns nothing of one visitor. */
export const RATINGS_TOGETHER = 5;

/** The sums of this year's closed days. Ratings whose appeal was upheld are left out of them. */
export function ownTotals({ totals, followUps }: HallState, staff: string): OwnTotals {
  const year = totals.days.at(-1)?.day.slice(0, 4) ?? '';
  const shown = none(staff);
  let waiting = none(staff);
  for (const { day, totals: packed } of totals.days) {
    if (!day.startsWith(year)) continue;
    const own = unpackDay(packed).staff[staff];
    waiting.from ??= day;
    waiting.through = day;
    if (own) {
      waiting.served += own.served;
      waiting.asked += own.asked;
      waiting.lapsed += own.lapsed;
      own.ratings.forEach((count, at) => (waiting.ratings[(at + 1) as RatingLevel] += count));
    }
    if (sum(waiting) < RATINGS_TOGETHER) continue;
    add(shown, waiting);
    waiting = none(staff);
  }
  const { from, through } = shown;
  for (const each of followUps.upheld)
    if (each.staff === staff && from !== null && through !== null && each.day >= from && each.day <= through)
      shown.ratings[each.level] = Math.max(0, shown.ratings[each.level] - 1);
  return shown;
}

function none(staff: string): OwnTotals {
  const ratings = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };
  return { staff, from: null, through: null, served: 0, asked: 0, lapsed: 0, ratings };
}

function sum({ ratings }: OwnTotals): number {
  return Object.values(ratings).reduce((all, count) => all + count, 0);
}

function add(to: OwnTotals, more: OwnTotals): void {
  to.from ??= more.from;
  to.through = more.through;
  to.served += more.served;
  to.asked += more.asked;
  to.lapsed += more.lapsed;
  for (const level of [1, 2, 3, 4, 5] as const) to.ratings[level] += more.ratings[level];
}

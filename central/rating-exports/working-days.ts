/** Days of a region's rule on visits that nobody rated. A day is yyyy-MM-dd; no time zone is in it. */
import type { Profile } from './profile.ts';

const DAY_MS = 86_400_000;
/** No row of free days is as long; a longer one is a mistake in the calendar. */
const LONGEST_REST = 366;

/** The day that is `days` natural or working days after `day`. Throws RangeError on a calendar in which nobody works for a year. */
export function dayAfter(
  day: string,
  days: number,
  count: 'natural' | 'working',
  { weekend, holidays, makeUpDays }: Profile['calendar'],
): string {
  let at = Date.parse(`${day}T00:00:00Z`);
  if (count === 'natural') return dayOf(at + days * DAY_MS);
  let rest = 0;
  for (let left = days; left > 0;) {
    at += DAY_MS;
    const there = dayOf(at);
    const worked =
      makeUpDays.includes(there) ||
      (!weekend.includes(new Date(at).getUTCDay()) && !holidays.includes(there));
    if (worked) {
      left -= 1;
      rest = 0;
    } else if (++rest > LONGEST_REST)
      throw new RangeError(`the calendar has no working day in the year after ${day}`);
  }
  return dayOf(at);
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

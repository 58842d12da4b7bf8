/** Which days are worked, and counting in working days. A day is `yyyy-MM-dd` of the hall's own calendar; no time zone is in it. */

/** Days as yyyy-MM-dd. */
export type WorkCalendar = {
  /** weekdays that are free, 0 = Sunday … 6 = Saturday; usually [0, 6] */
  weekend: number[];
  /** public holidays */
  holidays: string[];
  /** days worked although they fall on a weekend or a holiday (调休) */
  makeUpDays: string[];
};

/** The calendar of a hall that has configured none: Saturday and Sunday are free, nothing else. */
export const plainWeeks: WorkCalendar = { weekend: [0, 6], holidays: [], makeUpDays: [] };

const DAY_MS = 86_400_000;
/** No row of free days is as long as a year; a longer one is a mistake in the calendar. */
const LONGEST_REST = 366;
/** More working days than ten years have. No limit in law comes near it. */
const LONGEST_COUNT = 3653;

/**
 * Says whether the hall works on this day. A make-up day wins over weekend and holiday.
 * Throws RangeError on a day that does not exist.
 */
export function isWorkingDay(day: string, calendar: WorkCalendar): boolean {
  return workedAt(calendar)(midnight(day));
}

/**
 * The working day that is `count` [-3653…3653] working days after `day`, or before it when count is negative. The day
 * itself does not count; count 0 is the day itself, worked or free. Throws RangeError on any other count, and on a
 * calendar in which nobody works for a year.
 */
export function addWorkingDays(day: string, count: number, calendar: WorkCalendar): string {
  if (!Number.isInteger(count) || Math.abs(count) > LONGEST_COUNT)
    throw new RangeError(`${count} is no number of working days; -${LONGEST_COUNT} to ${LONGEST_COUNT}`);
  const step = count < 0 ? -DAY_MS : DAY_MS;
  const worked = workedAt(calendar);
  let at = midnight(day);
  let rest = 0;
  for (let left = Math.abs(count); left > 0;) {
    at += step;
    if (worked(at)) {
      left -= 1;
      rest = 0;
    } else if (++rest > LONGEST_REST)
      throw new RangeError(
        `the calendar has no working day in the year ${count < 0 ? 'before' : 'after'} ${day}`,
      );
  }
  return dayAt(at);
}

/**
 * How many working days come after `from`, up to and with `to`; when `to` is before `from`, the same number negative.
 * Throws RangeError on a day that does not exist. Takes as long as the lists are, however far apart the days.
 */
export function workingDaysBetween(from: string, to: string, calendar: WorkCalendar): number {
  const start = midnight(from);
  const end = midnight(to);
  if (start > end) return 0 - workingDaysBetween(to, from, calendar);
  const within = (day: string) => day > from && day <= to;
  const weekend = (day: string) => calendar.weekend.includes(weekdayAt(midnight(day)));
  const makeUpDays = new Set(calendar.makeUpDays);
  let count = 0;
  for (let weekday = 0; weekday < 7; weekday += 1) {
    if (calendar.weekend.includes(weekday)) continue;
    const firstIn = ((weekday - weekdayAt(start) + 6) % 7) + 1;
    const days = (end - start) / DAY_MS;
    if (firstIn <= days) count += Math.floor((days - firstIn) / 7) + 1;
  }
  for (const day of new Set(calendar.holidays))
    if (within(day) && !weekend(day) && !makeUpDays.has(day)) count -= 1;
  for (const day of makeUpDays) if (within(day) && weekend(day)) count += 1;
  return count;
}

/** The day `count` calendar days later, earlier when negative. Throws RangeError outside the years 0001 to 9999. */
export function addDays(day: string, count: number): string {
  return dayAt(midnight(day) + count * DAY_MS);
}

/**
 * Says whether the calendar names any day of this day's year. The notice with the holidays of a year comes out in the
 * November before; a due date in a year that is not known yet may still move.
 */
export function knowsYear(day: string, calendar: WorkCalendar): boolean {
  const year = day.slice(0, 5);
  return [...calendar.holidays, ...calendar.makeUpDays].some((each) => each.startsWith(year));
}

/** What is wrong with a calendar that somebody wrote, in a sentence with the setting's name; null when nothing is. */
export function calendarFault({ weekend, holidays, makeUpDays }: WorkCalendar): string | null {
  for (const weekday of weekend)
    if (!Number.isInteger(weekday) || weekday < 0 || weekday > 6)
      return `weekend: ${weekday} is no weekday; 0 is Sunday, 6 is Saturday`;
  if (new Set(weekend).size > 6) return 'weekend: at least one day of the week must be worked';
  for (const [setting, days] of Object.entries({ holidays, makeUpDays })) {
    const wrong = days.find((day) => !isDay(day));
    if (wrong !== undefined) return `${setting}: "${wrong}" is no day; write yyyy-MM-dd`;
    const twice = days.find((day, at) => days.indexOf(day) !== at);
    if (twice !== undefined) return `${setting}: ${twice} stands there twice`;
  }
  return null;
}

function workedAt({ weekend, holidays, makeUpDays }: WorkCalendar): (at: number) => boolean {
  const free = new Set(holidays);
  const made = new Set(makeUpDays);
  return (at) => made.has(dayAt(at)) || (!weekend.includes(weekdayAt(at)) && !free.has(dayAt(at)));
}

/** Days are counted at midnight UTC, where each has 24 hours: no summer time swallows or doubles one. */
function midnight(day: string): number {
  if (!isDay(day)) throw new RangeError(`"${day}" is no day; yyyy-MM-dd is needed`);
  return Date.parse(`${day}T00:00:00Z`);
}

function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || day < '0001') return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function dayAt(at: number): string {
  const text = Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : '';
  if (!/^\d{4}-/.test(text) || text < '0001') throw new RangeError('a day outside the years 0001 to 9999');
  return text.slice(0, 10);
}

const weekdayAt = (at: number) => new Date(at).getUTCDay();

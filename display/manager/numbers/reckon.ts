/** Sums, means and groups of days for the charts and tables of the statistics. Pure. */
import { TIME_STEPS } from './steps.ts';
import type { Hours, Tally, Times } from '../../../kiosk-agent/contract/totals.ts';
import { addDays, weekday, type Day, type Span } from '../statistics.ts';

export const noTimes = (): Times => ({
  count: 0,
  sumS: 0,
  maxS: 0,
  counts: Array.from({ length: TIME_STEPS.length + 1 }, () => 0),
});
export const noTally = (): Tally => ({
  ...{ tickets: 0, called: 0, served: 0, missed: 0, cancelled: 0, asked: 0, lapsed: 0 },
  ...{ waited: noTimes(), atWindow: noTimes() },
  ratings: [0, 0, 0, 0, 0],
});

function addTimes(sum: Times, more: Times): void {
  sum.count += more.count;
  sum.sumS += more.sumS;
  sum.maxS = Math.max(sum.maxS, more.maxS);
  more.counts.forEach((count, at) => (sum.counts[at] = (sum.counts[at] ?? 0) + count));
}

/** All of them added up. */
export function sumOf(tallies: Tally[]): Tally {
  const sum = noTally();
  for (const one of tallies) {
    for (const key of ['tickets', 'called', 'served', 'missed', 'cancelled', 'asked', 'lapsed'] as const)
      sum[key] += one[key];
    addTimes(sum.waited, one.waited);
    addTimes(sum.atWindow, one.atWindow);
    one.ratings.forEach((count, at) => (sum.ratings[at] = (sum.ratings[at] ?? 0) + count));
  }
  return sum;
}

export type Step = 'day' | 'week' | 'month';
/** How a span is divided so that a chart stays legible: days, from 46 on weeks, from half a year on months. */
export function stepOf({ from, to }: Span): Step {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
  return days <= 45 ? 'day' : days <= 190 ? 'week' : 'month';
}

/** A part of a span: its first day (weeks begin on Monday), the hall's days in it, and their sum; null where the hall had none. */
export type Part = { from: string; days: number; tally: Tally | null };

/** The span in steps, without gaps: a day on which the hall was closed has a place and no figures. */
export function partsOf(days: Day[], span: Span, step: Step): Part[] {
  const start = (day: string): string =>
    step === 'day'
      ? day
      : step === 'week'
        ? addDays(day, -((weekday(day) + 6) % 7))
        : `${day.slice(0, 7)}-01`;
  const found = new Map<string, Day[]>();
  for (let day = span.from; day <= span.to; day = addDays(day, 1))
    if (!found.has(start(day))) found.set(start(day), []);
  for (const day of days) found.get(start(day.day))?.push(day);
  return [...found].map(([from, own]) => ({
    from,
    days: own.length,
    tally: own.length > 0 ? sumOf(own) : null,
  }));
}

/** Means by weekday and hour, Monday first: visitors who came, on a mean day of that kind; null where there was none. */
export type HourMap = {
  hours: string[];
  rows: { weekday: number; days: number; values: (number | null)[] }[];
};

export function hourMap(days: Day[]): HourMap {
  const known = days.filter((day): day is Day & { hours: Hours } => day.hours !== null);
  const hours = hourSpan(known.map((day) => day.hours));
  const rows = [1, 2, 3, 4, 5, 6, 0].flatMap((one) => {
    const own = known.filter(({ day }) => weekday(day) === one);
    if (own.length === 0) return [];
    const values = hours.map((hour) => {
      const sum = own.reduce((all, day) => all + (day.hours[hour]?.tickets ?? 0), 0);
      return Math.round((sum / own.length) * 10) / 10;
    });
    return [{ weekday: one, days: own.length, values }];
  });
  return { hours, rows };
}

export type HourSum = { hour: string; tickets: number; called: number; waitedSumS: number; served: number };
/** All days added up hour by hour, from the first to the last hour in which something happened. */
export function hourSums(days: Day[]): HourSum[] {
  const known = days.flatMap(({ hours }) => (hours ? [hours] : []));
  return hourSpan(known).map((hour) => {
    const sum = { hour, tickets: 0, called: 0, waitedSumS: 0, served: 0 };
    for (const hours of known) {
      const one = hours[hour];
      if (!one) continue;
      sum.tickets += one.tickets;
      sum.called += one.called;
      sum.waitedSumS += one.waitedSumS;
      sum.served += one.served;
    }
    return sum;
  });
}

function hourSpan(all: Hours[]): string[] {
  const met = all.flatMap((hours) => Object.keys(hours)).map(Number);
  if (met.length === 0) return [];
  const first = Math.min(...met);
  return Array.from({ length: Math.max(...met) - first + 1 }, (_, at) => String(first + at).padStart(2, '0'));
}

export type Preset = 'today' | 'yesterday' | 'week' | 'month' | 'last-month' | 'year';
export const PRESETS: readonly Preset[] = ['today', 'yesterday', 'week', 'month', 'last-month', 'year'];
/** The days that a preset means on `today`: a week begins on Monday; a year is the last twelve months. */
export function spanOf(preset: Preset, today: string): Span {
  switch (preset) {
    case 'today':
      return { from: today, to: today };
    case 'yesterday':
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case 'week':
      return { from: addDays(today, -((weekday(today) + 6) % 7)), to: today };
    case 'month':
      return { from: `${today.slice(0, 7)}-01`, to: today };
    case 'last-month': {
      const to = addDays(`${today.slice(0, 7)}-01`, -1);
      return { from: `${to.slice(0, 7)}-01`, to };
    }
    case 'year':
      return { from: addDays(today, -364), to: today };
  }
}

/** Numbers over a span of days, from the closed days that are kept and from today. */
import type { DayTotals, Hours, Tally, Times } from '../../contract/totals.ts';
import type { HallState } from '../state.ts';
import { unpackDay } from './packed.ts';
import { noDayTotals, noTally } from './state.ts';

export const GROUPS = ['hall', 'service', 'window', 'staff'] as const;
export type Group = (typeof GROUPS)[number];

/** `key`: the service, the window's number or the staff number; the hall's own row has `hall`. */
export type StatisticsRow = { key: string } & Tally;
export type Statistics = {
  /** the first and the last day that are in it, yyyy-MM-dd; null when there is none */
  first: string | null;
  last: string | null;
  days: number;
  /** the oldest day that is still kept; null before the first */
  oldest: string | null;
  /** whether a day that is not closed yet is in it */
  withToday: boolean;
  rows: StatisticsRow[];
  promises: DayTotals['promises'];
  appointments: DayTotals['appointments'];
  opinions: number;
  traces: number;
  /** staff whose visitors are seldom asked for a rating */
  seldomAsked: { staff: string; served: number; asked: number }[];
};

/** Fewer than this share of the visits were asked, and there were enough to say so. */
const SELDOM = { share: 0.8, leastServed: 20 };

/** From day `from` to day `to`, both counted (yyyy-MM-dd), by group. Days that are no longer kept are not in it. */
export function statistics(state: HallState, from: string, to: string, by: Group): Statistics {
  const wanted = (day: string): boolean => day >= from && day <= to;
  const sum = noDayTotals();
  const days = state.totals.days.filter(({ day }) => wanted(day));
  for (const { totals } of days) addDay(sum, unpackDay(totals));
  const withToday = state.day !== '' && wanted(state.day);
  if (withToday) addDay(sum, state.totals.today);
  const names = [...days.map(({ day }) => day), ...(withToday ? [state.day] : [])];
  const { promises, appointments, opinions, traces } = sum;
  return {
    first: names[0] ?? null,
    last: names.at(-1) ?? null,
    days: names.length,
    oldest: oldestDay(state),
    withToday,
    rows: by === 'hall' ? [{ key: 'hall', ...sum.hall }] : rowsOf(sum[PARTS[by]]),
    ...{ promises, appointments, opinions, traces },
    seldomAsked: Object.entries(sum.staff)
      .filter(([, { served, asked }]) => served >= SELDOM.leastServed && asked < SELDOM.share * served)
      .map(([staff, { served, asked }]) => ({ staff, served, asked }))
      .sort((a, b) => a.asked / a.served - b.asked / b.served || (a.staff < b.staff ? -1 : 1)),
  };
}

function oldestDay(state: HallState): string | null {
  return state.totals.days[0]?.day ?? (state.day || null);
}

/** One day of a span. `closed`: its figures stand; `hours`: null where none are kept: for windows and staff, and of days closed by an older version. */
export type DayRow = { day: string; closed: boolean; hours: Hours | null } & Tally;
export type StatisticsByDay = {
  oldest: string | null;
  /** only days that the hall has had, oldest first */
  days: DayRow[];
};

/** Day by day from `from` to `to` (yyyy-MM-dd), both counted, of the hall or of the one service, window or staff number `key`. */
export function statisticsByDay(
  state: HallState,
  from: string,
  to: string,
  by: Group,
  key: string,
): StatisticsByDay {
  const rowOf = (day: string, totals: DayTotals, closed: boolean): DayRow => ({
    day,
    closed,
    ...(structuredClone(by === 'hall' ? totals.hall : own(totals[PARTS[by]], key)) ?? noTally()),
    hours:
      by === 'window' || by === 'staff' || !totals.hours
        ? null
        : structuredClone(by === 'hall' ? totals.hours.hall : (own(totals.hours.services, key) ?? {})),
  });
  const days = state.totals.days
    .filter(({ day }) => day >= from && day <= to)
    .map(({ day, totals }) => rowOf(day, unpackDay(totals), true));
  if (state.day !== '' && state.day >= from && state.day <= to)
    days.push(rowOf(state.day, state.totals.today, false));
  return { oldest: oldestDay(state), days };
}

function own<Value>(record: Record<string, Value>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

const PARTS = { service: 'services', window: 'windows', staff: 'staff' } as const;

function rowsOf(tallies: Record<string, Tally>): StatisticsRow[] {
  return Object.entries(tallies)
    .map(([key, tally]) => ({ key, ...tally }))
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
}

function addDay(sum: DayTotals, day: DayTotals): void {
  addTally(sum.hall, day.hall);
  for (const part of Object.values(PARTS))
    for (const [key, tally] of Object.entries(day[part])) {
      if (!Object.hasOwn(sum[part], key)) sum[part][key] = noTally();
      addTally(sum[part][key] as Tally, tally);
    }
  sum.promises = added(sum.promises, day.promises);
  sum.appointments = added(sum.appointments, day.appointments);
  sum.opinions += day.opinions;
  sum.traces += day.traces;
}

function addTally(sum: Tally, more: Tally): void {
  const { waited, atWindow, ratings, ...counts } = more;
  Object.assign(sum, added(counts, sum));
  addTimes(sum.waited, waited);
  addTimes(sum.atWindow, atWindow);
  sum.ratings = sum.ratings.map((count, at) => count + (ratings[at] ?? 0));
}

function addTimes(sum: Times, more: Times): void {
  sum.count += more.count;
  sum.sumS += more.sumS;
  sum.maxS = Math.max(sum.maxS, more.maxS);
  sum.counts = sum.counts.map((count, at) => count + (more.counts[at] ?? 0));
}

/** Field by field, of the fields of `one`. */
function added<T extends Record<string, number>>(one: T, other: Record<keyof T, number>): T {
  return Object.fromEntries(
    Object.keys(one).map((key) => [key, (one[key] ?? 0) + other[key as keyof T]]),
  ) as T;
}

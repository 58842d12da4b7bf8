/** What days add to larger sums: each service of a hall, and the same over a month. Pure. */
import type { Tally, Times } from '../../kiosk-agent/contract/totals.ts';
import { noTally, type Closing, type TallyRow } from './count.ts';

/** Which days of a month have figures, were closed, and differ: a bit a day, the first of the month the lowest. */
export type HallMonth = { hall: string; month: string; days: number; closed: number; differing: number };

/** The first of the month in which a day (yyyy-MM-dd) lies. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** Rows of services and months that these rows of days, hours and places add up to. */
export function rollUp(rows: TallyRow[]): TallyRow[] {
  const sums = new Map<string, TallyRow>();
  const add = (row: TallyRow, part: TallyRow['part'], day: string) => {
    const { hall, hour, service } = row;
    const key = JSON.stringify([part, hall, day, hour, service]);
    const known = sums.get(key) ?? { hall, part, day, hour, service, window: 0, staff: '', tally: noTally() };
    sums.set(key, { ...known, tally: sumOf(known.tally, row.tally) });
  };
  for (const row of rows) {
    const month = monthOf(row.day);
    if (row.part === 'day') add(row, 'month', month);
    else if (row.part === 'hour') add(row, 'month-hour', month);
    else if (row.part === 'place') {
      add(row, 'service', row.day);
      add(row, 'month-service', month);
    }
  }
  return [...sums.values()];
}

/** The months of these days and closings. */
export function monthsOf(rows: TallyRow[], closings: Closing[]): HallMonth[] {
  const months = new Map<string, HallMonth>();
  const at = (hall: string, day: string): HallMonth => {
    const key = JSON.stringify([hall, monthOf(day)]);
    const known = months.get(key) ?? { hall, month: monthOf(day), days: 0, closed: 0, differing: 0 };
    months.set(key, known);
    return known;
  };
  for (const { part, hall, day } of rows) if (part === 'day') at(hall, day).days |= bitOf(day);
  for (const { hall, day, fits } of closings) {
    const month = at(hall, day);
    month.closed |= bitOf(day);
    if (fits === false) month.differing |= bitOf(day);
  }
  return [...months.values()].sort((a, b) => (a.hall + a.month < b.hall + b.month ? -1 : 1));
}

function bitOf(day: string): number {
  return 1 << (Number(day.slice(8, 10)) - 1);
}

function sumOf(one: Tally, other: Tally): Tally {
  const times = (a: Times, b: Times): Times => ({
    count: a.count + b.count,
    sumS: a.sumS + b.sumS,
    maxS: Math.max(a.maxS, b.maxS),
    counts: added(a.counts, b.counts),
  });
  return {
    tickets: one.tickets + other.tickets,
    called: one.called + other.called,
    served: one.served + other.served,
    missed: one.missed + other.missed,
    cancelled: one.cancelled + other.cancelled,
    asked: one.asked + other.asked,
    lapsed: one.lapsed + other.lapsed,
    waited: times(one.waited, other.waited),
    atWindow: times(one.atWindow, other.atWindow),
    ratings: added(one.ratings, other.ratings),
  };
}

function added(one: number[], other: number[]): number[] {
  return one.map((count, index) => count + (other[index] ?? 0));
}

/** The hub's statistics as the page asks for them and reckons with them. */
import type { Hours, Tally } from '../../kiosk-agent/contract/totals.ts';
import { call } from '../api.ts';

export const GROUPS = ['hall', 'service', 'window', 'staff'] as const;
export type Group = (typeof GROUPS)[number];

export type Row = { key: string } & Tally;
export type Statistics = {
  from: string;
  to: string;
  by: Group;
  first: string | null;
  last: string | null;
  days: number;
  oldest: string | null;
  withToday: boolean;
  rows: Row[];
  promises: { count: number; kept: number; errorSumS: number; absErrorSumS: number };
  appointments: { booked: number; checkedIn: number; lapsed: number; cancelled: number };
  opinions: number;
  traces: number;
  seldomAsked: { staff: string; served: number; asked: number }[];
};
export type Day = { day: string; closed: boolean; hours: Hours | null } & Tally;
export type ByDay = { from: string; to: string; oldest: string | null; days: Day[] };
/** Days as yyyy-MM-dd, both counted. */
export type Span = { from: string; to: string };

export const statistics = {
  sums: ({ from, to }: Span, by: Group) =>
    call<Statistics>('GET', `/statistics?${new URLSearchParams({ from, to, by }).toString()}`),
  /** `key`: the service, window or staff number that is meant; not for the hall */
  days: ({ from, to }: Span, by: Group, key: string | null) =>
    call<ByDay>(
      'GET',
      `/statistics/days?${new URLSearchParams({ from, to, by, ...(key === null ? {} : { key }) }).toString()}`,
    ),
};

/** How many have rated. */
export function rated({ ratings }: Pick<Tally, 'ratings'>): number {
  return ratings.reduce((sum, count) => sum + count, 0);
}
/** How many of them were at least fairly satisfied: level 3 and above. */
export function satisfied({ ratings }: Pick<Tally, 'ratings'>): number {
  return ratings.slice(2).reduce((sum, count) => sum + count, 0);
}
/** A share of a whole; null of nothing. */
export function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
/** Mean seconds; null of nothing. */
export function mean({ sumS, count }: { sumS: number; count: number }): number | null {
  return count > 0 ? sumS / count : null;
}

/** The day `days` after `day`, yyyy-MM-dd. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
/** 0 = Sunday … 6. */
export function weekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
/** The hall's own day, yyyy-MM-dd, and hour, 0…23, at `ms`. */
export function localDay(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(ms);
}
export function localHour(ms: number, timeZone: string): number {
  return Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(ms));
}

/** A closed day in a third of the room: a tally as a row of numbers instead of a record of names. 400 days stand in every snapshot. */
import { TIME_STEPS_S, type DayTotals, type Hours, type Tally, type Times } from '../../contract/totals.ts';

/** The numbers of a tally in the order of {@link packTally}. */
export type PackedTally = number[];
/** hour, tickets, called, waitedSumS, served */
export type PackedHour = number[];
export type PackedDay = Omit<DayTotals, 'hall' | 'services' | 'windows' | 'staff' | 'hours'> & {
  hall: PackedTally;
  services: Record<string, PackedTally>;
  windows: Record<string, PackedTally>;
  staff: Record<string, PackedTally>;
  hours?: { hall: PackedHour[]; services: Record<string, PackedHour[]> };
};

const STEPS = TIME_STEPS_S.length + 1;

/** Keeps no reference into `totals`. */
export function packDay(totals: DayTotals): PackedDay {
  const { hours, ...rest } = totals;
  return {
    ...structuredClone(rest),
    hall: packTally(totals.hall),
    services: each(totals.services, packTally),
    windows: each(totals.windows, packTally),
    staff: each(totals.staff, packTally),
    ...(hours ? { hours: { hall: packHours(hours.hall), services: each(hours.services, packHours) } } : {}),
  };
}

export function unpackDay(day: PackedDay): DayTotals {
  const { hours, ...rest } = day;
  return {
    ...structuredClone(rest),
    hall: unpackTally(day.hall),
    services: each(day.services, unpackTally),
    windows: each(day.windows, unpackTally),
    staff: each(day.staff, unpackTally),
    ...(hours
      ? { hours: { hall: unpackHours(hours.hall), services: each(hours.services, unpackHours) } }
      : {}),
  };
}

function packHours(hours: Hours): PackedHour[] {
  return Object.entries(hours).map(([hour, { tickets, called, waitedSumS, served }]) => [
    ...[Number(hour), tickets, called, waitedSumS, served],
  ]);
}

function unpackHours(rows: PackedHour[]): Hours {
  return Object.fromEntries(
    rows.map(([hour = 0, tickets = 0, called = 0, waitedSumS = 0, served = 0]) => [
      String(hour).padStart(2, '0'),
      { tickets, called, waitedSumS, served },
    ]),
  );
}

function packTally(tally: Tally): PackedTally {
  const { tickets, called, served, missed, cancelled, waited, atWindow, ratings, asked, lapsed } = tally;
  return [
    ...[tickets, called, served, missed, cancelled, asked, lapsed],
    ...ratings,
    ...packTimes(waited),
    ...packTimes(atWindow),
  ];
}

function unpackTally(row: PackedTally): Tally {
  const [tickets = 0, called = 0, served = 0, missed = 0, cancelled = 0, asked = 0, lapsed = 0] = row;
  return {
    ...{ tickets, called, served, missed, cancelled },
    waited: unpackTimes(row.slice(12, 15 + STEPS)),
    atWindow: unpackTimes(row.slice(15 + STEPS)),
    ratings: row.slice(7, 12),
    ...{ asked, lapsed },
  };
}

function packTimes({ count, sumS, maxS, counts }: Times): number[] {
  return [count, sumS, maxS, ...counts];
}

function unpackTimes([count = 0, sumS = 0, maxS = 0, ...counts]: number[]): Times {
  return { count, sumS, maxS, counts };
}

function each<From, To>(record: Record<string, From>, change: (from: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

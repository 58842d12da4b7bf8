/** A closed day in a third of the room: a tally as a row of numbers instead of a record of names. 400 days stand in every snapshot. */
import { TIME_STEPS_S, type DayTotals, type Tally, type Times } from '../../contract/totals.ts';

/** The numbers of a tally in the order of {@link packTally}. */
export type PackedTally = number[];
export type PackedDay = Omit<DayTotals, 'hall' | 'services' | 'windows' | 'staff'> & {
  hall: PackedTally;
  services: Record<string, PackedTally>;
  windows: Record<string, PackedTally>;
  staff: Record<string, PackedTally>;
};

const STEPS = TIME_STEPS_S.length + 1;

/** Keeps no reference into `totals`. */
export function packDay(totals: DayTotals): PackedDay {
  return {
    ...structuredClone(totals),
    hall: packTally(totals.hall),
    services: each(totals.services, packTally),
    windows: each(totals.windows, packTally),
    staff: each(totals.staff, packTally),
  };
}

export function unpackDay(day: PackedDay): DayTotals {
  return {
    ...structuredClone(day),
    hall: unpackTally(day.hall),
    services: each(day.services, unpackTally),
    windows: each(day.windows, unpackTally),
    staff: each(day.staff, unpackTally),
  };
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

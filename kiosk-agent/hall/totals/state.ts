/** What is counted while it happens: today, the closed days, and what the waiting times are learnt from. */
import { TIME_STEPS_S, type DayTotals, type Tally, type Times } from '../../contract/totals.ts';
import type { PackedDay } from './packed.ts';
import { noPace, type Pace } from './pace.ts';

/** `fromSeq`, `throughSeq`: seq of its `hall.day.opened` and `hall.day.closed`. */
export type ClosedDay = { day: string; fromSeq: number; throughSeq: number; totals: PackedDay };

export type TotalsState = {
  today: DayTotals;
  /** seq of this day's `hall.day.opened`; 0 before the first day */
  fromSeq: number;
  /** closed days, oldest first, at most {@link DAYS_KEPT}; packed, because there are so many */
  days: ClosedDay[];
  pace: Pace;
};

export const DAYS_KEPT = 400;

export function noTimes(): Times {
  return { count: 0, sumS: 0, maxS: 0, counts: Array.from({ length: TIME_STEPS_S.length + 1 }, () => 0) };
}

export function noTally(): Tally {
  return {
    tickets: 0,
    called: 0,
    served: 0,
    missed: 0,
    cancelled: 0,
    waited: noTimes(),
    atWindow: noTimes(),
    ratings: [0, 0, 0, 0, 0],
    asked: 0,
    lapsed: 0,
  };
}

export function noDayTotals(): DayTotals {
  return {
    hall: noTally(),
    services: {},
    windows: {},
    staff: {},
    promises: { count: 0, kept: 0, errorSumS: 0, absErrorSumS: 0 },
    appointments: { booked: 0, checkedIn: 0, lapsed: 0, cancelled: 0 },
    opinions: 0,
    traces: 0,
    hours: { hall: {}, services: {} },
  };
}

export function noTotals(): TotalsState {
  return { today: noDayTotals(), fromSeq: 0, days: [], pace: noPace() };
}

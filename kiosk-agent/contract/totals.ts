/** A day of the hall in numbers: counted while it happens, written into the log when the day closes. */
import { z } from 'zod';

const count = z.int().min(0);
/** Whole seconds. `counts[i]`: how many were below `TIME_STEPS_S[i]`; the last one all others. */
export const TIME_STEPS_S = [60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400] as const;
export const times = z.object({
  count,
  sumS: count,
  maxS: count,
  counts: z.array(count).length(TIME_STEPS_S.length + 1),
});
export type Times = z.infer<typeof times>;

/** What is counted alike for the hall, each service, each window and each member of staff. */
export const tally = z.object({
  tickets: count,
  called: count,
  served: count,
  missed: count,
  cancelled: count,
  /** from joining the line to the call, of first calls */
  waited: times,
  /** at the window */
  atWindow: times,
  /** ratings by level, index 0 = level 1 */
  ratings: z.array(count).length(5),
  asked: count,
  lapsed: count,
});
export type Tally = z.infer<typeof tally>;

/** What happened within one hour of the hall's clock. */
export const hourTally = z.object({
  tickets: count,
  /** first calls, and how long those who were called had waited */
  called: count,
  waitedSumS: count,
  served: count,
});
export type HourTally = z.infer<typeof hourTally>;
/** By hour, `00` to `23`; hours in which nothing happened are left out. */
export const hours = z.record(z.string().regex(/^([01]\d|2[0-3])$/), hourTally);
export type Hours = z.infer<typeof hours>;

export const dayTotals = z.object({
  hall: tally,
  services: z.record(z.string(), tally),
  windows: z.record(z.string(), tally),
  staff: z.record(z.string(), tally),
  /** the promised interval against the true wait, of tickets that were called without being out of turn, parked or missed before */
  promises: z.object({
    count,
    /** the true wait lay in the promised interval */
    kept: count,
    /** sum over (true wait − middle of the interval), s; can be negative */
    errorSumS: z.int(),
    /** sum of its absolute values, s */
    absErrorSumS: count,
  }),
  appointments: z.object({ booked: count, checkedIn: count, lapsed: count, cancelled: count }),
  opinions: count,
  traces: count,
  /** days that were closed by an older version have none */
  hours: z.object({ hall: hours, services: z.record(z.string(), hours) }).optional(),
});
export type DayTotals = z.infer<typeof dayTotals>;

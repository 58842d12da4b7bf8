/** Ratings that somebody must answer for, until they are done; and the call-backs of the latest samples. */
import type { EventData, RatingLevel } from '../../contract/events.ts';
import type { ClockStep, FollowUpStep } from '../../contract/follow-up.ts';

export type FollowUpRules = {
  /** at and below this level a rating is bad and handled */
  badThrough: RatingLevel;
  /** steps of the region's clock in working days after the rating, e.g. {contacted: 1, answered: 15} */
  clock: Partial<Record<ClockStep, number>>;
  /** within so many working days after the rating the staff may appeal */
  appealWorkingDays: number;
  /** the one-time QR for the reason, and rating from the phone, are good for so many hours */
  reasonHours: number;
  /** codes of the official options */
  options: string[];
  /** a done one is kept in the state for so many days */
  keepDays: number;
};

/** A visit that was rated, as far as what follows needs it. */
export type RatedVisit = {
  session: number;
  ticketId: string;
  number: string;
  service: string;
  window: number;
  staff: string;
  level: RatingLevel;
  givenAt: string;
};

export type FollowUp = RatedVisit & {
  reason: { options: string[]; text?: string; at: string; by: 'qr' | 'callback' } | null;
  /** newest last; each step at most once */
  steps: {
    step: FollowUpStep;
    at: string;
    staff?: string;
    text?: string;
    outcome?: string;
    level?: RatingLevel;
  }[];
  /** the region's clock as it was when the rating came, moved by an appeal that was refused */
  due: Partial<Record<ClockStep, string>>;
  state: 'open' | 'appealed' | 'closed';
  /** the appeal was upheld: it does not count against the staff */
  upheld: boolean;
  /** closed ones go after this local day; null while open */
  keepUntil: string | null;
};

/** A visit of a sample, and what its visitor said on the telephone. */
export type CallBack = NonNullable<EventData<'hall.callback.sampled'>['visits']>[number] & {
  day: string;
  result: {
    outcome: 'reached' | 'not-reached' | 'refused';
    level?: RatingLevel;
    options?: string[];
    text?: string;
    at: string;
    staff: string;
  } | null;
};

export type FollowUpState = {
  /** session → bad rating under way or done lately, at most {@link BAD_KEPT} */
  bad: Record<number, FollowUp>;
  /** bad ratings that nobody closed and that had to make room: only the log has them */
  leftOpen: number;
  /** session → rated visit (any level) whose reason may still be given by the one-time QR, until that time */
  reasons: Record<number, RatedVisit & { until: string; used: boolean }>;
  /** ratings that do not count against their staff, of the last {@link UPHELD_DAYS} days */
  upheld: { session: number; staff: string; day: string; level: RatingLevel }[];
  /** session → call-back of the latest samples */
  callBacks: Record<number, CallBack>;
  /** the latest samples, newest last, at most 30 and together at most {@link CALL_BACKS_KEPT} visits */
  samples: { day: string; seed: string; population: number; sessions: number[]; at: string }[];
};

export const BAD_KEPT = 1000;
/** rated visits of earlier days whose reason may still come: a week of a large hall */
export const REASONS_KEPT = 5000;
export const UPHELD_DAYS = 400;
export const SAMPLES_KEPT = 30;
export const CALL_BACKS_KEPT = 1500;

export function noFollowUps(): FollowUpState {
  return { bad: {}, leftOpen: 0, reasons: {}, upheld: [], callBacks: {}, samples: [] };
}

/** Ratings that somebody must answer for, until they are done; and the call-backs of the latest samples. */
import type { FollowUpStep } from '../../contract/follow-up.ts';
import type { RatingLevel } from '../../contract/events.ts';

export type FollowUpRules = {
  /** at and below this level a rating is bad and handled */
  badThrough: RatingLevel;
  /** steps of the region's clock in working days after the rating, e.g. {contacted: 1, answered: 15} */
  clock: Partial<Record<FollowUpStep, number>>;
  /** within so many working days after the rating the staff may appeal */
  appealWorkingDays: number;
  /** the one-time QR for the reason is good for so many hours */
  reasonHours: number;
  /** codes of the official options */
  options: string[];
  /** a done one is kept in the state for so many days */
  keepDays: number;
};

export type FollowUp = {
  session: number;
  ticketId: string;
  number: string;
  service: string;
  window: number;
  staff: string;
  level: RatingLevel;
  givenAt: string;
  reason: { options: string[]; text?: string; at: string; by: 'qr' | 'callback' } | null;
  /** newest last */
  steps: {
    step: FollowUpStep;
    at: string;
    staff?: string;
    text?: string;
    outcome?: string;
    level?: RatingLevel;
  }[];
  due: Partial<Record<string, string>>;
  /** days for which an open appeal has stopped the clock are added to what is due */
  state: 'open' | 'appealed' | 'closed';
};

export type CallBack = {
  session: number;
  day: string;
  result: {
    outcome: 'reached' | 'not-reached' | 'refused';
    level?: RatingLevel;
    at: string;
    staff: string;
  } | null;
};

export type FollowUpState = {
  /** session → bad rating under way or done lately */
  bad: Record<number, FollowUp>;
  /** rated sessions (any level) whose reason may still be given by the one-time QR, until that time */
  reasons: Record<number, { until: string; used: boolean }>;
  /** session → call-back of the latest samples */
  callBacks: Record<number, CallBack>;
  /** the latest samples, newest last, at most 30 */
  samples: { day: string; seed: string; population: number; sessions: number[]; at: string }[];
};

export function noFollowUps(): FollowUpState {
  return { bad: {}, reasons: {}, callBacks: {}, samples: [] };
}

/** The hub's calls for bad ratings. */
import type { RatingLevel } from '../../../kiosk-agent/contract/events.ts';
import type { ClockStep, FollowUpStep } from '../../../kiosk-agent/contract/follow-up.ts';
import type { Bilingual } from '../../../kiosk-agent/contract/live.ts';
import { call } from '../../api.ts';

export type StepName = Exclude<FollowUpStep, 'opened'>;
export type StepOutcome = 'upheld' | 'refused' | 'settled' | 'explained' | 'unreachable';
export type BadRating = {
  session: number;
  number: string;
  service: string;
  window: number;
  staff: string;
  level: RatingLevel;
  givenAt: string;
  state: 'open' | 'appealed' | 'closed';
  upheld: boolean;
  reason: { options: string[]; text?: string; at: string; by: 'qr' | 'callback' } | null;
  reasonState: 'given' | 'pending' | 'none';
  steps: {
    step: FollowUpStep;
    at: string;
    staff?: string;
    text?: string;
    outcome?: StepOutcome;
    level?: RatingLevel;
  }[];
  due: Partial<Record<ClockStep, string>>;
  next: { step: ClockStep; due: string; workingDaysLeft: number } | null;
  overdue: boolean;
  /** steps that the hub would take now */
  may: { step: StepName; outcomes: StepOutcome[] }[];
  appealUntil: string;
};
export type Option = { code: string } & Bilingual;
export type BadRatings = { ratings: BadRating[]; leftOpen: number; options: Option[] };
export type StepWish = {
  step: StepName;
  outcome?: StepOutcome;
  level?: RatingLevel;
  text?: string;
  staff?: string;
};

const path = (session: number, action: string): string => `/ratings/${session}/${action}`;
export const ratings = {
  list: () => call<BadRatings>('GET', '/ratings/bad'),
  step: (session: number, wish: StepWish) => call<BadRating>('POST', path(session, 'follow-up'), wish),
  reason: (session: number, said: { options: string[]; text?: string }) =>
    call<BadRating>('POST', path(session, 'reason'), said),
  /** where the recorder shows the visit; `not-found` without a camera there */
  playback: (session: number) =>
    call<{ playback: string; window: number; at: string }>('GET', path(session, 'playback')),
};

/** The hub's calls for call-back samples. */
import type { RatingLevel } from '../../../kiosk-agent/contract/events.ts';
import { call } from '../../api.ts';
import type { Option } from '../ratings/calls.ts';

export type CallOutcome = 'reached' | 'not-reached' | 'refused';
export type Visit = {
  session: number;
  number: string;
  service: string;
  window: number;
  at: string;
  /** at the window; null: not rated */
  level: RatingLevel | null;
  day: string;
  result: {
    outcome: CallOutcome;
    level?: RatingLevel;
    options?: string[];
    text?: string;
    at: string;
    staff: string;
  } | null;
};
export type Sample = {
  day: string;
  seed: string;
  population: number;
  at: string;
  /** in the order drawn; of visits that the hall no longer keeps only the session is left */
  visits: (Visit | { session: number })[];
};
export type CallBacks = {
  samples: Sample[];
  options: Option[];
  /** share of a day's visits that is drawn when nobody says how many, 0 to 1 */
  share: number;
  atLeast: number;
};
export type Draw = { day: string; seed?: string; size?: number; staff?: string };
export type Result = {
  outcome: CallOutcome;
  level?: RatingLevel;
  options?: string[];
  text?: string;
  staff?: string;
};

export const callBacks = {
  list: () => call<CallBacks>('GET', '/callbacks'),
  days: () => call<{ days: string[] }>('GET', '/trace/days'),
  population: (day: string) =>
    call<{ day: string; sessions: number[] }>('GET', `/callbacks/population?day=${encodeURIComponent(day)}`),
  draw: (wish: Draw) => call<Sample>('POST', '/callbacks/sample', wish),
  record: (session: number, result: Result) => call<Visit>('POST', `/callbacks/${session}`, result),
};

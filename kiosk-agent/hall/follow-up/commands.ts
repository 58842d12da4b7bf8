/** What can be asked about a rating that has been given. */
import type { EventData, RatingLevel } from '../../contract/events.ts';
import type { FollowUpStep } from '../../contract/follow-up.ts';
import type { CallBack } from './state.ts';

export type SampledVisit = Omit<CallBack, 'day' | 'result'>;

export type FollowUpCommand =
  /** callback: told to the supervisor on the telephone, about a bad rating only */
  | { name: 'rating.give-reason'; session: number; options: string[]; text?: string; by: 'qr' | 'callback' }
  | {
      name: 'follow-up.step';
      session: number;
      step: Exclude<FollowUpStep, 'opened'>;
      staff: string;
      text?: string;
      outcome?: NonNullable<EventData<'hall.rating.followed-up'>['outcome']>;
      level?: RatingLevel;
    }
  /** `visits`: all of the day, read from the log; the rule draws `size` of them */
  | {
      name: 'callback.sample';
      day: string;
      seed: string;
      size: number;
      visits: SampledVisit[];
      staff?: string;
    }
  | {
      name: 'callback.record';
      session: number;
      outcome: 'reached' | 'not-reached' | 'refused';
      level?: RatingLevel;
      options?: string[];
      text?: string;
      staff: string;
    };

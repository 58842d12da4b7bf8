/** What can be asked about a rating that has been given. */
import type { FollowUpStep } from '../../contract/follow-up.ts';
import type { RatingLevel } from '../../contract/events.ts';

export type FollowUpCommand =
  | { name: 'rating.give-reason'; session: number; options: string[]; text?: string; by: 'qr' | 'callback' }
  | {
      name: 'follow-up.step';
      session: number;
      step: Exclude<FollowUpStep, 'opened'>;
      staff: string;
      text?: string;
      outcome?: 'upheld' | 'refused' | 'settled' | 'explained' | 'unreachable';
      level?: RatingLevel;
    }
  /** `sessions`: the day's evaluated visits in their order, read from the log; the rule draws */
  | { name: 'callback.sample'; day: string; seed: string; size: number; sessions: number[]; staff?: string }
  | {
      name: 'callback.record';
      session: number;
      outcome: 'reached' | 'not-reached' | 'refused';
      level?: RatingLevel;
      options?: string[];
      text?: string;
      staff: string;
    };

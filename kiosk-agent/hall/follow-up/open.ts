/** A bad rating begins its clock in the same decision that takes it. */
import type { EventDraft, RatingLevel } from '../../contract/events.ts';
import { CLOCK_STEPS, type ClockStep } from '../../contract/follow-up.ts';
import { addWorkingDays } from '../calendar.ts';
import { happened } from '../decision.ts';
import type { HallRules, RatingSession } from '../state.ts';

/** The events that a rating of `level` brings besides itself at `time` (RFC 3339, the hall's offset); none for a good one. */
export function openFollowUp(
  { session, ticketId }: RatingSession,
  level: RatingLevel,
  time: string,
  { followUp, calendar }: HallRules,
): EventDraft[] {
  if (level > followUp.badThrough) return [];
  const due: Partial<Record<ClockStep, string>> = {};
  for (const step of CLOCK_STEPS) {
    const days = followUp.clock[step];
    if (days !== undefined) due[step] = addWorkingDays(time.slice(0, 10), days, calendar);
  }
  return [happened('hall.rating.followed-up', ticketId, time, { session, step: 'opened', due })];
}

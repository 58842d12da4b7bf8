/** How a bad rating stands against its clock. Computed when somebody looks, never stored: a calendar may be corrected. */
import { CLOCK_STEPS, type ClockStep, type FollowUpStep } from '../../contract/follow-up.ts';
import { workingDaysBetween, type WorkCalendar } from '../calendar.ts';
import type { FollowUp } from './state.ts';

export type Standing = {
  /** the step of the clock that is due first; null when none is left */
  next: { step: ClockStep; due: string; workingDaysLeft: number } | null;
  overdue: boolean;
};

/** Steps of this one's clock that are not done yet, in their order. */
export function stepsLeft({ due, steps }: FollowUp): ClockStep[] {
  return CLOCK_STEPS.filter((step) => due[step] !== undefined && !isDone(steps, step));
}

export function isDone(steps: FollowUp['steps'], step: FollowUpStep): boolean {
  return steps.some((each) => each.step === step);
}

/** `today`: local day. While an appeal is open the clock stands where the appeal stopped it; `workingDaysLeft` is negative when late. */
export function standing(followUp: FollowUp, today: string, calendar: WorkCalendar): Standing {
  const [step] = followUp.state === 'closed' ? [] : stepsLeft(followUp);
  const due = step && followUp.due[step];
  if (!step || !due) return { next: null, overdue: false };
  const clock = followUp.state === 'appealed' ? (dayOf(followUp, 'appealed') ?? today) : today;
  const workingDaysLeft = workingDaysBetween(clock, due, calendar);
  return { next: { step, due, workingDaysLeft }, overdue: due < clock };
}

/** Local day on which a step was done; undefined when it was not. */
export function dayOf({ steps }: FollowUp, step: FollowUpStep): string | undefined {
  return steps.find((each) => each.step === step)?.at.slice(0, 10);
}

/** Which bad rating comes first, how it stands, and what is to be done with it next. Pure. */
import { standingOf, type Standing } from '../ledger/clock.ts';
import type { BadRating, StepName } from './calls.ts';

export function ratingStanding({ state, next, overdue }: BadRating): Standing {
  if (state === 'closed') return { state: 'done', days: 0 };
  if (state === 'appealed') return { state: 'still', days: 0 };
  return next ? standingOf(overdue, next.workingDaysLeft) : { state: 'finished', days: 0 };
}

/** The one step that is offered first: the appeal, what the clock wants next, else closing it; null when nothing is left. */
export function mainStep({ state, next, may }: BadRating): StepName | null {
  const can = (step: StepName): boolean => may.some((each) => each.step === step);
  if (state === 'closed') return null;
  if (state === 'appealed') return can('appeal-decided') ? 'appeal-decided' : null;
  if (next && can(next.step)) return next.step;
  return next === null && can('closed') ? 'closed' : null;
}

/** What is due first on top; then what has no day left; closed ones last, the latest first. */
export function dueFirst(ratings: readonly BadRating[]): BadRating[] {
  const rank = (one: BadRating): number => (one.state === 'closed' ? 2 : one.next ? 0 : 1);
  return [...ratings].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 0 ? (a.next?.due ?? '').localeCompare(b.next?.due ?? '') : 0) ||
      (rank(a) === 2 ? -1 : 1) * (Date.parse(a.givenAt) - Date.parse(b.givenAt)),
  );
}

/**
 * Whether this step must give a reason, which stands in the trace: a rating taken off somebody's account, or closed though
 * the clock still wants something.
 */
export function needsReason({ next }: BadRating, step: StepName, outcome: string | null): boolean {
  if (step === 'appeal-decided') return outcome === 'upheld';
  return step === 'closed' && next !== null && next.step !== 'closed';
}

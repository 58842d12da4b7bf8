/** Which opinion comes first, how it stands, and what can be done with it. Pure. */
import { standingOf, type Standing } from '../ledger/clock.ts';
import type { Opinion } from './calls.ts';

export type OpinionAct = 'assign' | 'answer' | 'close' | 'reopen';

/** What is offered in each state, the next step first; the hub decides whether it is so. */
const ACTS: Record<Opinion['state'], OpinionAct[]> = {
  filed: ['assign', 'answer', 'close'],
  assigned: ['answer', 'assign', 'close'],
  answered: ['close', 'reopen'],
  closed: ['reopen'],
};
export const actsOf = ({ state }: Opinion): OpinionAct[] => ACTS[state];

/** The step that it waits for; null once it is struck off. */
export function nextAct({ state }: Opinion): OpinionAct | null {
  return state === 'closed' ? null : (ACTS[state][0] ?? null);
}

export function opinionStanding({ state, overdue, workingDaysLeft }: Opinion): Standing {
  if (state === 'closed') return { state: 'done', days: 0 };
  if (state === 'answered') return { state: 'answered', days: 0 };
  return standingOf(overdue, workingDaysLeft);
}

/** What waits for an answer by its day, then what is to be struck off, then the rest, the latest first. */
export function dueFirst(opinions: readonly Opinion[]): Opinion[] {
  const rank = ({ state }: Opinion): number => ({ filed: 0, assigned: 0, answered: 1, closed: 2 })[state];
  return [...opinions].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 0 ? a.dueDay.localeCompare(b.dueDay) : 0) ||
      (rank(a) === 2 ? -1 : 1) * (Date.parse(a.filedAt) - Date.parse(b.filedAt)),
  );
}

/** How something stands against its clock, as the hub says it. Pure. */

/** `finished`: all steps are done and it is to be closed; `still`: an appeal has stopped the clock. */
export type Standing = {
  state: 'late' | 'today' | 'left' | 'still' | 'finished' | 'answered' | 'done';
  /** working days left, or late; 0 where there are none to count */
  days: number;
};

/** `overdue` and `workingDaysLeft` as the hub gives them (negative: late). */
export function standingOf(overdue: boolean, workingDaysLeft: number): Standing {
  if (overdue) return { state: 'late', days: Math.max(0, -workingDaysLeft) };
  return workingDaysLeft <= 0 ? { state: 'today', days: 0 } : { state: 'left', days: workingDaysLeft };
}

/** The ledger of opinions. What its events change. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function applyOpinion(state: HallState, event: AppliedEvent): void {
  void state;
  void event;
}

/** Counts what happens. Called before the event changes the rest of the state, so that a ticket is seen as it was. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function countEvent(state: HallState, event: AppliedEvent): void {
  void state;
  void event;
}

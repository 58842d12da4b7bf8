/** Surge. What its events change. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function applySurge(state: HallState, event: AppliedEvent): void {
  void state;
  void event;
}

/** A surge by forecast begins or ends. */
import type { EventDraft } from '../../contract/events.ts';
import type { HallRules, HallState } from '../state.ts';

export function surgeDue(state: HallState, time: string, rules: HallRules): EventDraft[] {
  void state;
  void time;
  void rules;
  return [];
}

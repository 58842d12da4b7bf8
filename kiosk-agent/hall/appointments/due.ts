/** Appointments that nobody came to. */
import type { EventDraft } from '../../contract/events.ts';
import type { HallRules, HallState } from '../state.ts';

export function appointmentsDue(state: HallState, time: string, rules: HallRules): EventDraft[] {
  void state;
  void time;
  void rules;
  return [];
}

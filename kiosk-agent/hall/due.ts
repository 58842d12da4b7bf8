/** What is due by the clock alone: parked time that has run out, appointments nobody came to, a surge that ends. */
import type { EventDraft } from '../contract/events.ts';
import { appointmentsDue } from './appointments/due.ts';
import { surgeDue } from './surge/due.ts';
import type { HallRules, HallState } from './state.ts';
import { parkedDue } from './tickets.ts';

/** The events that time alone brings at `time`; none when nothing is due. */
export function due(state: HallState, time: string, rules: HallRules): EventDraft[] {
  return [...parkedDue(state, time), ...appointmentsDue(state, time, rules), ...surgeDue(state, time, rules)];
}

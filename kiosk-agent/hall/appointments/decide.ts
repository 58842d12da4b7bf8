/** Appointments. */
import type { Decision } from '../commands.ts';
import { refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import type { AppointmentCommand } from './commands.ts';

/** Decides at `time` (RFC 3339, the hall's offset). */
export function decideAppointment(
  state: HallState,
  command: AppointmentCommand,
  time: string,
  rules: HallRules,
): Decision {
  void state;
  void time;
  void rules;
  return refuse('bad-request', `${command.name} is not built yet`);
}

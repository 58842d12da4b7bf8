/** Satellites. */
import type { Decision } from '../commands.ts';
import { refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import type { SatelliteCommand } from './commands.ts';

/** Decides at `time` (RFC 3339, the hall's offset). */
export function decideSatellite(
  state: HallState,
  command: SatelliteCommand,
  time: string,
  rules: HallRules,
): Decision {
  void state;
  void time;
  void rules;
  return refuse('bad-request', `${command.name} is not built yet`);
}

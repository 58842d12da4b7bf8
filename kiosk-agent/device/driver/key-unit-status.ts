/** The public state of pads and evaluators that only tell keys, ranked here and nowhere else. */
import type { DeviceStateName } from '../../contract/live.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';

/** What is so for every device of a line. */
export type LineFacts = {
  /** null: not opened yet, or closed on purpose */
  port: 'open' | PortTrouble | null;
  /** bytes come, but no frames */
  unreadable: boolean;
  /** as unprotected, unknown-address-7 */
  notes: readonly string[];
  counters: Readonly<Record<string, number>>;
};

export type KeyUnitFacts = {
  line: LineFacts;
  /** a key came since the port was opened */
  heard: boolean;
  /** keys come from its address as only another kind of device sends them */
  wrongRole: boolean;
  /** it goes on repeating a key that was acknowledged */
  unheard: boolean;
};

/**
 * The worst truth first. These devices send nothing but keys: one that was never heard may be well, so it is ready with
 * a note, never silent or lost.
 */
export function keyUnitState({ line, heard, wrongRole, unheard }: KeyUnitFacts): {
  state: DeviceStateName;
  notes: string[];
} {
  if (line.port !== null && line.port !== 'open') return { state: stateOfTrouble(line.port), notes: [] };
  if (line.port === null) return { state: 'opening', notes: [] };
  if (line.unreadable) return { state: 'wrong-settings', notes: [...line.notes] };
  const notes = [...line.notes];
  if (!heard) notes.push('never-heard');
  if (wrongRole) notes.push('wrong-role');
  if (unheard) notes.push('acknowledgement-not-heard');
  return { state: 'ready', notes };
}

/** An evaluator's public state, ranked here and nowhere else. */
import type { DeviceStateName } from '../../contract/live.ts';
import type { ElpFault } from '../codec/elp.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';

export type EvaluatorFacts = {
  /** null: not opened yet, or closed on purpose */
  port: 'open' | PortTrouble | null;
  /** bytes come, but no messages */
  unreadable: boolean;
  /** no message for 12 s */
  lost: boolean;
  /** a command was not answered, and none has been since */
  silent: boolean;
  /** it has said who it is since the port was opened */
  greeted: boolean;
  faults: readonly ElpFault[];
};

/** The worst truth first: what stands higher makes what stands lower unknowable. */
export function evaluatorState(facts: EvaluatorFacts): {
  state: DeviceStateName;
  fault?: string;
  notes: string[];
} {
  const notes = facts.faults.filter((fault) => fault === 'speaker' || fault === 'low-voltage');
  if (facts.port !== null && facts.port !== 'open') return { state: stateOfTrouble(facts.port), notes: [] };
  if (facts.unreadable) return { state: 'wrong-settings', notes: [] };
  if (facts.lost) return { state: 'lost', notes: [] };
  if (facts.port === null) return { state: 'opening', notes: [] };
  if (facts.silent) return { state: 'silent', notes };
  if (!facts.greeted) return { state: 'opening', notes };
  // Presses that find no room are lost ratings; a stuck key hides the others.
  if (facts.faults.includes('press-memory-full'))
    return { state: 'faulted', fault: 'press-memory-full', notes };
  if (facts.faults.includes('stuck-key')) return { state: 'faulted', fault: 'stuck-key', notes };
  return { state: 'ready', notes };
}

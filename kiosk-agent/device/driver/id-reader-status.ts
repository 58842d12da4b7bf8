/** An identity-card reader's public state, ranked here and nowhere else. */
import type { DeviceStateName } from '../../contract/live.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';

/** Codes that advice.ts knows. */
export type ReaderFault = 'sam-self-test-failed' | 'sam-not-authorised' | 'reader-refuses';

export type IdReaderFacts = {
  /** null: not opened yet, or closed on purpose */
  port: 'open' | PortTrouble | null;
  /** bytes come, but no answers */
  unreadable: boolean;
  /** requests were not answered, and none has been since */
  silent: boolean;
  fault: ReaderFault | null;
  /** its SAM has said that it is well since the port was opened */
  greeted: boolean;
};

/** The worst truth first: what stands higher makes what stands lower unknowable. */
export function idReaderState(facts: IdReaderFacts): {
  state: DeviceStateName;
  fault?: string;
  notes: string[];
} {
  if (facts.port !== null && facts.port !== 'open') return { state: stateOfTrouble(facts.port), notes: [] };
  if (facts.unreadable) return { state: 'wrong-settings', notes: [] };
  // Also without a port: a dumb line is closed and opened afresh, which brings nobody back.
  if (facts.silent) return { state: 'silent', notes: [] };
  if (facts.port === null) return { state: 'opening', notes: [] };
  if (facts.fault !== null) return { state: 'faulted', fault: facts.fault, notes: [] };
  if (!facts.greeted) return { state: 'opening', notes: [] };
  return { state: 'ready', notes: [] };
}

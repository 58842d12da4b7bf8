/** A scanner's public state, ranked here and nowhere else. A scanner says nothing until it reads a code. */
import type { DeviceStateName } from '../../contract/live.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';

/** So many pieces of garbage without a code between them are no bad print any more. */
const GARBAGE_LIMIT = 3;

export type ScannerFacts = {
  /** null: not opened yet, or closed on purpose */
  port: 'open' | PortTrouble | null;
  /** pieces of garbage since the last code; content without an end counts for many */
  garbage: number;
  /** a code was read since the port was opened */
  heard: boolean;
};

/** The worst truth first. An open port is ready: whether a scanner is behind it shows with the first code. */
export function scannerState({ port, garbage, heard }: ScannerFacts): {
  state: DeviceStateName;
  notes: string[];
} {
  if (port === null) return { state: 'opening', notes: [] };
  if (port !== 'open') return { state: stateOfTrouble(port), notes: [] };
  if (garbage >= GARBAGE_LIMIT) return { state: 'wrong-settings', notes: [] };
  return { state: 'ready', notes: heard ? [] : ['never-heard'] };
}

/** How much a dropped piece counts; `heard`: a code was read before on this port. */
export function garbageOf(reason: string, heard: boolean): number {
  // Eight kilobytes without a pause come from no scanner.
  if (reason === 'too-long') return GARBAGE_LIMIT;
  // A scanner that works may have other reports than codes.
  return reason === 'wrong-report' && heard ? 0 : 1;
}

/** What the matrix device × fault says, without running it: docs/faults.md is made from here. */
import * as simulator from '../../firmware-sim/faults/faults.ts';

export type Cell = { holds: string } | { cannot: string };
export type Column = { device: string; cells: Readonly<Record<string, Cell>> };

const lists = [
  simulator.lineFaults,
  simulator.evaluatorFaults,
  simulator.hidEvaluatorFaults,
  simulator.ff68Faults,
  simulator.ub485Faults,
  simulator.asciiFaults,
  simulator.keypadFaults,
  simulator.signFaults,
  simulator.printerFaults,
  simulator.readerFaults,
  simulator.scannerFaults,
  simulator.hidScannerFaults,
  simulator.cableFaults,
] as const;
/** Every fault that any simulated device has, once, in the order of faults.ts. */
export const allFaults: readonly string[] = [...new Set(lists.flat())];

/** The same reason for many. */
export function cannot(reason: string, faults: readonly string[]): Record<string, Cell> {
  return Object.fromEntries(faults.map((fault) => [fault, { cannot: reason }]));
}
/** Faults of one kind of device only, for `cannot`. */
export const paperFaults = allFaults.filter((fault) => /^(paper|cover|cutter|head|no-process)/.test(fault));
export const cardFaults = allFaults.filter((fault) => /^(card|sam-|garbage)/.test(fault));

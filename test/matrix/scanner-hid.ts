/** What holds for a scanner in USB HID POS mode under every fault. USB checks and repeats by itself. */
import { hidScannerFaults } from '../../firmware-sim/faults/faults.ts';
import { cannotAtScanner } from './scanner-cannot.ts';
import { allFaults, cannot, type Cell, type Column } from './table.ts';

const holds: Record<(typeof hidScannerFaults)[number], string> = {
  unplugged: 'the status says lost or missing; the next code is read when it is plugged in again',
  silent: 'no code comes, and the status stays ready: a scanner that reads nothing says nothing',
  'lost-frames': 'a code of one report is read whole or not at all',
  'delayed-frames': 'the code is read once, whole',
  'unplug-after-bytes': 'of a code that was cut off nothing is read; the status says lost or missing',
  'lost-report':
    'a code of three or more reports is read once with a hole, because reports have no numbers: only a check in the code itself can tell; the next one is read whole',
  'lost-end': 'nothing is read of the code, and the next one is read whole',
  babble:
    'nothing is read of reports that cannot be right, and the status says wrong settings until the first code',
  bounce: 'the code is read once, whole',
};
const cells: Record<string, Cell> = {
  ...Object.fromEntries(Object.entries(holds).map(([fault, sentence]) => [fault, { holds: sentence }])),
  ...cannotAtScanner,
  ...cannot('USB has a checksum and a running bit: a report comes whole, right and once, or not at all.', [
    'noise',
    'corrupted',
    'split-frames',
    'merged-frames',
    'doubled-frames',
  ]),
  ...cannot('USB has one speed.', ['wrong-baud']),
  ...cannot('Its power comes over the cable: that is unplugged.', ['power-off', 'power-off-after-bytes']),
  ...cannot('A report tells its own length; nothing need stand behind a code.', ['lost-suffix']),
};
export const column: Column = {
  device: 'scanner-hid',
  cells: Object.fromEntries(allFaults.flatMap((fault) => (cells[fault] ? [[fault, cells[fault]]] : []))),
};

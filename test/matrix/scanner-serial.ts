/** What holds for a serial scanner under every fault. There is no frame and no checksum on this line (scanner.md §4). */
import { scannerFaults } from '../../firmware-sim/faults/faults.ts';
import { cannotAtScanner } from './scanner-cannot.ts';
import { allFaults, cannot, type Cell, type Column } from './table.ts';

const whole = 'the code is read once, whole';
const unknown = 'no code comes, and the status stays ready: a scanner that reads nothing says nothing';

const holds: Record<(typeof scannerFaults)[number], string> = {
  unplugged: 'the status says lost or missing; the next code is read when the cable is in again',
  silent: unknown,
  noise:
    'a code with garbage in front is dropped, or read with it where it happens to be text: only a check in the code itself can tell; after three the status says wrong settings',
  babble: 'nothing is read and the status says wrong settings, until the first code that is one',
  'lost-frames': 'the code is read whole or not at all',
  'merged-frames': whole,
  'split-frames': whole,
  'delayed-frames': whole,
  corrupted:
    'a code with a wrong bit is dropped, or read with one wrong character where that is text: only a check in the code itself can tell; it is never read twice',
  'wrong-baud':
    'nothing is read and after three codes the status says wrong settings, until the first code that is one',
  'unplug-after-bytes': 'of a code that was cut off nothing is read; the status says lost or missing',
  'lost-suffix': `${whole}, a tenth of a second later`,
  bounce: whole,
  'power-off': unknown,
  'power-off-after-bytes':
    'what had come of a code that was cut off is read as one, because codes without an end are codes too: only a check in the code itself can tell; the next one is read alone and whole',
};
const cells: Record<string, Cell> = {
  ...Object.fromEntries(Object.entries(holds).map(([fault, sentence]) => [fault, { holds: sentence }])),
  ...cannotAtScanner,
  ...cannot('Nothing on a serial line repeats what a scanner has said; one that reads twice is bounce.', [
    'doubled-frames',
  ]),
  ...cannot('Only HID has reports.', ['lost-report', 'lost-end']),
};
export const column: Column = {
  device: 'scanner-serial',
  cells: Object.fromEntries(allFaults.flatMap((fault) => (cells[fault] ? [[fault, cells[fault]]] : []))),
};

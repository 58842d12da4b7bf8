/** What holds for a reader of identity cards under every fault. */
import { readerFaults } from '../../firmware-sim/faults/faults.ts';
import { allFaults, cannot, paperFaults, type Cell, type Column } from './table.ts';

const through = 'the card is read once all the same, and it is the right person';
const perhaps =
  'the card is read once, or its visitor is told once to lay it again; it is never read wrong, and the next card is read';
const dark = (status: string, after: string) =>
  `the status says ${status}; nobody is read meanwhile, and ${after}`;
const lying = 'the card that lies there afterwards is read once';
const laidAgain = 'the card is read when it is laid again';

const holds: Record<(typeof readerFaults)[number], string> = {
  unplugged: dark('lost', lying),
  silent: dark('silent', lying),
  noise: through,
  babble: through,
  'lost-frames': perhaps,
  'doubled-frames': through,
  'merged-frames': through,
  'split-frames': through,
  'delayed-frames': through,
  corrupted: perhaps,
  'wrong-baud': dark('wrong settings', lying),
  'unplug-after-bytes': dark('lost', `of a card that was cut off nobody is told; ${laidAgain}`),
  'wrong-checksum': perhaps,
  garbage: dark('wrong settings', lying),
  slow: through,
  'card-moved-after-bytes': `its visitor is told once that it was moved; ${laidAgain}`,
  'card-askew': `after three tries its visitor is told once that it cannot be read; ${laidAgain}`,
  'sam-self-test-failed': dark('sam-self-test-failed', lying),
  'sam-not-authorised': dark('sam-not-authorised', lying),
  'power-off': dark('silent', lying),
  'power-off-after-bytes': dark('silent', `of a card that was cut off nobody is told; ${lying}`),
};
const cells: Record<string, Cell> = {
  ...Object.fromEntries(Object.entries(holds).map(([fault, sentence]) => [fault, { holds: sentence }])),
  ...cannot('A reader has no paper.', paperFaults),
  ...cannot('It reads no codes.', ['lost-suffix', 'lost-report', 'lost-end']),
  ...cannot('It has no keys.', ['stuck-key', 'bounce']),
  ...cannot('It is alone on its line.', ['adapter-echo', 'turn-bytes']),
  ...cannot('It has no such part.', ['speaker', 'panel']),
  ...cannot('SDT has no word for it.', ['low-voltage', 'busy', 'too-hot', 'no-identity']),
  ...cannot('It says no times.', ['clock']),
  ...cannot('It counts no power-ups.', ['same-boot']),
};
export const column: Column = {
  device: 'id-reader',
  cells: Object.fromEntries(allFaults.flatMap((fault) => (cells[fault] ? [[fault, cells[fault]]] : []))),
};

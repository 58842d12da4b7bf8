/** What holds for the paper of a hall under every fault of a printer, on any port. */
import { printerFaults } from '../../firmware-sim/faults/faults.ts';
import { allFaults, cannot, cardFaults, type Cell, type Column } from './table.ts';

const spoilt =
  'a sheet that was stopped is never called printed by it; one that came out counts as printed or unknown, and a second one says 补打';
const bent = 'a sheet that was stopped is never called printed by it; one that came out counts as printed';
const late = `${bent}, or as unknown when an answer is later than half a second; a second one says 补打`;
const stopped = (status: string) =>
  `the sheet in the printer is failed for certain or unknown, never printed; the status says ${status} and no other sheet is begun; repaired, each number gets its paper, a second one only with 补打`;

/** `goes`: what the status says when its power, or its cable, is gone. */
export function printerColumn(device: string, goes: { power: string; cable: string }): Column {
  const unknown = (status: string) =>
    `the sheet on its way is unknown and people are asked; the status says ${status} and no other sheet is begun; back, each number gets its paper, a second one only with 补打`;
  const holds: Record<(typeof printerFaults)[number], string> = {
    unplugged: unknown(goes.cable),
    silent: unknown('silent'),
    noise: spoilt,
    babble: spoilt,
    'lost-frames': spoilt,
    'doubled-frames': bent,
    'merged-frames': bent,
    'split-frames': late,
    'delayed-frames': late,
    corrupted:
      'a sheet that was stopped is never called printed by it; one that came out counts as printed or unknown, or, when a wrong bit says trouble, as failed; a second one that could be taken for the first says 补打',
    'wrong-baud': unknown('silent, or wrong settings while garbage comes'),
    'unplug-after-bytes': unknown(goes.cable),
    'paper-near-end':
      'sheets come out, and the status and the public view say that the roll comes to its end',
    'paper-out': stopped('paper-out'),
    'cover-open': stopped('cover-open'),
    'cutter-error': stopped('cutter-error until the cover was opened and closed'),
    'paper-jam': stopped('paper-jam until the cover was opened and closed'),
    'head-hot': stopped('printer-error with the note head-hot'),
    slow: 'a sheet counts as printed when it is out, six seconds later, and not before',
    'no-process-id':
      'the answer to GS r 1 behind the data is taken for its word, with the note process-id-unanswered; a stopped sheet is never called printed',
    'power-off': unknown(goes.power),
    'paper-out-after-bytes': stopped('paper-out'),
    'cover-open-after-bytes': stopped('cover-open'),
    'cutter-error-after-bytes': stopped('cutter-error until the cover was opened and closed'),
    'paper-jam-after-bytes': stopped('paper-jam until the cover was opened and closed'),
    'power-off-after-bytes': unknown(goes.power),
  };
  const cells: Record<string, Cell> = {
    ...Object.fromEntries(Object.entries(holds).map(([fault, sentence]) => [fault, { holds: sentence }])),
    ...cannot('A printer reads no cards.', cardFaults),
    ...cannot('ESC/POS has no checksum.', ['wrong-checksum']),
    ...cannot('Answers that mean nothing are noise, corrupted and wrong-baud at a printer.', ['garbage']),
    ...cannot('Its only key, for feeding paper, is inside the kiosk.', ['stuck-key']),
    ...cannot('It has no keys that bounce, and reads no codes.', [
      'bounce',
      'lost-suffix',
      'lost-report',
      'lost-end',
    ]),
    ...cannot('It is alone on its line.', ['adapter-echo', 'turn-bytes']),
    ...cannot('It has no such part.', ['speaker', 'panel']),
    ...cannot('ESC/POS has no word for it.', ['low-voltage', 'busy', 'too-hot', 'no-identity']),
    ...cannot('It says no times.', ['clock']),
    ...cannot('It counts no power-ups.', ['same-boot']),
  };
  return {
    device,
    cells: Object.fromEntries(allFaults.flatMap((fault) => (cells[fault] ? [[fault, cells[fault]]] : []))),
  };
}

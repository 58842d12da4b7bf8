/** What no sign can have. */
import { cannot, cardFaults, paperFaults } from './table.ts';

export const cannotAtSign = {
  ...cannot('It has no keys.', ['stuck-key', 'bounce']),
  ...cannot('It has no voice.', ['speaker']),
  ...cannot('It tells neither its supply, nor a time, nor who it is.', [
    'low-voltage',
    'clock',
    'same-boot',
    'no-identity',
  ]),
  ...cannot('A sign that is slow answers late: that is delayed-frames.', ['slow']),
  ...cannot('It reads no codes.', ['lost-suffix', 'lost-report', 'lost-end']),
  ...cannot('It has no paper.', paperFaults),
  ...cannot('It reads no cards; garbage in its place is wrong-baud or babble.', cardFaults),
};

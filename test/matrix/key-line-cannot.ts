/** What no device on a line of keys can have: pads, evaluators and panels that send nothing but their keys. */
import { cannot, cardFaults, paperFaults } from './table.ts';

export const cannotOnKeyLine = {
  ...cannot('It says nothing but keys: none of its frames tells how it is, what time it has, or who it is.', [
    'speaker',
    'low-voltage',
    'clock',
    'same-boot',
    'no-identity',
  ]),
  ...cannot('No command of the host is answered, so no answer can be late or be a refusal.', [
    'busy',
    'slow',
  ]),
  ...cannot('It is no sign.', ['panel', 'too-hot']),
  ...cannot('It reads no codes.', ['lost-suffix', 'lost-report', 'lost-end']),
  ...cannot('It has no paper.', paperFaults),
  ...cannot('It reads no cards, and makes up no answers.', cardFaults),
};

/** What no scanner can have. */
import { cannot, cardFaults, paperFaults } from './table.ts';

export const cannotAtScanner = {
  ...cannot('It has no paper.', paperFaults),
  ...cannot('It reads no cards, and answers nothing.', cardFaults),
  ...cannot('It answers nothing, so nothing can be a refusal or late.', ['busy', 'slow']),
  ...cannot('Its codes have no checksum of the line.', ['wrong-checksum']),
  ...cannot(
    'It has no keys but its trigger: a trigger that is held reads the same code again, as bounce does.',
    ['stuck-key'],
  ),
  ...cannot('It is alone on its line.', ['adapter-echo', 'turn-bytes']),
  ...cannot('It has no such part.', ['speaker', 'panel']),
  ...cannot('It says nothing but codes.', ['low-voltage', 'too-hot', 'no-identity', 'clock', 'same-boot']),
};

/** The column of the keypad that is a keyboard to the computer (docs/protocols/evaluators.md, "Generic keypads"). */
import { cannot, cardFaults, paperFaults, type Column } from './table.ts';

export const column: Column = {
  device: 'keypad',
  cells: {
    unplugged: {
      holds: 'The device is shown as missing; it has no memory, a press meanwhile is gone and rates nobody.',
    },
    silent: {
      holds:
        'It never says anything but keys, so nobody can tell: it is shown as ready, never heard; a press is gone and rates nobody.',
    },
    babble: {
      holds:
        'Reports that say "too many keys" are dropped and counted; a press between them rates once, with its own level.',
    },
    'lost-frames': {
      holds:
        'A press that is lost rates nobody; one whose release is lost rates once, and another key after it is another press.',
    },
    'doubled-frames': {
      holds: 'A report that comes twice says nothing new: the press rates once and leaves no second press.',
    },
    'delayed-frames': { holds: 'A press that comes after a second rates its visit, once.' },
    'unplug-after-bytes': {
      holds:
        'A press that the plug takes away rates nobody; a key that was down when the plug went is none that stays down.',
    },
    'stuck-key': {
      holds: 'A key that stays down is one press, outside a visit it rates nobody; the other keys rate.',
    },
    bounce: {
      holds: 'Down and up twice within milliseconds is one press: it rates once and leaves no second press.',
    },
    ...cannot('USB carries whole reports, checked and one by one, at no speed that is set.', [
      'noise',
      'merged-frames',
      'split-frames',
      'corrupted',
      'wrong-baud',
      'wrong-checksum',
      'adapter-echo',
      'turn-bytes',
    ]),
    ...cannot('It lives on the power of its plug: without power it is unplugged.', [
      'power-off',
      'power-off-after-bytes',
      'low-voltage',
    ]),
    ...cannot('It takes no commands.', ['busy', 'slow', 'speaker', 'no-identity']),
    ...cannot('It tells neither time nor age, and draws no number at power-up.', ['clock', 'same-boot']),
    ...cannot('It is no sign.', ['panel', 'too-hot']),
    ...cannot('It is no scanner.', ['lost-suffix', 'lost-report', 'lost-end']),
    ...cannot('It has no paper.', paperFaults),
    ...cannot('It reads no cards.', cardFaults),
  },
};

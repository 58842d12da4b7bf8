/** The column of the EHR/1 evaluator on USB (docs/protocols/evaluators.md §2). */
import { cannot, cardFaults, paperFaults, type Column } from './table.ts';

export const column: Column = {
  device: 'evaluator-hid',
  cells: {
    unplugged: {
      holds:
        'The device is shown as missing; a press made meanwhile stays in it and rates its visit when it is plugged in.',
    },
    silent: {
      holds: 'The device is shown as silent; a press stays in it and rates its visit when it is heard again.',
    },
    babble: {
      holds: 'Reports of no meaning are dropped and counted; the press rates once, with its own level.',
    },
    'lost-frames': {
      holds:
        'Commands and presses are repeated until they get through; each press is taken once, with its own level.',
    },
    'doubled-frames': {
      holds: 'The second copy of a press is known: it rates once and leaves no second press.',
    },
    'delayed-frames': {
      holds:
        'An answer that comes after the command was repeated is still an answer; the press and its repeats rate once.',
    },
    'unplug-after-bytes': {
      holds:
        'A press that the plug takes away on its way stays in the device and rates once when it is plugged in.',
    },
    'no-identity': {
      holds:
        'The device is shown as silent, with the reason; its presses have no name and wait in it until it says who it is.',
    },
    'stuck-key': {
      holds:
        'The device is shown as faulted: stuck-key; what the stuck key sent outside a visit rates nobody, the other keys rate.',
    },
    speaker: { holds: 'It rates in silence, and technicians see the note speaker.' },
    'low-voltage': { holds: 'It rates, and technicians see the note low-voltage.' },
    busy: {
      holds:
        'Its keys stay dark while it is busy, and a press meanwhile rates nobody; it is asked again, and lights them for the same visit when it is not busy any more.',
    },
    clock: {
      holds:
        'Wrong ages and uptimes change neither the visit that is rated nor its level, also when the press comes late; the rating has the flag time-doubtful and the time that the device tells.',
    },
    slow: {
      holds: 'Commands are repeated and have their effect once; the press is repeated and rates once.',
    },
    bounce: { holds: 'The first contact rates; the second is kept as ignored.' },
    'power-off': {
      holds:
        'It is off the bus and shown as missing; when it has power its keys are lit again for the visit that waits.',
    },
    'power-off-after-bytes': {
      holds:
        'A press that dies with the power was not thanked for; the keys are lit again, and the next press rates once.',
    },
    'same-boot': {
      holds:
        'A press after the power-up has the number of one before it, but names another visit: both rate, each once. Keys that went dark with the power are lit again.',
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
    ...cannot('It is no sign.', ['panel', 'too-hot']),
    ...cannot('It is no scanner.', ['lost-suffix', 'lost-report', 'lost-end']),
    ...cannot('It has no paper.', paperFaults),
    ...cannot('It reads no cards.', cardFaults),
  },
};

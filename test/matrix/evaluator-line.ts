/** The column of the ELP/1 evaluator (docs/protocols/evaluators.md §1). */
import { cannot, cardFaults, paperFaults, type Column } from './table.ts';

export const column: Column = {
  device: 'evaluator-line',
  cells: {
    unplugged: {
      holds:
        'The device is shown as refused: nobody takes the connection; a press made meanwhile stays in it and rates its visit when the cable is back.',
    },
    silent: {
      holds: 'The device is shown as silent; a press stays in it and rates its visit when it is heard again.',
    },
    noise: { holds: 'What is no message is dropped and counted; the press rates once.' },
    babble: { holds: 'Messages are found between the garbage, which is counted; the press rates once.' },
    'lost-frames': {
      holds:
        'Commands and presses are repeated until they get through; each press is taken once, with its own level.',
    },
    'doubled-frames': {
      holds: 'The second copy of a press is known: it rates once and leaves no second press.',
    },
    'merged-frames': { holds: 'Messages that come in one piece are told apart; the press rates once.' },
    'split-frames': { holds: 'A message in pieces is put together; the press rates once.' },
    'delayed-frames': {
      holds:
        'An answer that comes after the command was repeated is still an answer; the press and its repeats rate once.',
    },
    corrupted: {
      holds:
        'A message with a wrong bit is dropped and counted; every press is taken once, and none with a wrong level.',
    },
    'wrong-baud': {
      holds:
        'The device is shown with wrong settings; the press stays in it and rates when the speed is right.',
    },
    'unplug-after-bytes': {
      holds:
        'A press that is cut in the middle of its message stays in the device and rates once when the cable is back.',
    },
    'wrong-checksum': {
      holds:
        'Nothing of it is taken, it is counted, and the device is shown as silent; the press stays in it and rates later.',
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
        'The device is shown as silent; when it has power its keys are lit again for the visit that waits.',
    },
    'power-off-after-bytes': {
      holds:
        'A press that dies with the power was not thanked for; the keys are lit again, and the next press rates once.',
    },
    'same-boot': {
      holds:
        'A press after the power-up has the number of one before it, but names another visit: both rate, each once. Keys that went dark with the power are lit again.',
    },
    ...cannot('The line has a wire for each direction, from one device to one host.', [
      'adapter-echo',
      'turn-bytes',
    ]),
    ...cannot('It says who it is in the same message as its power-up number.', ['no-identity']),
    ...cannot('It is no sign.', ['panel', 'too-hot']),
    ...cannot('It is no scanner.', ['lost-suffix', 'lost-report', 'lost-end']),
    ...cannot('It has no paper.', paperFaults),
    ...cannot('It reads no cards.', cardFaults),
  },
};

/** The column of the evaluator that sends one ASCII character for a key (docs/protocols/evaluators.md, "Other evaluators seen"). */
import { cannot, cardFaults, paperFaults, type Column } from './table.ts';

export const column: Column = {
  device: 'ascii-evaluator',
  cells: {
    unplugged: {
      holds:
        'The device is shown as refused: nobody takes the connection; it has no memory, a press meanwhile is gone and rates nobody.',
    },
    silent: {
      holds:
        'It never says anything but keys, so nobody can tell: it is shown as ready, never heard; a press is gone and rates nobody.',
    },
    noise: {
      holds:
        'A character counts only when nothing else came around it: a press among noise is dropped with it and rates nobody. The visitor presses again, and that rates.',
    },
    babble: {
      holds:
        'Characters of its keys in the garbage rate nobody, and a press cannot be heard: the device is shown with wrong settings until the line is silent; then a press rates.',
    },
    'lost-frames': { holds: 'A press that is lost rates nobody; the visitor presses again, and that rates.' },
    'doubled-frames': {
      holds: 'Two equal characters within 400 ms are one press: it rates once and leaves no second press.',
    },
    'merged-frames': {
      holds: 'Two characters in one piece are two presses: the first rates, the second is kept as ignored.',
    },
    'delayed-frames': { holds: 'A press that comes after a second rates its visit, once.' },
    corrupted: {
      holds:
        'Nothing tells a character with a wrong bit from a key when it comes alone: what arrives as none of its keys is dropped and counted, what arrives as one rates, once, and technicians see the note unprotected.',
    },
    'wrong-baud': {
      holds:
        'The device is shown with wrong settings when what comes is garbage; a character of its keys among it rates nobody, only one that comes alone cannot be told from a press.',
    },
    'unplug-after-bytes': { holds: 'A press whose character was the last before the cable went rates once.' },
    'stuck-key': {
      holds:
        'A character that goes on and on is one press; the visitor’s key is the one that rates the visit, and the stuck key rates nobody after.',
    },
    bounce: {
      holds: 'Two equal characters within 400 ms are one press: it rates once and leaves no second press.',
    },
    'power-off': {
      holds:
        'It never says anything but keys, so nobody can tell: it is shown as ready; a press is gone and rates nobody.',
    },
    ...cannot('A character has no checksum.', ['wrong-checksum']),
    ...cannot('A character has no pieces.', ['split-frames']),
    ...cannot('It takes no commands.', ['busy', 'slow', 'speaker', 'no-identity']),
    ...cannot('It says nothing of itself, and neither time nor age.', ['low-voltage', 'clock', 'same-boot']),
    ...cannot('One character is whole or not there: power does not go in the middle of it.', [
      'power-off-after-bytes',
    ]),
    ...cannot('Nothing is sent to it, and the line has a wire for each direction.', [
      'adapter-echo',
      'turn-bytes',
    ]),
    ...cannot('It is no sign.', ['panel', 'too-hot']),
    ...cannot('It is no scanner.', ['lost-suffix', 'lost-report', 'lost-end']),
    ...cannot('It has no paper.', paperFaults),
    ...cannot('It reads no cards.', cardFaults),
  },
};

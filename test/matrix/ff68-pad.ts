/** The column of a clerk's pad on an FF68 bus (docs/protocols/evaluators.md §3). */
import { cannotOnKeyLine } from './key-line-cannot.ts';
import type { Column } from './table.ts';

export const column: Column = {
  device: 'ff68-pad',
  cells: {
    unplugged: {
      holds:
        'The pads of the line are shown as away; a key pressed meanwhile is repeated and counts once when the cable is back.',
    },
    silent: {
      holds:
        'The pad is ready with the note never-heard, the others on the line work; its key counts once when it is heard again.',
    },
    noise: { holds: 'What is no frame is dropped and counted; each key counts once.' },
    babble: { holds: 'Keys are found between the garbage, and each counts once.' },
    'lost-frames': {
      holds:
        'A key is repeated until it is echoed: none is lost, and none is another. Only when several repeats in a row get lost behind an echo that got lost too, one key counts as two: FF68 numbers nothing.',
    },
    'doubled-frames': { holds: 'Equal frames within 400 ms are one key.' },
    'merged-frames': { holds: 'Two frames in one piece are told apart, and are one key.' },
    'split-frames': { holds: 'A frame in pieces is put together; the key counts once.' },
    'delayed-frames': {
      holds:
        'A key that comes late counts once, with all its repeats that are still on their way; the same key again counts 400 ms behind the last of them.',
    },
    corrupted: {
      holds: 'A frame with a wrong bit is dropped, never taken for another key; the right one counts once.',
    },
    'wrong-baud': {
      holds:
        'The pads are shown with wrong settings, no key arises from the garbage, and the key counts once at the right speed.',
    },
    'unplug-after-bytes': {
      holds:
        'A cable that is pulled in the middle of an echo leaves the key with its pad; its repeats count no second time when the first of them comes within 400 ms behind the cable. The same key again counts 800 ms behind it.',
    },
    'wrong-checksum': {
      holds: 'The frame is dropped and counted; the key counts once when a right one comes.',
    },
    'adapter-echo': {
      holds: 'What the adapter gives back is no key, and the same key pressed again counts again.',
    },
    'turn-bytes': { holds: 'A byte before the frame spoils nothing; each key counts once.' },
    'stuck-key': {
      holds:
        'It counts once while it is heard at least every 400 ms, technicians see the note acknowledgement-not-heard, and the other pads work.',
    },
    bounce: { holds: 'Two contacts of one finger are one key.' },
    'power-off': {
      holds:
        'Nobody can press, and nobody can know: a pad speaks only when a key is pressed. With power again the next key counts once.',
    },
    'power-off-after-bytes': { holds: 'Half of a key is no key; with power again the next one counts once.' },
    ...cannotOnKeyLine,
  },
};

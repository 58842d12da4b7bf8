/** The column of a four-key evaluator on an FF68 bus (docs/protocols/evaluators.md §3). */
import { cannotOnKeyLine } from './key-line-cannot.ts';
import type { Column } from './table.ts';

export const column: Column = {
  device: 'ff68-evaluator',
  cells: {
    unplugged: {
      holds:
        'The evaluators of the line are shown as away; a press made meanwhile is repeated and rates its visit once when the cable is back.',
    },
    silent: {
      holds:
        'It is ready with the note never-heard, the others on the line rate; its press rates its visit once when it is heard again.',
    },
    noise: { holds: 'What is no frame is dropped and counted; the press rates once.' },
    babble: { holds: 'Presses are found between the garbage, and each rates once.' },
    'lost-frames': {
      holds:
        'A press is repeated until it is answered: none is lost, and none has another level. Were several repeats in a row lost behind an answer that got lost too, it would come as a second press, kept as ignored: already rated. The frame that lights the keys is not repeated.',
    },
    'doubled-frames': {
      holds: 'Equal frames within 400 ms are one press; it rates once and leaves no second one.',
    },
    'merged-frames': { holds: 'Two frames in one piece are told apart, and are one press.' },
    'split-frames': { holds: 'A frame in pieces is put together; the press rates once.' },
    'delayed-frames': {
      holds:
        'A press that comes late rates once, with all its repeats that are still on their way; another press counts 400 ms behind the last of them.',
    },
    corrupted: {
      holds: 'A frame with a wrong bit is dropped, never taken for another level; the right one rates once.',
    },
    'wrong-baud': {
      holds:
        'The evaluators are shown with wrong settings, no rating arises from the garbage, and the press rates once at the right speed.',
    },
    'unplug-after-bytes': {
      holds:
        'A cable that is pulled in the middle of an answer leaves the press with the device; its repeats are no second press when the first of them comes within 400 ms behind the cable. The same key again counts 800 ms behind it.',
    },
    'wrong-checksum': {
      holds: 'The frame is dropped and counted; the press rates once when a right one comes.',
    },
    'adapter-echo': { holds: 'What the adapter gives back is no press; the press rates once.' },
    'turn-bytes': { holds: 'A byte before the frame spoils nothing; the press rates once.' },
    'stuck-key': {
      holds:
        'While it is heard at least every 400 ms it rates the visit that was open, once, and no further one; technicians see the note acknowledgement-not-heard, and the others on the line rate.',
    },
    bounce: { holds: 'Two contacts of one finger are one press.' },
    'power-off': {
      holds:
        'Nobody can press, and nobody can know: it speaks only when a key is pressed. With power again the visit that waits is rated once.',
    },
    'power-off-after-bytes': {
      holds: 'Half of a press rates nobody; with power again the visit that waits is rated once.',
    },
    ...cannotOnKeyLine,
  },
};

/** The column of a UB485 panel (docs/protocols/evaluators.md §4): no checksum, no repeat, no answer. */
import { cannotOnKeyLine } from './key-line-cannot.ts';
import { cannot, type Column } from './table.ts';

export const column: Column = {
  device: 'ub485',
  cells: {
    unplugged: {
      holds:
        'The panels of the line are shown as away. A key pressed meanwhile is lost, never late: the clerk sees that nothing happens and presses again.',
    },
    silent: {
      holds:
        'The panel is ready with the notes unprotected and never-heard. Its keys are lost, never late; the others on the line work.',
    },
    noise: { holds: 'What is no frame is dropped and counted; each key acts once.' },
    babble: {
      holds:
        'Keys are found between the garbage, and each acts once. Of 65 000 bytes of garbage one run of four looks like a key of some address: there is no checksum.',
    },
    'lost-frames': {
      holds: 'A key that gets lost is lost, never late: a panel does not repeat. The next one acts once.',
    },
    'doubled-frames': { holds: 'Equal frames within 400 ms are one key.' },
    'merged-frames': { holds: 'Two frames in one piece are told apart, and are one key.' },
    'split-frames': { holds: 'A frame in pieces is put together; the key acts once.' },
    'delayed-frames': { holds: 'A late key acts once, by what the window is doing when it comes.' },
    corrupted: {
      holds:
        'A key whose frame is broken is lost. A wrong bit in the key or the address makes another key, or that of another panel: there is no checksum, and technicians see the note unprotected. One frame is never two keys.',
    },
    'wrong-baud': {
      holds: 'The panels are shown with wrong settings; keys are lost, and none arises from the garbage.',
    },
    'unplug-after-bytes': {
      holds: 'Half of a key is no key: it is lost, never late.',
    },
    'adapter-echo': { holds: 'What the adapter gives back is no key; each key acts once.' },
    'turn-bytes': { holds: 'A byte before the frame spoils nothing; each key acts once.' },
    'stuck-key': {
      holds:
        'It acts once however long it sticks, its repeats are counted, and the other panels work; of two that speak at once both keys are lost.',
    },
    bounce: { holds: 'Two contacts of one finger are one key.' },
    'power-off': {
      holds:
        'Nobody can press, and nobody can know: a panel speaks only when a key is pressed. With power again the next key acts once.',
    },
    'power-off-after-bytes': { holds: 'Half of a key is no key; with power again the next one acts once.' },
    ...cannot('Its frames have no checksum.', ['wrong-checksum']),
    ...cannotOnKeyLine,
  },
};

/** The column of a Xunpeng number display (docs/protocols/window-sign.md §2): a reply repeats the question, and says no more. */
import { cannotAtSign } from './sign-cannot.ts';
import { cannot, type Column } from './table.ts';

export const column: Column = {
  device: 'sign-xunpeng',
  cells: {
    unplugged: {
      holds:
        'The displays of the line are shown as away and keep their number; when the cable is back the newest number comes.',
    },
    silent: {
      holds:
        'It shows what it is told, and is shown as lost, since nobody can know that; the others on the line work.',
    },
    noise: { holds: 'What is no frame is dropped; each number is shown.' },
    babble: { holds: 'Replies are found between the garbage; each number is shown.' },
    'lost-frames': {
      holds:
        'A number is told three times, then the display is shown as lost; the newest number comes when it hears again, and the others on the line work.',
    },
    'doubled-frames': { holds: 'The second copy of a reply answers nothing new; each number is shown.' },
    'merged-frames': { holds: 'Replies in one piece are told apart; each number is shown.' },
    'split-frames': { holds: 'A reply in pieces is put together; each number is shown.' },
    'delayed-frames': {
      holds:
        'A late reply still answers, and each number is shown. It has no number of its own: one that is later than its question may be taken for that to the next, but only where both tell the same number.',
    },
    corrupted: {
      holds:
        'A reply with a wrong bit is no reply: the display is not said to be well, though it shows each number.',
    },
    'wrong-baud': {
      holds:
        'The displays are shown with wrong settings and keep their number; the newest number comes at the right speed.',
    },
    'unplug-after-bytes': {
      holds:
        'Of a number that is cut in the middle nothing is shown; the newest one comes when the cable is back.',
    },
    'wrong-checksum': {
      holds: 'Such a reply is no reply: the display is not said to be well, though it shows each number.',
    },
    'adapter-echo': { holds: 'What the adapter gives back is no reply; each number is shown.' },
    'turn-bytes': { holds: 'A byte before the reply spoils nothing; each number is shown.' },
    panel: {
      holds:
        'It is dark, answers, and is shown as ready: the protocol has no word for it, and only somebody who looks can tell. Repaired, it shows the newest number.',
    },
    'power-off': {
      holds:
        'It is dark and shown as lost, the others on the line work; with power again it gets the newest number.',
    },
    'power-off-after-bytes': {
      holds: 'Of a number that is cut in the middle nothing is shown; with power again the newest one comes.',
    },
    ...cannot('Its reply repeats the question: it can neither refuse nor say how hot it is.', [
      'busy',
      'too-hot',
    ]),
    ...cannotAtSign,
  },
};

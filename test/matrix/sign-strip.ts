/** The column of a sign on a strip line (docs/protocols/window-sign.md §1). */
import { cannotAtSign } from './sign-cannot.ts';
import type { Column } from './table.ts';

export const column: Column = {
  device: 'sign-strip',
  cells: {
    unplugged: {
      holds:
        'The signs of the line are shown as away and keep what stood on them; when the cable is back the newest text comes, not the history.',
    },
    silent: {
      holds:
        'It shows what it is told, and is shown as lost, since nobody can know that; the others on the line work.',
    },
    noise: { holds: 'What is no frame is dropped; each text is shown.' },
    babble: { holds: 'Replies are found between the garbage; each text is shown.' },
    'lost-frames': {
      holds:
        'A question is asked three times, then the sign is shown as lost; the newest text comes when it hears again, and the others on the line work.',
    },
    'doubled-frames': { holds: 'The second copy of a reply answers nothing; each text is shown once.' },
    'merged-frames': { holds: 'Replies in one piece are told apart; each text is shown once.' },
    'split-frames': { holds: 'A reply in pieces is put together; each text is shown.' },
    'delayed-frames': {
      holds:
        'A reply that comes too late is not taken for that to another question: the sign is shown as lost, though it shows each text.',
    },
    corrupted: {
      holds:
        'A reply with a wrong bit is no reply: the sign is not said to be well, though it shows each text.',
    },
    'wrong-baud': {
      holds:
        'The signs are shown with wrong settings and keep what stood on them; the newest text comes at the right speed.',
    },
    'unplug-after-bytes': {
      holds:
        'Of a text that is cut in the middle nothing is shown; the newest one comes when the cable is back.',
    },
    'wrong-checksum': {
      holds: 'Such a reply is no reply: the sign is not said to be well, though it shows each text.',
    },
    'adapter-echo': {
      holds: 'What the adapter gives back is no reply, and no sign of life; each text is shown.',
    },
    'turn-bytes': { holds: 'A byte before the reply spoils nothing; each text is shown.' },
    busy: {
      holds:
        'It is asked again every half second, technicians see the note busy, and the newest text comes when it has time.',
    },
    panel: {
      holds:
        'It is dark and shown as faulted: sign-panel, with what to do; the newest text comes by itself when it is repaired.',
    },
    'too-hot': { holds: 'It shows each text, dimmed by itself, and technicians see the note too-hot.' },
    'power-off': {
      holds:
        'It is dark and shown as lost, the others on the line work; with power again it gets the newest text.',
    },
    'power-off-after-bytes': {
      holds: 'Of a text that is cut in the middle nothing is shown; with power again the newest one comes.',
    },
    ...cannotAtSign,
  },
};

/** The column of the network cable between a hub and the central server. */
import { cannot, cardFaults, type Column, paperFaults } from './table.ts';

export const column: Column = {
  device: 'cable',
  cells: {
    unplugged: {
      holds:
        'The link is shown as away with what is waiting; when the cable is back every event arrives once, in order.',
    },
    silent: {
      holds:
        'A connection that is accepted and says nothing is given up and shown as away; what it held back comes with what is sent anew, and every event arrives once.',
    },
    'split-frames': { holds: 'Pieces are put together; every event arrives once, in order.' },
    'delayed-frames': { holds: 'Receipts come late and are waited for; every event arrives once, in order.' },
    slow: {
      holds:
        'With a long backlog over a line of 8 kB/s the link is shown as sending, with what is left; batches become as small as the line needs, a large event is waited for longer, and every event arrives once, in order.',
    },
    'unplug-after-bytes': {
      holds:
        'A batch that is cut in the middle counts for nothing, or was stored and is known: every event arrives once.',
    },
    garbage: {
      holds:
        'What answers and is no central server is told nothing but who asks; the link is shown as away, and every event arrives once when the right one is there.',
    },
    ...cannot('TCP checks its bytes and sends again what is lost or wrong, in order and once.', [
      'noise',
      'babble',
      'lost-frames',
      'doubled-frames',
      'corrupted',
      'wrong-checksum',
    ]),
    ...cannot('TCP has no frames: all it sends may come in one piece.', ['merged-frames']),
    ...cannot('A network has no baud rate to choose and no half duplex line.', [
      'wrong-baud',
      'adapter-echo',
      'turn-bytes',
    ]),
    ...cannot('It is no device: without power at a switch it is unplugged.', [
      'power-off',
      'power-off-after-bytes',
      'low-voltage',
      'too-hot',
      'panel',
      'speaker',
      'clock',
      'same-boot',
      'busy',
      'no-identity',
      'stuck-key',
      'bounce',
    ]),
    ...cannot('It reads no codes.', ['lost-suffix', 'lost-report', 'lost-end']),
    ...cannot('It has no paper.', paperFaults),
    ...cannot(
      'It reads no cards.',
      cardFaults.filter((fault) => fault !== 'garbage'),
    ),
  },
};

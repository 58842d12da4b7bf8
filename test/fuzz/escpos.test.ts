/** Millions of hostile bytes through the sorter of a printer's answers. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ReplyStream } from '../../kiosk-agent/device/codec/escpos.ts';
import { FUZZ_BYTES, fuzzCodec } from './hostile.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/escpos.json', import.meta.url), 'utf8')) as {
  replies: { hex: string }[];
  fullReplies: { hex: string }[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

it.each([
  [false, 20_261_123],
  [true, 20_261_124],
])(
  'full status %s: never throws, holds no more than a block, and is back in step (seed %i)',
  (fullStatus, seed) => {
    const stream = new ReplyStream({ fullStatus });
    let taken = 0;
    let said = 0;
    let heard = 0;
    const { bytes } = fuzzCodec({
      seed,
      frames: [...vectors.replies, ...vectors.fullReplies].map(({ hex }) => bytesOf(hex)),
      probe: bytesOf('12 37 22 30 30 34 32 00'),
      push(piece) {
        taken += piece.length;
        for (const reply of stream.push(piece)) {
          said += sizeOf(reply);
          if (reply.type === 'process-id' && reply.id === '0042') heard += 1;
        }
      },
      heard: () => heard - (heard = 0),
      // Every byte comes out again; what has not come yet is held.
      held: () => taken - said,
      mayHold: 82,
    });
    expect(bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
  },
  120_000,
);

function sizeOf(reply: ReturnType<ReplyStream['push']>[number]): number {
  switch (reply.type) {
    case 'realtime':
    case 'single':
    case 'flow':
      return 1;
    case 'automatic':
      return 4;
    case 'full-status':
      return 6;
    case 'noise':
      return reply.bytes.length;
    case 'identity':
      return reply.text.length + 2;
    case 'process-id':
      return 7;
    case 'cleared':
      return 3;
    case 'offline':
      return reply.causes.length + 3;
    case 'block':
      return reply.bytes.length + 2;
  }
}

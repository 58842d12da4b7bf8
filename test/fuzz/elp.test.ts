/** Millions of hostile bytes through the ELP/1 receiver. */
import { expect, it } from 'vitest';
import { ElpReceiver } from '../../kiosk-agent/device/codec/elp.ts';
import vectors from '../vectors/elp.json' with { type: 'json' };
import { FUZZ_BYTES, fuzzCodec } from './hostile.ts';

const SEED = 20_260_301;

it(
  'never throws, keeps no more than a line, and is in step again within one good line',
  { timeout: 600_000 },
  () => {
    const receiver = new ElpReceiver();
    const probe = vectors.device.find(({ line }) => line.startsWith('$KEY'));
    expect(probe).toBeDefined();
    const wanted = Buffer.from(probe!.hex, 'hex');
    const counts: Record<string, number> = {};
    let heard = 0;
    const { bytes, probes } = fuzzCodec({
      seed: SEED,
      frames: [...vectors.device, ...vectors.dropped].map(({ hex }) => Buffer.from(hex, 'hex')),
      probe: wanted,
      push(piece) {
        const { frames, dropped } = receiver.push(piece);
        for (const frame of frames) if (wanted.equals(frame.bytes)) heard += 1;
        for (const { reason } of dropped) counts[reason] = (counts[reason] ?? 0) + 1;
      },
      heard: () => {
        const count = heard;
        heard = 0;
        return count;
      },
      held: () => receiver.held,
      mayHold: 128,
    });
    expect(bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
    expect(probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    expect(Object.keys(counts).sort()).toEqual(['bad-body', 'noise', 'too-long', 'wrong-crc']);
  },
);

/** Millions of bytes that no device should send, through the receivers of described devices. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileFrames } from '../../kiosk-agent/device/codec/frames.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { FUZZ_BYTES, fuzzCodec } from './hostile.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as {
  keys: { model: unknown; hex: string; code: string }[];
};
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('hostile bytes on a line of described devices', () => {
  it.each([
    ['ff68', 6801, 'FF 68 04 04 68 05 01 06 0F 1B 16', 10],
    ['ub485', 4851, '01 05 31 07', 3],
    // A bare byte is a key by the silence around it; the bytes before that are held up to 64.
    ['ascii-5', 5105, '33', 64],
  ])('of model %s leave nothing behind', { timeout: 600_000 }, (id, seed, probe, mayHold) => {
    const row = modelOf(id);
    if (row?.kind !== 'frames' || !row.frames) throw new Error(`${id} has no frames`);
    const compiled = compileFrames(row.frames);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
    const receiver = compiled.codec.receiver({
      pad: new Set(Object.keys(row.padMap)),
      evaluator: new Set(Object.keys(row.keyMap)),
    });
    const wanted = bytesOf(probe);
    let heard = 0;
    const { bytes, probes } = fuzzCodec({
      seed,
      frames: vectors.keys.filter(({ model }) => model === id).map(({ hex }) => bytesOf(hex)),
      probe: wanted,
      push: (piece) => {
        const pauses = id === 'ascii-5' && (piece === wanted || piece.length % 5 === 0);
        const received = pauses
          ? [receiver.silence(), receiver.push(piece), receiver.silence()]
          : [receiver.push(piece)];
        for (const key of received.flatMap(({ keys }) => keys)) if (wanted.equals(key.bytes)) heard += 1;
      },
      heard: () => {
        const count = heard;
        heard = 0;
        return count;
      },
      held: () => receiver.held,
      mayHold,
    });
    expect(bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
    expect(probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
  });
});

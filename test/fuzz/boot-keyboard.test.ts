/** Millions of hostile bytes through the boot-keyboard codec: each piece is one report, also as the eight bytes it should have. */
import { expect, it } from 'vitest';
import { BootKeyboard } from '../../kiosk-agent/device/codec/boot-keyboard.ts';
import { FUZZ_BYTES, fuzzCodec } from './hostile.ts';

const SEED = 20_260_715;
const report = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** keypad 5 down (usage 5D), then all up */
const DOWN = report('00 00 5D 00 00 00 00 00');
const UP = report('00 00 00 00 00 00 00 00');
const FRAMES = [
  DOWN,
  UP,
  report('00 00 58 00 00 00 00 00'),
  report('02 00 1E 1F 20 21 22 23'),
  report('00 00 01 01 01 01 01 01'),
];

it(
  'never throws, names only keys that it knows, and hears the next key that goes down',
  { timeout: 600_000 },
  () => {
    const keyboard = new BootKeyboard();
    const names = new Set<string>();
    let heard = 0;
    const take = (bytes: Uint8Array) => {
      const read = keyboard.report(bytes);
      if (!('keys' in read)) return;
      for (const key of read.keys) names.add(key);
      if (read.keys.includes('5')) heard += 1;
    };
    const { bytes, probes } = fuzzCodec({
      seed: SEED,
      frames: FRAMES,
      probe: DOWN,
      push(piece) {
        take(piece);
        take(Uint8Array.from({ length: 8 }, (_, at) => piece[at] ?? 0));
        // Only a key that goes down is a key: between two probes it has to come up.
        if (piece === DOWN) take(UP);
      },
      heard: () => {
        const count = heard;
        heard = 0;
        return count;
      },
      held: () => 0,
      mayHold: 0,
    });
    expect(bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
    expect(probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    expect([...names].every((name) => /^([0-9]|enter|dot|plus|minus|star|slash|backspace)$/.test(name))).toBe(
      true,
    );
    expect(names.size).toBeGreaterThan(10);
  },
);

/** Bytes that no device should send: noise, and good frames bent in every way a wire can bend them. Same seed, same bytes. */

/** [0…1), mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Pieces of 1 to 600 bytes, `total` bytes in all; `frames` are good frames that are cut, doubled, spliced and flipped. */
export function* hostileBytes(
  seed: number,
  total: number,
  frames: readonly Uint8Array[],
): Generator<Uint8Array> {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const frame = (): Buffer => Buffer.from(frames[below(frames.length)] ?? []);
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  for (let sent = 0; sent < total;) {
    const piece = bend(below(7));
    if (piece.length === 0) continue;
    sent += piece.length;
    yield piece;
  }

  function bend(how: number): Buffer {
    const good = frame();
    switch (how) {
      case 0:
        return noise(1 + below(600));
      case 1:
        return good.subarray(0, below(good.length + 1));
      case 2:
        return good.subarray(below(good.length));
      case 3: {
        for (let flips = 1 + below(3); flips > 0 && good.length > 0; flips--) {
          const at = below(good.length);
          good[at] = (good[at] ?? 0) ^ (1 << below(8));
        }
        return good;
      }
      case 4:
        return Buffer.concat([good, good, frame()]);
      case 5:
        return Buffer.concat([good.subarray(0, below(good.length + 1)), frame()]);
      default:
        return Buffer.concat([good.subarray(0, below(good.length + 1)), noise(below(20)), good]);
    }
  }
}

/** Bytes through each codec in one test; ten million in `npm run test:long`. */
export const FUZZ_BYTES = Number(process.env['HALL_FUZZ_BYTES'] ?? 2_000_000);

/**
 * Feeds a codec hostile bytes and, after each `every` of them, two good frames.
 * Throws when the second of them is not heard (back in step within one good frame) or when the codec holds more than
 * `mayHold` bytes; `push` gives how many good frames were heard, `held` how many bytes the codec keeps.
 */
export function fuzzCodec(options: {
  seed: number;
  frames: readonly Uint8Array[];
  /** a frame whose reception can be told */
  probe: Uint8Array;
  push: (bytes: Uint8Array) => void;
  /** how often the probe's message has been heard since it was last asked */
  heard: () => number;
  held: () => number;
  mayHold: number;
  total?: number;
  every?: number;
}): { bytes: number; probes: number } {
  const { seed, frames, probe, push, heard, held, mayHold, total = FUZZ_BYTES, every = 20_000 } = options;
  let bytes = 0;
  let probes = 0;
  let next = every;
  for (const piece of hostileBytes(seed, total, frames)) {
    push(piece);
    bytes += piece.length;
    if (held() > mayHold) throw new Error(`seed ${seed}: after ${bytes} bytes it holds ${held()} bytes`);
    if (bytes < next) continue;
    next = bytes + every;
    probes += 1;
    push(probe);
    heard();
    push(probe);
    if (heard() < 1) throw new Error(`seed ${seed}: after ${bytes} bytes it was not back in step`);
  }
  return { bytes, probes };
}

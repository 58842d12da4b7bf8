import type { FaultName, Faults } from './faults.ts';

/** The part of a fault list that spoils what a device says. */
export type BadLineOptions = {
  faults: Faults;
  random: () => number;
  write: (bytes: Uint8Array, words: string) => void;
  /** Turns a good frame into one with a wrong checksum; left out when the protocol has none. */
  spoil?: (frame: Uint8Array) => Uint8Array;
};

const defaultGapMs = 7;
const defaultDelayMs = 120;
const mergeWaitMs = 60;

type Piece = { bytes: Uint8Array; words: string };

/**
 * Sends a device's frames over a line that may be noisy, lossy, doubling, merging, splitting, slow or dead, as the faults say.
 * Frames keep their order: after a split frame the next one waits its turn.
 */
export function createBadLine({ faults, random, write, spoil }: BadLineOptions) {
  const timers = new Set<NodeJS.Timeout>();
  let waiting: Piece[] = [];
  let inPieces = false;
  let held: Piece | undefined;

  function later(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  }
  function happens(name: FaultName, address?: number) {
    return faults.concerns(name, address) && random() < (faults.options(name).rate ?? 0.5);
  }
  function randomBytes(most: number, least = 1) {
    const length = least + Math.floor(random() * (most - least + 1));
    return Uint8Array.from({ length }, () => Math.floor(random() * 256));
  }

  function put(pieces: Piece[]) {
    if (!inPieces && pieces.length === 1 && pieces[0]) return write(pieces[0].bytes, pieces[0].words);
    waiting.push(...pieces);
    if (inPieces) return;
    inPieces = true;
    later(0, next);
  }
  function next() {
    const piece = waiting.shift();
    if (piece) write(piece.bytes, piece.words);
    if (waiting.length > 0) return later(faults.options('split-frames').ms ?? defaultGapMs, next);
    inPieces = false;
  }
  function split({ bytes, words }: Piece) {
    const pieces: Piece[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(random() * Math.max(1, bytes.length / 3));
      pieces.push({ bytes: bytes.slice(at, at + length), words: at === 0 ? words : '' });
      at += length;
    }
    return pieces;
  }
  function join(piece: Piece, address?: number) {
    if (!faults.concerns('merged-frames', address)) return putSplit(piece, address);
    if (held) {
      const both = {
        bytes: Buffer.concat([held.bytes, piece.bytes]),
        words: `${held.words} + ${piece.words}`,
      };
      held = undefined;
      return putSplit(both, address);
    }
    const alone = piece;
    held = alone;
    // Nothing may follow: a frame that waits for company goes alone.
    later(mergeWaitMs, () => {
      if (held !== alone) return;
      held = undefined;
      putSplit(alone, address);
    });
  }
  function putSplit(piece: Piece, address?: number) {
    put(faults.concerns('split-frames', address) ? split(piece) : [piece]);
  }
  function bent(frame: Uint8Array, address?: number) {
    if (spoil && happens('wrong-checksum', address)) return spoil(frame);
    if (frame.length === 0 || !happens('corrupted', address)) return frame;
    const wrong = Uint8Array.from(frame);
    const at = Math.floor(random() * wrong.length);
    wrong[at] = (wrong[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return wrong;
  }

  return {
    /** `address`: who of a line says it. */
    send(frame: Uint8Array, words = '', address?: number) {
      if (faults.concerns('silent', address) || happens('lost-frames', address)) return;
      const piece = { bytes: bent(frame, address), words };
      const copies = happens('doubled-frames', address)
        ? [piece, { ...piece, words: `${words} again` }]
        : [piece];
      const go = () => {
        for (const copy of copies) {
          if (faults.concerns('noise', address)) put([{ bytes: randomBytes(12, 3), words: 'noise' }]);
          join(copy, address);
        }
      };
      const { ms = defaultDelayMs } = faults.options('delayed-frames');
      if (faults.concerns('delayed-frames', address) && ms > 0) later(ms, go);
      else go();
    },
    /** True when a frame of the host gets lost on its way to a device. */
    losesIncoming: (address?: number) => happens('lost-frames', address),
    /** `least` (default 1) to `most` bytes of no meaning. */
    randomBytes,
    /** Forgets what waits to be sent: the plug was pulled. */
    clear() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      waiting = [];
      inPieces = false;
      held = undefined;
    },
  };
}

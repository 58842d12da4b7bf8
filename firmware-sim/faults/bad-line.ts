import type { Faults } from './faults.ts';

/** The part of a fault list that spoils what a device sends. */
export type BadLineOptions = {
  faults: Faults;
  random: () => number;
  write: (bytes: Uint8Array) => void;
  /** Turns a good frame into one with a wrong checksum; left out when the protocol has none. */
  spoil?: (frame: Uint8Array) => Uint8Array;
};

const gapMs = 7;

/**
 * Sends a device's frames over a line that may be noisy, lossy, doubling, splitting or dead, as the faults say.
 * Frames keep their order: after a split frame the next one waits its turn.
 */
export function createBadLine({ faults, random, write, spoil }: BadLineOptions) {
  let waiting: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;

  function put(pieces: Uint8Array[]) {
    if (!timer && pieces.length === 1 && pieces[0]) return write(pieces[0]);
    waiting.push(...pieces);
    timer ??= setTimeout(next, 0);
  }
  function next() {
    timer = undefined;
    const piece = waiting.shift();
    if (piece) write(piece);
    if (waiting.length > 0) timer = setTimeout(next, gapMs);
  }
  function happens(name: 'lost-frames' | 'doubled-frames' | 'wrong-checksum') {
    return faults.isOn(name) && random() < (faults.options(name).rate ?? 0.5);
  }
  function noise() {
    return Uint8Array.from({ length: 1 + Math.floor(random() * 12) }, () => Math.floor(random() * 256));
  }
  function split(frame: Uint8Array) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < frame.length;) {
      const length = 1 + Math.floor(random() * Math.max(1, frame.length / 3));
      pieces.push(frame.slice(at, at + length));
      at += length;
    }
    return pieces;
  }

  return {
    send(frame: Uint8Array) {
      if (faults.isOn('silent') || happens('lost-frames')) return;
      const sent = spoil && happens('wrong-checksum') ? spoil(frame) : frame;
      const copies = happens('doubled-frames') ? [sent, sent] : [sent];
      for (const copy of copies) {
        if (faults.isOn('noise')) put([noise()]);
        put(faults.isOn('split-frames') ? split(copy) : [copy]);
      }
    },
    /** True when a frame of the host gets lost on its way in. */
    losesIncoming() {
      return happens('lost-frames');
    },
    /** Forgets what waits to be sent: the plug was pulled. */
    clear() {
      clearTimeout(timer);
      timer = undefined;
      waiting = [];
    },
  };
}
export type BadLine = ReturnType<typeof createBadLine>;

/** Numbers that a host draws afresh at each start: what a recorded frame is compared with, and what is answered. */
import type { CaptureLine } from './capture.ts';

/** `more`: what was heard is the beginning of the frame. `at`: the first byte that differs. */
export type Comparison =
  { is: 'same'; length: number; learn: () => void } | { is: 'more' } | { is: 'different'; at: number };

/** One protocol's numbers. A recorded line is what one call of the host's driver wrote. */
export type Numbers = {
  /** Compares the beginning of what the host says now with one recorded line; `learn` notes the numbers of now. */
  compare: (recorded: CaptureLine, heard: Uint8Array) => Comparison;
  /** What the device said then, with the numbers of now. */
  answer: (recorded: CaptureLine) => Uint8Array;
  /**
   * Of a capture that begins behind the introduction: the answer to a host that asks who is there, and how many bytes its
   * question has. Undefined: it has asked nothing of the kind.
   */
  greeting?: (heard: Uint8Array) => { length: number; answer: Uint8Array } | undefined;
};
/** Who answers where the capture does not say who it was. */
export const madeUpSerial = 'REPLAY';

const nothing = () => {};

/** Byte by byte. */
export function compareBytes(
  recorded: Uint8Array,
  heard: Uint8Array,
  learn: () => void = nothing,
): Comparison {
  const length = Math.min(recorded.length, heard.length);
  for (let at = 0; at < length; at++) if (recorded[at] !== heard[at]) return { is: 'different', at };
  return heard.length < recorded.length ? { is: 'more' } : { is: 'same', length, learn };
}

/**
 * Protocols whose hosts draw nothing: FF68 and UB485 (a key and its echo), one ASCII character, described frames, keypads
 * (the host says nothing), SDT (every request is a constant), scanners, Xunpeng (address and number only).
 */
export const noNumbers: Numbers = {
  compare: ({ bytes }, heard) => compareBytes(bytes, heard),
  answer: ({ bytes }) => bytes,
};

/** Recorded number → the one that the host uses now. */
export function createNumberMap() {
  const now = new Map<number, number>();
  let last: { recorded: number; heard: number } | undefined;
  return {
    /** A number that was the one before it is a repeat, and only a repeat: then as now. */
    fits: (recorded: number, heard: number) =>
      !last || (recorded === last.recorded) === (heard === last.heard),
    learn(recorded: number, heard: number) {
      now.set(recorded, heard);
      last = { recorded, heard };
    },
    /** The number of now; one that the host has not said again stays as it was. */
    of: (recorded: number) => now.get(recorded) ?? recorded,
  };
}

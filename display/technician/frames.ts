/** Frames of a wire as a technician reads them. Pure. */
import type { WireFrame } from '../api.ts';

export type Direction = 'both' | 'in' | 'out';
export const DIRECTIONS: readonly Direction[] = ['both', 'in', 'out'];
/** So many are shown, the newest. */
const SHOWN = 200;

/** `0250` → `02 50` */
export const pairs = (hex: string): string =>
  hex.replace(/\s/g, '').replace(/([0-9a-f]{2})(?=[0-9a-f])/gi, '$1 ');
/** What a driver made of it; empty when it says nothing. */
export const decodedWords = (decoded: unknown): string =>
  decoded === undefined ? '' : typeof decoded === 'string' ? decoded : JSON.stringify(decoded);

/** Newest first, of one direction, with `wanted` in hex (spaces do not count) or in words. */
export function framesShown(frames: readonly WireFrame[], direction: Direction, wanted: string): WireFrame[] {
  const text = wanted.trim().toLowerCase();
  const hex = text.replace(/\s/g, '');
  return frames
    .filter((frame) => direction === 'both' || frame.direction === direction)
    .filter(
      (frame) =>
        hex === '' ||
        frame.hex.replace(/\s/g, '').toLowerCase().includes(hex) ||
        decodedWords(frame.decoded).toLowerCase().includes(text),
    )
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, SHOWN);
}

/** As lines of text for a report: time, direction, hex, words; oldest first, as they came. */
export function framesAsText(frames: readonly WireFrame[]): string {
  return [...frames]
    .reverse()
    .map(({ at, direction, hex, decoded }) =>
      [at, direction, pairs(hex), decodedWords(decoded)].filter((one) => one !== '').join('\t'),
    )
    .join('\n');
}

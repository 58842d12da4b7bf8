/**
 * Which visits are called back: a draw that anybody can make again with the seed and a pencil (docs/ratings.md).
 * Each session number, in decimal digits, is put behind the seed and a colon; the SHA-256 of those characters, in hex, gives
 * the order; the first ones are drawn.
 */
import { createHash } from 'node:crypto';

/**
 * The first `size` of `sessions` in the order of SHA-256(seed + ':' + session), as lower-case hex; fewer when there are fewer.
 * The order of `sessions`, and one that stands there twice, change nothing. `seed`: ASCII.
 */
export function draw(seed: string, sessions: readonly number[], size: number): number[] {
  return [...new Set(sessions)]
    .map((session) => ({ session, key: sha256(`${seed}:${session}`) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, size)
    .map(({ session }) => session);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

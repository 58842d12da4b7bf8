/** The draw of a call-back sample, made again from the words of docs/ratings.md and by the command that stands there. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw } from '../../kiosk-agent/hall/follow-up/sample.ts';

/** As the page says: for each session the text `seed:session`, its SHA-256 in hex; sort the hex; the first n. */
function byThePage(seed: string, sessions: number[], n: number): number[] {
  const lines: string[] = [];
  for (const session of sessions) {
    const hash = createHash('sha256');
    hash.update(seed);
    hash.update(':');
    hash.update(session.toString(10));
    lines.push(`${hash.digest('hex')} ${session}`);
  }
  lines.sort();
  return lines.slice(0, n).map((line) => Number(line.split(' ')[1]));
}

describe('a sample', () => {
  it('is the one that the page describes', () => {
    const sessions = fc.uniqueArray(fc.integer({ min: 1, max: 4_294_967_295 }), { maxLength: 60 });
    const seed = fc.stringMatching(/^[0-9A-Za-z.-]{1,64}$/);
    fc.assert(
      fc.property(seed, sessions, fc.integer({ min: 0, max: 70 }), (text, all, n) => {
        expect(draw(text, all, n)).toEqual(byThePage(text, all, n));
      }),
      { seed: 20261123 },
    );
  });

  it('does not depend on the order of the visits, takes each once, and no more than there are', () => {
    const all = [5, 3, 99, 12];
    const drawn = draw('2026-week-48', all, 9);
    expect([...drawn].sort((a, b) => a - b)).toEqual([3, 5, 12, 99]);
    expect(draw('2026-week-48', [99, 12, 5, 3, 5, 5], 9)).toEqual(drawn);
    expect(draw('2026-week-48', all, 2)).toEqual(drawn.slice(0, 2));
    expect(draw('s', [], 5)).toEqual([]);
  });

  it('chooses every visit about as often as any other', () => {
    const sessions = Array.from({ length: 20 }, (_, at) => at + 1);
    const times = new Map<number, number>(sessions.map((each) => [each, 0]));
    for (let round = 0; round < 2000; round++)
      for (const each of draw(`round-${round}`, sessions, 5)) times.set(each, (times.get(each) ?? 0) + 1);
    // 2000 × 5 / 20 = 500 each; seven standard deviations are 136.
    for (const count of times.values()) expect(Math.abs(count - 500)).toBeLessThan(136);
  });

  // The command is for a shell; on Windows somebody makes the draw elsewhere.
  it.skipIf(process.platform === 'win32')('comes out the same by the command on the page', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'ratings.md'), 'utf8');
    const command = /```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(command).toContain('sha256sum');
    const script = command.replace(/SEED=.*/, 'SEED=8f2a').replace(/SIZE=.*/, 'SIZE=3');
    const said = execFileSync('sh', ['-c', script], { input: '7\n4294967295\n12\n3000000000\n41\n' });
    expect(said.toString().trim().split('\n').map(Number)).toEqual(
      draw('8f2a', [7, 4_294_967_295, 12, 3_000_000_000, 41], 3),
    );
  });
});

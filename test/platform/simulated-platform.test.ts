/** The simulated platform by itself: strict, and a command (docs/platform.md). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { platformFaults } from '../../firmware-sim/platform/faults.ts';
import { checkSecret, personHash } from '../../firmware-sim/platform/person-hash.ts';
import { startPlatform } from '../../firmware-sim/platform/platform.ts';
import { ROOT, startProgram, temporaryFolder } from '../harness/programs.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

// Computed with openssl from the page.
const HASH_2026 = 'f9fba9779dfccbfd7a4018c0ffe97ef7c67754d6112bca3207daa830511a47e6';
const HASH_2027 = 'dcfeba4b8e09e169ead935941c004ae3de0e866b8e1ac1ae147a4c8bdf1df704';
const person = { scheme: 'hmac-sha256', year: 2026, hash: HASH_2026 };

async function ask(url: string, body: unknown, { token = 'T', path = '/v1/cases/query' } = {}) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as { cases?: unknown[]; code?: string } };
}
async function start() {
  const now = () => new Date('2026-11-23T10:00:00+08:00');
  const sim = await startPlatform({ port: 0, token: 'T', secret: checkSecret, now });
  ends.push(sim.close);
  return sim;
}

describe('the hash of a person', () => {
  it('is the one of the page', () => {
    expect(personHash(checkSecret, 2026, '99000019490101001X')).toBe(HASH_2026);
    expect(personHash(checkSecret, 2026, '990000 19490101 001x')).toBe(HASH_2026);
    expect(personHash(checkSecret, 2027, '99000019490101001X')).toBe(HASH_2027);
    expect(() => personHash(Uint8Array.of(1, 2, 3), 2026, '99000019490101001X')).toThrow(
      'it is 32 raw bytes',
    );
  });

  it('stands on the page as it is here, and so does every fault', () => {
    const page = readFileSync(join(ROOT, 'docs', 'platform.md'), 'utf8');
    for (const hash of [HASH_2026, HASH_2027]) expect(page).toContain(`\`${hash}\``);
    for (const fault of platformFaults) expect(page).toContain(`\`${fault}\``);
  });
});

describe('the simulated platform', () => {
  it('answers a call that is right', async () => {
    const { url } = await start();
    const answer = await ask(url, { person });
    expect(answer.status).toBe(200);
    expect(answer.body.cases).toHaveLength(2);
  });

  it.each([
    ['another token', { person }, { token: 't' }, 401, 'token'],
    ['a query in the address', { person }, { path: '/v1/cases/query?caseNumber=1' }, 400, 'address'],
    ['no person', {}, {}, 400, 'body'],
    ['a field that the page does not have', { person, name: 'x' }, {}, 400, 'body'],
    ['another scheme', { person: { ...person, scheme: 'sha256' } }, {}, 400, 'body'],
    ['a hash in capitals', { person: { ...person, hash: HASH_2026.toUpperCase() } }, {}, 400, 'body'],
    ['a key of two years ago', { person: { ...person, year: 2024 } }, {}, 400, 'year'],
    ['another path', { person }, { path: '/v1/cases' }, 404, 'path'],
    ['a fault that there is not', { name: 'fire', on: true }, { path: '/faults' }, 400, 'fault'],
  ])('refuses %s', async (_what, body, how, status, code) => {
    const { url } = await start();
    expect(await ask(url, body, how)).toMatchObject({ status, body: { code } });
  });

  it('switches faults by HTTP, for a number of calls', async () => {
    const { url } = await start();
    expect(await ask(url, { name: 'error-500', on: true, times: 2 }, { path: '/faults' })).toMatchObject({
      status: 200,
      body: { faults: [{ name: 'error-500', times: 2 }] },
    });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await ask(url, { person })).status);
    expect(statuses).toEqual([500, 500, 200]);
    expect(await (await fetch(`${url}/faults`)).json()).toEqual({ faults: [] });
  });

  it('closes twice, with a call that waits', async () => {
    const sim = await start();
    sim.setFault('silent', true);
    const asked = ask(sim.url, { person }).catch(() => 'broken');
    await expect.poll(() => sim.calls().length).toBe(1);
    await Promise.all([sim.close(), sim.close()]);
    expect(await asked).toBe('broken');
  });
});

describe('npx hall-sim platform', () => {
  it(
    'serves with a secret of its own and a fast clock, says each call, and ends',
    { timeout: 30_000 },
    async () => {
      const folder = temporaryFolder('platform');
      ends.push(() => folder[Symbol.dispose]());
      const secret = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
      writeFileSync(join(folder.path, 'key'), secret);
      const program = await startProgram(
        'firmware-sim/cli.ts',
        [
          'platform',
          '--port',
          '0',
          '--token',
          'T',
          '--secret-file',
          join(folder.path, 'key'),
          '--speed',
          '100000',
          '--fault',
          'garbage',
        ],
        /^platform ready (\S+)/m,
      );
      ends.push(() => program.kill());
      const year = new Date().getFullYear();
      const mine = { ...person, year, hash: personHash(secret, year, '99000019490101001X') };
      await expect(ask(program.url, { person: mine })).rejects.toThrow(SyntaxError);
      await ask(program.url, { name: 'garbage', on: false }, { path: '/faults' });
      // 27 hours a second: the case is done within a few.
      await expect
        .poll(async () => (await ask(program.url, { person: mine })).body.cases?.[0], {
          timeout: 20_000,
          interval: 100,
        })
        .toMatchObject({ state: 'done' });
      expect(program.said()).toContain('call 1 /v1/cases/query 200');
      expect(await program.end()).toBe(0);
    },
  );

  it('refuses a fault that there is not, and names those there are', () => {
    const args = ['firmware-sim/cli.ts', 'platform', '--port', '0', '--token', 'T', '--fault', 'fire'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('there is no such fault; there are slow, silent');
  });
});

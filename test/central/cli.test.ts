import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BIN, central, runCentral, type CentralProcess } from './process.ts';

describe('hall-central', () => {
  let stateDir: string;
  let running: CentralProcess;

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'central-'));
    running = await runCentral(stateDir);
  });
  afterAll(async () => {
    await running.kill('SIGKILL');
    await rm(stateDir, { recursive: true, force: true });
  });

  test('agent add prints the token and nothing else, beside the running server, also many at once', async () => {
    const added = await Promise.all(
      ['hub-1', 'hub-2', 'hub-3', 'hub-4'].map((id) =>
        central(['agent', 'add', id, '--region', '371000000000', '--state', stateDir]),
      ),
    );
    for (const { code, stdout } of added)
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^[\w-]{43}\n$/)]);
    expect(new Set(added.map(({ stdout }) => stdout)).size).toBe(4);
    const { halls } = (await (await fetch(`${running.url}api/v1/halls`)).json()) as {
      halls: { agentId: string; hall: null }[];
    };
    expect(halls.map((row) => row.agentId)).toEqual(['hub-1', 'hub-2', 'hub-3', 'hub-4']);
  });

  test('its secrets are for their owner only, and no token is stored', async () => {
    for (const name of ['tokens.json', 'agents.sqlite']) {
      expect((await stat(join(stateDir, name))).mode & 0o077).toBe(0);
    }
    const { stdout } = await central([
      'agent',
      'add',
      'hub-1',
      '--region',
      '371000000000',
      '--state',
      stateDir,
    ]);
    expect((await readFile(join(stateDir, 'agents.sqlite'))).includes(stdout.trim())).toBe(false);
  });

  test.each([
    [2, ['agent', 'add', 'hub-1', '--state', 'x'], '--region'],
    [2, ['agent', 'add', 'hub-1', '--region', '37', '--state', 'x'], '12-digit'],
    [2, ['run', '--state', 'x', '--port', '70000'], '65535'],
    [2, ['fly'], 'fly'],
    [
      3,
      [
        'agent',
        'add',
        'Hub 1',
        '--region',
        '371000000000',
        '--state',
        join(tmpdir(), 'unused-central-state'),
      ],
      'Hub 1',
    ],
  ])('wrong use ends with %i and says what: %j', async (code, args, word) => {
    const ended = await central(args);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(word);
  });

  test('a DATABASE_URL that cannot be one is a configuration fault', async () => {
    const ended = await central(['run', '--state', stateDir], { DATABASE_URL: 'mysql://x' });
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('DATABASE_URL');
  });

  test('a second server on the same state folder is refused', async () => {
    const ended = await central(['run', '--state', stateDir, '--port', '0']);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain(stateDir);
  });

  test('a port that is taken is named', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const port = String((holder.address() as AddressInfo).port);
    const other = await mkdtemp(join(tmpdir(), 'central-'));
    const ended = await central(['run', '--state', other, '--port', port]);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain(port);
    holder.close();
    await rm(other, { recursive: true, force: true });
  });

  test('killed while it makes its database, it sets the half aside and starts', async () => {
    const other = await mkdtemp(join(tmpdir(), 'central-'));
    const child = spawn(process.execPath, [BIN, 'run', '--port', '0', '--state', other], { stdio: 'ignore' });
    await vi.waitUntil(() => existsSync(join(other, 'pg', 'PG_VERSION')), { timeout: 20_000, interval: 1 });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(existsSync(join(other, 'pg.making'))).toBe(true);
    const second = await runCentral(other);
    expect((await fetch(`${second.url}api/v1/health`)).status).toBe(200);
    await second.kill('SIGTERM');
    expect(
      (await readdir(other)).filter((name) => name.startsWith('pg')).map((name) => name.replace(/\d+$/, '')),
    ).toEqual(['pg', 'pg.half-made-']);
    await rm(other, { recursive: true, force: true });
    // Two databases are made: seconds each, many of them on a machine that does four things at once.
  }, 90_000);

  test('SIGTERM and a parent that goes away end it cleanly, and it starts again', async () => {
    const ended = once(running.child, 'exit');
    running.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    running = await runCentral(stateDir);
    const left = once(running.child, 'exit');
    running.child.disconnect();
    expect(await left).toEqual([0, null]);
    running = await runCentral(stateDir);
    expect((await fetch(`${running.url}api/v1/health`)).status).toBe(200);
  });
});

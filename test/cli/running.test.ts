/** How a command finds the agent that runs on a state folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findRunning, writeRunning } from '../../kiosk-agent/cli/running.ts';
import { startHall } from '../harness/hall.ts';
import { api, temporaryFolder } from '../harness/programs.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});
function folder(): string {
  const made = temporaryFolder('running');
  undo.push(() => made[Symbol.dispose]());
  return made.path;
}
const TOKEN = 'a-token-that-is-long-enough';
/** An address on which nobody listens. */
async function deafUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/`;
}
/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('an agent that runs', () => {
  it('is found with its health, its address and a token that lets a technician in', async () => {
    const state = folder();
    const hall = await startHall(state);
    undo.push(() => hall.close());
    undo.push(writeRunning(state, hall));
    const found = await findRunning(state);
    expect(found).toMatchObject({
      running: true,
      url: hall.url,
      pid: process.pid,
      health: { status: 'ok', agentId: 'hub-1', journal: { writable: true } },
    });
    const token = found.running ? found.token : '';
    expect((await api(hall.url, token)('GET', 'devices')).status).toBe(200);
    expect((await api(hall.url, `${token}x`)('GET', 'devices')).status).toBe(401);
  });

  it('lets nobody but its own user read the file', () => {
    const state = folder();
    writeRunning(state, { url: 'http://127.0.0.1:1/', token: TOKEN });
    expect(statSync(join(state, 'running.json')).mode & 0o777).toBe(0o600);
  });

  it('takes its file away at the end, but never the file of the next one', async () => {
    const state = folder();
    const endFirst = writeRunning(state, { url: await deafUrl(), token: TOKEN });
    const endSecond = writeRunning(state, { url: await deafUrl(), token: `${TOKEN}-2` });
    endFirst();
    expect(readFileSync(join(state, 'running.json'), 'utf8')).toContain(`${TOKEN}-2`);
    endSecond();
    endSecond();
    expect(existsSync(join(state, 'running.json'))).toBe(false);
    expect(await findRunning(state)).toMatchObject({ running: false, kind: 'none' });
  });
});

describe('an agent that does not run', () => {
  it('is not there when nothing was ever started', async () => {
    const state = folder();
    expect(await findRunning(join(state, 'never'))).toEqual({
      running: false,
      kind: 'none',
      why: `no agent runs on ${join(state, 'never')}`,
    });
  });

  it('has left a stale file when it was killed', async () => {
    const state = folder();
    const pid = await deadPid();
    writeFileSync(join(state, 'running.json'), JSON.stringify({ url: await deafUrl(), pid, token: TOKEN }));
    const found = await findRunning(state);
    expect(found).toMatchObject({ running: false, kind: 'stale' });
    expect(found.running ? '' : found.why).toContain(`process ${pid}, which ended without a word`);
  });

  it('is silent when its process is there and does not answer', async () => {
    const state = folder();
    const url = await deafUrl();
    writeRunning(state, { url, token: TOKEN });
    expect(await findRunning(state)).toMatchObject({ running: false, kind: 'silent' });
  });

  it('is silent when it takes the connection and says nothing', async () => {
    const state = folder();
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    undo.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    await once(server, 'listening');
    writeRunning(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: TOKEN });
    expect(await findRunning(state, 300)).toMatchObject({ running: false, kind: 'silent' });
  });

  it('is not mistaken for another program that took its port, and that program never sees the token', async () => {
    const state = folder();
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(JSON.stringify(request.headers));
      response.end('{"status":"fine"}');
    }).listen(0, '127.0.0.1');
    undo.push(() => server.close());
    await once(server, 'listening');
    writeRunning(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: TOKEN });
    expect(await findRunning(state)).toMatchObject({ running: false, kind: 'stale' });
    expect(heard).toHaveLength(1);
    expect(heard.join()).not.toContain(TOKEN);
  });

  it('is not believed when its file is damaged', async () => {
    const state = folder();
    for (const damaged of [
      '',
      '{"url":"http://127.0',
      '{"url":"file:///etc/passwd","pid":1,"token":"aaaaaaaaaaaaaaaaaaaa"}',
    ]) {
      writeFileSync(join(state, 'running.json'), damaged);
      expect(await findRunning(state)).toMatchObject({ running: false, kind: 'stale' });
    }
  });
});

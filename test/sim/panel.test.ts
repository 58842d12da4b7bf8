import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPanel } from '../../firmware-sim/web/panel-server.ts';
import { rememberedSerial } from '../../firmware-sim/web/serials.ts';

let panel: Awaited<ReturnType<typeof startPanel>>;
beforeAll(async () => {
  panel = await startPanel({
    port: 0,
    evaluators: [{ id: 'e1', port: 'tcp:0' }],
    printers: [{ id: 'p1', port: 'tcp:0' }],
    cables: [{ id: 'c1', port: 0, to: { host: '127.0.0.1', port: 9 } }],
  });
});
afterAll(async () => {
  await panel.close();
  await panel.close();
});

const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${panel.address}api/devices/${path}`, {
    method: 'POST',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

describe('the panel', () => {
  it('lists its devices', async () => {
    const devices = (await (await fetch(`${panel.address}api/devices`)).json()) as {
      id: string;
      kind: string;
      plugged: boolean;
    }[];
    expect(devices.map(({ id, kind, plugged }) => [id, kind, plugged])).toEqual([
      ['e1', 'evaluator', true],
      ['p1', 'printer', true],
      ['c1', 'cable', true],
    ]);
  });

  it('serves its page, its fonts and the live client from this machine', async () => {
    for (const path of ['', 'panel.js', 'fonts/400.css', 'live/socket.io.esm.min.js']) {
      expect((await fetch(panel.address + path)).status, path).toBe(200);
    }
  });

  it('presses by key or by level, pulls plugs and switches faults', async () => {
    expect(await (await post('e1/press', { level: 5 })).json()).toMatchObject({
      taken: true,
      state: { pressesWaiting: 1 },
    });
    expect(await (await post('c1/unplug')).json()).toMatchObject({ plugged: false });
    expect(await (await post('c1/plug', {})).json()).toMatchObject({ plugged: true });
    expect(await (await post('p1/faults/paper-out', { on: true })).json()).toMatchObject({
      faults: ['paper-out'],
      state: { online: false },
    });
    expect(await (await post('p1/load-paper')).json()).toMatchObject({ faults: [], state: { online: true } });
  });

  it('answers bad requests with a problem document that names the field', async () => {
    const bad = await post('e1/press', { key: 6 });
    expect(bad.status).toBe(400);
    expect(bad.headers.get('content-type')).toContain('application/problem+json');
    expect(await bad.json()).toMatchObject({
      status: 400,
      code: 'bad-body',
      detail: expect.stringContaining('key'),
    });
    expect((await post('e1/faults/on-fire', { on: true })).status).toBe(404);
    expect((await post('nobody/plug')).status).toBe(404);
    expect((await post('p1/press', { key: 1 })).status).toBe(409);
    expect((await post('p1/plug', { extra: 1 })).status).toBe(400);
  });

  it('refuses other hosts, other origins and other kinds of body', async () => {
    const status = await new Promise<number | undefined>((resolve) => {
      request(`${panel.address}api/health`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(421);
    expect((await post('e1/plug', undefined, { origin: 'http://evil.example' })).status).toBe(403);
    const form = await fetch(`${panel.address}api/devices/e1/press`, {
      method: 'POST',
      body: 'key=1',
      headers: { 'content-type': 'text/plain' },
    });
    expect(form.status).toBe(415);
  });

  it('keeps a serial number over a restart', () => {
    const state = mkdtempSync(join(tmpdir(), 'hall-sim-'));
    const first = rememberedSerial(state, () => 0xabc)('e1');
    expect(rememberedSerial(state, () => 0xdef)('e1')).toBe(first);
    expect(first).toBe('SIM000ABC');
    rmSync(state, { recursive: true });
  });
});

describe('the simulator', () => {
  it('imports nothing of the agent, the screens or the centre', () => {
    const room = join(import.meta.dirname, '../../firmware-sim');
    for (const file of readdirSync(room, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|js|mjs)$/.test(file)) continue;
      expect(readFileSync(join(room, file), 'utf8'), file).not.toMatch(
        /from '[^']*(kiosk-agent|display|central)\//,
      );
    }
  });
});

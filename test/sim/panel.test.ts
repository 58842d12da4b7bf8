import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPanel } from '../../firmware-sim/web/panel-server.ts';
import {
  readPrinterOption,
  readReaderOption,
  readScannerOption,
} from '../../firmware-sim/web/kiosk-options.ts';
import {
  readEvaluatorOption,
  readPadsOption,
  readSignOption,
} from '../../firmware-sim/web/window-options.ts';
import { rememberedSerial } from '../../firmware-sim/web/serials.ts';
import { until } from '../harness/programs.ts';
import { hostsOf } from './hosts.ts';

let panel: Awaited<ReturnType<typeof startPanel>>;
beforeAll(async () => {
  panel = await startPanel({
    port: 0,
    evaluators: [readEvaluatorOption('e1=tcp:0')],
    pads: [
      readPadsOption('pads=tcp:0,addresses=4:pad;16:evaluator'),
      readPadsOption('panels=tcp:0,protocol=ub485,addresses=1;2'),
    ],
    signs: [readSignOption('signs=tcp:0,addresses=1;2')],
    printers: [readPrinterOption('p1=tcp:0'), readPrinterOption('p2=tcp:0,kind=presenter,width=58')],
    readers: [readReaderOption('r1=tcp:0')],
    scanners: [readScannerOption('s1=tcp:0,suffix=lf')],
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

type State = Record<string, never> & {
  signs: Record<string, { text: string | null }>;
};
const stateOf = async (id: string) =>
  ((await (await fetch(`${panel.address}api/devices/${id}`)).json()) as { state: State }).state;

const { host, leave } = hostsOf(() => panel);
afterEach(leave);

describe('the panel', () => {
  it('lists its devices', async () => {
    const devices = (await (await fetch(`${panel.address}api/devices`)).json()) as {
      id: string;
      kind: string;
      plugged: boolean;
    }[];
    expect(devices.map(({ id, kind, plugged }) => [id, kind, plugged])).toEqual([
      ['e1', 'evaluator', true],
      ['pads', 'ff68-bus', true],
      ['panels', 'ub485-bus', true],
      ['signs', 'sign-line', true],
      ['p1', 'printer', true],
      ['p2', 'printer', true],
      ['r1', 'reader', true],
      ['s1', 'scanner', true],
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

  it('presses keys of pads by word, by code, and after a digit', async () => {
    const line = await host('pads');
    expect(await (await post('pads/key', { address: 4, key: 'next' })).json()).toMatchObject({
      state: { devices: { 4: { role: 'pad', waiting: [0x0c] }, 16: { role: 'evaluator', waiting: null } } },
    });
    await line.hears('FF6803036804010C1116');
    await post('pads/key', { address: 4, key: 0x0f, digit: 6 });
    await line.hears('FF680404680401060F1A16');
    await post('pads/key', { address: 4, key: 'call-back' });
    await line.hears('FF680404680401030F1716');
    await post('pads/key', { address: 16, key: '4' });
    await line.hears('FF680303681011032416');
    const panels = await host('panels');
    await post('panels/key', { address: 2, key: 'start' });
    await panels.hears('01023207');
  });

  it('lays cards on the reader, holds codes before the scanner, and shows signs', async () => {
    const reader = await host('r1');
    expect(await (await post('r1/card', { person: 'citizen-common' })).json()).toMatchObject({
      state: { card: { type: 'citizen', person: 'citizen-common', step: 'laid' } },
    });
    // sense
    reader.send('AAAAAA96690003200122');
    await reader.hears('AAAAAA9669000800009F');
    expect(await (await post('r1/lift')).json()).toMatchObject({ state: { card: null } });
    const scanner = await host('s1');
    await post('s1/scan', { text: 'A001' });
    await scanner.hears('413030310A');
    const signs = await host('signs');
    signs.send('7E011001080001000100413030314479');
    await signs.hears('7E0110');
    await until('the text', async () => (await stateOf('signs')).signs[1]?.text === 'A001');
    expect((await stateOf('signs')).signs[2]?.text).toBe(null);
    expect(await (await post('signs/faults/power-off', { on: true, address: 1 })).json()).toMatchObject({
      faults: ['power-off'],
      state: { signs: { 1: { power: 'off' }, 2: { power: 'on' } } },
    });
    await post('signs/faults/power-off', { on: false });
  });

  it('refuses keys, cards and codes that are not there, and names what is wrong', async () => {
    const problem = async (path: string, body?: unknown) => {
      const response = await post(path, body);
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    expect(await problem('pads/key', { address: 4, key: 'jump' })).toEqual([
      400,
      expect.stringContaining('"jump" is no key of this pad; its keys: evaluate, next'),
    ]);
    expect(await problem('pads/key', { address: 9, key: 'next' })).toEqual([
      404,
      'pads has nothing at address 9',
    ]);
    expect(await problem('pads/key', { key: 'next' })).toEqual([400, expect.stringContaining('address: ')]);
    expect(await problem('panels/key', { address: 1, key: 'call', digit: 1 })).toEqual([
      400,
      'digit: this panel has no digits',
    ]);
    expect(await problem('r1/card', { person: 'somebody' })).toEqual([
      400,
      expect.stringContaining('person: '),
    ]);
    expect(await problem('s1/scan', { text: '' })).toEqual([400, expect.stringContaining('text: ')]);
    expect(await problem('s1/card', { person: 'citizen-common' })).toEqual([409, 's1 is a scanner']);
    expect(await problem('signs/faults/paper-out', { on: true })).toEqual([
      404,
      expect.stringContaining('signs has no fault "paper-out"'),
    ]);
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

/** The technician's calls on a real agent: what is plugged in, binding by choosing and by pressing, keys, captures, tests. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEvaluator, type EvaluatorHandle } from '../../firmware-sim/index.ts';
import type { DeviceView, FoundView } from '../../kiosk-agent/contract/live.ts';
import type { Found, FoundSources } from '../../kiosk-agent/device/found.ts';
import { api, temporaryFolder, until } from '../harness/programs.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';

const folder = temporaryFolder('technician');
/** Two adapters that say the same of themselves, at two sockets. */
let plugged: Found[] = [];
const sources: FoundSources = {
  serial: async () => ({ ok: true, found: plugged }),
  hid: async () => ({ ok: false, why: 'HID devices cannot be listed: libusb is not there' }),
  file: async () => ({ ok: true, found: [] }),
};
const ch340 = (path: string, location: string): Found => ({
  key: `serial:${path}`,
  kind: 'serial',
  path,
  vendorId: '1a86',
  productId: '7523',
  location,
});

let first: EvaluatorHandle;
let second: EvaluatorHandle;
let hall: Hall;
let technician: ReturnType<typeof api>;
const lines = `
devices:
  - {id: evaluator-1, model: elp1, port: bound, window: 1}
  - {id: evaluator-2, model: elp1, port: bound, window: 2}
  - {id: scanner-1, model: scanner-serial, port: bound}
`;
beforeAll(async () => {
  first = await startEvaluator({ port: `pty:${join(folder.path, 'tty1')}`, serial: 'FIRST' });
  second = await startEvaluator({ port: `pty:${join(folder.path, 'tty2')}`, serial: 'SECOND' });
  plugged = [ch340(join(folder.path, 'tty1'), '1-1.1'), ch340(join(folder.path, 'tty2'), '1-1.2')];
  await start();
});
afterAll(async () => {
  await hall.close();
  await first.close();
  await second.close();
  folder[Symbol.dispose]();
});
async function start(): Promise<void> {
  hall = await startHall(join(folder.path, 'state'), hallYaml(lines), () => new Date(), { sources });
  technician = hall.as('technician');
}
const device = async (id: string) => (await technician('GET', `devices/${id}`)).body as unknown as DeviceView;
const found = async () =>
  (await technician('GET', 'devices/found')).body as unknown as { found: FoundView[]; troubles: string[] };
const is = (id: string, state: string) =>
  until(`${id} to be ${state}`, async () => (await device(id)).state === state);

describe('the device room of a running agent', () => {
  it('is for technicians only, and for the commands on this computer', async () => {
    expect((await hall.as('clerk')('GET', 'devices')).status).toBe(403);
    expect((await hall.as(null)('GET', 'devices/found')).status).toBe(401);
    expect((await api(hall.url, hall.token)('GET', 'devices')).status).toBe(200);
    expect((await api(hall.url, `${hall.token}x`)('GET', 'devices')).status).toBe(401);
  });

  it('says what is plugged in, that an adapter says nothing of what is behind it, and what could not be listed', async () => {
    const { found: all, troubles } = await found();
    expect(all.map(({ describe, usedBy }) => ({ describe, usedBy }))).toEqual([
      { describe: 'CH340 1a86:7523 at 1-1.1', usedBy: null },
      { describe: 'CH340 1a86:7523 at 1-1.2', usedBy: null },
    ]);
    expect(all[0]?.takenFor.find(({ model }) => model === 'elp1')?.why.en).toBe(
      'CH340 is a serial adapter and does not say what is behind it',
    );
    expect(troubles).toEqual(['HID devices cannot be listed: libusb is not there']);
    expect(await device('evaluator-1')).toMatchObject({ state: 'missing', port: 'bound' });
  });

  it('binds a device to what is chosen, and gives nothing to two', async () => {
    const [one] = (await found()).found;
    const bound = await technician('PUT', 'devices/evaluator-1/binding', { key: one?.key });
    expect(bound).toMatchObject({ status: 200, body: { bound: { describe: 'CH340 1a86:7523 at 1-1.1' } } });
    await is('evaluator-1', 'ready');
    expect((await device('evaluator-1')).serial).toBe('FIRST');
    expect((await found()).found[0]?.usedBy).toBe('evaluator-1');
    const taken = await technician('PUT', 'devices/evaluator-2/binding', { key: one?.key });
    expect(taken).toMatchObject({ status: 409, body: { code: 'port-taken', device: 'evaluator-1' } });
    expect(await technician('PUT', 'devices/evaluator-2/binding', { key: 'serial:COM9' })).toMatchObject({
      status: 404,
    });
    expect(await technician('PUT', 'devices/nobody/binding', { key: one?.key })).toMatchObject({
      status: 404,
    });
  });

  it('binds another by the key that is pressed on it, and the press is kept as one that rates nobody', async () => {
    const wait = technician('POST', 'devices/evaluator-2/bind-by-key', { seconds: 30 });
    await until('the agent to listen', () => second.state().hostPresent);
    const also = await technician('POST', 'devices/scanner-1/bind-by-key', { seconds: 30 });
    expect(also).toMatchObject({ status: 409, body: { code: 'already-listening' } });
    second.press(2);
    expect(await wait).toMatchObject({ status: 200, body: { bound: { location: '1-1.2' } } });
    await is('evaluator-2', 'ready');
    await until('the press to be on disk', () => second.state().pressesWaiting === 0);
    const events = (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body;
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'hall.rating.ignored',
        data: expect.objectContaining({ why: 'no-session', window: 2 }),
      }),
    );
  });

  it('listens until it is told to stop, and says when nothing is free', async () => {
    const none = await technician('POST', 'devices/scanner-1/bind-by-key', { seconds: 5 });
    expect(none.body).toMatchObject({ bound: null, why: 'no-free-port' });
    expect((await technician('DELETE', 'devices/evaluator-2/binding')).body).not.toHaveProperty('bound');
    await is('evaluator-2', 'missing');
    const wait = technician('POST', 'devices/evaluator-2/bind-by-key', { seconds: 60 });
    await until('the agent to listen', () => second.state().hostPresent);
    expect((await technician('DELETE', 'devices/evaluator-2/bind-by-key')).status).toBe(204);
    expect((await wait).body).toMatchObject({ bound: null, why: 'stopped' });
    await until('the port to be free', () => !second.state().hostPresent);
  });

  it('keeps a binding over a restart, follows the adapter when its name changes, and refuses to guess', async () => {
    await hall.close();
    await start();
    await is('evaluator-1', 'ready');
    // Plugged again in another order: the names have changed places, the sockets have not.
    await first.unplug();
    await second.unplug();
    plugged = [];
    await is('evaluator-1', 'missing').catch(() => is('evaluator-1', 'lost'));
    await first.close();
    await second.close();
    first = await startEvaluator({ port: `pty:${join(folder.path, 'tty2')}`, serial: 'FIRST' });
    second = await startEvaluator({ port: `pty:${join(folder.path, 'tty1')}`, serial: 'SECOND' });
    plugged = [ch340(join(folder.path, 'tty2'), '1-1.1'), ch340(join(folder.path, 'tty1'), '1-1.2')];
    await is('evaluator-1', 'ready');
    expect(await device('evaluator-1')).toMatchObject({
      serial: 'FIRST',
      bound: { path: join(folder.path, 'tty2') },
    });
    // At another socket hangs one just like it: that is proposed, never taken.
    plugged = [ch340(join(folder.path, 'tty1'), '1-1.2')];
    await first.unplug();
    await is('evaluator-1', 'missing');
    expect(second.state().hostPresent).toBe(false);
    plugged = [ch340(join(folder.path, 'tty2'), '1-1.1'), ch340(join(folder.path, 'tty1'), '1-1.2')];
    await first.plug();
    await is('evaluator-1', 'ready');
  });

  it('learns what the keys of a device send, and rates by it from then on', async () => {
    const code = async (key: number) => {
      const wait = technician('POST', 'devices/evaluator-1/learn-keys', { seconds: 20 });
      await new Promise((resolve) => setTimeout(resolve, 200));
      first.press(key);
      return (await wait).body['code'];
    };
    expect([await code(1), await code(5)]).toEqual(['5', '1']);
    const set = await technician('PUT', 'devices/evaluator-1/settings', {
      keyMap: { '1': 5, '2': 4, '3': 3, '4': 2, '5': 1 },
      note: '键序相反',
    });
    expect(set).toMatchObject({ status: 200, body: { note: '键序相反', keyMap: { '1': 5 } } });
    await until('the presses to be on disk', () => first.state().pressesWaiting === 0);
    first.press(5);
    await until('the press', () => first.state().pressesWaiting === 0);
    const events = (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as {
      data: Record<string, unknown>;
    }[];
    expect(events.at(-1)?.data).toMatchObject({ keyRaw: '1', level: 5 });
    expect(
      (await technician('PUT', 'devices/evaluator-1/settings', { keyMap: null })).body,
    ).not.toHaveProperty('keyMap');
    expect(await technician('PUT', 'devices/evaluator-1/settings', { keyMap: { '1': 9 } })).toMatchObject({
      status: 400,
    });
  });

  it('gives the wire of a device as a capture, and does its tests', async () => {
    const answer = await fetch(new URL('api/v1/devices/evaluator-1/capture?seconds=3', hall.url), {
      headers: { authorization: `Bearer ${hall.tokens['technician']}` },
    });
    expect(answer.headers.get('content-type')).toMatch('application/x-ndjson');
    const text = answer.text();
    expect((await technician('POST', 'devices/evaluator-1/test', { what: 'voice' })).body).toEqual({
      ok: true,
    });
    const [head, ...frames] = (await text)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(head).toMatchObject({ capture: 1, device: 'evaluator-1', model: 'elp1', masked: false });
    expect(
      frames.some(({ dir, hex }) => dir === 'out' && Buffer.from(String(hex), 'hex').includes('SAY')),
    ).toBe(true);
    expect(
      frames.some(({ dir, hex }) => dir === 'in' && Buffer.from(String(hex), 'hex').includes('OK')),
    ).toBe(true);
    expect(await technician('POST', 'devices/evaluator-1/test', { what: 'print' })).toMatchObject({
      status: 409,
      body: { code: 'not-suitable' },
    });
  });
});

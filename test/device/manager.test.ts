import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { adviceFor } from '../../kiosk-agent/device/advice.ts';
import { deviceFaults, openDevices, type DeviceRow, type Devices } from '../../kiosk-agent/device/manager.ts';
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { isAt, type Found } from '../../kiosk-agent/device/found.ts';
import { listPorts } from '../../kiosk-agent/device/ports.ts';
import { temporaryFolder } from '../harness/programs.ts';
import { DeviceEnd, unplugAll } from './device-end.ts';
import { until } from './manual-clock.ts';
import { deviceParts } from './parts.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  unplugAll();
});

function open(rows: DeviceRow[]): Devices {
  const devices = openDevices(rows, deviceParts());
  undo.push(() => devices.close());
  return devices;
}

describe('the devices of a configuration', () => {
  it('are opened each on its own: one that is missing or busy stops no other', async () => {
    const there = new DeviceEnd();
    const held = new DeviceEnd();
    open([{ id: 'holder', model: 'elp1', port: `serial:${held.path}` }]);
    await held.hears('WHO');
    const deaf = createServer().listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    deaf.close();
    await once(deaf, 'close');

    const changes: string[] = [];
    const devices = open([
      { id: 'gone', model: 'elp1', port: 'serial:/dev/ttyHall99', window: 1 },
      { id: 'held', model: 'elp1', port: `serial:${held.path}`, window: 2 },
      { id: 'there', model: 'elp1', port: `serial:${there.path}?baud=19200`, window: 3 },
      { id: 'printer', model: 'escpos-80', port: `tcp:127.0.0.1:${port}` },
    ]);
    devices.on('status', (id, from, to) => changes.push(`${id}: ${from.state} → ${to.state}`));
    await there.hears('WHO');
    there.say('HI,1,PJ-5,SN1,1A2B3C4D,2.1');
    const states = () => Object.fromEntries(devices.list().map(({ id, state }) => [id, state]));
    await until(
      () =>
        JSON.stringify(states()) ===
        JSON.stringify({ gone: 'missing', held: 'busy', there: 'ready', printer: 'refused' }),
      'the four states',
    );
    expect(changes.sort()).toEqual([
      'gone: opening → missing',
      'held: opening → busy',
      'printer: opening → refused',
      'there: opening → ready',
    ]);
    expect(devices.list().map(({ advice }) => advice?.en.split(/[.:;]/)[0])).toEqual([
      'There is no such port',
      'Another program holds the port',
      undefined,
      'The port or address is there and takes no connection',
    ]);
    expect(devices.unit('there')?.kind).toBe('evaluator');
    expect(devices.unit('nobody')).toBeUndefined();
    expect(devices.printers().map(({ id }) => id)).toEqual(['printer']);
    expect(devices.evaluators().find(({ window }) => window === 3)?.evaluator.id).toBe('there');
    await devices.close();
    await devices.close();
  });

  it('map keys by the model, or by the device where it differs, and nothing else', () => {
    const devices = open([
      { id: 'a', model: 'elp1', port: 'tcp:127.0.0.1:1', window: 1 },
      { id: 'b', model: 'elp1', port: 'tcp:127.0.0.1:2', window: 2, keyMap: { '0B': 5, '0C': 1 } },
      { id: 'c', model: 'elp1', port: 'tcp:127.0.0.1:3' },
    ]);
    expect(devices.evaluators().map(({ window }) => window)).toEqual([1, 2]);
    const [a, b] = devices.evaluators();
    expect(['5', '4', '3', '2', '1', '0'].map((code) => a?.keyMap[code])).toEqual([5, 4, 3, 2, 1, undefined]);
    expect(['0B', '0C', '5', 'constructor', '__proto__'].map((code) => b?.keyMap[code])).toEqual([
      5,
      1,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('that cannot be are refused, each fault with its row and field', () => {
    const rows: DeviceRow[] = [
      { id: 'a', model: 'elp1', port: 'tcp:10.0.0.1:4001', window: 1 },
      { id: 'b', model: 'elp9', port: 'serial:COM3?baud=9600' },
      { id: 'c', model: 'elp1', port: 'hid:1209:0001', window: 2 },
      { id: 'd', model: 'escpos-80', port: 'tcp:10.0.0.1:4001' },
      { id: 'e', model: 'elp1', port: 'serial:COM3?baud=19200', window: 1 },
    ];
    expect(deviceFaults(rows).map(({ index, path, why }) => `${index} ${path.join('.')}: ${why}`)).toEqual([
      '1 model: there is no model elp9',
      '2 port: elp1 is not reached by hid:',
      '3 port: tcp:10.0.0.1:4001 is the port of a already',
      '4 port: serial:COM3?baud=19200 is the port of b already',
      '4 window: window 1 has a already',
    ]);
    expect(() => open(rows)).toThrow(/devices\[1\]\.model: there is no model elp9/);
  });
});

describe('models', () => {
  it('have each an id of its own, and evaluators all five levels', () => {
    expect(new Set(MODELS.map(({ id }) => id)).size).toBe(MODELS.length);
    for (const model of MODELS) {
      if (model.kind === 'evaluator') expect(Object.values(model.keyMap).sort()).toEqual([1, 2, 3, 4, 5]);
      if (model.kind === 'printer') expect(model.dots).toBe(model.columns * 12);
    }
  });
});

describe('advice', () => {
  const states = [
    'opening',
    'silent',
    'lost',
    'missing',
    'busy',
    'denied',
    'refused',
    'wrong-settings',
  ] as const;
  it.each(states)('for %s is given in both languages', (state) => {
    const advice = adviceFor(state);
    expect(advice?.zh).toMatch(/\p{Script=Han}/u);
    expect(advice?.en).toMatch(/[a-z]/);
  });
  it('names who may hold a busy port and what to do without permission', () => {
    expect(adviceFor('busy')?.en).toMatch(/ModemManager or brltty/);
    expect(adviceFor('denied')?.en).toMatch(/dialout.*udev/);
  });
  it('for a fault is its own, also for one that nobody has foreseen, and none when ready', () => {
    expect(adviceFor('faulted', 'paper-out')?.zh).toMatch(/缺纸/);
    expect(adviceFor('faulted', 'constructor')?.en).toMatch(/reports a fault/);
    expect(adviceFor('ready')).toBeUndefined();
  });
});

describe('the ports of this computer', () => {
  it('are listed, or it is said why they cannot be', async () => {
    const list = await listPorts();
    if (list.ok) expect(Array.isArray(list.ports)).toBe(true);
    else expect(list.why).toMatch(/cannot be listed/);
    expect(await listPorts(() => Promise.reject(new Error('spawn udevadm ENOENT')))).toEqual({
      ok: false,
      why: 'serial ports cannot be listed: spawn udevadm ENOENT (install udev to list ports; opening them by name works without)',
    });
  });

  it('are recognised by the name in the configuration, whether it is a link or written in another case', () => {
    using folder = temporaryFolder('ports');
    const link = join(folder.path, 'by-path-1');
    symlinkSync('/dev/null', link);
    const found = (path: string): Found => ({ key: `serial:${path}`, kind: 'serial', path });
    const is = (path: string, configured: string) =>
      isAt(found(path), { kind: 'serial', path: configured, line: {} });
    expect(is('/dev/ttyHall0', '/dev/ttyHall0')).toBe(true);
    expect(is('/dev/null', link)).toBe(true);
    expect(is('COM3', 'com3')).toBe(true);
    expect(is('/dev/ttyHall7', '/dev/ttyHall0')).toBe(false);
    expect(is('COM3', join(folder.path, 'gone'))).toBe(false);
  });
});

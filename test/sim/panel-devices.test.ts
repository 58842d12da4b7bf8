/** Every kind of device on a panel: where it may be plugged in, keys of each, faults with their options, its wire as a capture. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../firmware-sim/replay/capture.ts';
import {
  readKeypadOption,
  readPrinterOption,
  readReaderOption,
  readScannerOption,
} from '../../firmware-sim/web/kiosk-options.ts';
import { startPanel } from '../../firmware-sim/web/panel-server.ts';
import {
  readEvaluatorOption,
  readPadsOption,
  readSignOption,
} from '../../firmware-sim/web/window-options.ts';
import { until } from '../harness/programs.ts';
import { hostsOf } from './hosts.ts';
import { usbIpClient } from './panel-usb-client.ts';

let panel: Awaited<ReturnType<typeof startPanel>>;
let time = Date.UTC(2026, 4, 4, 8, 30);
beforeAll(async () => {
  panel = await startPanel({
    port: 0,
    usbIp: 0,
    now: () => time,
    serialOf: (id) => `S-${id}`,
    evaluators: [
      readEvaluatorOption('line=tcp:0'),
      readEvaluatorOption('hid=usb,protocol=ehr1,serial=E77'),
      readEvaluatorOption('ascii=tcp:0,protocol=ascii,characters=abcde'),
      readEvaluatorOption('bridge=usb,chip=ch340'),
    ],
    pads: [readPadsOption('pads=usb,addresses=4:pad;16:evaluator')],
    signs: [readSignOption('signs=tcp:0,protocol=xunpeng,addresses=1')],
    printers: [readPrinterOption('paper=usb'), readPrinterOption('basic=tcp:0,kind=basic')],
    readers: [readReaderOption('cards=usb,chip=ftdi')],
    scanners: [readScannerOption('codes=usb,protocol=hid')],
    keypads: [readKeypadOption('keys=usb')],
  });
});
afterAll(() => panel.close());
const { host, leave } = hostsOf(() => panel);
afterEach(leave);

type Described = {
  id: string;
  model: string;
  port: string;
  busId: string | null;
  plugged: boolean;
  faults: string[];
  ownFaults: string[];
  faultsOn: { name: string; since: string; options: object }[];
  state: Record<string, unknown>;
};
const get = async (path: string): Promise<unknown> => (await fetch(`${panel.address}api/${path}`)).json();
const device = async (id: string) => (await get(`devices/${id}`)) as Described;
async function post(path: string, body?: unknown) {
  const response = await fetch(`${panel.address}api/${path}`, {
    method: 'POST',
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: (await response.json()) as Described & { detail: string } };
}

describe('the devices of a panel', () => {
  it('are named as a configuration names them, with their sockets on the bus', async () => {
    const all = (await get('devices')) as Described[];
    expect(all.map(({ id, model, busId }) => [id, model, busId])).toEqual([
      ['line', 'elp1', null],
      ['hid', 'ehr1', '1-1'],
      ['ascii', 'ascii-5', null],
      ['bridge', 'elp1', '1-2'],
      ['pads', 'ff68', '1-3'],
      ['signs', 'xunpeng', null],
      ['paper', 'escpos-80', '1-4'],
      ['basic', 'escpos-80-basic', null],
      ['cards', 'sdt', '1-5'],
      ['codes', 'scanner-hid', '1-6'],
      ['keys', 'keypad', '1-7'],
    ]);
    expect(all.find(({ id }) => id === 'hid')?.port).toBe('hid:1209:0001:E77');
    expect(all.find(({ id }) => id === 'codes')?.port).toBe('hid:1209:0002:S-codes');
    // As bought: a cheap bridge says nothing of which one it is.
    expect(all.find(({ id }) => id === 'bridge')?.port).toBe('usb:1a86:7523');
  });

  it('say on the USB bus who is plugged in and who is attached', async () => {
    type Usb = {
      address: string;
      sockets: { busId: string; device: string; plugged: boolean; attached: boolean }[];
    };
    const socket = async (busId: string) =>
      ((await get('usb')) as Usb).sockets.find((one) => one.busId === busId);
    expect(await socket('1-7')).toMatchObject({
      device: 'keys',
      product: 'HALL-KEYPAD',
      plugged: true,
      attached: false,
    });
    const { address } = (await get('usb')) as Usb;
    expect(address).toBe(panel.usbAddress);
    const client = await usbIpClient(address, '1-7');
    await until('the keypad to be attached', async () => (await socket('1-7'))?.attached === true);
    await post('devices/keys/unplug');
    expect(await socket('1-7')).toMatchObject({ plugged: false, attached: false });
    await client.gone;
    await post('devices/keys/plug');
    expect(await socket('1-7')).toMatchObject({ plugged: true, attached: false });
  });

  it('have keys: five from the left, or what stands on them', async () => {
    const line = await host('ascii');
    expect((await post('devices/ascii/press', { key: 2 })).body.state).toMatchObject({ pressed: 1 });
    await line.hears('62');
    await post('devices/ascii/press', { level: 1 });
    await line.hears('6265');
    expect((await post('devices/hid/press', { level: 5 })).body).toMatchObject({
      taken: true,
      state: { pressesWaiting: 1 },
    });
    expect((await post('devices/keys/press', { key: 'enter' })).body.state).toMatchObject({ pressed: 1 });
    expect((await post('devices/codes/scan', { text: 'A001' })).body.state).toMatchObject({ codesRead: 1 });
  });

  it('refuse keys that they do not have', async () => {
    expect(await post('devices/keys/press', { key: 'escape' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('keys: there is no key "escape"; its keys: 0 1 2 3') },
    });
    expect(await post('devices/keys/press', { key: 5 })).toMatchObject({ status: 400 });
    expect(await post('devices/ascii/press', { key: 6 })).toMatchObject({ status: 400 });
    expect(await post('devices/signs/press', { key: 1 })).toMatchObject({ status: 409 });
  });

  it('tell since when a fault is on, and how', async () => {
    await post('devices/line/faults/lost-frames', { on: true, rate: 0.25 });
    time += 5000;
    await post('devices/line/faults/stuck-key', { on: true, key: 3, forMs: 60_000 });
    expect((await device('line')).faultsOn).toEqual([
      { name: 'lost-frames', since: '2026-05-04T08:30:00.000Z', options: { rate: 0.25 } },
      { name: 'stuck-key', since: '2026-05-04T08:30:05.000Z', options: { key: 3, forMs: 60_000 } },
    ]);
    // What comes by itself is told too.
    await post('devices/paper/open-cover');
    expect((await device('paper')).faultsOn).toMatchObject([{ name: 'cover-open', options: {} }]);
  });

  it('are mended one by one or all at once, and keep what they are made with', async () => {
    await post('devices/line/unplug');
    expect((await post('devices/line/faults-off')).body).toMatchObject({ faults: [], plugged: true });
    expect((await device('paper')).faults).toEqual(['cover-open']);
    expect((await device('basic')).ownFaults).toEqual(['no-process-id']);
    await post('devices/basic/faults/silent', { on: true });
    expect(await post('faults-off')).toMatchObject({ status: 200 });
    expect((await device('paper')).faults).toEqual([]);
    expect((await device('basic')).faults).toEqual(['no-process-id']);
  });

  it('refuse faults and options that cannot be', async () => {
    expect(await post('devices/keys/faults/corrupted', { on: true })).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('keys has no fault "corrupted"; it has: unplugged') },
    });
    expect(await post('devices/line/faults/lost-frames', { on: true, rate: 2 })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('rate') },
    });
    expect(await post('devices/line/faults/stuck-key', { on: true, key: 9 })).toMatchObject({ status: 400 });
    expect((await device('line')).faults).toEqual([]);
    expect(await post('devices/line/faults/noise', { on: true, loud: true })).toMatchObject({ status: 400 });
  });

  it('give their wire as a capture that can be played back, seen from the host', async () => {
    const line = await host('ascii');
    await post('devices/ascii/press', { key: 1 });
    await line.hears('61');
    line.send('3F');
    await until('the byte to be heard', async () =>
      ((await get('devices/ascii/wire')) as { hex: string }[]).some(({ hex }) => hex === '3f'),
    );
    const response = await fetch(`${panel.address}api/devices/ascii/capture`);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="?ascii\.ndjson"?$/);
    const folder = mkdtempSync(join(tmpdir(), 'hall-sim-'));
    const file = join(folder, 'ascii.ndjson');
    writeFileSync(file, await response.text());
    const { head, lines } = await readCapture(file);
    expect(head).toMatchObject({ device: 'ascii', model: 'ascii-5', kind: 'frames', masked: false });
    expect(head.port).toBe((await device('ascii')).port);
    expect(lines.slice(-2).map(({ dir, bytes }) => [dir, Buffer.from(bytes).toString('hex')])).toEqual([
      ['in', '61'],
      ['out', '3f'],
    ]);
    rmSync(folder, { recursive: true });
  });

  it('print papers that can be read one by one', async () => {
    const line = await host('basic');
    // ESC @, a line, and GS V 66: a cut behind it
    line.send('1B40413030310A1D564200');
    await until('the paper', async () => ((await get('devices/basic/papers')) as unknown[]).length === 1);
    expect(await get('devices/basic/papers/1')).toMatchObject({ n: 1, text: 'A001', qr: [], barcodes: [] });
    expect((await fetch(`${panel.address}api/devices/basic/papers/9`)).status).toBe(404);
  });
});

describe('an option of a device', () => {
  it('is refused with a sentence where it cannot be', () => {
    expect(() => readEvaluatorOption('e1=tcp:0,protocol=ehr1')).toThrow(
      'e1: it is a HID device: its place is usb or uhid, not "tcp:0"',
    );
    expect(() => readEvaluatorOption('e1=uhid')).toThrow('e1: it is no HID device');
    expect(() => readEvaluatorOption('e1=usb,chip=z80')).toThrow(
      'e1: chip z80: it is cdc-acm or ch340 or cp210x or pl2303 or ftdi',
    );
    expect(() => readEvaluatorOption('e1=tcp:0,chip=ch340')).toThrow(
      'e1: chip is for a serial line at place usb',
    );
    expect(() => readEvaluatorOption('e1=tcp:0,characters=12345')).toThrow(
      'e1: characters are of protocol=ascii',
    );
    expect(() => readEvaluatorOption('e1=tcp:0,protocol=morse')).toThrow(
      'e1: protocol morse: it is elp1 or ehr1 or ascii',
    );
    expect(() => readEvaluatorOption('e1=carrier-pigeon')).toThrow('port "carrier-pigeon"');
    expect(() => readKeypadOption('k1=pty:/tmp/k1')).toThrow('k1: it is a HID device');
    expect(() => readScannerOption('s1=usb,protocol=hid,suffix=cr')).toThrow(
      's1: suffix is of protocol=serial',
    );
    expect(() => readReaderOption('r1=tcp:0,serial=R1')).toThrow('r1: it has no word for a serial number');
  });

  it('that needs a USB bus names the option that makes one', async () => {
    await expect(startPanel({ port: 0, keypads: [readKeypadOption('k1=usb')] })).rejects.toThrow(
      'k1: its place is usb, and there is no USB bus; start one with --usbip PORT',
    );
  });

  it('may not name a device twice', async () => {
    const once = readEvaluatorOption('e1=tcp:0');
    await expect(startPanel({ port: 0, evaluators: [once, once] })).rejects.toThrow(
      'device id "e1" is given twice',
    );
  });
});

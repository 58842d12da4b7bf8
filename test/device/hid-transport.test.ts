/** Which HID device is opened, and node-hid behind it: refusals, unplugs and silence as values. */
import { EventEmitter } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HidAddress } from '../../kiosk-agent/contract/port.ts';
import { hidTransport } from '../../kiosk-agent/device/transport/hid.ts';
import type { HidBackend, HidInfo, HidList } from '../../kiosk-agent/device/transport/hid-backend.ts';
import { nodeHid, type HidHandle, type NodeHid } from '../../kiosk-agent/device/transport/node-hid.ts';
import { isHid, type HidTransport, type PortTrouble } from '../../kiosk-agent/device/transport/transport.ts';

const EHR = { usagePage: 0xff00, usage: 1 };
const address = (serialNumber?: string): HidAddress => ({
  kind: 'hid',
  vendorId: '1209',
  productId: '0001',
  ...(serialNumber !== undefined && { serialNumber }),
});
const entry = (path: string, more: Partial<HidInfo> = {}): HidInfo => ({
  path,
  vendorId: '1209',
  productId: '0001',
  interface: 0,
  ...EHR,
  ...more,
});

/** An operating system that lists what a test says, and notes what is opened. */
class Listed implements HidBackend {
  readonly opened: string[] = [];
  asked = 0;
  readonly #list: HidList;
  constructor(devices: HidInfo[] | { why: string }) {
    this.#list = Array.isArray(devices) ? { ok: true, devices } : { ok: false, why: devices.why };
  }
  async list(): Promise<HidList> {
    this.asked += 1;
    return this.#list;
  }
  open(path: string): ReturnType<HidBackend['open']> {
    this.opened.push(path);
    return Promise.resolve({ ok: false, trouble: { kind: 'busy', detail: 'opened' } });
  }
}

describe('among the devices that are plugged in', () => {
  const open = async (devices: HidInfo[], serialNumber?: string) => {
    const backend = new Listed(devices);
    const result = await hidTransport(address(serialNumber), EHR, backend)();
    return { opened: backend.opened, trouble: result.ok ? null : result.trouble };
  };

  it('the one with the ids is opened by its path', async () => {
    const { opened, trouble } = await open([
      entry('/dev/hidraw0', { vendorId: '046d' }),
      entry('/dev/hidraw1', { productId: '0002' }),
      entry('/dev/hidraw2'),
    ]);
    expect([opened, trouble?.detail]).toEqual([['/dev/hidraw2'], 'opened']);
  });

  it('the collection that is meant is opened where the system lists each by itself', async () => {
    const { opened } = await open([
      entry('#col01', { usagePage: 0x01, usage: 6 }),
      entry('#col02'),
      entry('#col03', { usage: 2 }),
    ]);
    expect(opened).toEqual(['#col02']);
  });

  it('one that is listed once for each collection with the same path is one', async () => {
    const { opened } = await open([entry('/dev/hidraw2'), entry('/dev/hidraw2')]);
    expect(opened).toEqual(['/dev/hidraw2']);
  });

  it('a list that names no collections is matched by the ids', async () => {
    const { usagePage: _page, usage: _usage, ...bare } = entry('1-2:1.0');
    expect((await open([bare])).opened).toEqual(['1-2:1.0']);
  });

  it('the serial number decides between equal ones', async () => {
    const both = [entry('a', { serialNumber: 'EV1' }), entry('b', { serialNumber: 'EV2' })];
    expect((await open(both, 'EV2')).opened).toEqual(['b']);
    expect((await open(both, 'EV3')).trouble).toMatchObject({ kind: 'missing' });
  });

  it.each([
    ['nothing', []],
    ['another device', [entry('x', { vendorId: '1a86' })]],
    ['the ids with another collection', [entry('x', { usage: 9 })]],
    ['one without serial number', [entry('x')]],
  ])('%s is missing', async (what, devices) => {
    const { opened, trouble } = await open(devices, what === 'one without serial number' ? 'EV1' : undefined);
    expect(opened).toEqual([]);
    expect(trouble?.kind).toBe('missing');
    expect(trouble?.detail).toContain('hid:1209:0001');
  });

  it('several are never guessed between, and are named in the same order each time', async () => {
    const [a, b] = [entry('/dev/hidraw3', { serialNumber: 'EV2' }), entry('/dev/hidraw1')];
    const { opened, trouble } = await open([a, b]);
    expect(opened).toEqual([]);
    expect(trouble).toEqual({
      kind: 'ambiguous',
      detail:
        'hid:1209:0001: 2 devices match (EV2 at /dev/hidraw3, without serial number at /dev/hidraw1); name the serial number or bind the device',
    });
    expect((await open([b, a])).trouble).toEqual(trouble);
    const clones = [entry('a', { serialNumber: 'EV2' }), entry('b', { serialNumber: 'EV2' })];
    expect((await open(clones, 'EV2')).trouble).toMatchObject({ kind: 'ambiguous' });
  });

  it('nothing is opened when they cannot be listed, or nobody waits any more', async () => {
    const broken = new Listed({ why: 'no library' });
    expect(await hidTransport(address(), EHR, broken)()).toEqual({
      ok: false,
      trouble: { kind: 'unknown', detail: 'hid:1209:0001: no library' },
    });
    const unused = new Listed([entry('a')]);
    const opening = hidTransport(address(), EHR, unused);
    expect(await opening(AbortSignal.abort())).toMatchObject({ ok: false, trouble: { kind: 'unknown' } });
    const stop = new AbortController();
    const late = opening(stop.signal);
    stop.abort();
    expect(await late).toMatchObject({ ok: false, trouble: { kind: 'unknown' } });
    expect([unused.asked, unused.opened]).toEqual([1, []]);
  });
});

/** node-hid's handle, as it behaves in its source: a string for an error, no close event, rejections of all kinds. */
class Handle extends EventEmitter implements HidHandle {
  readonly written: string[] = [];
  closed = 0;
  answer: () => Promise<number> = async () => 64;
  feature: () => Promise<Uint8Array> = async () => Buffer.from([0x20, 1]);
  closing: () => Promise<void> = async () => {};
  write(bytes: Buffer): Promise<number> {
    this.written.push(bytes.toString('hex'));
    return this.answer();
  }
  getFeatureReport(): Promise<Uint8Array> {
    return this.feature();
  }
  sendFeatureReport(bytes: Buffer): Promise<number> {
    return this.write(bytes);
  }
  async close(): Promise<void> {
    this.closed += 1;
    await this.closing();
    this.removeAllListeners();
  }
}

type Raw = Awaited<ReturnType<NodeHid['devicesAsync']>>[number];
const RAW: Raw = { vendorId: 0x1209, productId: 1, path: '/dev/hidraw7', interface: -1 };

function moduleOf(
  open: () => Promise<HidHandle>,
  devices: () => Promise<Raw[]> = async () => [RAW],
): NodeHid {
  return { devicesAsync: devices, HIDAsync: { open } };
}
const backendOf = (...parts: Parameters<typeof moduleOf>): HidBackend =>
  nodeHid(async () => moduleOf(...parts));
const never = <T>(): Promise<T> => new Promise<T>(() => {});

async function openedHandle(): Promise<{
  handle: Handle;
  transport: HidTransport;
  closed: (PortTrouble | null)[];
}> {
  const handle = new Handle();
  const result = await backendOf(async () => handle).open('/dev/hidraw7');
  if (!result.ok) throw new Error(result.trouble.detail);
  const closed: (PortTrouble | null)[] = [];
  result.transport.onClosed = (trouble) => closed.push(trouble);
  return { handle, transport: result.transport, closed };
}

describe('listing with node-hid', () => {
  it('gives ids as four hex digits, and leaves out what is empty', async () => {
    const backend = backendOf(never, async () => [
      { ...RAW, serialNumber: 'EV1', manufacturer: 'M', product: 'P', usagePage: 0xff00, usage: 1 },
      { ...RAW, vendorId: 0x46d, path: 'b', serialNumber: '', product: '', usagePage: 0, interface: 2 },
      { ...RAW, path: undefined },
    ]);
    expect(await backend.list()).toEqual({
      ok: true,
      devices: [
        {
          path: '/dev/hidraw7',
          vendorId: '1209',
          productId: '0001',
          interface: -1,
          serialNumber: 'EV1',
          manufacturer: 'M',
          product: 'P',
          usagePage: 0xff00,
          usage: 1,
        },
        { path: 'b', vendorId: '046d', productId: '0001', interface: 2 },
      ],
    });
  });

  it('that cannot load the library says what to do, and tries again the next time', async () => {
    let tries = 0;
    const fault = Object.assign(
      new Error('libusb-1.0.so.0: cannot open shared object file: No such file or directory'),
      {
        code: 'ERR_DLOPEN_FAILED',
      },
    );
    const backend = nodeHid(async () => {
      tries += 1;
      if (tries > 2) return moduleOf(never);
      throw fault;
    });
    const list = await backend.list();
    expect(list.ok ? '' : list.why).toContain('apt install libusb-1.0-0');
    const result = await backend.open('/dev/hidraw7');
    expect(result.ok ? '' : result.trouble.detail).toContain('apt install libusb-1.0-0');
    expect(await backend.list()).toMatchObject({ ok: true });
  });

  it.each([
    [new Error('libudev.so.1: cannot open shared object file'), 'apt install libudev1'],
    [Object.assign(new Error("Cannot find package 'node-hid'"), { code: 'ERR_MODULE_NOT_FOUND' }), 'npm ci'],
    ['something odd', 'something odd'],
  ])('that fails with %s says what to do', async (fault, todo) => {
    const list = await backendOf(never, () => Promise.reject(fault)).list();
    expect(list.ok ? '' : list.why).toContain(todo);
  });

  it('asks the bus once for several who ask at the same time, and again later', async () => {
    let asked = 0;
    const backend = backendOf(never, async () => {
      asked += 1;
      return [RAW];
    });
    const [a, b] = await Promise.all([backend.list(), backend.list()]);
    expect([asked, a.ok, b.ok]).toEqual([1, true, true]);
    await backend.list();
    expect(asked).toBe(2);
  });

  it('on this computer gives a list or says what to do', async () => {
    const list = await nodeHid().list();
    expect(list.ok ? 'a list' : list.why).toMatch(/^a list$|apt install|npm ci/);
  });
});

describe('opening with node-hid', () => {
  it.each([
    [
      'a path that is not listed any more',
      '/dev/hidraw9',
      'cannot open device with path /dev/hidraw9',
      'missing',
    ],
    ['a file that is not there', '/dev/hidraw7-gone', 'cannot open device', 'missing'],
    ['what the system denies', '\\\\?\\hid#vid_1209', 'Access is denied.', 'denied'],
    ['what another program holds', '\\\\?\\hid#vid_1209', 'used by another process', 'busy'],
    ['an unknown reason', '\\\\?\\hid#vid_1209', 'cannot open device', 'unknown'],
  ])('%s', async (_name, path, message, kind) => {
    const listed = path === '/dev/hidraw9' ? [RAW] : [{ ...RAW, path }];
    const backend = backendOf(
      () => Promise.reject(new Error(message)),
      async () => listed,
    );
    const result = await backend.open(path);
    expect(result.ok ? null : result.trouble.kind).toBe(kind);
    expect(result.ok ? '' : result.trouble.detail).toContain(path);
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'a file without permission',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hall-hid-'));
      const path = join(folder, 'hidraw0');
      writeFileSync(path, '');
      chmodSync(path, 0o400);
      const backend = backendOf(
        () => Promise.reject(new Error('cannot open device')),
        async () => [{ ...RAW, path }],
      );
      const result = await backend.open(path);
      rmSync(folder, { recursive: true });
      expect(result.ok ? null : result.trouble.kind).toBe('denied');
    },
  );

  it('that nobody waits for any more closes what it has opened', async () => {
    const handle = new Handle();
    const stop = new AbortController();
    let give: ((handle: Handle) => void) | undefined;
    const backend = backendOf(() => new Promise((resolve) => (give = resolve)));
    const opening = backend.open('/dev/hidraw7', stop.signal);
    await vi.waitUntil(() => give !== undefined);
    stop.abort();
    give?.(handle);
    expect(await opening).toMatchObject({ ok: false, trouble: { kind: 'unknown' } });
    expect([handle.closed, handle.listenerCount('data')]).toEqual([1, 0]);
    expect(await backend.open('/dev/hidraw7', stop.signal)).toMatchObject({ ok: false });
  });
});

describe('an open HID device', () => {
  it('brings whole reports and takes them with their id', async () => {
    const { handle, transport } = await openedHandle();
    expect(isHid(transport)).toBe(true);
    const reports: string[] = [];
    transport.onData = (bytes) => reports.push(Buffer.from(bytes).toString('hex'));
    handle.emit('data', Buffer.from('0205', 'hex'));
    handle.emit('data', Buffer.from('01', 'hex'));
    expect(reports).toEqual(['0205', '01']);
    expect(await transport.write(Uint8Array.of(0x10, 6))).toEqual({ ok: true });
    expect(await transport.sendFeature(Uint8Array.of(0x20, 7))).toEqual({ ok: true });
    expect(handle.written).toEqual(['1006', '2007']);
    expect(await transport.getFeature(0x20, 2)).toEqual({ ok: true, bytes: Buffer.from([0x20, 1]) });
    await transport.close();
  });

  it('that is unplugged says so once, settles everything that waits, and is closed', async () => {
    const { handle, transport, closed } = await openedHandle();
    handle.answer = never;
    handle.feature = never;
    let freed = () => {};
    handle.closing = () => new Promise((resolve) => (freed = resolve));
    const waiting = [
      transport.write(Uint8Array.of(0x10)),
      transport.getFeature(0x20, 32),
      transport.sendFeature(Uint8Array.of(0x20)),
    ];
    handle.emit('error', 'could not read from HID device: device disconnected');
    const trouble = {
      kind: 'unplugged',
      detail: '/dev/hidraw7: could not read from HID device: device disconnected',
    };
    expect(await Promise.all(waiting)).toEqual(Array(3).fill({ ok: false, trouble }));
    expect(closed).toEqual([trouble]);
    handle.emit('error', new Error('and once more'));
    expect(closed).toHaveLength(1);
    expect(await transport.write(Uint8Array.of(0x10))).toEqual({ ok: false, trouble });
    let isFree = false;
    const closing = transport.close().then(() => (isFree = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFree).toBe(false);
    freed();
    await closing;
    expect(handle.closed).toBe(1);
  });

  it('that refuses a report is still open', async () => {
    const { handle, transport, closed } = await openedHandle();
    handle.answer = () => Promise.reject(new Error('Cannot write to hid device'));
    handle.feature = () => Promise.reject(new Error('could not get feature report from device'));
    expect(await transport.write(Uint8Array.of(0x10))).toMatchObject({
      ok: false,
      trouble: { kind: 'refused' },
    });
    expect(await transport.getFeature(0x20, 32)).toMatchObject({ ok: false, trouble: { kind: 'refused' } });
    handle.answer = () => Promise.reject(new Error('Cannot write to hid device: No such device'));
    expect(await transport.write(Uint8Array.of(0x10))).toMatchObject({ trouble: { kind: 'unplugged' } });
    expect(closed).toEqual([]);
    await transport.close();
    await transport.close();
    expect([closed, handle.closed]).toEqual([[null], 1]);
  });

  it('that takes nothing is not filled without end', async () => {
    const { handle, transport } = await openedHandle();
    handle.answer = never;
    const waiting = Array.from({ length: 16_385 }, () => transport.write(new Uint8Array(64)));
    expect(await waiting.at(-1)).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
    expect(handle.written).toHaveLength(16_384);
    await transport.close();
    expect(await waiting[0]).toMatchObject({ ok: false, trouble: { kind: 'unplugged' } });
  });
});

describe('a system that never answers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is waited for 5 s: listing', async () => {
    const asked = backendOf(never, never).list();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await asked).toEqual({ ok: false, why: 'listing: no answer within 5 s' });
  });

  it('is waited for 5 s: opening, and what opens later is closed', async () => {
    const handle = new Handle();
    let give = (_handle: Handle): void => {};
    const opening = backendOf(() => new Promise((resolve) => (give = resolve))).open('/dev/hidraw7');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await opening).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
    give(handle);
    await vi.advanceTimersByTimeAsync(0);
    expect(handle.closed).toBe(1);
  });

  it('is waited for 5 s: writing, asking and closing', async () => {
    const { handle, transport } = await openedHandle();
    handle.answer = never;
    handle.feature = never;
    handle.closing = never;
    const asked = Promise.all([transport.write(Uint8Array.of(0x10)), transport.getFeature(0x20, 32)]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await asked).toMatchObject([{ trouble: { kind: 'timeout' } }, { trouble: { kind: 'timeout' } }]);
    const closing = transport.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });
});

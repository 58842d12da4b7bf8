import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../kiosk-agent/device/clock.ts';
import { identityOf, isUntold } from '../../../kiosk-agent/device/fingerprint.ts';
import {
  isAt,
  listFound,
  systemSources,
  type Found,
  type FoundSources,
} from '../../../kiosk-agent/device/found.ts';
import type { PortList } from '../../../kiosk-agent/device/ports.ts';
import type { HidList } from '../../../kiosk-agent/device/transport/hid-backend.ts';
import { ManualClock } from '../manual-clock.ts';
import { SysTree } from './sys-tree.ts';

const trees: SysTree[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) tree.remove();
});
function tree(): SysTree {
  const made = new SysTree();
  trees.push(made);
  return made;
}

const NO_HID: HidList = { ok: true, devices: [] };
const hid = (list: HidList = NO_HID) => ({ list: () => Promise.resolve(list) });
const ports =
  (...rows: (PortList & { ok: true })['ports']) =>
  (): Promise<PortList> =>
    Promise.resolve({ ok: true, ports: rows });
/** A system without udevadm. */
const none = (): Promise<PortList> => Promise.resolve({ ok: false, why: 'spawn udevadm ENOENT' });
const find = (sources: FoundSources) => listFound(sources, systemClock);

/** SerialPort.list of a Debian 12 PC on which an adapter was plugged in again a moment ago: udev has not told its ids. */
const DEBIAN_RACE = ports(
  { path: '/dev/ttyUSB0' },
  {
    path: '/dev/ttyUSB10',
    manufacturer: 'FTDI',
    serialNumber: 'A50285BI',
    vendorId: '0403',
    productId: '6001',
  },
);
/** SerialPort.list of a Windows 10 PC, as listPorts passes it on. */
const WINDOWS = ports(
  { path: 'COM10', manufacturer: 'FTDI', serialNumber: 'A50285BI', vendorId: '0403', productId: '6001' },
  {
    path: 'COM3',
    manufacturer: 'wch.cn',
    serialNumber: '5&2E0D4A5B&0&2',
    vendorId: '1A86',
    productId: '7523',
    locationId: 'Port_#0002.Hub_#0001',
  },
  { path: 'COM1', manufacturer: '(Standard port types)' },
);

describe('what is plugged into a Debian PC', () => {
  it('is listed from /sys alone, with ids, interface and socket; names without a chip behind them are left out', async () => {
    const { sys, dev, ...pc } = debian();
    pc.tree.file('usb/lp1');
    pc.tree.usb(
      'usbmisc',
      'lp1',
      'pci0000:00/0000:00:14.0/usb1/1-3',
      { idVendor: '04b8', idProduct: '0202', serial: 'J3KF0421', manufacturer: 'EPSON' },
      0,
      { ieee1284_id: 'MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;' },
    );
    const { found, troubles, silent } = await find(
      systemSources(hid(), { platform: 'linux', sys, dev, ports: none }),
    );
    expect({ troubles, silent }).toEqual({ troubles: [], silent: [] });
    expect(found).toEqual([
      { key: `serial:${dev}/ttyS0`, kind: 'serial', path: `${dev}/ttyS0` },
      {
        key: `serial:${dev}/ttyUSB0`,
        kind: 'serial',
        path: `${dev}/ttyUSB0`,
        vendorId: '1a86',
        productId: '7523',
        interface: 0,
        product: 'USB Serial',
        location: 'pci-0000:00:14.0-usb-0:1.2',
      },
      {
        key: `serial:${dev}/ttyUSB2`,
        kind: 'serial',
        path: `${dev}/ttyUSB2`,
        vendorId: '1a86',
        productId: '7523',
        interface: 0,
        product: 'USB Serial',
        location: 'pci-0000:00:14.0-usb-0:1.4',
      },
      {
        key: `serial:${dev}/ttyUSB10`,
        kind: 'serial',
        path: `${dev}/ttyUSB10`,
        vendorId: '0403',
        productId: '6001',
        interface: 1,
        serialNumber: 'A50285BI',
        location: 'platform-xhci-hcd.0.auto-usb-0:2',
      },
      {
        key: `file:${dev}/usb/lp1`,
        kind: 'file',
        path: `${dev}/usb/lp1`,
        vendorId: '04b8',
        productId: '0202',
        interface: 0,
        serialNumber: 'J3KF0421',
        manufacturer: 'EPSON',
        product: 'TM-T88V',
        location: 'pci-0000:00:14.0-usb-0:3',
      },
    ]);
  });

  it('without /sys is listed by udev, whose ids may come late: until then it is nothing to bind to', async () => {
    const { root } = tree();
    const nowhere = { sys: `${root}/none`, dev: `${root}/none` };
    const { found } = await find(systemSources(hid(), { platform: 'linux', ...nowhere, ports: DEBIAN_RACE }));
    expect(found.map(({ path, vendorId }) => [path, vendorId])).toEqual([
      ['/dev/ttyUSB0', undefined],
      ['/dev/ttyUSB10', '0403'],
    ]);
    expect(found.map(isUntold)).toEqual([true, false]);
    expect(found.map((each) => identityOf(each)?.serialNumber)).toEqual([undefined, 'A50285BI']);
    expect(identityOf(found[0]!)).toBeNull();
    const failing = await find(systemSources(hid(), { platform: 'linux', ...nowhere, ports: none }));
    expect(failing).toEqual({ found: [], troubles: ['spawn udevadm ENOENT'], silent: ['serial'] });
  });

  it('tells the socket of a HID device, and each of its collections by a key of its own', async () => {
    const pc = tree();
    pc.usb('hidraw', 'hidraw3', 'pci0000:00/0000:00:14.0/usb1/1-5', { idVendor: '1209', idProduct: '0001' });
    const device = { path: '/dev/hidraw3', vendorId: '1209', productId: '0001', interface: 0 };
    const list: HidList = {
      ok: true,
      devices: [
        { ...device, usagePage: 0xff00, usage: 1 },
        { ...device, usagePage: 0x0c, usage: 1 },
        { path: '/dev/hidraw4', vendorId: '1209', productId: '0001', interface: -1, serialNumber: 'EV1' },
      ],
    };
    const { found } = await find(
      systemSources(hid(list), { platform: 'linux', ...places(pc), ports: ports() }),
    );
    expect(found).toEqual([
      {
        ...device,
        key: 'hid:/dev/hidraw3#c.1',
        kind: 'hid',
        usagePage: 0x0c,
        usage: 1,
        location: 'pci-0000:00:14.0-usb-0:5',
      },
      {
        ...device,
        key: 'hid:/dev/hidraw3#ff00.1',
        kind: 'hid',
        usagePage: 0xff00,
        usage: 1,
        location: 'pci-0000:00:14.0-usb-0:5',
      },
      {
        key: 'hid:/dev/hidraw4',
        kind: 'hid',
        path: '/dev/hidraw4',
        vendorId: '1209',
        productId: '0001',
        serialNumber: 'EV1',
      },
    ]);
  });
});

describe('what is plugged into a Windows PC', () => {
  it('has no made-up serial numbers: they name the socket', async () => {
    const { found } = await find(systemSources(hid(), { platform: 'win32', ports: WINDOWS }));
    expect(found).toEqual([
      { key: 'serial:COM1', kind: 'serial', path: 'COM1', manufacturer: '(Standard port types)' },
      {
        key: 'serial:COM3',
        kind: 'serial',
        path: 'COM3',
        vendorId: '1a86',
        productId: '7523',
        manufacturer: 'wch.cn',
        location: '5&2E0D4A5B&0&2',
      },
      {
        key: 'serial:COM10',
        kind: 'serial',
        path: 'COM10',
        vendorId: '0403',
        productId: '6001',
        serialNumber: 'A50285BI',
        manufacturer: 'FTDI',
      },
    ]);
  });

  it('says why there are no printers, and takes the socket of a HID device from its path', async () => {
    const path = '\\\\?\\HID#VID_1209&PID_0001#7&2A3B4C5D&0&0000#{4d1e55b2-f16f-11cf-88cb-001111000030}';
    const list: HidList = {
      ok: true,
      devices: [{ path, vendorId: '1209', productId: '0001', interface: -1, usagePage: 0xff00, usage: 1 }],
    };
    const answer = await find(systemSources(hid(list), { platform: 'win32', ports: WINDOWS }));
    expect(answer.found.find(({ kind }) => kind === 'hid')?.location).toBe('7&2a3b4c5d&0&0000');
    expect(answer.silent).toEqual(['file']);
    expect(answer.troubles.join()).toMatch(/USB printers .* serial or network port/);
  });
});

describe('a source that fails', () => {
  const one: Found = { key: 'hid:/dev/hidraw0', kind: 'hid', path: '/dev/hidraw0' };
  const fine = () => Promise.resolve({ ok: true as const, found: [one] });

  it('says so and hides no other', async () => {
    const list = await find({
      serial: () => Promise.resolve({ ok: false, why: 'no udevadm' }),
      hid: fine,
      file: () => Promise.reject(new Error('EIO')),
    });
    expect(list).toEqual({
      found: [one],
      troubles: ['no udevadm', 'USB printers cannot be listed: EIO'],
      silent: ['serial', 'file'],
    });
  });

  it('has failed after five seconds without an answer, and is not asked twice at once', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const stuck = systemSources(
      { list: () => (asked++, new Promise<HidList>(() => {})) },
      { platform: 'win32', ports: WINDOWS },
    );
    for (const _round of [1, 2]) {
      const listing = listFound(stuck, clock);
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(5_000);
      const list = await listing;
      expect(list.troubles[0]).toBe('HID devices were not listed within 5 s');
      expect(list.found.map(({ path }) => path)).toEqual(['COM1', 'COM3', 'COM10']);
    }
    expect(asked).toBe(1);
    expect(clock.pending).toBe(0);
  });
});

describe('a port of the configuration', () => {
  const thing: Found = {
    key: 'k',
    kind: 'hid',
    path: '/dev/hidraw0',
    vendorId: '1209',
    productId: '0001',
    usagePage: 0xff00,
    usage: 1,
  };
  it('means a thing by its name or its ids, and of a HID device the collection that the model reads', () => {
    const address = { kind: 'hid', vendorId: '1209', productId: '0001' } as const;
    expect(isAt(thing, address)).toBe(true);
    expect(isAt(thing, address, { usagePage: 0xff00, usage: 1 })).toBe(true);
    expect(isAt(thing, address, { usagePage: 0x0c, usage: 1 })).toBe(false);
    expect(isAt(thing, { ...address, serialNumber: 'EV1' })).toBe(false);
    expect(isAt({ key: 'k', kind: 'serial', path: 'COM3' }, { kind: 'serial', path: 'com3', line: {} })).toBe(
      true,
    );
    expect(isAt({ key: 'k', kind: 'serial', path: 'COM3' }, { kind: 'bound' })).toBe(false);
  });
});

function places({ sys, dev }: SysTree): { sys: string; dev: string } {
  return { sys, dev };
}

function debian(): { tree: SysTree; sys: string; dev: string } {
  const pc = tree();
  const ch340 = { idVendor: '1a86', idProduct: '7523', product: 'USB Serial' };
  pc.onboard('ttyS0', 4);
  pc.onboard('ttyS1', 0);
  pc.usb('tty', 'ttyUSB0', 'pci0000:00/0000:00:14.0/usb1/1-1/1-1.2', ch340);
  pc.usb('tty', 'ttyUSB2', 'pci0000:00/0000:00:14.0/usb1/1-1/1-1.4', ch340);
  const ftdi = { idVendor: '0403', idProduct: '6001', serial: 'A50285BI' };
  pc.usb('tty', 'ttyUSB10', 'platform/soc/fe980000.usb/xhci-hcd.0.auto/usb2/2-2', ftdi, 1);
  return { tree: pc, ...places(pc) };
}

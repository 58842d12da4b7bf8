/** Everything that is plugged into this computer, in one list: serial ports, HID devices, USB printers. */
import { realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PortAddress } from '../contract/port.ts';
import type { Clock } from './clock.ts';
import { listPorts, type PortList } from './ports.ts';
import { printerSays, serialNames, usbFactsOf, type UsbFacts } from './sysfs.ts';
import type { HidBackend, HidList } from './transport/hid-backend.ts';

export type FoundKind = 'serial' | 'hid' | 'file';

/** One thing that is plugged in. Ids are four lower-case hex digits; what nobody says is left out. */
export type Found = {
  /** stands for it as long as it is plugged in; two in one list never share it */
  key: string;
  kind: FoundKind;
  /** as the operating system opens it: /dev/ttyUSB0, COM3, /dev/hidraw1, /dev/usb/lp0 */
  path: string;
  vendorId?: string;
  productId?: string;
  interface?: number;
  serialNumber?: string;
  manufacturer?: string;
  product?: string;
  /** HID collection */
  usagePage?: number;
  usage?: number;
  /** the physical socket: pci-0000:00:14.0-usb-0:1.2 on Linux, the instance of the device tree on Windows */
  location?: string;
};

/** The list of one source, or the sentence why there is none. */
export type SourceAnswer = { ok: true; found: Found[] } | { ok: false; why: string };
/** Each answers for one kind and never rejects. */
export type FoundSources = Record<FoundKind, () => Promise<SourceAnswer>>;

export type FoundList = {
  /** by kind, then by path */
  found: Found[];
  /** a sentence for each source that failed */
  troubles: string[];
  /** kinds of which this list says nothing: what is missing from it may well be there */
  silent: FoundKind[];
};

const LIMIT_MS = 5_000;
const KINDS: readonly FoundKind[] = ['serial', 'hid', 'file'];

/** Asks every source at once. Never rejects; after 5 s a source that has not answered has failed. */
export async function listFound(sources: FoundSources, clock: Pick<Clock, 'after'>): Promise<FoundList> {
  const list: FoundList = { found: [], troubles: [], silent: [] };
  const answers = await Promise.all(KINDS.map((kind) => answered(kind, sources[kind], clock)));
  const keys = new Set<string>();
  answers.forEach((answer, index) => {
    if (!answer.ok) {
      list.troubles.push(answer.why);
      list.silent.push(KINDS[index]!);
      return;
    }
    for (const found of answer.found.sort(byPath)) {
      if (!keys.has(found.key)) list.found.push(found);
      keys.add(found.key);
    }
  });
  return list;
}

const NAMES: Record<FoundKind, string> = { serial: 'serial ports', hid: 'HID devices', file: 'USB printers' };

function answered(
  kind: FoundKind,
  source: () => Promise<SourceAnswer>,
  clock: Pick<Clock, 'after'>,
): Promise<SourceAnswer> {
  return new Promise((resolve) => {
    const cancel = clock.after(LIMIT_MS, () =>
      resolve({ ok: false, why: `${NAMES[kind]} were not listed within ${LIMIT_MS / 1000} s` }),
    );
    const give = (answer: SourceAnswer) => {
      cancel();
      resolve(answer);
    };
    source().then(give, (error: unknown) =>
      give({ ok: false, why: `${NAMES[kind]} cannot be listed: ${sentence(error)}` }),
    );
  });
}

/**
 * Whether a port of the configuration means this thing; several may answer to a HID address. `collection`: the one that
 * the model reads, where a HID device has several.
 */
export function isAt(
  found: Found,
  address: PortAddress,
  collection: { usagePage?: number; usage?: number } = {},
): boolean {
  const agrees = (told: number | undefined, wanted: number | undefined) =>
    told === undefined || wanted === undefined || told === wanted;
  switch (address.kind) {
    case 'serial':
    case 'file':
      return found.kind === address.kind && namesOf(address.path).includes(found.path.toLowerCase());
    case 'hid':
      return (
        found.kind === 'hid' &&
        found.vendorId === address.vendorId &&
        found.productId === address.productId &&
        (address.serialNumber === undefined || found.serialNumber === address.serialNumber) &&
        agrees(found.usagePage, collection.usagePage) &&
        agrees(found.usage, collection.usage)
      );
    case 'tcp':
    case 'bound':
      return false;
  }
}

/** A name may be a link, as under /dev/serial/by-path; COM3 is no file, and what is unplugged is none either. */
function namesOf(path: string): string[] {
  try {
    return [path.toLowerCase(), realpathSync(path).toLowerCase()];
  } catch {
    return [path.toLowerCase()];
  }
}

/** The sources of this computer. A listing that is still under way is shared by all who ask, so that none pile up. */
export function systemSources(hid: Pick<HidBackend, 'list'>, system: SystemParts = {}): FoundSources {
  const { platform = process.platform, sys = '/sys', dev = '/dev', ports = listPorts } = system;
  return {
    serial: shared(() => serialFound(ports, platform, sys, dev)),
    hid: shared(async () => hidFound(await hid.list(), platform, sys)),
    file: shared(() => printerFound(platform, sys, dev)),
  };
}

export type SystemParts = {
  platform?: NodeJS.Platform;
  /** where Linux keeps /sys and /dev */
  sys?: string;
  dev?: string;
  ports?: () => Promise<PortList>;
};

function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  return () => (underWay ??= ask().finally(() => (underWay = null)));
}

/**
 * Linux tells its ports in /sys, at once and without a program for every look; `udevadm`, which serialport asks, knows a
 * re-plugged port only later, and is not on every system. Elsewhere serialport's list is what there is.
 */
async function serialFound(
  ports: () => Promise<PortList>,
  platform: NodeJS.Platform,
  sys: string,
  dev: string,
): Promise<SourceAnswer> {
  const names = platform === 'linux' ? await serialNames(sys) : null;
  if (names !== null) {
    const found = names.map(async (name) =>
      serialOf({ path: join(dev, name) }, await usbFactsOf('tty', name, sys)),
    );
    return { ok: true, found: await Promise.all(found) };
  }
  const list = await ports();
  return list.ok ? { ok: true, found: list.ports.map((port) => serialOf(port, {})) } : list;
}

type ListedPort = Extract<PortList, { ok: true }>['ports'][number];

function serialOf(port: ListedPort, usb: UsbFacts): Found {
  const vendorId = usb.vendorId ?? port.vendorId?.toLowerCase();
  const productId = usb.productId ?? port.productId?.toLowerCase();
  // Windows makes up an instance name, as 5&2E0D4A5B&0&2, for a device that has no serial number: it names the socket.
  const madeUp = port.serialNumber?.includes('&');
  const serialNumber = usb.serialNumber ?? (madeUp ? undefined : port.serialNumber);
  const manufacturer = usb.manufacturer ?? port.manufacturer;
  const location = usb.location ?? (madeUp ? port.serialNumber : port.locationId);
  return {
    key: `serial:${port.path}`,
    kind: 'serial',
    path: port.path,
    ...(vendorId && { vendorId }),
    ...(productId && { productId }),
    ...(usb.interface !== undefined && { interface: usb.interface }),
    ...(serialNumber && { serialNumber }),
    ...(manufacturer && { manufacturer }),
    ...(usb.product && { product: usb.product }),
    ...(location && { location }),
  };
}

async function hidFound(list: HidList, platform: NodeJS.Platform, sys: string): Promise<SourceAnswer> {
  if (!list.ok) return list;
  const found = await Promise.all(
    list.devices.map(async ({ interface: number, ...info }): Promise<Found> => {
      const { location } =
        platform === 'linux'
          ? await usbFactsOf('hidraw', basename(info.path), sys)
          : windowsSocket(info.path);
      const collection =
        info.usagePage === undefined ? '' : `#${info.usagePage.toString(16)}.${info.usage ?? 0}`;
      return {
        // One hidraw is listed once for each of its collections.
        key: `hid:${info.path}${collection}`,
        kind: 'hid',
        ...info,
        ...(number >= 0 && { interface: number }),
        ...(location && { location }),
      };
    }),
  );
  return { ok: true, found };
}

/** `\\?\hid#vid_1209&pid_0001#7&2a3b4c5d&0&0000#{…}`: the part behind the ids stays with the socket. */
function windowsSocket(path: string): { location?: string } {
  const instance = /^\\\\\?\\hid#[^#]*#([^#]+)#/i.exec(path)?.[1];
  return instance === undefined ? {} : { location: instance.toLowerCase() };
}

async function printerFound(platform: NodeJS.Platform, sys: string, dev: string): Promise<SourceAnswer> {
  if (platform !== 'linux') {
    const why =
      'USB printers cannot be listed on this system: it gives them no file; connect the printer by its serial or network port';
    return { ok: false, why };
  }
  const found = await Promise.all(
    (await printerNames(join(dev, 'usb'))).map(async (name): Promise<Found> => {
      const path = join(dev, 'usb', name);
      const [{ product, ...facts }, said] = await Promise.all([
        usbFactsOf('usbmisc', name, sys),
        printerSays(name, sys),
      ]);
      const calledItself = said['MDL'] ?? product;
      return {
        key: `file:${path}`,
        kind: 'file',
        path,
        ...facts,
        ...(calledItself && { product: calledItself }),
      };
    }),
  );
  for (const name of await printerNames(dev)) {
    const path = join(dev, name);
    found.push({ key: `file:${path}`, kind: 'file', path });
  }
  return { ok: true, found };
}

async function printerNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^lp\d+$/.test(name));
  } catch {
    // No such folder as long as no printer has been plugged in.
    return [];
  }
}

/** COM2 before COM10. */
function byPath(a: Found, b: Found): number {
  return a.path.localeCompare(b.path, 'en', { numeric: true }) || a.key.localeCompare(b.key);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

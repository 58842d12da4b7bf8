/**
 * USB devices as the kernel knows them: what it has read of their descriptors, and which driver it gave them.
 *
 * Never read synchronously: the kernel holds a device's lock while it asks the device, and the device is this program.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

const DEVICES = '/sys/bus/usb/devices';

export type UsbInterface = {
  /** class/subclass/protocol in hex, as 07/01/02 */
  triple: string;
  /** null: no driver wanted it */
  driver: string | null;
  /** as "in 1 interrupt 16" */
  endpoints: string[];
};
export type UsbDevice = {
  /** as 3-1 */
  name: string;
  ids: string;
  triple: string;
  /** maker, product, serial number */
  strings: (string | null)[];
  interfaces: UsbInterface[];
};

/** The device at a port of the virtual controller, counted from 0; null while nothing is there. */
export async function deviceAt(port: number): Promise<UsbDevice | null> {
  const hub = readdirSync('/sys/devices/platform/vhci_hcd.0')
    .flatMap((name) => /^usb(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)[0];
  const name = `${hub}-${port + 1}`;
  return existsSync(join(DEVICES, name, 'descriptors')) ? readDevice(name) : null;
}

async function readDevice(name: string): Promise<UsbDevice> {
  const folder = join(DEVICES, name);
  const text = async (file: string): Promise<string | null> =>
    existsSync(join(folder, file)) ? (await readFile(join(folder, file), 'utf8')).trim() : null;
  const [device, ...rest] = descriptorsIn(await readFile(join(folder, 'descriptors')));
  if (device?.[1] !== DEVICE) throw new Error(`${name} begins with no device descriptor`);
  const interfaces: UsbInterface[] = [];
  for (const one of rest) {
    if (one[1] === INTERFACE)
      interfaces.push({
        triple: triple(one, 5),
        driver: await driverOf(join(folder, `${name}:1.${one[2]}`)),
        endpoints: [],
      });
    if (one[1] === ENDPOINT) interfaces.at(-1)?.endpoints.push(endpoint(one));
  }
  return {
    name,
    ids: `${hex(device.readUInt16LE(8), 4)}:${hex(device.readUInt16LE(10), 4)}`,
    triple: triple(device, 4),
    strings: await Promise.all(['manufacturer', 'product', 'serial'].map(text)),
    interfaces,
  };
}

const DEVICE = 1;
const INTERFACE = 4;
const ENDPOINT = 5;

/** Each descriptor begins with its length and its type (USB 2.0, 9.5). */
function descriptorsIn(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += found.at(-1)!.length) {
    const length = bytes.readUInt8(at);
    if (length < 2) throw new Error(`a descriptor of ${length} bytes at ${at}`);
    found.push(bytes.subarray(at, at + length));
  }
  return found;
}

function endpoint(bytes: Buffer): string {
  const address = bytes.readUInt8(2);
  const kinds = ['control', 'isochronous', 'bulk', 'interrupt'];
  const way = (address & 0x80) === 0 ? 'out' : 'in';
  return `${way} ${address & 0x0f} ${kinds[bytes.readUInt8(3) & 3]} ${bytes.readUInt16LE(4)}`;
}

function triple(bytes: Buffer, at: number): string {
  return [0, 1, 2].map((more) => hex(bytes.readUInt8(at + more), 2)).join('/');
}

async function driverOf(folder: string): Promise<string | null> {
  return existsSync(join(folder, 'driver')) ? basename(await readlink(join(folder, 'driver'))) : null;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

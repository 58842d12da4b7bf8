/** What Linux says of USB devices under /sys, at once after plugging in: udev's own facts come a moment later. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** What the USB device behind a port says of itself; empty for a port that is not on USB. Ids are four lower-case hex digits. */
export type UsbFacts = {
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
  manufacturer?: string;
  product?: string;
  interface?: number;
  /** the physical port as udev's ID_PATH names it, without the interface: pci-0000:00:14.0-usb-0:1.2 */
  location?: string;
};

/** Onboard ports of PCs and Arm boards, USB adapters with the kernel's driver or their maker's, Bluetooth. */
const SERIAL_NAME = /^tty(S|AMA|AML|AS|FIQ|mxc|O|MFD|ACM|WCH\w*|\w*USB)\d+$|^rfcomm\d+$/;

/** Facts of the USB device to which `name` of a class belongs (class `tty`, name `ttyUSB0`). Never rejects. */
export async function usbFactsOf(deviceClass: string, name: string, root = '/sys'): Promise<UsbFacts> {
  let entry: string;
  try {
    entry = await realpath(join(root, 'class', deviceClass, name, 'device'));
  } catch {
    return {};
  }
  const parts = entry.split('/');
  const at = parts.findLastIndex((part) => /^\d+-\d+(\.\d+)*$/.test(part));
  if (at < 0) return {};
  const folder = parts.slice(0, at + 1).join('/');
  const [vendorId, productId, serialNumber, manufacturer, product] = await Promise.all(
    ['idVendor', 'idProduct', 'serial', 'manufacturer', 'product'].map((file) =>
      attribute(join(folder, file)),
    ),
  );
  const number = /^[\d.-]+:\d+\.(\d+)$/.exec(parts[at + 1] ?? '')?.[1];
  return {
    ...(vendorId && { vendorId }),
    ...(productId && { productId }),
    ...(serialNumber && { serialNumber }),
    ...(manufacturer && { manufacturer }),
    ...(product && { product }),
    ...(number !== undefined && { interface: Number(number) }),
    location: locationOf(parts, at),
  };
}

/** The bus number changes from boot to boot where there are several controllers; controller and sockets do not. */
function locationOf(parts: readonly string[], device: number): string {
  const hub = parts.findIndex((part) => /^usb\d+$/.test(part));
  const controller = parts[hub - 1] ?? '';
  const kind = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d$/i.test(controller) ? 'pci' : 'platform';
  const sockets = (parts[device] ?? '').replace(/^\d+-/, '');
  return `${kind}-${controller}-usb-0:${sockets}`;
}

/** Serial ports that have hardware behind them, by name; null where there is no /sys. */
export async function serialNames(root = '/sys'): Promise<string[] | null> {
  let names: string[];
  try {
    names = await readdir(join(root, 'class', 'tty'));
  } catch {
    return null;
  }
  const real = await Promise.all(
    names.map(async (name) => SERIAL_NAME.test(name) && !(await isEmptySocket(name, root))),
  );
  return names.filter((_, index) => real[index]);
}

/** PCs have ttyS0…31 by name; type 0 means that the kernel found no chip behind it. */
async function isEmptySocket(name: string, root: string): Promise<boolean> {
  return /^ttyS\d+$/.test(name) && (await attribute(join(root, 'class', 'tty', name, 'type'))) === '0';
}

/** What a printer says of itself (IEEE 1284 id), as `{MFG: 'EPSON', MDL: 'TM-T88V', CMD: 'ESC/POS'}`. Never rejects. */
export async function printerSays(name: string, root = '/sys'): Promise<Record<string, string>> {
  const text = await attribute(join(root, 'class', 'usbmisc', name, 'device', 'ieee1284_id'));
  const fields = (text ?? '').split(';').map((field) => field.split(':'));
  return Object.fromEntries(
    fields.flatMap(([key, value]) => (key && value ? [[key.trim(), value.trim()]] : [])),
  );
}

async function attribute(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch {
    return undefined;
  }
}

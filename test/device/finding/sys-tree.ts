/** A /sys and /dev as Linux lays them out, in a folder of their own: real files, real links. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SysTree {
  readonly root = mkdtempSync(join(tmpdir(), 'hall-sys-'));
  readonly sys = join(this.root, 'sys');
  readonly dev = join(this.root, 'dev');

  constructor() {
    mkdirSync(join(this.sys, 'class', 'tty'), { recursive: true });
    mkdirSync(this.dev, { recursive: true });
  }

  /**
   * A USB device with one interface that a driver has made `name` of `deviceClass` of.
   * `at`: controller and bus path, as `pci0000:00/0000:00:14.0/usb1/1-1/1-1.2`.
   */
  usb(
    deviceClass: 'tty' | 'hidraw' | 'usbmisc',
    name: string,
    at: string,
    attributes: Record<string, string>,
    interfaceNumber = 0,
    interfaceAttributes: Record<string, string> = {},
  ): void {
    const device = join(this.sys, 'devices', at);
    const socket = at.split('/').at(-1) ?? '';
    const port = join(device, `${socket}:1.${interfaceNumber}`);
    mkdirSync(port, { recursive: true });
    for (const [file, text] of Object.entries(attributes)) writeFileSync(join(device, file), `${text}\n`);
    for (const [file, text] of Object.entries(interfaceAttributes))
      writeFileSync(join(port, file), `${text}\n`);
    this.#entry(deviceClass, name, port);
  }

  /** An onboard port; type 0: the kernel found no chip. */
  onboard(name: string, type: number): void {
    const device = join(this.sys, 'devices', 'platform', 'serial8250');
    mkdirSync(device, { recursive: true });
    this.#entry('tty', name, device);
    writeFileSync(join(this.sys, 'class', 'tty', name, 'type'), `${type}\n`);
  }

  /** A file under /dev. */
  file(name: string): string {
    const path = join(this.dev, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
    return path;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #entry(deviceClass: string, name: string, device: string): void {
    const entry = join(this.sys, 'class', deviceClass, name);
    mkdirSync(entry, { recursive: true });
    symlinkSync(device, join(entry, 'device'));
  }
}

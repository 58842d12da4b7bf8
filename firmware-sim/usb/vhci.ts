/** The kernel's virtual host controller, vhci_hcd, through sysfs: what Debian's `usbip attach` does. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PortError } from '../port/port.ts';

const folder = '/sys/devices/platform/vhci_hcd.0';
// drivers/usb/usbip/usbip_common.h: VDEV_ST_NULL, nothing is attached.
const free = 4;

/** Throws a PortError that says what to do when this system has no such controller, or this user may not use it. */
export function checkVhci() {
  if (process.platform !== 'linux')
    throw new PortError(
      'vhci',
      `USB devices can be attached so on Linux only (this is ${process.platform}); on Windows use usbip-win2`,
    );
  if (process.getuid?.() !== 0)
    throw new PortError('vhci', 'only root may attach USB devices; run it with sudo');
  if (!existsSync(folder))
    throw new PortError(
      'vhci',
      'the module is not there; load it with "modprobe vhci-hcd" (a container has the modules of its host)',
    );
}

type VhciPort = { port: number; highSpeed: boolean; free: boolean };

/** One table of ports, as `status` has it: `hub port sta spd dev sockfd local_busid` and a line for each. */
export function parsePorts(table: string): VhciPort[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([hub]) => hub === 'hs' || hub === 'ss')
    .map(([hub, port, state]) => ({
      port: Number(port),
      highSpeed: hub === 'hs',
      free: Number(state) === free,
    }));
}

/** All ports by their number; a kernel with several controllers has a table for each. */
function readPorts(): VhciPort[] {
  return readdirSync(folder)
    .filter((name) => /^status(\.\d+)?$/.test(name))
    .flatMap((name) => parsePorts(readFileSync(`${folder}/${name}`, 'utf8')))
    .sort((one, other) => one.port - other.port);
}

/** True while something is attached there. */
export function isAttached(port: number): boolean {
  return readPorts().some((one) => one.port === port && !one.free);
}

/**
 * Hands a connected socket to the kernel, which keeps it; answers the port, or null when all are taken. `before`: the port
 * to take again if it is free, because programs know a device without a serial number by its port.
 */
export function attachSocket(
  descriptor: number,
  deviceId: number,
  speed: number,
  before?: number,
): number | null {
  // Ports of the super-speed hub take super-speed devices only; the others everything below.
  const superSpeed = 5;
  const ports = readPorts().filter((one) => one.free && one.highSpeed === speed < superSpeed);
  const chosen = ports.find(({ port }) => port === before) ?? ports[0];
  if (!chosen) return null;
  writeFileSync(`${folder}/attach`, `${chosen.port} ${descriptor} ${deviceId} ${speed}`);
  return chosen.port;
}

/** Pulls the device out of the kernel; nothing happens when it is gone already. */
export function detach(port: number) {
  try {
    writeFileSync(`${folder}/detach`, String(port));
  } catch (error) {
    // EINVAL: nothing is attached there any more.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  }
}

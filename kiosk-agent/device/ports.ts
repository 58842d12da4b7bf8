/** What serial ports this computer has, beside what the configuration names. */
import { existsSync, realpathSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { parsePort } from '../contract/port.ts';

export type FoundPort = {
  path: string;
  manufacturer?: string;
  serialNumber?: string;
  /** four hex digits */
  vendorId?: string;
  productId?: string;
  locationId?: string;
};
/** Linux needs `udevadm` for the list; without it `why` says so, and ports can still be opened by name. */
export type PortList = { ok: true; ports: FoundPort[] } | { ok: false; why: string };

/** Lists serial ports with what their USB adapters say of themselves. Never rejects. */
export async function listPorts(list: () => Promise<FoundPort[]> = SerialPort.list): Promise<PortList> {
  try {
    const ports = await list();
    return {
      ok: true,
      ports: ports.map(({ path, manufacturer, serialNumber, vendorId, productId, locationId }) => ({
        path,
        ...(manufacturer && { manufacturer }),
        ...(serialNumber && { serialNumber }),
        ...(vendorId && { vendorId }),
        ...(productId && { productId }),
        ...(locationId && { locationId }),
      })),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = /udevadm/.test(message)
      ? ' (install udev to list ports; opening them by name works without)'
      : '';
    return { ok: false, why: `serial ports cannot be listed: ${message}${hint}` };
  }
}

export type PortComparison = {
  /** serial devices of the configuration; `there` tells whether their port exists */
  configured: { device: string; path: string; there: boolean; found?: FoundPort }[];
  /** ports that no device of the configuration names */
  notConfigured: FoundPort[];
};

/** Compares the list with the configuration; a name may also be a link, as under /dev/serial/by-path. */
export function comparePorts(list: PortList, rows: readonly { id: string; port: string }[]): PortComparison {
  const ports = list.ok ? list.ports : [];
  const used = new Set<FoundPort>();
  const configured: PortComparison['configured'] = [];
  for (const row of rows) {
    const parsed = parsePort(row.port);
    if (!parsed.ok || parsed.address.kind !== 'serial') continue;
    const { path } = parsed.address;
    const names = [path, resolved(path)].map((name) => name.toLowerCase());
    const found = ports.find((port) => names.includes(port.path.toLowerCase()));
    if (found) used.add(found);
    configured.push({
      device: row.id,
      path,
      there: found !== undefined || existsSync(path),
      ...(found && { found }),
    });
  }
  return { configured, notConfigured: ports.filter((port) => !used.has(port)) };
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // COM3 is no file, and a port that is unplugged is none either.
    return path;
  }
}

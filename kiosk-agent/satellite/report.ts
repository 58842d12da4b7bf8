/** What the hub must know of this satellite's devices: told on every connection and whenever it changes. Only the newest counts. */
import type { z } from 'zod';
import type { Config } from '../config.ts';
import type { satelliteReport } from '../contract/link.ts';
import type { Devices } from '../device/manager.ts';

type DevicesReport = Extract<z.input<typeof satelliteReport>, { name: 'devices' }>['data'];

/** Changes that come together are told together, ms. */
const GATHER_MS = 50;

/** Tickets are taken here: the kiosk page may be shown on this PC, and there is paper for it. */
export function isKiosk(config: Config, devices: Devices): boolean {
  return config.agent.localScreens.includes('kiosk') && devices.printers().length > 0;
}

/** Tells changes of the devices to `report` until `close`; `now` tells them at once. */
export function announceDevices(parts: {
  devices: Devices;
  isKiosk: boolean;
  url: () => string;
  version: string;
  report: (data: DevicesReport) => Promise<unknown>;
}): { now(): void; close(): void } {
  const { devices } = parts;
  let gathering: NodeJS.Timeout | null = null;
  const now = (): void => {
    if (gathering) clearTimeout(gathering);
    gathering = null;
    // Not connected: the next connection tells it.
    parts
      .report({
        devices: devicesNow(devices),
        kiosk: parts.isKiosk,
        url: parts.url(),
        version: parts.version.slice(0, 40),
      })
      .catch(() => undefined);
  };
  const onStatus = (): void => {
    gathering ??= setTimeout(now, GATHER_MS);
  };
  devices.on('status', onStatus);
  return {
    now,
    close() {
      devices.off('status', onStatus);
      if (gathering) clearTimeout(gathering);
    },
  };
}

function devicesNow(devices: Devices): DevicesReport['devices'] {
  const units = new Map(devices.units().map((unit) => [unit.id, unit]));
  return devices.list().map(({ id, kind, model, window, state, fault, detail, serial, firmware, notes }) => {
    const unit = units.get(id);
    return {
      id,
      kind,
      state,
      window,
      model,
      notes,
      ...(fault === undefined ? {} : { fault }),
      ...(detail === undefined ? {} : { detail }),
      ...(serial === undefined ? {} : { serial }),
      ...(firmware === undefined ? {} : { firmware }),
      ...(unit?.device.kind === 'printer' ? { columns: unit.device.columns } : {}),
      ...(unit?.staff === undefined ? {} : { staff: unit.staff }),
      ...(unit?.transferTo === undefined ? {} : { transferTo: unit.transferTo }),
    };
  });
}

/** The devices of a configuration without an agent: for commands on a computer where none runs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../device/clock.ts';
import type { DeviceStatus } from '../device/driver/interfaces.ts';
import { openDevices, type DeviceParts, type DeviceRow, type Devices } from '../device/manager.ts';
import { personKeys } from '../device/person-hash.ts';
import { PluggedIn } from '../device/plugged-in.ts';
import { nodeHid } from '../device/transport/node-hid.ts';

export type AloneOptions = {
  rows: readonly DeviceRow[];
  /** bindings of technicians are read from here */
  stateFolder: string;
  onFrame?: DeviceParts['onFrame'];
};

/** Silent: what goes wrong is in the devices' states, and stdout belongs to the command. */
const LOG = { info: () => {}, warn: () => {} };

/**
 * Opens these rows with the real drivers. Presses that come meanwhile are not acknowledged: their devices keep them
 * for the agent. `close` frees every port.
 */
export async function openAlone({ rows, stateFolder, onFrame }: AloneOptions): Promise<{
  devices: Devices;
  close(): Promise<void>;
}> {
  const hid = nodeHid();
  const common = { clock: systemClock, random: Math.random, log: LOG, hid };
  const pluggedIn = await PluggedIn.open({ file: join(stateFolder, 'bindings.json'), ...common });
  // Nobody keeps what a reader reads here: a key of this run alone.
  const know = personKeys(randomBytes(32), (at) => at.getUTCFullYear());
  const devices = openDevices(rows, {
    ...common,
    know,
    openBound: pluggedIn.openBound,
    settled: pluggedIn.settled,
    ...(onFrame && { onFrame }),
  });
  return {
    devices,
    async close() {
      await devices.close();
      await pluggedIn.close();
    },
  };
}

/** States in which something may still come of waiting. */
const HOPEFUL: ReadonlySet<DeviceStatus['state']> = new Set(['opening', 'silent', 'lost']);
/** A device that is ready says its firmware a moment later, if it says it at all. */
const INTRODUCTION_MS = 1_500;

/** Waits until every device has said how it is, at most `limitMs`. */
export async function untilSettled(devices: Devices, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  let readyAt: number | null = null;
  for (;;) {
    const now = performance.now();
    const views = devices.list();
    const hopeful = views.some((view) => HOPEFUL.has(view.state));
    readyAt = hopeful ? null : (readyAt ?? now);
    const introduced = views.every((view) => view.state !== 'ready' || view.firmware !== undefined);
    if (readyAt !== null && (introduced || now - readyAt >= INTRODUCTION_MS)) return;
    if (now >= end) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

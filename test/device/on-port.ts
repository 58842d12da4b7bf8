/** A driver on the port that a simulated device names, opened as the agent opens it; undone by `closeAll`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HidSocket } from '../../firmware-sim/port/hid-socket.ts';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';
import { openAddress } from '../../kiosk-agent/device/opening.ts';
import { PortSession, type AttachedDriver } from '../../kiosk-agent/device/session.ts';
import { parsePort } from '../../kiosk-agent/contract/port.ts';
import { hidBackendOf } from './hid-sockets.ts';

const undo: (() => unknown)[] = [];

/** Does what is to be done at the end of a test, the newest first. */
export async function closeAll(): Promise<void> {
  for (const each of undo.splice(0).reverse()) await each();
}

export function atEnd(task: () => unknown): void {
  undo.push(task);
}

/** `tcp:0`, or a pseudo-terminal in a folder of its own. */
export function freePort(kind: 'tcp' | 'pty'): string {
  if (kind === 'tcp') return 'tcp:0';
  const folder = mkdtempSync(join(tmpdir(), 'hall-sim-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return `pty:${join(folder, 'device')}`;
}

/** Opens `port` (as a configuration names it) for the driver, until the end of the test. */
export function openFor(
  driver: AttachedDriver & { close(): Promise<void> },
  port: string,
  model: string,
  sockets: readonly HidSocket[] = [],
): PortSession {
  const parsed = parsePort(port);
  const row = modelOf(model);
  if (!parsed.ok || parsed.address.kind === 'bound' || !row) throw new Error(`${port} or ${model} is wrong`);
  const session = new PortSession({
    device: model,
    open: openAddress(parsed.address, row, hidBackendOf(sockets)),
    driver,
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
  });
  atEnd(async () => {
    await session.close();
    await driver.close();
  });
  return session;
}

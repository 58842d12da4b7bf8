/** What the device room is given in tests: the real clock, no log, no HID devices unless a test brings them. */
import { createHash } from 'node:crypto';
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { DeviceParts } from '../../kiosk-agent/device/manager.ts';
import type { HidBackend } from '../../kiosk-agent/device/transport/hid-backend.ts';

export const NO_HID: HidBackend = {
  list: async () => ({ ok: true, devices: [] }),
  open: async (path) => ({ ok: false, trouble: { kind: 'missing', detail: `${path} is not plugged in` } }),
};

export function deviceParts(changed: Partial<DeviceParts> = {}): DeviceParts {
  return {
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
    hid: NO_HID,
    hash: (number) => createHash('sha256').update(`test ${number}`).digest('hex'),
    ...changed,
  };
}

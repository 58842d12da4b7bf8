/** What the device room is given in tests: the real clock, no log, no HID devices unless a test brings them. */
import { systemClock } from '../../kiosk-agent/device/clock.ts';
import type { DeviceParts } from '../../kiosk-agent/device/manager.ts';
import { personKeys } from '../../kiosk-agent/device/person-hash.ts';
import type { HidBackend } from '../../kiosk-agent/device/transport/hid-backend.ts';

export const NO_HID: HidBackend = {
  list: async () => ({ ok: true, devices: [] }),
  open: async (path) => ({ ok: false, trouble: { kind: 'missing', detail: `${path} is not plugged in` } }),
};

/** The key of a test hall. */
export const testPerson = personKeys(new Uint8Array(32), (at) => at.getUTCFullYear());

export function deviceParts(changed: Partial<DeviceParts> = {}): DeviceParts {
  return {
    clock: systemClock,
    random: Math.random,
    log: { info: () => {}, warn: () => {} },
    hid: NO_HID,
    know: testPerson,
    ...changed,
  };
}

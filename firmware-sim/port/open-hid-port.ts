import type { HidIdentity, HidPortEvents } from './hid.ts';
import { createHidSocket, type HidSocket } from './hid-socket.ts';
import { createUhidPort } from './uhid-port.ts';
import type { HidPort, UsbBus } from './usb.ts';

/**
 * Where a HID device is plugged in. `uhid`: the Linux kernel takes it for a USB device; `socket`: it is reached in this
 * program; or a USB bus.
 */
export type HidPlace = 'uhid' | 'socket' | UsbBus;

/** Makes the port of a HID device, not yet open; `socket` is null but at place `socket`. */
export function createHidPort(
  place: HidPlace,
  identity: HidIdentity,
  events: HidPortEvents,
): { port: HidPort; socket: HidSocket | null } {
  if (place === 'uhid') return { port: createUhidPort(identity, events), socket: null };
  if (place !== 'socket') return { port: place.hid(identity, events), socket: null };
  const made = createHidSocket(identity, events);
  return { port: made, socket: made.socket };
}

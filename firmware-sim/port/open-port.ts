import { parsePortAddress, type DevicePort, type PortEvents } from './port.ts';
import { createPtyPort } from './pty-port.ts';
import { createTcpPort } from './tcp-port.ts';
import { bridgeIdentities } from '../usb/serial-function.ts';
import type { BridgeChip, UsbBus, UsbIdentity } from './usb.ts';

/** Where a device is plugged in: `tcp:PORT` (0 = any free port), `tcp:HOST:PORT`, `pty:LINKPATH`, or a USB bus. */
export type Place = string | UsbBus;
/** What a serial device is on a USB bus; what is left out is the device's own. */
export type SerialOnUsb = Partial<UsbIdentity> & { chip?: BridgeChip };

/**
 * Makes the port of a serial device at `place`, not yet open. On a USB bus it is what `own` says, with the ids of its bridge
 * chip, and what `usb` says otherwise.
 */
export function createPort(
  place: Place,
  events: PortEvents,
  own: UsbIdentity,
  usb: SerialOnUsb = {},
): DevicePort {
  if (typeof place !== 'string') {
    const { chip = 'cdc-acm' } = usb;
    return place.serial({ ...own, ...(chip !== 'cdc-acm' && bridgeIdentities[chip]), ...usb }, events);
  }
  const parsed = parsePortAddress(place);
  return parsed.kind === 'pty'
    ? createPtyPort(parsed.link, events)
    : createTcpPort(parsed.host, parsed.port, events);
}

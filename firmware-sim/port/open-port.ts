import { parsePortAddress, type DevicePort, type PortEvents } from './port.ts';
import { createPtyPort } from './pty-port.ts';
import { createTcpPort } from './tcp-port.ts';
import type { BridgeChip, UsbBus, UsbIdentity } from './usb.ts';

/** Where a device is plugged in: `tcp:PORT` (0 = any free port), `tcp:HOST:PORT`, `pty:LINKPATH`, or a USB bus. */
export type Place = string | UsbBus;
/** What a serial device is on a USB bus; what is left out is the device's own. */
export type SerialOnUsb = Partial<UsbIdentity> & { chip?: BridgeChip };

/** Makes the port of a serial device at `place`, not yet open. On a USB bus it is what `identity` says. */
export function createPort(
  place: Place,
  events: PortEvents,
  identity: UsbIdentity & { chip?: BridgeChip },
): DevicePort {
  if (typeof place !== 'string') return place.serial(identity, events);
  const parsed = parsePortAddress(place);
  return parsed.kind === 'pty'
    ? createPtyPort(parsed.link, events)
    : createTcpPort(parsed.host, parsed.port, events);
}

import { parsePortAddress, type DevicePort, type PortEvents } from './port.ts';
import { createPtyPort } from './pty-port.ts';
import { createTcpPort } from './tcp-port.ts';

/** Makes the port that `address` (`tcp:PORT`, `tcp:HOST:PORT` or `pty:LINKPATH`) names, not yet open. */
export function createPort(address: string, events: PortEvents): DevicePort {
  const parsed = parsePortAddress(address);
  return parsed.kind === 'pty'
    ? createPtyPort(parsed.link, events)
    : createTcpPort(parsed.host, parsed.port, events);
}

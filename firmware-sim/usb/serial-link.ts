/** The two bulk endpoints of a serial device, and the FIFO between its line and the bus. */
import type { PortEvents } from '../port/port.ts';
import { createInEndpoint, createOutEndpoint } from './endpoint.ts';
import { createPresence } from './presence.ts';

/** Bytes that wait for a host that is there; more than any device here says at once. */
export const bytesForHost = 64 * 1024;

/** `fifo`: bytes that the chip holds while no host is there; later ones are lost. */
export function createSerialLink(options: {
  events: PortEvents;
  packetSize: number;
  fifo: number;
  /** bridge chips: whoever waits for bytes has opened the port; they have no other sign on the bus */
  presentWhileReading?: boolean;
  onWaiting?: (waiting: number) => void;
}) {
  const { events, packetSize, fifo, presentWhileReading = false, onWaiting } = options;
  const presence = createPresence(events);
  const input = createInEndpoint({
    packetSize,
    capacity: () => (presence.present ? bytesForHost : fifo),
    whole: false,
    onWaiting(waiting) {
      if (presentWhileReading) presence.set(waiting > 0);
      onWaiting?.(waiting);
    },
  });
  const output = createOutEndpoint({ packetSize, onBytes: events.onBytes });
  return { presence, input, output };
}

import type { FaultName, FaultOptions } from '../faults/faults.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';

export type LineEndOptions = WireOptions & {
  port: Place;
  usb?: SerialOnUsb;
  /** Speed of the line, 8N1. */
  baud: number;
};

/** What the devices of a line are to it. */
export type LineEndDevices<Fault extends FaultName> = {
  faultNames: readonly Fault[];
  /** What the host sends; the words for it in the wire view. What gets lost on the way to which address is asked there. */
  receive: (bytes: Uint8Array) => string;
  /** The words for what a device sends. */
  describe: (frame: Uint8Array) => string;
  spoil?: (frame: Uint8Array) => Uint8Array;
  apply?: (fault: Fault, on: boolean, options: FaultOptions) => void;
};

/**
 * The devices' end of an RS-485 line, not yet plugged in. Several devices may send; a frame takes its time on the wire, and
 * two that overlap spoil each other.
 */
export function createLineEnd<Fault extends FaultName>(
  options: LineEndOptions,
  devices: LineEndDevices<Fault>,
) {
  const timers = new Set<NodeJS.Timeout>();
  /** What is on the wire now, and by whom. */
  let speaking: { sender: unknown; frame: Uint8Array } | undefined;
  let collisions = 0;

  const line = createDeviceLine<Fault>(options, {
    ...devices,
    baud: options.baud,
    createPort: (events) =>
      createPort(
        options.port,
        events,
        {
          vendorId: 0x1209,
          productId: 0x0008,
          serial: '',
          product: options.id,
        },
        options.usb,
      ),
    receive: (bytes) => void line.heard(bytes, devices.receive(bytes)),
    reset() {
      if (!line.plugged) quieten();
    },
  });

  function quieten() {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    speaking = undefined;
  }

  return {
    line,
    /** How often two devices have spoken at once. */
    get collisions() {
      return collisions;
    },
    /** A device speaks. It does not listen first, as the cheap ones do not. `address`: where it stands. */
    send(sender: unknown, frame: Uint8Array, address?: number) {
      if (!line.plugged || line.isFault('silent', address)) return;
      if (speaking && speaking.sender !== sender) {
        collisions++;
        // A line that one pulls low is low: what both sent is lost.
        const { frame: other } = speaking;
        speaking.frame = other.map((byte, at) => byte & (frame[at] ?? 0xff) & 0x7f);
        return;
      }
      const started = { sender, frame };
      speaking = started;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          if (speaking === started) speaking = undefined;
          if (line.isFault('turn-bytes', address))
            line.put(Uint8Array.of(line.random() < 0.5 ? 0x00 : 0xff), 'the line turns');
          line.send(started.frame, devices.describe(started.frame), address);
        },
        (frame.length * 10_000) / options.baud,
      );
      timers.add(timer);
    },
    /** Bytes of no device's own, as they are. */
    inject: (bytes: Uint8Array) => line.put(bytes, 'injected'),
    /** Ends the line; may be called twice. */
    async close() {
      quieten();
      await line.close();
    },
  };
}

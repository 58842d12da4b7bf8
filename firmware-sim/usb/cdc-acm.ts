/** A device that is a serial port itself: CDC 1.2 abstract control model (PSTN 1.2), for cdc_acm and usbser. */
import type { LineSettings, PortEvents } from '../port/port.ts';
import { descriptorType, type InterfaceDescriptor, word } from './descriptors.ts';
import { type ControlAnswer, done, type Setup } from './device.ts';
import { createInEndpoint } from './endpoint.ts';
import { createLine } from './presence.ts';
import { createSerialLink } from './serial-link.ts';
import type { SerialChip } from './serial-function.ts';

const request = {
  setLineCoding: 0x20,
  getLineCoding: 0x21,
  setControlLineState: 0x22,
  sendBreak: 0x23,
} as const;
const subtype = { header: 0, callManagement: 1, acm: 2, union: 6 } as const;
const notificationAddress = 0x81;
const dataIn = 0x82;
const dataOut = 0x02;
const packetSize = 64;
const notificationSize = 16;
const dtr = 1;
// SERIAL_STATE bits (PSTN 1.2, table 31): carrier and data set ready.
const serialState = 0x20;
const carrierAndReady = 0x03;
const parities = ['none', 'odd', 'even', 'mark', 'space'] as const;
const stopBits = [1, 1.5, 2] as const;

const cs = descriptorType.classInterface;
const communication: InterfaceDescriptor = {
  triple: [2, 2, 1],
  extra: [
    ...[5, cs, subtype.header, ...word(0x0110)],
    ...[5, cs, subtype.callManagement, 0, 1],
    // Line coding, control line state, serial state, and break.
    ...[4, cs, subtype.acm, 0x06],
    ...[5, cs, subtype.union, 0, 1],
  ],
  endpoints: [
    { address: notificationAddress, kind: 'interrupt', packetSize: notificationSize, interval: 16 },
  ],
};
const data: InterfaceDescriptor = {
  triple: [0x0a, 0, 0],
  endpoints: [
    { address: dataIn, kind: 'bulk', packetSize, interval: 0 },
    { address: dataOut, kind: 'bulk', packetSize, interval: 0 },
  ],
};

/** SET_LINE_CODING's seven bytes (PSTN 1.2, table 17); null when they say nothing that a line can be. */
export function readLineCoding(bytes: Uint8Array): LineSettings | null {
  if (bytes.length !== 7) return null;
  const view = Buffer.from(bytes);
  const stop = stopBits[view.readUInt8(4)];
  const parity = parities[view.readUInt8(5)];
  const dataBits = view.readUInt8(6);
  if (stop === undefined || parity === undefined || !(dataBits >= 5 && dataBits <= 8)) return null;
  return { baud: view.readUInt32LE(0), stopBits: stop, parity, dataBits };
}

/** A host is there while it holds DTR up. Without one the endpoint keeps one packet of 64 bytes. */
export function createCdcAcm(events: PortEvents): SerialChip {
  const line = createLine(events);
  const { presence, input, output } = createSerialLink({ events, packetSize, fifo: packetSize });
  const notifications = createInEndpoint({
    packetSize: notificationSize,
    capacity: () => notificationSize,
    whole: true,
  });
  let coding = Uint8Array.from([0x80, 0x25, 0, 0, 0, 0, 8]);

  function notify(state: number) {
    notifications.clear();
    notifications.send(Uint8Array.from([0xa1, serialState, 0, 0, 0, 0, 2, 0, ...word(state)]));
  }

  function control(setup: Setup, bytes: Uint8Array): ControlAnswer {
    if (setup.kind !== 'class' || setup.recipient !== 'interface' || (setup.index & 0xff) !== 0) return null;
    switch (setup.request) {
      case request.setLineCoding: {
        const settings = readLineCoding(bytes);
        if (!settings) return null;
        coding = Uint8Array.from(bytes);
        line.set(settings);
        return done;
      }
      case request.getLineCoding:
        return coding;
      case request.setControlLineState:
        presence.set((setup.value & dtr) !== 0);
        return done;
      case request.sendBreak:
        // Nothing on a device here listens for a break.
        return done;
      default:
        return null;
    }
  }

  return {
    description: {
      usbRelease: 0x0200,
      deviceRelease: 0x0100,
      // Windows takes usbser for class 02, subclass 02 of the device; Linux looks at the interfaces only.
      triple: [2, 2, 0],
      controlPacketSize: 64,
      interfaces: [communication, data],
    },
    usbFunction: {
      control,
      inEndpoints: new Map([
        [notificationAddress, notifications],
        [dataIn, input],
      ]),
      outEndpoints: new Map([[dataOut, output]]),
      onConfigured(on) {
        presence.set(false);
        line.forget();
        if (on) notify(carrierAndReady);
      },
    },
    write: (bytes) => void input.send(bytes),
    setReading: output.setReading,
  };
}

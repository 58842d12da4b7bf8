/** A printer of the printer class 1.1, as usblp and usbprint take it. */
import type { UsbIdentity, UsbPrinterEvents } from '../port/usb.ts';
import type { DeviceDescriptor, EndpointDescriptor } from './descriptors.ts';
import { type ControlAnswer, done, type Setup, type UsbFunction } from './device.ts';
import { createInEndpoint, createOutEndpoint } from './endpoint.ts';
import { createPresence } from './presence.ts';

const request = { getDeviceId: 0, getPortStatus: 1, softReset: 2 } as const;
const inputAddress = 0x81;
const outputAddress = 0x02;
const packetSize = 64;
const unidirectional = 1;
const bidirectional = 2;
/** Bytes of answers that the printer keeps until somebody reads them; later ones are lost. */
const answerBytes = 1024;

/** IEEE 1284 device id with its length before it, big-endian and counting itself (4.2.1). */
export function deviceId({ manufacturer = 'hall-sim', product, serial }: UsbIdentity): Uint8Array {
  const serialPart = serial === '' ? '' : `SN:${serial};`;
  const text = Buffer.from(
    `MFG:${manufacturer};MDL:${product};CMD:ESC/POS;CLS:PRINTER;${serialPart}`,
    'latin1',
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(2 + text.length);
  return Buffer.concat([length, text]);
}

/** A host is there while it has the printer configured. */
export function createPrinterFunction(
  identity: UsbIdentity & { answers?: boolean },
  events: UsbPrinterEvents,
) {
  const { answers = true } = identity;
  const presence = createPresence(events);
  const id = deviceId(identity);
  const input = createInEndpoint({ packetSize, capacity: () => answerBytes, whole: false });
  const output = createOutEndpoint({ packetSize, onBytes: events.onBytes });

  function control(setup: Setup): ControlAnswer {
    // GET_DEVICE_ID has the interface in the high byte of its index, the others in the low one (4.2).
    const number = setup.request === request.getDeviceId ? setup.index >> 8 : setup.index & 0xff;
    // SOFT_RESET was for the recipient "other" in class 1.0, and usblp still sends it so.
    const addressed =
      setup.recipient === 'interface' || (setup.recipient === 'other' && setup.request === request.softReset);
    if (setup.kind !== 'class' || !addressed || number !== 0) return null;
    switch (setup.request) {
      case request.getDeviceId:
        return id;
      case request.getPortStatus:
        return Uint8Array.of(events.onPortStatus() & 0xff);
      case request.softReset:
        input.clear();
        events.onReset();
        return done;
      default:
        return null;
    }
  }

  const outDescriptor: EndpointDescriptor = { address: outputAddress, kind: 'bulk', packetSize, interval: 0 };
  const inDescriptor: EndpointDescriptor = { address: inputAddress, kind: 'bulk', packetSize, interval: 0 };
  const usbFunction: UsbFunction = {
    control,
    inEndpoints: new Map(answers ? [[inputAddress, input]] : []),
    outEndpoints: new Map([[outputAddress, output]]),
    onConfigured: (on) => presence.set(on),
  };
  const descriptor: DeviceDescriptor = {
    vendorId: identity.vendorId,
    productId: identity.productId,
    usbRelease: 0x0200,
    deviceRelease: 0x0100,
    triple: [0, 0, 0],
    controlPacketSize: 64,
    manufacturer: identity.manufacturer ?? 'hall-sim',
    product: identity.product,
    serial: identity.serial,
    interfaces: [
      {
        triple: [7, 1, answers ? bidirectional : unidirectional],
        endpoints: answers ? [outDescriptor, inDescriptor] : [outDescriptor],
      },
    ],
  };

  return {
    descriptor,
    usbFunction,
    write(bytes: Uint8Array) {
      if (answers) input.send(bytes);
    },
    setReading: output.setReading,
  };
}

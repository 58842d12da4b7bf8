/** PL2303HX: requests as Linux drivers/usb/serial/pl2303.c sends them. */
import type { PortEvents } from '../port/port.ts';
import { nearestRate } from './bridge-baud.ts';
import { readLineCoding } from './cdc-acm.ts';
import { type ControlAnswer, done, type Setup } from './device.ts';
import { createInEndpoint } from './endpoint.ts';
import { createLine } from './presence.ts';
import { createSerialLink } from './serial-link.ts';
import type { SerialChip } from './serial-function.ts';

const request = { vendor: 0x01, setLine: 0x20, getLine: 0x21, setControl: 0x22, setBreak: 0x23 } as const;
const statusAddress = 0x81;
const dataOut = 0x02;
const dataIn = 0x83;
const packetSize = 64;
const statusSize = 10;
/** Bytes of its buffer towards the host (data sheet PL-2303HX, 1). */
const fifo = 256;
const dtr = 1;
const divisorClock = 12_000_000 * 32;
/** Writing here empties the buffer towards the host. */
const resetReceived = 0x09;
/** A register is read back at its number with bit 7 set in both bytes. */
const readBit = 0x8080;

/** SET_LINE's first four bytes: the rate itself, or with 80 in the last one a mantissa of 9 bits and a power of four. */
export function pl2303Baud(bytes: Uint8Array): number {
  const [low = 0, high = 0, , top = 0] = bytes;
  if (top !== 0x80) return Buffer.from(bytes).readUInt32LE(0);
  const mantissa = low | ((high & 1) << 8) || 512;
  return nearestRate(divisorClock / (mantissa * 4 ** ((high >> 1) & 7)));
}

/** A host is there while it waits for bytes; without one the chip holds 256. */
export function createPl2303(events: PortEvents): SerialChip {
  const line = createLine(events);
  const { presence, input, output } = createSerialLink({
    events,
    packetSize,
    fifo,
    presentWhileReading: true,
  });
  const modemChanges = createInEndpoint({
    packetSize: statusSize,
    capacity: () => statusSize,
    whole: true,
  });
  let coding = Uint8Array.from([0x80, 0x25, 0, 0, 0, 0, 8]);
  const registers = new Map<number, number>();

  function classRequest(setup: Setup, data: Uint8Array): ControlAnswer {
    switch (setup.request) {
      case request.getLine:
        return coding;
      case request.setLine: {
        const settings = readLineCoding(data);
        if (!settings) return null;
        coding = Uint8Array.from(data);
        line.set({ ...settings, baud: pl2303Baud(data) });
        return done;
      }
      case request.setControl:
        // A port that is closed drops DTR, also when no transfer was waiting any more.
        if ((setup.value & dtr) === 0 && input.waiting === 0) presence.set(false);
        return done;
      case request.setBreak:
        return done;
      default:
        return null;
    }
  }

  function vendorRequest({ request: asked, toHost, value, index }: Setup): ControlAnswer {
    if (asked !== request.vendor) return null;
    if (toHost) return Uint8Array.of(registers.get(value & ~readBit) ?? 0);
    if (value === resetReceived) input.clear();
    registers.set(value, index & 0xff);
    return done;
  }

  return {
    description: {
      usbRelease: 0x0110,
      // With 64 bytes on endpoint 0 and this release the driver knows an HX.
      deviceRelease: 0x0300,
      triple: [0, 0, 0],
      controlPacketSize: 64,
      interfaces: [
        {
          triple: [0xff, 0, 0],
          endpoints: [
            { address: statusAddress, kind: 'interrupt', packetSize: statusSize, interval: 1 },
            { address: dataOut, kind: 'bulk', packetSize, interval: 0 },
            { address: dataIn, kind: 'bulk', packetSize, interval: 0 },
          ],
        },
      ],
    },
    usbFunction: {
      control(setup, data) {
        if (setup.kind === 'class') return classRequest(setup, data);
        return setup.kind === 'vendor' ? vendorRequest(setup) : null;
      },
      inEndpoints: new Map([
        [statusAddress, modemChanges],
        [dataIn, input],
      ]),
      outEndpoints: new Map([[dataOut, output]]),
      onConfigured() {
        registers.clear();
        line.forget();
      },
    },
    write: (bytes) => void input.send(bytes),
    setReading() {},
  };
}

/** FT232R: requests as Linux drivers/usb/serial/ftdi_sio.[ch] describe them. */
import type { LineSettings, PortEvents } from '../port/port.ts';
import { nearestRate } from './bridge-baud.ts';
import { word } from './descriptors.ts';
import { type ControlAnswer, done, type Setup } from './device.ts';
import { createLine } from './presence.ts';
import { createSerialLink } from './serial-link.ts';
import type { SerialChip } from './serial-function.ts';

const request = {
  reset: 0x00,
  modem: 0x01,
  flow: 0x02,
  baud: 0x03,
  data: 0x04,
  getModem: 0x05,
  eventCharacter: 0x06,
  errorCharacter: 0x07,
  setLatency: 0x09,
  getLatency: 0x0a,
  bitMode: 0x0b,
  readPins: 0x0c,
  readEeprom: 0x90,
} as const;
const inputAddress = 0x81;
const outputAddress = 0x02;
const packetSize = 64;
/** Bytes of its buffer towards the host (data sheet FT232R, 4.1). */
const fifo = 256;
const defaultLatencyMs = 16;
/** Modem lines: none raised on three wires, bit 0 always; line: both transmit buffers empty. */
const state = Uint8Array.of(0x01, 0x60);
const resetAll = 0;
const purgeReceived = 1;
const dtrMask = 0x0100;
const dtr = 1;
const clock = 3_000_000;
/** Eighths of the divisor by their code in bits 14-16. */
const eighths = [0, 4, 2, 1, 3, 5, 6, 7] as const;
const parities = ['none', 'odd', 'even', 'mark', 'space'] as const;
const stopBits = [1, 1.5, 2] as const;
/** CBUS pins as they leave the factory: lights, transmit enable, power, sleep; none for a program. */
const eeprom = new Map([
  [0x0a, 0x1023],
  [0x0b, 0x0005],
]);

/** SET_BAUD_RATE: 14 bits of divisor and three bits for its eighths, the last one in the index. */
export function ft232rBaud(value: number, index: number): number {
  const code = (value >> 14) | ((index & 1) << 2);
  const whole = value & 0x3fff;
  const fraction = eighths[code] ?? 0;
  // The two smallest divisors stand for 1 and 1.5.
  if (fraction === 0 && whole === 0) return clock;
  if (fraction === 0 && whole === 1) return nearestRate(clock / 1.5);
  return nearestRate(clock / (whole + fraction / 8));
}

/** SET_DATA: bits 0-7 data bits, 8-10 parity, 11-13 stop bits; null when no line can be so. */
export function readFt232rLine(value: number): Omit<LineSettings, 'baud'> | null {
  const dataBits = value & 0xff;
  const parity = parities[(value >> 8) & 7];
  const stop = stopBits[(value >> 11) & 7];
  if (dataBits < 7 || dataBits > 8 || parity === undefined || stop === undefined) return null;
  return { dataBits, parity, stopBits: stop };
}

/** Every packet begins with two bytes of state, and one comes at least each latency time (default 16 ms). */
export function createFt232r(events: PortEvents): SerialChip {
  const line = createLine(events);
  const { presence, input, output } = createSerialLink({
    ...{ events, packetSize, fifo },
    presentWhileReading: true,
    onWaiting: (waiting) => (waiting > 0 ? startLatency() : clearTimeout(latency)),
  });
  let latency: NodeJS.Timeout | undefined;
  let latencyMs = defaultLatencyMs;
  let baud = 9600;
  let lineControl = 8;

  function startLatency() {
    clearTimeout(latency);
    latency = setTimeout(() => {
      if (input.waiting > 0) input.send(state, 'known');
    }, latencyMs);
  }

  function sayLine() {
    const rest = readFt232rLine(lineControl & ~0x4000);
    if (rest) line.set({ baud, ...rest });
  }

  function set({ request: asked, value, index }: Setup): ControlAnswer {
    switch (asked) {
      case request.reset:
        if (value === resetAll || value === purgeReceived) input.clear();
        return done;
      case request.baud:
        baud = ft232rBaud(value, index);
        sayLine();
        return done;
      case request.data:
        if (!readFt232rLine(value & ~0x4000)) return null;
        lineControl = value;
        sayLine();
        return done;
      case request.modem:
        // A port that is closed drops DTR, also when no transfer was waiting any more.
        if ((value & dtrMask) !== 0 && (value & dtr) === 0 && input.waiting === 0) presence.set(false);
        return done;
      case request.setLatency:
        if (value < 1 || value > 255) return null;
        latencyMs = value;
        return done;
      case request.flow:
      case request.eventCharacter:
      case request.errorCharacter:
      case request.bitMode:
        return done;
      default:
        return null;
    }
  }

  function get({ request: asked, index }: Setup): ControlAnswer {
    switch (asked) {
      case request.getModem:
        return state;
      case request.getLatency:
        return Uint8Array.of(latencyMs);
      case request.readPins:
        return Uint8Array.of(0);
      case request.readEeprom:
        return Uint8Array.from(word(eeprom.get(index) ?? 0));
      default:
        return null;
    }
  }

  const most = packetSize - state.length;
  return {
    description: {
      usbRelease: 0x0200,
      // The driver knows an FT232R by it.
      deviceRelease: 0x0600,
      triple: [0, 0, 0],
      controlPacketSize: 8,
      interfaces: [
        {
          triple: [0xff, 0xff, 0xff],
          endpoints: [
            { address: inputAddress, kind: 'bulk', packetSize, interval: 0 },
            { address: outputAddress, kind: 'bulk', packetSize, interval: 0 },
          ],
        },
      ],
    },
    usbFunction: {
      control(setup) {
        if (setup.kind !== 'vendor' || setup.recipient !== 'device') return null;
        return setup.toHost ? get(setup) : set(setup);
      },
      inEndpoints: new Map([[inputAddress, input]]),
      outEndpoints: new Map([[outputAddress, output]]),
      onConfigured() {
        latencyMs = defaultLatencyMs;
        line.forget();
      },
    },
    write(bytes) {
      const packets: number[] = [];
      for (let at = 0; at < bytes.length; at += most)
        packets.push(...state, ...bytes.subarray(at, at + most));
      // A last full packet is followed by one with the state only.
      if (bytes.length > 0 && bytes.length % most === 0) packets.push(...state);
      input.send(Uint8Array.from(packets), 'known');
    },
    setReading() {},
  };
}

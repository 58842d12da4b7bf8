/** CP2102: requests as in Silicon Labs' AN571 and Linux drivers/usb/serial/cp210x.c. */
import type { LineSettings, PortEvents } from '../port/port.ts';
import { word } from './descriptors.ts';
import { type ControlAnswer, done, type Setup } from './device.ts';
import { createLine } from './presence.ts';
import { createSerialLink } from './serial-link.ts';
import type { SerialChip } from './serial-function.ts';

const request = {
  enable: 0x00,
  setBaudDivisor: 0x01,
  getBaudDivisor: 0x02,
  setLine: 0x03,
  getLine: 0x04,
  setBreak: 0x05,
  setModem: 0x07,
  getModem: 0x08,
  setEventMask: 0x0b,
  getEventMask: 0x0c,
  setCharacter: 0x0d,
  getCharacters: 0x0e,
  getState: 0x10,
  reset: 0x11,
  purge: 0x12,
  setFlow: 0x13,
  getFlow: 0x14,
  embedEvents: 0x15,
  setCharacters: 0x19,
  getBaud: 0x1d,
  setBaud: 0x1e,
  vendor: 0xff,
} as const;
const getPartNumber = 0x370b;
const cp2102 = 0x02;
const packetSize = 64;
/** Bytes of its receive buffer (data sheet CP2102, 1). */
const fifo = 576;
const divisorClock = 0x384000;
const purgeReceived = 0x0a;
const parities = ['none', 'odd', 'even', 'mark', 'space'] as const;
const stopBits = [1, 1.5, 2] as const;

/** SET_LINE_CTL: bits 0-3 stop bits, 4-7 parity, 8-15 data bits; null when no line can be so. */
export function readCp2102Line(value: number): Omit<LineSettings, 'baud'> | null {
  const stop = stopBits[value & 0x0f];
  const parity = parities[(value >> 4) & 0x0f];
  const dataBits = value >> 8;
  if (stop === undefined || parity === undefined || dataBits < 5 || dataBits > 8) return null;
  return { dataBits, parity, stopBits: stop };
}

/** A host is there while its port is enabled and it waits for bytes; without one the chip holds 576. */
export function createCp2102(events: PortEvents): SerialChip {
  const line = createLine(events);
  const { presence, input, output } = createSerialLink({
    events,
    packetSize,
    fifo,
    presentWhileReading: true,
  });
  let baud = 9600;
  let lineControl = 0x0800;
  let enabled = false;
  let escape = 0;
  let flow = new Uint8Array(16);
  let characters = new Uint8Array(6);
  let eventMask = 0;
  let modem = 0;

  function sayLine() {
    const rest = readCp2102Line(lineControl);
    if (rest) line.set({ baud, ...rest });
  }

  function setBaud(rate: number): ControlAnswer {
    if (rate === 0 || !Number.isFinite(rate)) return null;
    baud = Math.round(rate);
    sayLine();
    return done;
  }

  function set({ request: asked, value }: Setup, data: Uint8Array): ControlAnswer {
    const bytes = Buffer.from(data);
    switch (asked) {
      case request.enable:
        enabled = (value & 1) !== 0;
        if (!enabled) presence.set(false);
        return done;
      case request.setBaudDivisor:
        return setBaud(divisorClock / value);
      case request.setBaud:
        return bytes.length === 4 ? setBaud(bytes.readUInt32LE(0)) : null;
      case request.setLine:
        if (!readCp2102Line(value)) return null;
        lineControl = value;
        sayLine();
        return done;
      case request.setModem:
        // The high byte says which of DTR and RTS the low one changes.
        modem = (modem & ~(value >> 8) & 3) | (value & (value >> 8) & 3);
        return done;
      case request.purge:
        if ((value & purgeReceived) !== 0) input.clear();
        return done;
      case request.setFlow:
        if (bytes.length !== 16) return null;
        flow = Uint8Array.from(data);
        return done;
      case request.setCharacters:
        if (bytes.length !== 6) return null;
        characters = Uint8Array.from(data);
        return done;
      case request.setCharacter:
        if ((value & 0xff) > 5) return null;
        characters[value & 0xff] = value >> 8;
        return done;
      case request.embedEvents:
        escape = value & 0xff;
        return done;
      case request.setEventMask:
        eventMask = value;
        return done;
      case request.setBreak:
      case request.reset:
        return done;
      default:
        return null;
    }
  }

  function get({ request: asked, value }: Setup): ControlAnswer {
    switch (asked) {
      case request.getBaud:
        return Uint8Array.from([...word(baud & 0xffff), ...word(baud >>> 16)]);
      case request.getBaudDivisor:
        return Uint8Array.from(word(Math.round(divisorClock / baud)));
      case request.getLine:
        return Uint8Array.from(word(lineControl));
      case request.getModem:
        return Uint8Array.of(modem);
      case request.getFlow:
        return flow;
      case request.getCharacters:
        return characters;
      case request.getEventMask:
        return Uint8Array.from(word(eventMask));
      case request.getState: {
        const state = Buffer.alloc(19);
        state.writeUInt32LE(input.queuedBytes, 8);
        return state;
      }
      case request.vendor:
        return value === getPartNumber ? Uint8Array.of(cp2102) : null;
      default:
        return null;
    }
  }

  function powerUp() {
    baud = 9600;
    lineControl = 0x0800;
    enabled = false;
    escape = 0;
    modem = 0;
  }

  /** With embedded events the escape character of the line comes as itself and a zero (AN571, EMBED_EVENTS). */
  function escaped(bytes: Uint8Array) {
    if (escape === 0) return bytes;
    return Uint8Array.from([...bytes].flatMap((byte) => (byte === escape ? [byte, 0] : [byte])));
  }

  return {
    description: {
      usbRelease: 0x0110,
      deviceRelease: 0x0100,
      triple: [0, 0, 0],
      controlPacketSize: 64,
      interfaces: [
        {
          triple: [0xff, 0, 0],
          endpoints: [
            { address: 0x81, kind: 'bulk', packetSize, interval: 0 },
            { address: 0x01, kind: 'bulk', packetSize, interval: 0 },
          ],
        },
      ],
    },
    usbFunction: {
      control(setup, data) {
        if (setup.kind !== 'vendor') return null;
        return setup.toHost ? get(setup) : set(setup, data);
      },
      inEndpoints: new Map([[0x81, input]]),
      outEndpoints: new Map([[0x01, output]]),
      onConfigured() {
        powerUp();
        line.forget();
      },
    },
    write(bytes) {
      // A UART that is switched off hears nothing.
      if (enabled) input.send(escaped(bytes));
    },
    setReading() {},
  };
}

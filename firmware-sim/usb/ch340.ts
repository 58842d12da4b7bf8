/** CH340G: requests as Linux drivers/usb/serial/ch341.c and the maker's own driver send them. */
import type { LineSettings, PortEvents } from '../port/port.ts';
import { nearestRate } from './bridge-baud.ts';
import { type ControlAnswer, done, type Setup } from './device.ts';
import { createInEndpoint } from './endpoint.ts';
import { createLine } from './presence.ts';
import { createSerialLink } from './serial-link.ts';
import type { SerialChip } from './serial-function.ts';

const request = {
  readVersion: 0x5f,
  readRegister: 0x95,
  writeRegister: 0x9a,
  init: 0xa1,
  modem: 0xa4,
} as const;
const register = { modemStatus: 0x06, prescaler: 0x12, divisor: 0x13, lineControl: 0x18 } as const;
const statusAddress = 0x81;
const dataIn = 0x82;
const dataOut = 0x02;
const packetSize = 32;
/** From 30 on the driver sets parity and stop bits. */
const chipVersion = 0x31;
const crystal = 48_000_000;
/** Three wires: no line of the modem is raised; all are inverted. */
const noModemLines = 0xff;
const dtr = 0x20;

/** Rate of the prescaler and divisor registers: 48 MHz / (2^(12 − 3·ps − fact) · (256 − divisor)). */
export function ch340Baud(prescaler: number, divisor: number): number {
  const fact = (prescaler >> 2) & 1;
  return nearestRate(crystal / (2 ** (12 - 3 * (prescaler & 3) - fact) * (256 - divisor)));
}

/** The line control register: bits 0-1 data bits − 5, 2 two stop bits, 3 parity, 4 even, 5 mark or space. */
export function ch340Line(control: number): Omit<LineSettings, 'baud'> {
  const even = (control & 0x10) !== 0;
  const stick = (control & 0x20) !== 0;
  const parity = stick ? (even ? 'space' : 'mark') : even ? 'even' : 'odd';
  return {
    dataBits: 5 + (control & 3),
    stopBits: (control & 4) !== 0 ? 2 : 1,
    parity: (control & 8) !== 0 ? parity : 'none',
  };
}

/** A host is there while it waits for bytes; without one the chip holds 32. */
export function createCh340(events: PortEvents): SerialChip {
  const line = createLine(events);
  const { presence, input, output } = createSerialLink({
    ...{ events, packetSize, fifo: packetSize },
    presentWhileReading: true,
  });
  const modemChanges = createInEndpoint({ packetSize: 8, capacity: () => 8, whole: true });
  const registers = new Uint8Array(256);

  function powerUp() {
    registers.fill(0);
    registers[register.modemStatus] = noModemLines;
    registers[register.modemStatus + 1] = 0xee;
    registers[register.prescaler] = 0x82;
    registers[register.divisor] = 0xd9;
    registers[register.lineControl] = 0xc3;
  }

  function sayLine() {
    const baud = ch340Baud(registers[register.prescaler] ?? 0, registers[register.divisor] ?? 0);
    line.set({ baud, ...ch340Line(registers[register.lineControl] ?? 0) });
  }

  /** Two registers at once: their numbers in `numbers`, their contents in `contents`, low byte first. */
  function writeRegisters(numbers: number, contents: number) {
    registers[numbers & 0xff] = contents & 0xff;
    registers[numbers >> 8] = contents >> 8;
  }

  function control(setup: Setup): ControlAnswer {
    if (setup.kind !== 'vendor' || setup.recipient !== 'device') return null;
    const { value, index } = setup;
    switch (setup.request) {
      case request.readVersion:
        return Uint8Array.of(chipVersion, 0);
      case request.readRegister:
        return Uint8Array.of(registers[value & 0xff] ?? 0, registers[value >> 8] ?? 0);
      case request.writeRegister:
        writeRegisters(value, index);
        if (
          [value & 0xff, value >> 8].some((one) => one === register.divisor || one === register.lineControl)
        )
          sayLine();
        return done;
      case request.init:
        // The maker's driver sets the whole line with it, Linux only wakes the chip.
        if (value !== 0) {
          registers[register.lineControl] = value >> 8;
          writeRegisters((register.divisor << 8) | register.prescaler, index);
          sayLine();
        }
        return done;
      case request.modem:
        // Inverted; a port that is closed drops DTR, also when no transfer was waiting any more.
        if ((~value & dtr) === 0 && input.waiting === 0) presence.set(false);
        return done;
      default:
        return null;
    }
  }

  powerUp();
  return {
    description: {
      usbRelease: 0x0110,
      deviceRelease: 0x0264,
      triple: [0xff, 0, 0],
      controlPacketSize: 8,
      interfaces: [
        {
          triple: [0xff, 1, 2],
          endpoints: [
            { address: dataIn, kind: 'bulk', packetSize, interval: 0 },
            { address: dataOut, kind: 'bulk', packetSize, interval: 0 },
            { address: statusAddress, kind: 'interrupt', packetSize: 8, interval: 1 },
          ],
        },
      ],
    },
    usbFunction: {
      control,
      inEndpoints: new Map([
        [dataIn, input],
        [statusAddress, modemChanges],
      ]),
      outEndpoints: new Map([[dataOut, output]]),
      onConfigured() {
        powerUp();
        line.forget();
      },
    },
    write: (bytes) => void input.send(bytes),
    // A line without flow control cannot be held up.
    setReading() {},
  };
}

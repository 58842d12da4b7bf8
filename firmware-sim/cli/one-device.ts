/** What all commands of one device share: its port, its end, its wire on the screen, and the words typed at it. */
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { type FaultOptions, PortError, type WireEntry } from '../index.ts';
import type { HidPlace } from '../port/open-hid-port.ts';
import type { Place, SerialOnUsb } from '../port/open-port.ts';
import { parsePortAddress } from '../port/port.ts';
import type { BridgeChip, UsbBus } from '../port/usb.ts';
import { startUsbBus } from '../usb/bus.ts';
import { bridgeIdentities } from '../usb/serial-function.ts';

/** 0 done, 2 wrong use, 4 port or permission (docs/commands.md). */
export const exit = { wrongUse: 2, port: 4 } as const;
export const bootRandom = () => randomInt(0x100000000) / 0x100000000;

/** Ends within a second on SIGINT, SIGTERM, or when the parent that started this process is gone. */
export function endWith(parts: { close: () => Promise<void> }) {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(0), 900).unref();
    void parts.close().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('disconnect', end);
}

export function fail(error: unknown): never {
  const port = error instanceof PortError || typeof (error as NodeJS.ErrnoException).code === 'string';
  process.stderr.write(`hall-sim: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(port ? exit.port : error instanceof RangeError ? exit.wrongUse : 1);
}

export function portNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) throw new InvalidArgumentError('a port is 0 to 65535');
  return value;
}

/** Makes a reader that throws a RangeError into one of an option, which is then named in the message. */
export function parsed<T>(read: (text: string) => T) {
  return (text: string) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

export type PortOptions = { tcp?: number; pty?: string; uhid?: boolean; usbip?: number; chip?: BridgeChip };

const chips = Object.keys({ 'cdc-acm': 0, ...bridgeIdentities }) as BridgeChip[];
function readChip(text: string): BridgeChip {
  const chip = chips.find((one) => one === text);
  if (!chip) throw new RangeError(`it is ${chips.join(', ')}`);
  return chip;
}
const usbip = (command: Command) =>
  command.option('--usbip <port>', 'be a USB device on this USB/IP server (port 3240)', portNumber);

/** A serial device's command: `--tcp`, `--pty` or `--usbip`, of which one must be given. */
export function onLine(command: Command): Command {
  return usbip(
    command
      .option('--tcp <port>', 'listen on this TCP port (0 = any free port)', portNumber)
      .option('--pty <link>', 'make a serial line and link it here (Linux, macOS)'),
  ).option('--chip <chip>', `with --usbip, the chip before its line: ${chips.join(', ')}`, parsed(readChip));
}
/** A HID device's command: `--uhid` or `--usbip`. */
export function onUsb(command: Command): Command {
  return usbip(command.option('--uhid', 'let the kernel take it for a USB device (Linux)'));
}

/** Where the device is plugged in, and the end of that. */
export type Opened<P> = { port: P; usb?: SerialOnUsb; close: () => Promise<void>; where: string };
const nothingToClose = async () => {};

async function openBus(port: number): Promise<Opened<UsbBus>> {
  const bus = await startUsbBus({ port });
  const [host = '', number = ''] = bus.address.split(/:(?=\d+$)/);
  return { port: bus, close: bus.close, where: `usbip attach -r ${host} -b 1-1, TCP port ${number}` };
}

/** The one line that was named; throws a RangeError that says what to name. */
export async function openLine({ tcp, pty, usbip: bus, chip }: PortOptions): Promise<Opened<Place>> {
  if ([tcp, pty, bus].filter((one) => one !== undefined).length !== 1)
    throw new RangeError('name one port: --tcp PORT, --pty LINKPATH or --usbip PORT');
  if (chip && bus === undefined) throw new RangeError('--chip needs --usbip PORT');
  if (bus !== undefined) return { ...(await openBus(bus)), ...(chip && { usb: { chip } }) };
  const address = pty === undefined ? `tcp:${tcp}` : `pty:${pty}`;
  parsePortAddress(address);
  return { port: address, close: nothingToClose, where: '' };
}
/** The same for a HID device. */
export async function openHid({ uhid, usbip: bus, tcp, pty }: PortOptions): Promise<Opened<HidPlace>> {
  if ((uhid === true) === (bus !== undefined) || tcp !== undefined || pty !== undefined)
    throw new RangeError('name one port: --uhid or --usbip PORT');
  return bus === undefined ? { port: 'uhid', close: nothingToClose, where: '' } : openBus(bus);
}

export function printWire(id: string) {
  return (entry: WireEntry) =>
    process.stdout.write(
      `${entry.at} ${id} ${entry.direction === 'in' ? '«' : '»'} ${entry.hex} ${entry.decoded}\n`,
    );
}

export const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Says in words what stands on a device, each line when it has changed; from `begin` on, since `changed` comes before. */
export function sayChanges<Device>(describe: (device: Device) => string[]) {
  let watched: Device | undefined;
  let said: string[] = [];
  function changed() {
    if (!watched) return;
    const now = describe(watched);
    for (const [at, line] of now.entries()) if (line !== said[at]) say(line);
    said = now;
  }
  return {
    changed,
    begin(device: Device) {
      watched = device;
      said = describe(device);
    },
  };
}

type Handled = {
  readonly port: string;
  plug: () => Promise<void>;
  unplug: () => Promise<void>;
  setFault: (name: string, on: boolean, options?: FaultOptions) => Promise<unknown>;
  close: () => Promise<void>;
};

/**
 * Says `KIND ready PORT`, then obeys lines of standard input until the end. `obey` gets each line; what begins with `!`
 * is for every device: `!unplug`, `!plug`, `!fault NAME`, `!fault NAME off`. A wrong word is answered on standard error.
 */
export function runDevice(
  kind: string,
  device: Handled,
  opened: { close: () => Promise<void>; where: string },
  obey: (line: string) => unknown,
) {
  // Whoever waits for the ready line may end it at once.
  endWith({
    async close() {
      await device.close();
      await opened.close();
    },
  });
  say(`${kind} ready ${device.port}${opened.where && ` (${opened.where})`}`);
  createInterface({ input: process.stdin }).on('line', (typed) => {
    const line = typed.trim();
    if (line === '') return;
    Promise.resolve()
      .then(() => (line.startsWith('!') ? handle(device, line.slice(1)) : obey(line)))
      .catch((error: unknown) =>
        process.stderr.write(`hall-sim: ${error instanceof Error ? error.message : String(error)}\n`),
      );
  });
}

async function handle(device: Handled, line: string) {
  const [word, name = '', ...rest] = line.split(/\s+/);
  if (word === 'plug') return device.plug();
  if (word === 'unplug') return device.unplug();
  if (word !== 'fault') throw new RangeError(`"!${line}" is no word; there are ${forAll}`);
  if (rest[0] === 'off') return device.setFault(name, false);
  return device.setFault(name, true, readFaultOptions(rest[0] === 'on' ? rest.slice(1) : rest));
}

const optionNames = ['rate', 'bytes', 'key', 'ms', 'address', 'forMs'] as const;
function readFaultOptions(words: string[]): FaultOptions {
  const options: FaultOptions = {};
  for (const word of words) {
    const [, text = '', value = ''] = /^([A-Za-z]+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    const name = optionNames.find((one) => one === text);
    if (!name) throw new RangeError(`"${word}": options are ${optionNames.join(', ')}, as rate=0.3`);
    options[name] = Number(value);
  }
  return options;
}

const forAll = '!unplug · !plug · !fault NAME · !fault NAME rate=0.3 ms=500 · !fault NAME off';

/** The foot of every device's help: the words that it takes on standard input. */
export function wordsHelp(...lines: string[]): string {
  return `\nLines on standard input:\n${[...lines, forAll].map((line) => `  ${line}`).join('\n')}\n\nMore: docs/simulator.md`;
}

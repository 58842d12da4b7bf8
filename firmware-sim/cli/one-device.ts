/** What all commands of one device share: its port, its end, its wire on the screen, and the words typed at it. */
import { randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { PortError, type WireEntry } from '../index.ts';
import { parsePortAddress } from '../port/port.ts';

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

export type LineOptions = { tcp?: number; pty?: string };
export type UsbOptions = LineOptions & { uhid?: boolean };

/** A command with `--tcp` and `--pty`, of which one must be given. */
export function onLine(command: Command): Command {
  return command
    .option('--tcp <port>', 'listen on this TCP port (0 = any free port)', portNumber)
    .option('--pty <link>', 'make a serial line and link it here (Linux, macOS)');
}

/** The one port that was named; throws a RangeError that says what to name. */
export function linePort({ tcp, pty }: LineOptions): string {
  if ((tcp === undefined) === (pty === undefined))
    throw new RangeError('name one port: --tcp PORT or --pty LINKPATH');
  const address = pty === undefined ? `tcp:${tcp}` : `pty:${pty}`;
  parsePortAddress(address);
  return address;
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
  setFault: (name: string, on: boolean) => Promise<unknown>;
  close: () => Promise<void>;
};

/**
 * Says `KIND ready PORT`, then obeys lines of standard input until the end. `obey` gets each line; what begins with `!`
 * is for every device: `!unplug`, `!plug`, `!fault NAME`, `!fault NAME off`. A wrong word is answered on standard error.
 */
export function runDevice(kind: string, device: Handled, obey: (line: string) => unknown) {
  // Whoever waits for the ready line may end it at once.
  endWith(device);
  say(`${kind} ready ${device.port}`);
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
  const [word, name = '', off] = line.split(/\s+/);
  if (word === 'plug') return device.plug();
  if (word === 'unplug') return device.unplug();
  if (word === 'fault' && (off === undefined || off === 'on' || off === 'off'))
    return device.setFault(name, off !== 'off');
  throw new RangeError(`"!${line}" is no word; there are !unplug, !plug, !fault NAME, !fault NAME off`);
}

/** The foot of every device's help: the words that it takes on standard input. */
export function wordsHelp(...lines: string[]): string {
  const common = '!unplug · !plug · !fault NAME · !fault NAME off';
  return `\nLines on standard input:\n${[...lines, common].map((line) => `  ${line}`).join('\n')}\n\nMore: docs/simulator.md`;
}

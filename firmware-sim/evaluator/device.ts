import type { Command } from '../evaluator-line/command.ts';
import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type EvaluatorFault,
  evaluatorFaults,
  type FaultOptions,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import type { DevicePort, PortEvents } from '../port/port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import type { EvaluatorHardware, EvaluatorState } from './hardware.ts';

export type EvaluatorOptions = {
  /** Name in messages and on the panel; default `evaluator`. */
  id?: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. */
  port: string;
  /** Printable ASCII without `$ * ,`. Defaults `HALL-EV5`, `SIM0001`, `1.0`. */
  model?: string;
  serial?: string;
  firmware?: string;
  /** Raw key codes of keys 1…5, left (非常满意) to right (非常不满意); default 5,4,3,2,1. */
  keyCodes?: [number, number, number, number, number];
  /** Random source for boot numbers, in [0, 1); default Math.random. */
  random?: () => number;
  /** Seed of the faults' randomness; default 1. */
  seed?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
};

/** What a protocol adds to the evaluator's hardware. */
export type EvaluatorProtocol<Message> = {
  hardware: EvaluatorHardware<Message>;
  encode: (message: Message) => Uint8Array;
  /** Commands in what the host has sent, and the wire view's words for it. */
  hear: (bytes: Uint8Array) => { commands: { command: Command; wire: string }[]; decoded: string };
  /** The wire view's words for what the device sends. */
  describe: (bytes: Uint8Array) => string;
  /** Turns a good message into one with a wrong checksum; left out when the protocol has none. */
  spoil?: (message: Uint8Array) => Uint8Array;
  /** A host has come or gone: what was begun will not be finished. */
  reset: () => void;
  dropped: () => { stray: number; long: number; crc: number; form: number };
  /** The faults that it can have. */
  faultNames: readonly EvaluatorFault[];
};

/** The port of a device, as far as an evaluator needs it. */
export type EvaluatorPort = Pick<DevicePort, 'address' | 'open' | 'close' | 'write'>;

const faultBit: Partial<Record<EvaluatorFault, number>> = { 'stuck-key': 1, speaker: 2, 'low-voltage': 4 };

/**
 * Starts an evaluator of any protocol on its port. `faults` are shared with a port that must know of them.
 * Rejects with a PortError when the port cannot be opened.
 */
export async function startEvaluatorDevice<Message>(
  options: Omit<EvaluatorOptions, 'port' | 'firmware'> & {
    serial: string;
    model: string;
    pressesBefore?: number;
  },
  { hardware, encode, hear, describe, spoil, reset, dropped, faultNames }: EvaluatorProtocol<Message>,
  createPort: (events: PortEvents) => EvaluatorPort,
  faults = createFaults(),
) {
  const id = options.id ?? 'evaluator';
  const now = options.now ?? Date.now;
  const bootRandom = options.random ?? Math.random;
  const keyCodes = options.keyCodes ?? [5, 4, 3, 2, 1];
  const wire = createWireLog(now);
  let plugged = false;
  let closed = false;
  let hostPresent = false;
  let timer: NodeJS.Timeout | undefined;

  const port = createPort({ onBytes, onHost });
  const line = createBadLine({
    faults,
    random: seededRandom(options.seed ?? 1),
    ...(spoil && { spoil }),
    write(bytes) {
      if (!hostPresent) return;
      port.write(bytes);
      note('out', bytes, describe(bytes));
    },
  });

  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function changed() {
    options.onChange?.();
    schedule();
  }
  function send(messages: Message[]) {
    for (const message of messages) line.send(encode(message));
  }
  function onHost(present: boolean) {
    hostPresent = present;
    reset();
    changed();
  }
  function onBytes(bytes: Uint8Array) {
    if (hardware.state(now()).power === 'off') return;
    const { commands, decoded } = hear(bytes);
    note('in', bytes, decoded);
    for (const { command, wire: text } of commands)
      if (!line.losesIncoming()) send(hardware.take(command, text, now()));
    changed();
  }
  function schedule() {
    clearTimeout(timer);
    if (closed) return;
    const at = hardware.nextDue();
    if (at === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(
      () => {
        send(hardware.due(now()));
        changed();
      },
      Math.max(1, at - now()),
    );
  }
  function powerUp(pressesBefore = 0) {
    const boot = Math.floor(bootRandom() * 0x100000000)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
    send(hardware.powerUp(boot, now(), pressesBefore));
  }
  function applyHardwareFaults() {
    hardware.busy = faults.isOn('busy');
    hardware.hardwareFaults = evaluatorFaults.reduce(
      (bits, name) => bits | (faults.isOn(name) ? (faultBit[name] ?? 0) : 0),
      0,
    );
  }

  async function plug() {
    if (plugged || closed) return;
    await port.open();
    plugged = true;
    faults.set('unplugged', false);
    changed();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.set('unplugged', true);
    line.clear();
    // The cable is out, the power is not: presses stay in memory (evaluators.md, "Promise on both own protocols").
    await port.close();
    changed();
  }

  await plug();
  powerUp(options.pressesBefore);
  schedule();

  return {
    id,
    kind: 'evaluator' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT`, `serial:LINKPATH` or `hid:VENDOR:PRODUCT:SERIAL`. */
    get port() {
      return port.address;
    },
    serial: options.serial,
    model: options.model,
    get plugged() {
      return plugged;
    },
    keyCodes,
    /** Presses key 1…5 (1 = 非常满意, left). `false` when the device refuses it (power off, memory full, key stuck). */
    press(key: number): boolean {
      const code = keyCodes[key - 1];
      if (code === undefined) throw new RangeError(`${id}: key ${key} is not there; keys are 1 to 5`);
      if (faults.isOn('stuck-key') && (faults.options('stuck-key').key ?? 1) === key) return false;
      const { taken, send: messages } = hardware.press(code, now());
      send(messages);
      changed();
      return taken;
    },
    plug,
    unplug,
    /** Off and on again: new boot number, empty memory, a greeting. */
    powerCycle() {
      if (faults.isOn('power-off')) faults.set('power-off', false);
      powerUp();
      changed();
    },
    /** What `setFault` takes. */
    faultNames,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean, faultOptions: FaultOptions = {}) {
      const fault = requireFault(id, faultNames, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      const wasOn = faults.isOn(fault);
      if (fault === 'stuck-key' && on && !wasOn) {
        // The key makes contact once, and then stays down.
        const code = keyCodes[(faultOptions.key ?? 1) - 1];
        if (code !== undefined) send(hardware.press(code, now()).send);
      }
      faults.set(fault, on, faultOptions);
      applyHardwareFaults();
      if (fault === 'power-off' && on) hardware.powerDown();
      if (fault === 'power-off' && !on && wasOn) powerUp();
      changed();
    },
    faults: () => faults.names() as EvaluatorFault[],
    state: (): EvaluatorState & { dropped: ReturnType<typeof dropped>; hostPresent: boolean } => ({
      ...hardware.state(now()),
      dropped: dropped(),
      hostPresent,
    }),
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      clearTimeout(timer);
      line.clear();
      plugged = false;
      await port.close();
    },
  };
}
export type EvaluatorHandle = Awaited<ReturnType<typeof startEvaluatorDevice>>;

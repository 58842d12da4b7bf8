import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type EvaluatorFault,
  evaluatorFaults,
  type FaultOptions,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import { createLineReceiver, encodeLine, spoilChecksum } from './frame.ts';
import { EvaluatorMachine, type EvaluatorState } from './machine.ts';

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

const faultBit: Partial<Record<EvaluatorFault, number>> = { 'stuck-key': 1, speaker: 2, 'low-voltage': 4 };

/** Starts one ELP/1 evaluator on a real port; rejects with a PortError when the port cannot be opened. */
export async function startEvaluator(options: EvaluatorOptions) {
  const id = options.id ?? 'evaluator';
  const now = options.now ?? Date.now;
  const bootRandom = options.random ?? Math.random;
  const keyCodes = options.keyCodes ?? [5, 4, 3, 2, 1];
  const identity = {
    model: options.model ?? 'HALL-EV5',
    serial: options.serial ?? 'SIM0001',
    firmware: options.firmware ?? '1.0',
  };
  for (const [field, value] of Object.entries(identity)) {
    if (!/^[\x20-\x7e]+$/.test(value) || /[$*,]/.test(value) || value.length > 32) {
      throw new RangeError(
        `${id}: ${field} "${value}" must be 1-32 printable ASCII characters without $ * ,`,
      );
    }
  }
  const machine = new EvaluatorMachine(identity);
  const receiver = createLineReceiver();
  const faults = createFaults();
  const wire = createWireLog(now);
  let plugged = false;
  let closed = false;
  let hostPresent = false;
  let timer: NodeJS.Timeout | undefined;

  const port = createPort(options.port, { onBytes, onHost });
  const line = createBadLine({
    faults,
    random: seededRandom(options.seed ?? 1),
    spoil: spoilChecksum,
    write(bytes) {
      if (!hostPresent) return;
      port.write(bytes);
      note('out', bytes, describe(bytes));
    },
  });

  function describe(bytes: Uint8Array) {
    return Buffer.from(bytes)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, (sign) => (sign === '\r' || sign === '\n' ? '' : '·'));
  }
  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function changed() {
    options.onChange?.();
    schedule();
  }
  function send(bodies: string[]) {
    for (const body of bodies) line.send(encodeLine(body));
  }
  function onHost(present: boolean) {
    hostPresent = present;
    receiver.reset();
    changed();
  }
  function onBytes(bytes: Uint8Array) {
    if (machine.state(now()).power === 'off') return;
    const before = { ...receiver.dropped };
    const bodies = receiver.receive(bytes);
    const dropped =
      receiver.dropped.crc + receiver.dropped.form + receiver.dropped.long >
      before.crc + before.form + before.long;
    note('in', bytes, dropped ? `${describe(bytes)}  (dropped a line)` : describe(bytes));
    for (const body of bodies) if (!line.losesIncoming()) send(machine.receive(body, now()));
    changed();
  }
  function schedule() {
    clearTimeout(timer);
    if (closed) return;
    const at = machine.nextDue();
    if (at === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(
      () => {
        send(machine.due(now()));
        changed();
      },
      Math.max(1, at - now()),
    );
  }
  function powerUp() {
    const boot = Math.floor(bootRandom() * 0x100000000)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
    send(machine.powerUp(boot, now()));
  }
  function applyHardwareFaults() {
    machine.busy = faults.isOn('busy');
    machine.hardwareFaults = evaluatorFaults.reduce(
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
  powerUp();
  schedule();

  return {
    id,
    kind: 'evaluator' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    serial: identity.serial,
    model: identity.model,
    get plugged() {
      return plugged;
    },
    keyCodes,
    /** Presses key 1…5 (1 = 非常满意, left). `false` when the device refuses it (power off, memory full, key stuck). */
    press(key: number): boolean {
      const code = keyCodes[key - 1];
      if (code === undefined) throw new RangeError(`${id}: key ${key} is not there; keys are 1 to 5`);
      if (faults.isOn('stuck-key') && (faults.options('stuck-key').key ?? 1) === key) return false;
      const { taken, send: bodies } = machine.press(code, now());
      send(bodies);
      changed();
      return taken;
    },
    plug,
    unplug,
    /** Off and on again: new boot number, empty memory, HI. */
    powerCycle() {
      if (faults.isOn('power-off')) faults.set('power-off', false);
      powerUp();
      changed();
    },
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean, faultOptions: FaultOptions = {}) {
      const fault = requireFault(id, evaluatorFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      const wasOn = faults.isOn(fault);
      if (fault === 'stuck-key' && on && !wasOn) {
        // The key makes contact once, and then stays down.
        const code = keyCodes[(faultOptions.key ?? 1) - 1];
        if (code !== undefined) send(machine.press(code, now()).send);
      }
      faults.set(fault, on, faultOptions);
      applyHardwareFaults();
      if (fault === 'power-off' && on) machine.powerDown();
      if (fault === 'power-off' && !on && wasOn) powerUp();
      changed();
    },
    faults: () => faults.names() as EvaluatorFault[],
    state: (): EvaluatorState & { dropped: typeof receiver.dropped; hostPresent: boolean } => ({
      ...machine.state(now()),
      dropped: { ...receiver.dropped },
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
export type EvaluatorHandle = Awaited<ReturnType<typeof startEvaluator>>;

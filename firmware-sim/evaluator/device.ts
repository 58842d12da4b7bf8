import type { Command } from '../evaluator-line/command.ts';
import type { EvaluatorFault, FaultOptions, Faults } from '../faults/faults.ts';
import { createDeviceLine, type LinePort, type WireOptions } from '../line/device-line.ts';
import type { PortEvents } from '../port/port.ts';
import type { EvaluatorHardware, EvaluatorState } from './hardware.ts';

/** What evaluators of every protocol can be told. */
export type EvaluatorOptions = Partial<WireOptions> & {
  /** Printable ASCII without `$ * ,`. Defaults `HALL-EV5`, `SIM0001`, `1.0`. */
  model?: string;
  serial?: string;
  firmware?: string;
  /** Raw key codes of keys 1…5, left (非常满意) to right (非常不满意); default 5,4,3,2,1. */
  keyCodes?: [number, number, number, number, number];
  /** Random source for boot numbers, in [0, 1); default Math.random. */
  random?: () => number;
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
  createPort: (events: PortEvents) => LinePort;
  /** The speed of its line; left out where there is none. */
  baud?: number;
  /** Its port goes with its power: whether it has any now. Left out: the port is an adapter's. */
  isPowered?: () => boolean;
  /** What it sends when it babbles; left out: random bytes. */
  babble?: () => Uint8Array;
  /** Its messages are reports: each whole or not at all. */
  reports?: boolean;
  /** Shared with a port that must know of them. */
  faults?: Faults;
};

const faultBits = { 'stuck-key': 1, speaker: 2, 'low-voltage': 4 } as const;
const defaultClockErrorMs = 3_600_000;
const defaultSlowMs = 300;
const bounceMs = 12;

/** Starts an evaluator of any protocol on its port; rejects with a PortError when the port cannot be opened. */
export async function startEvaluatorDevice<Message>(
  options: EvaluatorOptions & { serial: string; model: string; pressesBefore?: number },
  protocol: EvaluatorProtocol<Message>,
) {
  const id = options.id ?? 'evaluator';
  const { hardware, encode, describe } = protocol;
  const bootRandom = options.random ?? Math.random;
  const keyCodes = options.keyCodes ?? [5, 4, 3, 2, 1];
  let closed = false;
  /** drawn at the last power-up */
  let boot = '';
  let timer: NodeJS.Timeout | undefined;
  const soon = new Set<NodeJS.Timeout>();
  /** Until when a slow device is at work on what it has heard. */
  let atWorkUntil = 0;

  const line = createDeviceLine<EvaluatorFault>(
    { ...options, id, onChange: changed },
    { ...protocol, receive, apply, reset },
  );
  const { now } = line;

  function noKey(key: number) {
    return `${id}: key ${key} is not there; keys are 1 to 5`;
  }
  function changed() {
    options.onChange?.();
    schedule();
  }
  function send(messages: Message[]) {
    for (const message of messages) {
      const bytes = encode(message);
      line.send(bytes, describe(bytes));
    }
  }
  function receive(bytes: Uint8Array) {
    if (hardware.state(now()).power === 'off') return line.heard(bytes, 'the power is off');
    const { commands, decoded } = protocol.hear(bytes);
    line.heard(bytes, decoded);
    for (const { command, wire } of commands)
      if (!line.losesIncoming()) inTurn(() => send(hardware.take(command, wire, now())));
  }
  /** At once, or one after the other when the device is slow. */
  function inTurn(task: () => void) {
    const takesMs = line.isFault('slow') ? (line.faultOptions('slow').ms ?? defaultSlowMs) : 0;
    const waitsMs = Math.max(0, atWorkUntil - now()) + takesMs;
    if (waitsMs === 0) return task();
    atWorkUntil = now() + waitsMs;
    later(waitsMs, task);
  }
  function later(ms: number, task: () => void) {
    const wait = setTimeout(() => {
      soon.delete(wait);
      task();
      changed();
    }, ms);
    soon.add(wait);
  }
  function forgetWork() {
    for (const wait of soon) clearTimeout(wait);
    soon.clear();
    atWorkUntil = 0;
  }
  function reset() {
    protocol.reset();
    forgetWork();
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
    if (boot === '' || !line.isFault('same-boot'))
      boot = Math.floor(bootRandom() * 0x100000000)
        .toString(16)
        .toUpperCase()
        .padStart(8, '0');
    send(hardware.powerUp(boot, now(), pressesBefore));
  }
  function apply(fault: EvaluatorFault, on: boolean, how: FaultOptions, wasOn: boolean) {
    if (fault === 'stuck-key' && on && !wasOn) {
      // The key makes contact once, and then stays down.
      const { key = 1 } = how;
      const code = keyCodes[key - 1];
      if (code === undefined) {
        line.mark(fault, false);
        throw new RangeError(noKey(key));
      }
      send(hardware.press(code, now()).send);
    }
    hardware.busy = line.isFault('busy');
    hardware.clockErrorMs = line.isFault('clock')
      ? (line.faultOptions('clock').ms ?? defaultClockErrorMs)
      : 0;
    hardware.hardwareFaults = Object.entries(faultBits).reduce(
      (bits, [name, bit]) => (line.isFault(name as keyof typeof faultBits) ? bits | bit : bits),
      0,
    );
    return fault === 'power-off' && on !== wasOn ? setPower(!on) : undefined;
  }
  async function setPower(on: boolean) {
    if (!on) {
      hardware.powerDown();
      forgetWork();
    }
    if (protocol.isPowered) await line.setPortPower(on);
    if (on) powerUp();
  }

  // The cable may come and go, the power does not: presses stay in memory (evaluators.md, "Promise on both own protocols").
  await line.plug();
  powerUp(options.pressesBefore);
  schedule();

  return {
    id,
    kind: 'evaluator' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT`, `serial:LINKPATH`, `hid:VENDOR:PRODUCT:SERIAL`; `usb:…` on a bus. */
    get port() {
      return line.address;
    },
    serial: options.serial,
    model: options.model,
    get plugged() {
      return line.plugged;
    },
    keyCodes,
    /** Presses key 1…5 (1 = 非常满意, left). `false` when the device refuses it (power off, memory full, key stuck). */
    press(key: number): boolean {
      const code = keyCodes[key - 1];
      if (code === undefined) throw new RangeError(noKey(key));
      if (line.isFault('stuck-key') && (line.faultOptions('stuck-key').key ?? 1) === key) return false;
      const { taken, send: messages } = hardware.press(code, now());
      send(messages);
      if (taken && line.isFault('bounce')) later(bounceMs, () => send(hardware.press(code, now()).send));
      changed();
      return taken;
    },
    plug: line.plug,
    unplug: line.unplug,
    /** Off and on again: new boot number, empty memory, a greeting. */
    powerCycle() {
      if (line.isFault('power-off')) return void line.setFault('power-off', false);
      powerUp();
      changed();
    },
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    faults: line.faults,
    state: (): EvaluatorState & {
      dropped: ReturnType<typeof protocol.dropped>;
      hostPresent: boolean;
    } => ({
      ...hardware.state(now()),
      dropped: protocol.dropped(),
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      clearTimeout(timer);
      forgetWork();
      await line.close();
    },
  };
}
export type EvaluatorHandle = Awaited<ReturnType<typeof startEvaluatorDevice>>;

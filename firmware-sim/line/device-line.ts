import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type FaultName,
  type FaultOptions,
  type Faults,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import type { DevicePort, LineSettings, PortEvents } from '../port/port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';

/** What everything with a wire can be told. */
export type WireOptions = {
  /** Name in messages and on the panel. */
  id: string;
  /** Seed of the faults' randomness; default 1. */
  seed?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
};

/** The connector, as far as a line needs it: a HID device's has no kind and no settings. */
export type LinePort = Pick<DevicePort, 'address' | 'open' | 'close' | 'write'>;

/** What a device adds to its line. */
export type LineDevice<Fault extends FaultName> = {
  faultNames: readonly Fault[];
  createPort: (events: PortEvents) => LinePort;
  /** Bytes of the host. The device tells the wire view what they are by `heard`. */
  receive: (bytes: Uint8Array) => void;
  /** A host has come or gone, or the cable: what was begun will not be finished. */
  reset?: () => void;
  /** Turns a good frame into one with a wrong checksum. */
  spoil?: (frame: Uint8Array) => Uint8Array;
  /** A fault of the device itself is switched. */
  apply?: (fault: Fault, on: boolean, options: FaultOptions, wasOn: boolean) => unknown;
  /** The speed of the device's own line (8N1); with another one of the host there is garbage both ways. */
  baud?: number;
  /** A port that goes with the device's power: whether it has any now; always, when left out. */
  isPowered?: () => boolean;
  /** What goes over it are reports: each whole or not at all (USB). */
  reports?: boolean;
  /** It counts the bytes of `…-after-bytes` itself, where it takes them. */
  countsBytes?: boolean;
  /** What babbling sends every 20 ms; default 1 to 38 random bytes: a line of 9600 baud that is full. */
  babble?: () => Uint8Array;
  faults?: Faults;
};

const babbleEveryMs = 20;
const behindBytes = { 'unplug-after-bytes': 'unplugged', 'power-off-after-bytes': 'power-off' } as const;
type BehindBytes = keyof typeof behindBytes;

/**
 * The wire of one simulated device: its plug, what goes over it in the wire view, and every fault that a wire can have
 * (faults.ts). The device is not plugged in yet.
 */
export function createDeviceLine<Fault extends FaultName>(options: WireOptions, device: LineDevice<Fault>) {
  const { id } = options;
  const now = options.now ?? Date.now;
  const faults = device.faults ?? createFaults();
  const random = seededRandom(options.seed ?? 1);
  const wire = createWireLog(now);
  const ends = new Map<FaultName, NodeJS.Timeout>();
  const bytesUntil = new Map<BehindBytes, number>();
  let plugged = false;
  let closed = false;
  let hostPresent = false;
  let babble: NodeJS.Timeout | undefined;
  let hostLine: LineSettings | undefined;

  const port = device.createPort({
    onBytes,
    onHost(present) {
      hostPresent = present;
      if (!present) bad.clear();
      device.reset?.();
      changed();
    },
    onLine(settings) {
      hostLine = settings;
      changed();
    },
  });
  const bad = createBadLine({ faults, random, write: put, ...(device.spoil && { spoil: device.spoil }) });

  function changed() {
    options.onChange?.();
  }
  function note(direction: WireEntry['direction'], bytes: Uint8Array, words: string) {
    const entry = wire.add(direction, bytes, words);
    options.onWire?.(entry);
  }
  /** A device behind a bridge hears and says garbage when the host's line is set otherwise. */
  function isGarbled() {
    if (faults.isOn('wrong-baud')) return true;
    return device.baud !== undefined && hostLine !== undefined && hostLine.baud !== device.baud;
  }
  function garbled(bytes: Uint8Array) {
    return bytes.map(() => Math.floor(random() * 256));
  }
  function onBytes(bytes: Uint8Array) {
    const before = wholly(counted(bytes.length), bytes.length);
    const taken = bytes.subarray(0, before);
    if (faults.isOn('adapter-echo')) put(taken, 'echo of the adapter');
    if (taken.length > 0) device.receive(isGarbled() ? garbled(taken) : taken);
    happenBehindBytes();
    changed();
  }
  function put(bytes: Uint8Array, words: string) {
    if (!hostPresent || !plugged || bytes.length === 0) return;
    const before = wholly(counted(bytes.length), bytes.length);
    const said = isGarbled() ? garbled(bytes.subarray(0, before)) : bytes.subarray(0, before);
    if (said.length > 0) {
      port.write(said);
      note('out', said, isGarbled() ? 'garbage at this baud rate' : words);
    }
    happenBehindBytes();
  }
  /** How many of these bytes still go over the wire. */
  function counted(length: number) {
    if (device.countsBytes || bytesUntil.size === 0) return length;
    const before = Math.min(length, ...bytesUntil.values());
    for (const [name, left] of bytesUntil) bytesUntil.set(name, left - length);
    return before;
  }
  function wholly(before: number, length: number) {
    return device.reports && before < length ? 0 : before;
  }
  function happenBehindBytes() {
    for (const [name, left] of [...bytesUntil]) {
      if (left > 0) continue;
      bytesUntil.delete(name);
      faults.set(name, false);
      void setFault(behindBytes[name], true);
    }
  }
  function setBabble(on: boolean) {
    clearInterval(babble);
    babble = undefined;
    const bytes = device.babble ?? (() => bad.randomBytes(38));
    if (on && !closed)
      babble = setInterval(() => {
        if (!faults.isOn('power-off')) put(bytes(), 'babble');
      }, babbleEveryMs);
  }

  async function plug() {
    if (plugged || closed) return;
    if (device.isPowered?.() ?? true) await port.open();
    plugged = true;
    faults.set('unplugged', false);
    changed();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    hostLine = undefined;
    faults.set('unplugged', true);
    bad.clear();
    await port.close();
    device.reset?.();
    changed();
  }
  async function setFault(name: string, on: boolean, how: FaultOptions = {}): Promise<void> {
    const fault = requireFault<FaultName>(id, device.faultNames, name) as Fault;
    clearTimeout(ends.get(fault));
    if (on && how.forMs !== undefined)
      ends.set(
        fault,
        setTimeout(() => void setFault(fault, false), how.forMs),
      );
    if (fault === 'unplugged') return on ? unplug() : plug();
    const wasOn = faults.isOn(fault);
    faults.set(fault, on, how);
    if (fault === 'babble') setBabble(on);
    if (!device.countsBytes && Object.hasOwn(behindBytes, fault)) {
      if (on) bytesUntil.set(fault as BehindBytes, how.bytes ?? 0);
      else bytesUntil.delete(fault as BehindBytes);
      happenBehindBytes();
    }
    await device.apply?.(fault, on, how, wasOn);
    changed();
  }

  return {
    id,
    now,
    random,
    faultNames: device.faultNames,
    isFault: (name: FaultName, address?: number) => faults.concerns(name, address),
    faultOptions: (name: FaultName) => faults.options(name),
    faults: () => faults.names() as Fault[],
    setFault,
    /** A fault that the device has come into, or out of, by itself. */
    mark: (name: Fault, on: boolean) => faults.set(name, on),
    /** The power of a port with its own has gone or come; the plug is where it was. */
    async setPortPower(on: boolean) {
      if (!on) return port.close();
      if (plugged && !closed) await port.open();
    },
    /** As an agent's configuration names it. */
    get address() {
      return port.address;
    },
    get plugged() {
      return plugged;
    },
    get hostPresent() {
      return hostPresent;
    },
    /** How the host has set its line, where it can be known. */
    get hostLine() {
      return hostLine ?? null;
    },
    /** Says a frame, with whatever the line does to it. `address`: who of several says it. */
    send: bad.send,
    losesIncoming: bad.losesIncoming,
    randomBytes: bad.randomBytes,
    /** Bytes as they are, past every fault but a wrong speed. */
    put,
    /** What the host has said, for the wire view. */
    heard: (bytes: Uint8Array, words: string) => note('in', bytes, words),
    /** Forgets what waits to be said. */
    clear: bad.clear,
    plug,
    unplug,
    wire: () => wire.entries,
    /** Ends the line; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      setBabble(false);
      for (const timer of ends.values()) clearTimeout(timer);
      ends.clear();
      bad.clear();
      await port.close();
    },
  };
}
export type DeviceLine<Fault extends FaultName = FaultName> = ReturnType<typeof createDeviceLine<Fault>>;

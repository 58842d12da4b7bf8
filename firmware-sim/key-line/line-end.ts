import { createBadLine } from '../faults/bad-line.ts';
import {
  createFaults,
  type FaultOptions,
  type KeyLineFault,
  keyLineFaults,
  requireFault,
} from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';

export type LineEndOptions = {
  /** Name in messages and on the panel. */
  id: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. */
  port: string;
  baud: number;
  /** Seed of the faults' randomness; default 1. */
  seed?: number;
  now?: () => number;
  onWire?: (entry: WireEntry) => void;
  onChange?: () => void;
};

const mergeWaitMs = 60;
const babbleEveryMs = 8;
const defaultDelayMs = 120;

/**
 * The devices' end of an RS-485 line. Several devices may send; a frame takes its time on the wire, and two that
 * overlap spoil each other. `receive` gets what the host sends; `spoil` makes a wrong checksum, where there is one.
 */
export function createLineEnd(
  options: LineEndOptions,
  receive: (bytes: Uint8Array) => void,
  spoil?: (frame: Uint8Array) => Uint8Array,
) {
  const now = options.now ?? Date.now;
  const faults = createFaults();
  const random = seededRandom(options.seed ?? 1);
  const wire = createWireLog(now);
  const timers = new Set<NodeJS.Timeout>();
  let plugged = false;
  let closed = false;
  let hostPresent = false;
  /** What is on the wire now, and by whom. */
  let speaking: { sender: unknown; frame: Uint8Array } | undefined;
  let held: Uint8Array | undefined;
  let babble: NodeJS.Timeout | undefined;
  let collisions = 0;

  const port = createPort(options.port, { onBytes, onHost });
  const line = createBadLine({ faults, random, ...(spoil && { spoil }), write: merge });

  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded = '') {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function later(ms: number, task: () => void) {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  }
  function onHost(present: boolean) {
    hostPresent = present;
    options.onChange?.();
  }
  function onBytes(bytes: Uint8Array) {
    note('in', bytes);
    if (faults.isOn('adapter-echo')) put(bytes, 'echo of the adapter');
    if (!line.losesIncoming()) receive(bytes);
    options.onChange?.();
  }
  function put(bytes: Uint8Array, decoded = '') {
    if (!hostPresent) return;
    port.write(bytes);
    note('out', bytes, decoded);
  }
  function merge(bytes: Uint8Array) {
    if (!faults.isOn('merged-frames')) return put(bytes);
    if (held) {
      const both = Buffer.concat([held, bytes]);
      held = undefined;
      return put(both);
    }
    held = bytes;
    // Nothing may follow: a frame that waits for company goes alone.
    later(mergeWaitMs, () => {
      if (!held) return;
      put(held);
      held = undefined;
    });
  }
  function corrupted(frame: Uint8Array) {
    if (!faults.isOn('corrupted') || random() >= (faults.options('corrupted').rate ?? 0.5)) return frame;
    const bent = Uint8Array.from(frame);
    const at = Math.floor(random() * bent.length);
    bent[at] = (bent[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bent;
  }

  async function plug() {
    if (plugged || closed) return;
    await port.open();
    plugged = true;
    options.onChange?.();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    quieten();
    await port.close();
    options.onChange?.();
  }
  function quieten() {
    line.clear();
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    speaking = undefined;
    held = undefined;
  }

  return {
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    get plugged() {
      return plugged;
    },
    get hostPresent() {
      return hostPresent;
    },
    /** How often two devices have spoken at once. */
    get collisions() {
      return collisions;
    },
    random,
    now,
    wire: () => wire.entries,
    /** A device speaks. It does not listen first, as the cheap ones do not. */
    send(sender: unknown, frame: Uint8Array) {
      if (!plugged) return;
      if (speaking && speaking.sender !== sender) {
        collisions++;
        // A line that one pulls low is low: what both sent is lost.
        const { frame: other } = speaking;
        speaking.frame = other.map((byte, at) => byte & (frame[at] ?? 0xff) & 0x7f);
        return;
      }
      const started = { sender, frame };
      speaking = started;
      later((frame.length * 10_000) / options.baud, () => {
        if (speaking === started) speaking = undefined;
        const delayMs = faults.isOn('delayed-frames')
          ? (faults.options('delayed-frames').ms ?? defaultDelayMs)
          : 0;
        const ready = corrupted(started.frame);
        if (delayMs > 0) later(delayMs, () => line.send(ready));
        else line.send(ready);
      });
    },
    /** Bytes of no device's own, as they are. */
    inject: (bytes: Uint8Array) => put(bytes, 'injected'),
    plug,
    unplug,
    /** Switches a named fault; throws a RangeError for a name this line does not have. */
    async setFault(name: string, on: boolean, faultOptions: FaultOptions = {}) {
      const fault: KeyLineFault = requireFault(options.id, keyLineFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      faults.set(fault, on, faultOptions);
      clearInterval(babble);
      if (faults.isOn('babble'))
        babble = setInterval(
          () =>
            put(Uint8Array.from({ length: 1 + Math.floor(random() * 8) }, () => Math.floor(random() * 256))),
          babbleEveryMs,
        );
      options.onChange?.();
    },
    faults: () => (plugged ? faults.names() : (['unplugged', ...faults.names()] as const)),
    /** Ends the line; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      clearInterval(babble);
      quieten();
      await port.close();
    },
  };
}
export type LineEnd = ReturnType<typeof createLineEnd>;

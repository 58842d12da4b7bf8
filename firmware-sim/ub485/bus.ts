/** UB485 panels of QSystem (evaluators.md §4): no checksum, no sequence, a key is sent once and never again. */
import { ub485Faults } from '../faults/faults.ts';
import { keyWords } from '../key-line/key-words.ts';
import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';

const start = 0x01;
const frameEnd = 0x07;
const lampLength = 4;
const textLength = 7;

/** What stands on a panel. `lamp`: 30 off … 3D; `blink`: 20 steady, 21 always. */
export type Ub485Panel = { lamp: number; beeps: number; text: string; blink: number };
export type Ub485BusOptions = Partial<Omit<LineEndOptions, 'port'>> & {
  port: LineEndOptions['port'];
  addresses: number[];
};

const dark = (): Ub485Panel => ({ lamp: 0x30, beeps: 0, text: '   ', blink: 0x20 });
const stuckEveryMs = 200;
/** A finger makes contact twice within this time. */
const bounceMs = 12;

/** Starts a line of panels on a real port; rejects with a PortError when it cannot be opened. */
export async function startUb485Bus(options: Ub485BusOptions) {
  const id = options.id ?? 'ub485';
  const panels = new Map<number, Ub485Panel>(options.addresses.map((address) => [address, dark()]));
  const bytes: number[] = [];
  let dropped = 0;
  const stuck = new Map<number, NodeJS.Timeout>();
  const bounces = new Set<NodeJS.Timeout>();
  let words: string[] = [];
  const end = createLineEnd<(typeof ub485Faults)[number]>(
    { ...options, id, baud: options.baud ?? 57_600 },
    {
      faultNames: ub485Faults,
      receive,
      describe: ([, address, key]) =>
        `${address}: key ${Object.entries(keyWords.panel).find(([, one]) => one.key === key)?.[0] ?? key?.toString(16)}`,
      apply(fault, on, { address, key = 0x31 }) {
        for (const where of panels.keys()) {
          if (address !== undefined && address !== where) continue;
          if (fault === 'power-off' && on) panels.set(where, dark());
          if (fault !== 'stuck-key') continue;
          clearInterval(stuck.get(where));
          if (on)
            stuck.set(
              where,
              setInterval(() => send(where, key), stuckEveryMs),
            );
          if (on) send(where, key);
        }
      },
    },
  );
  const { line } = end;

  function send(address: number, key: number) {
    if (line.isFault('power-off', address)) return;
    end.send(address, Uint8Array.of(start, address, key, frameEnd), address);
  }
  function receive(more: Uint8Array) {
    words = [];
    bytes.push(...more);
    while (bytes.length > 0) {
      const length = frameLength();
      if (length === undefined) break;
      if (length === 0) dropped++;
      bytes.splice(0, Math.max(1, length));
    }
    return words.join(' · ') || 'no whole frame';
  }
  /** Obeys a frame and gives its length; 0: this is none; undefined: more must come. */
  function frameLength(): number | undefined {
    if (bytes[0] !== start) return 0;
    if (bytes.length < lampLength) return undefined;
    const [, address = 0, what = 0, third] = bytes;
    if (third === frameEnd && what >= 0x30 && what <= 0x3d) {
      const panel = hears(address, `lamp ${what.toString(16)}`);
      if (panel) {
        panel.lamp = what;
        // 37 … 3D are 30 … 36 with a beep of 500 ms.
        if (what >= 0x37) panel.beeps++;
      }
      return lampLength;
    }
    if (what < 0x20 || what > 0x7f) return 0;
    if (bytes.length < textLength) return undefined;
    if (bytes[textLength - 1] !== frameEnd) return 0;
    const text = String.fromCharCode(...bytes.slice(3, 6));
    const panel = hears(address, `show "${text}"`);
    if (panel) Object.assign(panel, { blink: what, text });
    return textLength;
  }
  /** The panel that takes a frame to this address. */
  function hears(address: number, what: string) {
    const lost = line.losesIncoming(address);
    words.push(`${address}: ${what}${lost ? ', lost on the way' : ''}`);
    return lost || line.isFault('power-off', address) ? undefined : panels.get(address);
  }

  await line.plug();
  return {
    id,
    kind: 'ub485-bus' as const,
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses a key: 31 call or recall, 32 start, 33 redirect, 34 no-show or finish. */
    press(address: number, key: number) {
      if (!panels.has(address)) throw new RangeError(`${id}: there is no panel at address ${address}`);
      send(address, key);
      if (line.isFault('bounce', address)) bounces.add(setTimeout(() => send(address, key), bounceMs));
    },
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    inject: end.inject,
    state: () => ({
      panels: Object.fromEntries([...panels].map(([address, panel]) => [address, { ...panel }])),
      dropped,
      collisions: end.collisions,
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the line; may be called twice. */
    async close() {
      for (const timer of stuck.values()) clearInterval(timer);
      for (const timer of bounces) clearTimeout(timer);
      await end.close();
    },
  };
}
export type Ub485BusHandle = Awaited<ReturnType<typeof startUb485Bus>>;

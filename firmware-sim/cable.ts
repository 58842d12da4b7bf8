import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { cableFaults, createFaults, type FaultOptions, requireFault } from './faults/faults.ts';
import { seededRandom } from './faults/random.ts';
import { listen } from './port/listen.ts';

export type CableOptions = {
  /** Name in messages and on the panel; default `cable`. */
  id?: string;
  /** TCP port to listen on, 0 = any free port. */
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Where the other end of the cable is. */
  to: { host: string; port: number };
  /** Seed of the faults' randomness; default 1. */
  seed?: number;
  onChange?: () => void;
};

type Fault = (typeof cableFaults)[number];
type Way = 'up' | 'down';
/** Two ends of one connection; `far` is none when something else answers. `cut` ends what waits on it. */
type Pair = { near: Socket; far: Socket | undefined; cut: AbortController };

const defaultMs = { 'split-frames': 7, 'delayed-frames': 300, slow: 100 } as const;
const foreignAnswer = 200;

/**
 * Starts a network cable: a TCP relay that can be pulled out (both sides are cut, new connections refused) and put back on the
 * same port, and that can be as bad as a network is. Rejects with a PortError when its port cannot be opened.
 */
export async function startCable(options: CableOptions) {
  const id = options.id ?? 'cable';
  const host = options.host ?? '127.0.0.1';
  const faults = createFaults();
  const random = seededRandom(options.seed ?? 1);
  const pairs = new Set<Pair>();
  const ends = new Map<Fault, NodeJS.Timeout>();
  const counts = { up: 0, down: 0, connections: 0, pieces: 0 };
  const busyUntil = { up: 0, down: 0 };
  let bytesUntilPulled = Number.POSITIVE_INFINITY;
  let passing = Promise.withResolvers<void>();
  passing.resolve();
  let number = options.port;
  let server: Server | undefined;

  function connected(near: Socket) {
    const foreign = faults.isOn('garbage');
    const pair: Pair = {
      near,
      far: foreign ? undefined : connect(options.to.port, options.to.host),
      cut: new AbortController(),
    };
    pairs.add(pair);
    counts.connections++;
    for (const socket of socketsOf(pair)) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      // The other side hears of it when the network passes anything on.
      socket.on('close', () => void passing.promise.then(() => cut(pair)));
    }
    if (pair.far) {
      void carry(pair, near, pair.far, 'up');
      void carry(pair, pair.far, near, 'down');
    } else near.on('data', (bytes) => answerForeign(near, bytes));
    options.onChange?.();
  }
  function answerForeign(near: Socket, bytes: Uint8Array) {
    counts.up += bytes.length;
    counts.down += foreignAnswer;
    near.write(Uint8Array.from({ length: foreignAnswer }, () => Math.floor(random() * 256)));
    options.onChange?.();
  }
  /** What has come from one end goes to the other, in order, until one of them is gone. */
  async function carry(pair: Pair, from: Socket, to: Socket, way: Way) {
    const { signal } = pair.cut;
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        await passing.promise;
        const ms = msOf('delayed-frames') + turnMs(way, (msOf('slow') * bytes.length) / 1000);
        if (ms > 0) await wait(ms, undefined, { signal });
        for (const piece of faults.isOn('split-frames') ? split(bytes) : [bytes]) {
          await put(to, piece, way, signal);
          if (piece !== bytes) await wait(msOf('split-frames'), undefined, { signal });
        }
      }
      await passing.promise;
      to.end();
    } catch {
      cut(pair);
    }
  }
  async function put(to: Socket, bytes: Buffer, way: Way, signal: AbortSignal) {
    signal.throwIfAborted();
    const passed = bytes.subarray(0, bytesUntilPulled);
    bytesUntilPulled -= bytes.length;
    counts[way] += passed.length;
    counts.pieces++;
    if (bytesUntilPulled <= 0) {
      // What has gone over the cable before it is pulled arrives.
      await new Promise((resolve) => to.write(passed, resolve));
      await setFault('unplugged', true);
    } else if (!to.write(passed)) await once(to, 'drain', { signal });
    options.onChange?.();
  }
  function split(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor((random() * bytes.length) / 3);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  }
  /** All connections share what a slow network carries. */
  function turnMs(way: Way, takesMs: number) {
    const now = performance.now();
    busyUntil[way] = Math.max(busyUntil[way], now) + takesMs;
    return takesMs > 0 ? busyUntil[way] - now : 0;
  }
  function msOf(name: keyof typeof defaultMs) {
    return faults.isOn(name) ? (faults.options(name).ms ?? defaultMs[name]) : 0;
  }
  function cut(pair: Pair) {
    pair.cut.abort();
    for (const socket of socketsOf(pair)) socket.destroy();
    if (pairs.delete(pair)) options.onChange?.();
  }

  async function plug() {
    if (server) return;
    server = createServer(connected);
    try {
      number = await listen(server, host, number);
    } catch (error) {
      server = undefined;
      throw error;
    }
    faults.set('unplugged', false);
    options.onChange?.();
  }
  async function unplug() {
    const closing = server;
    if (!closing) return;
    server = undefined;
    faults.set('unplugged', true);
    const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
    for (const pair of pairs) cut(pair);
    await closed;
    options.onChange?.();
  }
  async function setFault(name: string, on: boolean, how: FaultOptions = {}): Promise<void> {
    const fault = requireFault(id, cableFaults, name);
    clearTimeout(ends.get(fault));
    if (on && how.forMs !== undefined)
      ends.set(
        fault,
        setTimeout(() => void setFault(fault, false), how.forMs),
      );
    if (fault === 'unplugged') {
      if (on) bytesUntilPulled = Number.POSITIVE_INFINITY;
      if (on) faults.set('unplug-after-bytes', false);
      return on ? unplug() : plug();
    }
    const wasOn = faults.isOn(fault);
    faults.set(fault, on, how);
    if (fault === 'unplug-after-bytes') {
      bytesUntilPulled = on ? (how.bytes ?? 0) : Number.POSITIVE_INFINITY;
      if (bytesUntilPulled <= 0) return setFault('unplugged', true);
    }
    if (fault === 'silent' && on && !wasOn) passing = Promise.withResolvers<void>();
    if (fault === 'silent' && !on) passing.resolve();
    // What is at the far end is another one from now on.
    if (fault === 'garbage' && on !== wasOn) for (const pair of pairs) cut(pair);
    options.onChange?.();
  }

  await plug();
  return {
    id,
    kind: 'cable' as const,
    /** As a host may dial it: `tcp:HOST:PORT`. */
    get port() {
      return `tcp:${host}:${number}`;
    },
    get portNumber() {
      return number;
    },
    to: options.to,
    get plugged() {
      return server !== undefined;
    },
    plug,
    unplug,
    /** Switches a named fault; rejects with a RangeError for a name that a cable does not have. */
    setFault,
    faultNames: cableFaults,
    faults: () => faults.names(),
    /** up: bytes that went from the dialling side to the far end, down: back; pieces: in how many. */
    state: () => ({
      to: `${options.to.host}:${options.to.port}`,
      open: pairs.size,
      bytesUp: counts.up,
      bytesDown: counts.down,
      pieces: counts.pieces,
      connections: counts.connections,
    }),
    /** Ends the cable; may be called twice. */
    async close() {
      for (const timer of ends.values()) clearTimeout(timer);
      await unplug();
      passing.resolve();
    },
  };
}
export type CableHandle = Awaited<ReturnType<typeof startCable>>;

function socketsOf({ near, far }: Pair): Socket[] {
  return far ? [near, far] : [near];
}

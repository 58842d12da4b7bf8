import iconv from 'iconv-lite';
import { requireFault } from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';

export const scannerFaults = [
  'unplugged',
  /** reads, and nothing comes over the line */
  'silent',
  /** a code in pieces, a few milliseconds apart */
  'split',
  /** a code in pieces with long pauses, as a busy adapter gives it */
  'delayed',
  /** random bytes before each code */
  'noise',
  /** the suffix stays away */
  'lost-suffix',
  /** the trigger bounces: each code is sent twice */
  'bounce',
  /** random bytes without a pause, as with a wrong baud rate or a broken device */
  'babble',
] as const;
export type ScannerFault = (typeof scannerFaults)[number];

export type ScannerOptions = {
  /** Name in messages; default `scanner`. */
  id?: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. */
  port: string;
  /** What the scanner sends behind a code; default `cr`. */
  suffix?: 'cr' | 'lf' | 'crlf' | 'none';
  /** Sends the AIM id in front; default false. */
  aim?: boolean;
  encoding?: 'utf8' | 'gb18030';
  /** Pause between the pieces of a delayed code, ms; default 80. */
  pauseMs?: number;
  seed?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
};

const suffixes = { cr: '\r', lf: '\n', crlf: '\r\n', none: '' };
const splitGapMs = 4;
const bounceGapMs = 200;
const babbleEveryMs = 10;
const babbleBytes = 120;

/** Starts one serial scanner on a real port; rejects with a PortError when the port cannot be opened. */
export async function startScanner(options: ScannerOptions) {
  const id = options.id ?? 'scanner';
  const now = options.now ?? Date.now;
  const suffix = suffixes[options.suffix ?? 'cr'];
  const encoding = options.encoding ?? 'utf8';
  const random = seededRandom(options.seed ?? 1);
  const faults = new Set<ScannerFault>();
  const wire = createWireLog(now);
  const timers = new Set<NodeJS.Timeout>();
  let babbling: NodeJS.Timeout | undefined;
  let hostPresent = false;
  let plugged = false;
  let closed = false;
  let codesRead = 0;
  let bytesFromHost = 0;
  /** when the line is free again: a code is never sent into another one */
  let freeAt = 0;

  const port = createPort(options.port, {
    onBytes(bytes) {
      bytesFromHost += bytes.length;
      log('in', bytes, 'a serial scanner takes no commands here');
    },
    onHost(present) {
      hostPresent = present;
      if (!present) stopSending();
      options.onChange?.();
    },
  });

  function log(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function put(bytes: Uint8Array, decoded: string) {
    if (!hostPresent || bytes.length === 0) return;
    port.write(bytes);
    log('out', bytes, decoded);
  }
  function later(ms: number, task: () => void) {
    if (ms <= 0) return task();
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
  }
  function stopSending() {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    freeAt = 0;
  }
  function noise(length: number) {
    return Uint8Array.from({ length }, () => Math.floor(random() * 256));
  }
  function pieces(bytes: Uint8Array) {
    const cut: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(random() * Math.max(1, bytes.length / 3));
      cut.push(bytes.slice(at, at + length));
      at += length;
    }
    return cut;
  }
  function send(bytes: Uint8Array, decoded: string) {
    const gap = faults.has('delayed') ? (options.pauseMs ?? 80) : splitGapMs;
    const parts = faults.has('delayed') || faults.has('split') ? pieces(bytes) : [bytes];
    let at = Math.max(0, freeAt - now());
    for (const part of parts) {
      later(at, () => put(part, decoded));
      at += gap;
    }
    freeAt = now() + at;
  }
  function babble(on: boolean) {
    clearInterval(babbling);
    babbling = on ? setInterval(() => put(noise(babbleBytes), 'babble'), babbleEveryMs) : undefined;
  }
  async function plug() {
    if (plugged || closed) return;
    await port.open();
    plugged = true;
    faults.delete('unplugged');
    options.onChange?.();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.add('unplugged');
    stopSending();
    await port.close();
    options.onChange?.();
  }

  await plug();

  return {
    id,
    kind: 'scanner' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    get plugged() {
      return plugged;
    },
    /** Somebody holds a code before the scanner. `symbology`: AIM code and modifier, default Q1 (QR code). */
    scan(text: string, symbology = 'Q1') {
      codesRead++;
      if (faults.has('silent')) return;
      const code = Buffer.concat([
        Buffer.from(options.aim ? `]${symbology}` : '', 'latin1'),
        iconv.encode(text, encoding),
        Buffer.from(faults.has('lost-suffix') ? '' : suffix, 'latin1'),
      ]);
      if (faults.has('noise')) send(noise(3 + Math.floor(random() * 10)), 'noise');
      send(code, `${symbology}, ${text.length} characters`);
      if (faults.has('bounce')) later(bounceGapMs, () => send(code, `${symbology} again`));
      options.onChange?.();
    },
    plug,
    unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean) {
      const fault = requireFault(id, scannerFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      if (on) faults.add(fault);
      else faults.delete(fault);
      if (fault === 'babble') babble(on);
      options.onChange?.();
    },
    faults: () => [...faults],
    state: () => ({ codesRead, bytesFromHost, hostPresent }),
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      babble(false);
      stopSending();
      await port.close();
    },
  };
}
export type ScannerHandle = Awaited<ReturnType<typeof startScanner>>;

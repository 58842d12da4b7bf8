import { requireFault } from '../faults/faults.ts';
import { seededRandom } from '../faults/random.ts';
import { createPort } from '../port/open-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import { createNumberReceiver, NumberSign } from './number-sign.ts';
import { createStripReceiver } from './strip-frame.ts';
import { StripSign, type StripSignState } from './strip-sign.ts';

export const signFaults = [
  'unplugged',
  /** of one address or of all: hears and obeys nothing */
  'silent',
  /** no power; with power again it is dark */
  'power-off',
  'busy',
  'panel',
  'too-hot',
  /** obeys, and its reply gets lost (options: rate) */
  'lost-replies',
  /** a reply arrives with a wrong bit (options: rate) */
  'corrupted',
  /** random bytes before a reply */
  'noise',
  /** a reply in pieces */
  'split',
  /** the host's adapter gives it back what it has sent */
  'echo',
  /** a byte 00 or FF whenever the direction turns */
  'turn-bytes',
  /** what arrives at the host is garbage, as with another baud rate; nothing is obeyed */
  'wrong-baud',
] as const;
export type SignFault = (typeof signFaults)[number];
/** address: one sign of the line, all when left out. rate: share of replies, 0…1, default 0.5. */
export type SignFaultOptions = { address?: number; rate?: number };

export type SignLineOptions = {
  /** Name in messages; default `sign-line`. */
  id?: string;
  /** `tcp:PORT` (0 = any free port), `tcp:HOST:PORT` or `pty:LINKPATH`. */
  port: string;
  protocol: 'strip' | 'xunpeng';
  /** One sign each, 1…247. */
  addresses: number[];
  /** Columns of a strip, for its status; default 16. */
  columns?: number;
  seed?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
};

/** A sign leaves at least 2 ms before its reply (window-sign.md, Rhythm). */
const replyAfterMs = 3;
const silenceMs = 50;
/** The host leaves 5 ms after a reply; one is the grain of the clock. */
const turnaroundMs = 4;

type Question = { take: (sign: StripSign | NumberSign, now: number) => Uint8Array | null };

/** Starts a line of signs on a real port; rejects with a PortError when the port cannot be opened. */
export async function startSignLine(options: SignLineOptions) {
  const id = options.id ?? 'sign-line';
  const now = options.now ?? Date.now;
  const random = seededRandom(options.seed ?? 1);
  const faults = new Map<SignFault, SignFaultOptions>();
  const wire = createWireLog(now);
  const signs = new Map(
    options.addresses.map((address) => {
      if (!Number.isInteger(address) || address < 1 || address > 247) {
        throw new RangeError(`${id}: address ${address} must be from 1 to 247`);
      }
      const sign =
        options.protocol === 'strip'
          ? new StripSign(address, options.columns ?? 16)
          : new NumberSign(address);
      return [address, sign] as const;
    }),
  );
  const receiver = createLineReceiver(options.protocol);
  const counts = { requests: 0, tooSoon: 0, collisions: 0 };
  let repliedAt = Number.NEGATIVE_INFINITY;
  let replying: NodeJS.Timeout | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let plugged = false;
  let closed = false;

  const port = createPort(options.port, {
    onBytes,
    onHost() {
      clearTimeout(replying);
      replying = undefined;
      receiver.silence();
      options.onChange?.();
    },
  });

  function log(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function concerns(fault: SignFault, address: number) {
    const on = faults.get(fault);
    return on !== undefined && (on.address === undefined || on.address === address);
  }
  function happens(fault: SignFault, address: number) {
    return concerns(fault, address) && random() < (faults.get(fault)?.rate ?? 0.5);
  }
  function put(bytes: Uint8Array, decoded: string) {
    port.write(bytes);
    log('out', bytes, decoded);
  }
  function noise() {
    return Uint8Array.from({ length: 2 + Math.floor(random() * 9) }, () => Math.floor(random() * 256));
  }

  function onBytes(bytes: Uint8Array) {
    if (replying) counts.collisions++;
    else if (performance.now() - repliedAt < turnaroundMs) counts.tooSoon++;
    clearTimeout(quiet);
    quiet = setTimeout(() => receiver.silence(), silenceMs);
    if (faults.has('echo')) put(bytes, 'echo');
    if (faults.has('wrong-baud')) {
      log('in', bytes, 'garbage at this baud rate');
      return answer([noise()], 'garbage');
    }
    const questions = receiver.receive(bytes);
    log('in', bytes, questions.length === 0 ? 'no whole request' : `${questions.length} request(s)`);
    for (const question of questions) serve(question);
    options.onChange?.();
  }
  function serve(question: Question) {
    counts.requests++;
    for (const [address, sign] of signs) {
      if (concerns('silent', address)) continue;
      const reply = question.take(sign, now());
      if (!reply || happens('lost-replies', address)) continue;
      const sent = Uint8Array.from(reply);
      if (happens('corrupted', address)) {
        const at = Math.floor(random() * sent.length);
        sent[at] = (sent[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      const pieces: Uint8Array[] = [];
      if (faults.has('turn-bytes')) pieces.push(Uint8Array.of(random() < 0.5 ? 0x00 : 0xff));
      if (concerns('noise', address)) pieces.push(noise());
      const cut = concerns('split', address) ? 1 + Math.floor(random() * (sent.length - 1)) : sent.length;
      pieces.push(sent.slice(0, cut), sent.slice(cut));
      answer(pieces, `sign ${address}`);
    }
  }
  function answer(pieces: Uint8Array[], decoded: string) {
    const [first, ...rest] = pieces.filter((piece) => piece.length > 0);
    clearTimeout(replying);
    if (!first) {
      replying = undefined;
      return;
    }
    replying = setTimeout(() => {
      put(first, decoded);
      repliedAt = performance.now();
      answer(rest, decoded);
    }, replyAfterMs);
  }
  function applyFaults() {
    for (const [address, sign] of signs) {
      const off = concerns('power-off', address);
      if ((sign.state(now()).power === 'off') !== off) sign.setPower(!off);
      if (!(sign instanceof StripSign)) continue;
      sign.busy = concerns('busy', address);
      sign.panelFaulty = concerns('panel', address);
      sign.tooHot = concerns('too-hot', address);
    }
  }

  async function plug() {
    if (plugged || closed) return;
    await port.open();
    plugged = true;
    faults.delete('unplugged');
    options.onChange?.();
  }
  /** The data cable is out; the signs keep their power and what they show. */
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.set('unplugged', {});
    clearTimeout(replying);
    replying = undefined;
    await port.close();
    options.onChange?.();
  }

  await plug();

  return {
    id,
    kind: 'sign-line' as const,
    protocol: options.protocol,
    addresses: [...signs.keys()],
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return port.address;
    },
    get plugged() {
      return plugged;
    },
    plug,
    unplug,
    /** Off and on again: dark. */
    powerCycle(address?: number) {
      for (const sign of signs.values()) {
        if (address !== undefined && sign.address !== address) continue;
        sign.setPower(false);
        sign.setPower(true);
      }
      applyFaults();
      options.onChange?.();
    },
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean, faultOptions: SignFaultOptions = {}) {
      const fault = requireFault(id, signFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      if (on) faults.set(fault, faultOptions);
      else faults.delete(fault);
      applyFaults();
      options.onChange?.();
    },
    faults: () => [...faults.keys()],
    /** What the sign of an address shows; throws a RangeError for an address that is not on the line. */
    state(address: number): StripSignState {
      const sign = signs.get(address);
      if (!sign) throw new RangeError(`${id}: no sign has address ${address}`);
      return sign.state(now());
    },
    /** Requests heard, those sent less than 4 ms after a reply or into one, and what was dropped. */
    line: () => ({ ...counts, dropped: { ...receiver.drops } }),
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      clearTimeout(replying);
      clearTimeout(quiet);
      await port.close();
    },
  };
}
export type SignLineHandle = Awaited<ReturnType<typeof startSignLine>>;

function createLineReceiver(protocol: 'strip' | 'xunpeng') {
  const receiver = protocol === 'strip' ? createStripReceiver() : createNumberReceiver();
  return {
    drops: receiver.drops,
    silence: () => receiver.silence(),
    receive: (bytes: Uint8Array): Question[] =>
      receiver.receive(bytes).map((request) => ({
        take(sign, now) {
          // A line speaks one protocol: requests and signs are of one kind.
          if (sign instanceof StripSign) return 'seq' in request ? sign.take(request, now) : null;
          return 'bytes' in request ? sign.take(request) : null;
        },
      })),
  };
}

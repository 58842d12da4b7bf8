import { signFaults, type SignFault, xunpengFaults } from '../faults/faults.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import { createPort, type Place, type SerialOnUsb } from '../port/open-port.ts';
import { createNumberReceiver, NumberSign } from './number-sign.ts';
import { createStripReceiver } from './strip-frame.ts';
import { StripSign, type StripSignState } from './strip-sign.ts';
import { describeRequest } from './words.ts';

export type SignLineOptions = Partial<WireOptions> & {
  port: Place;
  usb?: SerialOnUsb;
  protocol: 'strip' | 'xunpeng';
  /** One sign each, 1…247. */
  addresses: number[];
  /** Columns of a strip, for its status; default 16. */
  columns?: number;
};

const baud = 9600;

/** A sign leaves at least 2 ms before its reply (window-sign.md, Rhythm). */
const replyAfterMs = 3;
const silenceMs = 50;
/** The host leaves 5 ms after a reply; one is the grain of the clock. */
const turnaroundMs = 4;

type Question = { words: string; take: (sign: StripSign | NumberSign, now: number) => Uint8Array | null };

/** Starts a line of signs on a real port; rejects with a PortError when the port cannot be opened. */
export async function startSignLine(options: SignLineOptions) {
  const id = options.id ?? 'sign-line';
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
  const replies = new Set<NodeJS.Timeout>();
  let quiet: NodeJS.Timeout | undefined;

  const line = createDeviceLine<SignFault>(
    { ...options, id },
    {
      faultNames: options.protocol === 'strip' ? signFaults : xunpengFaults,
      baud,
      createPort: (events) =>
        createPort(
          options.port,
          events,
          {
            vendorId: 0x1209,
            productId: 0x0009,
            serial: '',
            product: 'HALL-SIGN',
          },
          options.usb,
        ),
      spoil(reply) {
        const sumAt = options.protocol === 'strip' ? reply.length - 1 : reply.length - 2;
        return reply.map((byte, at) => (at === sumAt ? byte ^ 0xff : byte));
      },
      reset() {
        hush();
        receiver.silence();
      },
      receive,
      apply: () => applyFaults(),
    },
  );
  const { now } = line;

  function receive(bytes: Uint8Array) {
    if (replies.size > 0) counts.collisions++;
    else if (performance.now() - repliedAt < turnaroundMs) counts.tooSoon++;
    clearTimeout(quiet);
    quiet = setTimeout(() => receiver.silence(), silenceMs);
    if (line.isFault('wrong-baud')) {
      line.heard(bytes, 'garbage at this baud rate');
      // Its receiver wakes at every byte, and what it makes of it may look like a question.
      return answer(undefined, line.randomBytes(10), 'garbage');
    }
    const questions = receiver.receive(bytes);
    line.heard(bytes, questions.map(({ words }) => words).join(' · ') || 'no whole request');
    for (const question of questions) serve(question);
  }
  function serve(question: Question) {
    counts.requests++;
    for (const [address, sign] of signs) {
      if (line.losesIncoming(address)) continue;
      const reply = question.take(sign, now());
      if (reply) answer(address, reply, `sign ${address}: ${question.words}`);
    }
  }
  function answer(address: number | undefined, reply: Uint8Array, words: string) {
    const timer = setTimeout(() => {
      replies.delete(timer);
      if (line.isFault('turn-bytes', address))
        line.put(Uint8Array.of(line.random() < 0.5 ? 0x00 : 0xff), 'the line turns');
      line.send(reply, words, address);
      repliedAt = performance.now();
      options.onChange?.();
    }, replyAfterMs);
    replies.add(timer);
  }
  function hush() {
    for (const timer of replies) clearTimeout(timer);
    replies.clear();
  }
  function applyFaults() {
    for (const [address, sign] of signs) {
      const off = line.isFault('power-off', address);
      if ((sign.state(now()).power === 'off') !== off) sign.setPower(!off);
      sign.panelFaulty = line.isFault('panel', address);
      if (!(sign instanceof StripSign)) continue;
      sign.busy = line.isFault('busy', address);
      sign.tooHot = line.isFault('too-hot', address);
    }
  }

  // The data cable may be out; the signs keep their power and what they show.
  await line.plug();

  return {
    id,
    kind: 'sign-line' as const,
    protocol: options.protocol,
    addresses: [...signs.keys()],
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
    },
    plug: line.plug,
    unplug: line.unplug,
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
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    /** What the sign of an address shows; throws a RangeError for an address that is not on the line. */
    state(address: number): StripSignState {
      const sign = signs.get(address);
      if (!sign) throw new RangeError(`${id}: no sign has address ${address}`);
      return sign.state(now());
    },
    /** Requests heard, those sent less than 4 ms after a reply or into one, and what was dropped. */
    line: () => ({ ...counts, dropped: { ...receiver.drops } }),
    wire: line.wire,
    /** Ends the device; may be called twice. */
    async close() {
      clearTimeout(quiet);
      hush();
      await line.close();
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
        words: describeRequest(request),
        take(sign, now) {
          // A line speaks one protocol: requests and signs are of one kind.
          if (sign instanceof StripSign) return 'seq' in request ? sign.take(request, now) : null;
          return 'bytes' in request ? sign.take(request) : null;
        },
      })),
  };
}

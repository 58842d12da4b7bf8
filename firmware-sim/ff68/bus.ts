import { ff68Faults } from '../faults/faults.ts';
import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';
import { createFf68Receiver, spoilFf68 } from './frame.ts';
import { createFf68Device, type Ff68Device } from './machine.ts';
import { describeFf68, describeFf68Bytes } from './words.ts';

type Standing = { device: Ff68Device; timer?: NodeJS.Timeout; sent: number };
export type Ff68BusOptions = Partial<Omit<LineEndOptions, 'port'>> & {
  port: LineEndOptions['port'];
  /** What stands at which address, 0…255. */
  addresses: Record<number, 'pad' | 'evaluator'>;
  /** How long until a key is repeated: `least` and up to `more`, ms; default 230 and 120. */
  repeatMs?: { least: number; more: number };
};

const firstKey = { pad: 0x0b, evaluator: 0x00 } as const;
/** A finger makes contact twice within this time. */
const bounceMs = 12;
/** Below the 400 ms in which equal frames are one press, and each time another, so that two devices do not meet again. */
const defaultRepeatMs = { least: 230, more: 120 };

/** Starts a bus of FF68 pads and evaluators on a real port; rejects with a PortError when it cannot be opened. */
export async function startFf68Bus(options: Ff68BusOptions) {
  const id = options.id ?? 'ff68';
  const repeatMs = options.repeatMs ?? defaultRepeatMs;
  const receiver = createFf68Receiver();
  const devices = new Map<number, Standing>();
  const bounces = new Set<NodeJS.Timeout>();
  for (const [address, role] of Object.entries(options.addresses)) {
    if (!/^\d+$/.test(address) || Number(address) > 255)
      throw new RangeError(`${id}: address ${address} is not 0 to 255`);
    devices.set(Number(address), { device: createFf68Device(Number(address), role), sent: 0 });
  }
  const end = createLineEnd<(typeof ff68Faults)[number]>(
    { ...options, id, baud: options.baud ?? 9600 },
    {
      faultNames: ff68Faults,
      receive,
      describe: (frame) => describeFf68Bytes(frame, 'device'),
      spoil: spoilFf68,
      apply(fault, on, { address }) {
        for (const [where, at] of devices) {
          if (address !== undefined && address !== where) continue;
          if (fault === 'power-off' && on) at.device.powerDown();
          if (fault === 'stuck-key' && on) repeat(at);
        }
      },
    },
  );
  const { line } = end;

  function receive(bytes: Uint8Array) {
    const words: string[] = [];
    for (const message of receiver.receive(bytes)) {
      const { address } = message;
      const lost = line.losesIncoming(address);
      words.push(`${describeFf68(message, 'host')}${lost ? ', lost on the way' : ''}`);
      const at = devices.get(address);
      if (!at || lost || line.isFault('power-off', address)) continue;
      at.device.receive(message);
      if (!at.device.frame() && !line.isFault('stuck-key', address)) clearTimeout(at.timer);
    }
    return words.join(' · ') || 'no whole frame';
  }
  /** A key is sent until the host has answered it, also while the cable is out; one that is stuck is pressed again and again. */
  function repeat(at: Standing) {
    clearTimeout(at.timer);
    const { address, role } = at.device;
    if (line.isFault('power-off', address)) return;
    if (line.isFault('stuck-key', address) && !at.device.frame())
      at.device.press([line.faultOptions('stuck-key').key ?? firstKey[role]]);
    const frame = at.device.frame();
    if (!frame) return;
    at.sent++;
    end.send(at.device, frame, address);
    at.timer = setTimeout(() => repeat(at), repeatMs.least + line.random() * repeatMs.more);
  }

  function push(at: Standing, keys: number[]) {
    if (line.isFault('power-off', at.device.address)) return;
    at.device.press(keys);
    repeat(at);
  }

  await line.plug();
  return {
    id,
    kind: 'ff68-bus' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.address;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses a key at an address; `digit` is typed before it (06 0F abandon, 00 0F park, 03 0F call back). */
    press(address: number, key: number, digit?: number) {
      const at = devices.get(address);
      if (!at) throw new RangeError(`${id}: there is nothing at address ${address}`);
      const keys = digit === undefined ? [key] : [digit, key];
      push(at, keys);
      if (line.isFault('bounce', address)) bounces.add(setTimeout(() => push(at, keys), bounceMs));
      options.onChange?.();
    },
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    inject: end.inject,
    state: () => ({
      devices: Object.fromEntries(
        [...devices].map(([address, { device, sent }]) => [address, { ...device.state(), sent }]),
      ),
      dropped: { ...receiver.dropped },
      collisions: end.collisions,
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the bus; may be called twice. */
    async close() {
      for (const { timer } of devices.values()) clearTimeout(timer);
      for (const timer of bounces) clearTimeout(timer);
      await end.close();
    },
  };
}
export type Ff68BusHandle = Awaited<ReturnType<typeof startFf68Bus>>;

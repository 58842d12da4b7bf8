import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';
import { createFf68Receiver, spoilFf68 } from './frame.ts';
import { createFf68Device, type Ff68Device } from './machine.ts';

export type Ff68BusOptions = Partial<Omit<LineEndOptions, 'port'>> & {
  port: string;
  /** What stands at which address, 0…255. */
  addresses: Record<number, 'pad' | 'evaluator'>;
};

/** Below the 400 ms in which equal frames are one press, and each time another, so that two devices do not meet again. */
const repeatMs = { least: 230, more: 120 };

/** Starts a bus of FF68 pads and evaluators on a real port; rejects with a PortError when it cannot be opened. */
export async function startFf68Bus(options: Ff68BusOptions) {
  const id = options.id ?? 'ff68';
  const receiver = createFf68Receiver();
  const devices = new Map<number, { device: Ff68Device; timer?: NodeJS.Timeout; sent: number }>();
  for (const [address, role] of Object.entries(options.addresses)) {
    if (!/^\d+$/.test(address) || Number(address) > 255)
      throw new RangeError(`${id}: address ${address} is not 0 to 255`);
    devices.set(Number(address), { device: createFf68Device(Number(address), role), sent: 0 });
  }
  const line = createLineEnd({ ...options, id, baud: options.baud ?? 9600 }, onBytes, spoilFf68);

  function onBytes(bytes: Uint8Array) {
    for (const message of receiver.receive(bytes)) {
      const at = devices.get(message.address);
      at?.device.receive(message);
      if (at && !at.device.frame()) clearTimeout(at.timer);
    }
  }
  /** A key is sent until the host has answered it, also while the cable is out. */
  function repeat(at: { device: Ff68Device; timer?: NodeJS.Timeout; sent: number }) {
    clearTimeout(at.timer);
    const frame = at.device.frame();
    if (!frame) return;
    at.sent++;
    line.send(at.device, frame);
    at.timer = setTimeout(() => repeat(at), repeatMs.least + line.random() * repeatMs.more);
  }

  await line.plug();
  return {
    id,
    kind: 'ff68-bus' as const,
    /** As an agent's configuration names it: `tcp:HOST:PORT` or `serial:LINKPATH`. */
    get port() {
      return line.port;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses a key at an address; `digit` is typed before it (06 0F abandon, 00 0F park, 03 0F call back). */
    press(address: number, key: number, digit?: number) {
      const at = devices.get(address);
      if (!at) throw new RangeError(`${id}: there is nothing at address ${address}`);
      at.device.press(digit === undefined ? [key] : [digit, key]);
      repeat(at);
      options.onChange?.();
    },
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    faults: line.faults,
    inject: line.inject,
    state: () => ({
      devices: Object.fromEntries(
        [...devices].map(([address, { device, sent }]) => [address, { ...device.state(), sent }]),
      ),
      dropped: { ...receiver.dropped },
      collisions: line.collisions,
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the bus; may be called twice. */
    async close() {
      for (const { timer } of devices.values()) clearTimeout(timer);
      await line.close();
    },
  };
}
export type Ff68BusHandle = Awaited<ReturnType<typeof startFf68Bus>>;

/** UB485 panels of QSystem (evaluators.md §4): no checksum, no sequence, a key is sent once and never again. */
import { createLineEnd, type LineEndOptions } from '../key-line/line-end.ts';

const start = 0x01;
const end = 0x07;
const lampLength = 4;
const textLength = 7;

/** What stands on a panel. `lamp`: 30 off … 3D; `blink`: 20 steady, 21 always. */
export type Ub485Panel = { lamp: number; beeps: number; text: string; blink: number };
export type Ub485BusOptions = Partial<Omit<LineEndOptions, 'port'>> & { port: string; addresses: number[] };

/** Starts a line of panels on a real port; rejects with a PortError when it cannot be opened. */
export async function startUb485Bus(options: Ub485BusOptions) {
  const id = options.id ?? 'ub485';
  const panels = new Map<number, Ub485Panel>(
    options.addresses.map((address) => [address, { lamp: 0x30, beeps: 0, text: '   ', blink: 0x20 }]),
  );
  const bytes: number[] = [];
  let dropped = 0;
  const line = createLineEnd({ ...options, id, baud: options.baud ?? 57_600 }, onBytes);

  function onBytes(more: Uint8Array) {
    bytes.push(...more);
    while (bytes.length > 0) {
      const length = frameLength();
      if (length === undefined) return;
      if (length === 0) dropped++;
      bytes.splice(0, Math.max(1, length));
    }
  }
  /** Obeys a frame and gives its length; 0: this is none; undefined: more must come. */
  function frameLength(): number | undefined {
    if (bytes[0] !== start) return 0;
    if (bytes.length < lampLength) return undefined;
    const [, address = 0, what = 0, third] = bytes;
    const panel = panels.get(address);
    if (third === end && what >= 0x30 && what <= 0x3d) {
      if (panel) {
        panel.lamp = what;
        // 37 … 3D are 30 … 36 with a beep of 500 ms.
        if (what >= 0x37) panel.beeps++;
      }
      return lampLength;
    }
    if (what < 0x20 || what > 0x7f) return 0;
    if (bytes.length < textLength) return undefined;
    if (bytes[textLength - 1] !== end) return 0;
    if (panel) {
      panel.blink = what;
      panel.text = String.fromCharCode(...bytes.slice(3, 6));
    }
    return textLength;
  }

  await line.plug();
  return {
    id,
    kind: 'ub485-bus' as const,
    get port() {
      return line.port;
    },
    get plugged() {
      return line.plugged;
    },
    /** Presses a key: 31 call or recall, 32 start, 33 redirect, 34 no-show or finish. */
    press(address: number, key: number) {
      if (!panels.has(address)) throw new RangeError(`${id}: there is no panel at address ${address}`);
      line.send(address, Uint8Array.of(start, address, key, end));
    },
    plug: line.plug,
    unplug: line.unplug,
    setFault: line.setFault,
    faults: line.faults,
    inject: line.inject,
    state: () => ({
      panels: Object.fromEntries([...panels].map(([address, panel]) => [address, { ...panel }])),
      dropped,
      collisions: line.collisions,
      hostPresent: line.hostPresent,
    }),
    wire: line.wire,
    /** Ends the line; may be called twice. */
    close: line.close,
  };
}
export type Ub485BusHandle = Awaited<ReturnType<typeof startUb485Bus>>;

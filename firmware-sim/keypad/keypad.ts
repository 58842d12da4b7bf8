/** A numeric keypad or button box that is a USB keyboard to the host (evaluators.md, "Generic keypads"): HID boot keyboard reports. */
import { type FaultOptions, keypadFaults } from '../faults/faults.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import type { HidIdentity } from '../port/hid.ts';
import type { HidSocket } from '../port/hid-socket.ts';
import { createHidPort, type HidPlace } from '../port/open-hid-port.ts';

/** HID 1.11, appendix B.1: eight modifiers, a reserved byte, six key codes; without the lamps. */
export const keyboardDescriptor = Uint8Array.from(
  Buffer.from(
    '05010906a101' +
      '050719e029e715002501750195088102' +
      '950175088101' +
      '95067508150025650507190029658100' +
      'c0',
    'hex',
  ),
);

/** Usages of page 07 by what is printed on the key. */
const usages: Readonly<Record<string, number>> = {
  ...Object.fromEntries([...'123456789'].map((digit, at) => [digit, 0x59 + at])),
  '0': 0x62,
  '.': 0x63,
  enter: 0x58,
  '+': 0x57,
  '-': 0x56,
  '*': 0x55,
  '/': 0x54,
};
/** What stands on the keys. */
export const keypadKeys = Object.keys(usages);

export type KeypadOptions = Partial<WireOptions> & {
  port: HidPlace;
  /** at most 63 characters; default SIM0001 */
  serial?: string;
  /** 0…FFFF; default 1209:0007. */
  vendorId?: number;
  productId?: number;
};

const bounceMs = 12;

/** Starts one keypad; rejects with a PortError when its port cannot be opened. */
export async function startKeypad(options: KeypadOptions) {
  const id = options.id ?? 'keypad';
  const identity: HidIdentity = {
    vendorId: options.vendorId ?? 0x1209,
    productId: options.productId ?? 0x0007,
    serial: options.serial ?? 'SIM0001',
    product: 'HALL-KEYPAD',
    descriptor: keyboardDescriptor,
    usagePage: 0x01,
    usage: 0x06,
  };
  const timers = new Set<NodeJS.Timeout>();
  let socket = null as HidSocket | null;
  let pressed = 0;
  /** Usage of the key that does not come up; 0 for none. */
  let stuck = 0;

  const line = createDeviceLine<(typeof keypadFaults)[number]>(
    { ...options, id },
    {
      faultNames: keypadFaults,
      reports: true,
      // More keys than it can tell: ErrorRollOver in all six places.
      babble: () => Uint8Array.of(0, 0, 1, 1, 1, 1, 1, 1),
      createPort(events) {
        const made = createHidPort(options.port, identity, { ...events, onFeature: () => null });
        socket = made.socket;
        return made.port;
      },
      receive: (bytes) => line.heard(bytes, 'lamps'),
      apply(fault, on, { key = 1 }: FaultOptions) {
        if (fault !== 'stuck-key') return;
        if (on) {
          if (!(key in usages)) line.mark(fault, false);
          stuck = usageOf(String(key));
          pressed++;
        } else stuck = 0;
        report(0, on ? 'a key is stuck' : 'released');
      },
    },
  );

  function usageOf(key: string) {
    const usage = usages[key];
    if (usage === undefined)
      throw new RangeError(`${id}: there is no key "${key}"; its keys: ${keypadKeys.join(' ')}`);
    return usage;
  }
  /** All keys that are down now: the stuck one, and that of a finger; 0 for none. */
  function report(finger: number, words: string) {
    const [first = 0, second = 0] = [stuck, finger].filter((usage) => usage > 0);
    line.send(Uint8Array.of(0, 0, first, second, 0, 0, 0, 0), words);
  }
  function downAndUp(usage: number, key: string) {
    // What is down already cannot go down.
    if (usage === stuck) return;
    pressed++;
    report(usage, `key ${key}`);
    report(0, 'released');
  }

  await line.plug();

  return {
    id,
    kind: 'keypad' as const,
    /** As an agent's configuration names it: `hid:VENDOR:PRODUCT:SERIAL`. */
    port: line.address,
    /** Null but on port `socket`. */
    socket,
    get plugged() {
      return line.plugged;
    },
    /** Presses what stands on a key, as `1` or `enter`; throws a RangeError for a key that is not there. */
    press(key: string) {
      const usage = usageOf(key);
      downAndUp(usage, key);
      if (line.isFault('bounce')) {
        const timer = setTimeout(() => {
          timers.delete(timer);
          downAndUp(usage, key);
        }, bounceMs);
        timers.add(timer);
      }
      options.onChange?.();
    },
    plug: line.plug,
    unplug: line.unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    faultNames: line.faultNames,
    faults: line.faults,
    state: () => ({ pressed, hostPresent: line.hostPresent }),
    wire: line.wire,
    /** Ends it; may be called twice. */
    async close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await line.close();
    },
  };
}
export type KeypadHandle = Awaited<ReturnType<typeof startKeypad>>;

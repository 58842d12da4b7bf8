/** A numeric keypad that the kernel takes for a USB keyboard: boot protocol reports through /dev/uhid. */
import { createUhidPort } from '../../../firmware-sim/port/uhid-port.ts';

/** HID 1.11, appendix B.1: modifiers, a reserved byte, six keys; without the lamps. */
const DESCRIPTOR = Uint8Array.from(
  Buffer.from(
    '05010906a101' + // generic desktop, keyboard, collection (application)
      '050719e029e715002501750195088102' + // eight modifiers, a bit each
      '950175088101' + // a reserved byte
      '95067508150025650507190029658100' + // six key codes
      'c0',
    'hex',
  ),
);
/** Usages of the keypad's 1 to 5 (HID usage tables, page 07). */
const KEYPAD_1 = 0x59;

export type KeypadHandle = {
  /** 1…5: down and up again */
  press(key: number): void;
  hostPresent(): boolean;
  plug(): Promise<void>;
  unplug(): Promise<void>;
};

/** Plugged in when it resolves. */
export async function startKeypad(serial: string): Promise<KeypadHandle> {
  let host = false;
  const port = createUhidPort(
    {
      vendorId: 0x1209,
      productId: 0x0005,
      serial,
      product: 'Lab keypad',
      descriptor: DESCRIPTOR,
      usagePage: 0x01,
      usage: 0x06,
    },
    { onBytes: () => {}, onHost: (present) => (host = present), onFeature: () => null },
  );
  await port.open();
  return {
    press(key) {
      port.write(Uint8Array.of(0, 0, KEYPAD_1 + key - 1, 0, 0, 0, 0, 0));
      port.write(new Uint8Array(8));
    },
    hostPresent: () => host,
    plug: () => port.open(),
    unplug: () => port.close(),
  };
}

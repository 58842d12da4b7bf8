/** What a replayed device is on a USB bus: as the simulator's own devices, at the address that the capture names. */
import { descriptor as evaluatorDescriptor } from '../evaluator-hid/report.ts';
import { keyboardDescriptor } from '../keypad/keypad.ts';
import type { HidIdentity } from '../port/hid.ts';
import { hidPosDescriptor } from '../scanner/hid-pos.ts';
import type { CaptureHead } from './capture.ts';

type Kind = Pick<HidIdentity, 'productId' | 'product' | 'descriptor' | 'usagePage' | 'usage'>;
const hidModels: Readonly<Record<string, Kind>> = {
  ehr1: {
    productId: 0x0001,
    product: 'HALL-EV5-USB',
    descriptor: evaluatorDescriptor,
    usagePage: 0xff00,
    usage: 1,
  },
  'scanner-hid': {
    productId: 0x0002,
    product: 'HALL-SCAN-USB',
    descriptor: hidPosDescriptor,
    usagePage: 0x8c,
    usage: 0x02,
  },
  keypad: {
    productId: 0x0007,
    product: 'HALL-KEYPAD',
    descriptor: keyboardDescriptor,
    usagePage: 0x01,
    usage: 0x06,
  },
};

/** A HID model's identity, with the vendor, product and serial number of the capture's port; undefined for other models. */
export function hidIdentity({ model, port }: CaptureHead): HidIdentity | undefined {
  const kind = Object.hasOwn(hidModels, model) ? hidModels[model] : undefined;
  if (!kind) return undefined;
  const [, vendor, product, serial] = /^hid:([0-9a-f]{4}):([0-9a-f]{4})(?::(.{1,63}))?$/i.exec(port) ?? [];
  return {
    ...kind,
    vendorId: vendor ? Number.parseInt(vendor, 16) : 0x1209,
    productId: product ? Number.parseInt(product, 16) : kind.productId,
    serial: serial ?? 'REPLAY',
  };
}

import type { PortEvents } from './port.ts';

/** What a HID device says of itself on the bus. */
export type HidIdentity = {
  /** 0…FFFF */
  vendorId: number;
  productId: number;
  /** at most 63 bytes */
  serial: string;
  product: string;
  descriptor: Uint8Array;
  /** the top-level collection of the descriptor */
  usagePage: number;
  usage: number;
};

/**
 * Bytes are whole reports, id first. Where the descriptor has no ids, input reports come without one and output and
 * feature reports begin with 0, as hidraw reads and writes them.
 */
export type HidPortEvents = PortEvents & {
  /** The host asks for a FEATURE report; null refuses it. */
  onFeature: (id: number) => Uint8Array | null;
};

/** The port of a HID device as an agent's configuration names it. */
export function hidAddress({ vendorId, productId, serial }: HidIdentity): string {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `hid:${hex(vendorId)}:${hex(productId)}${serial && `:${serial}`}`;
}

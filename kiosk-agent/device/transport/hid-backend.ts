/** What the agent needs of the operating system's HID devices; node-hid gives it, tests bring a simulated one. */
import type { HidTransport, PortTrouble } from './transport.ts';

/** One top-level collection of a HID device; Windows lists one entry for each. Ids are four lower-case hex digits. */
export type HidInfo = {
  path: string;
  vendorId: string;
  productId: string;
  serialNumber?: string;
  manufacturer?: string;
  product?: string;
  /** −1 where the operating system does not say */
  interface: number;
  usagePage?: number;
  usage?: number;
};
export type HidList = { ok: true; devices: HidInfo[] } | { ok: false; why: string };

export interface HidBackend {
  /** What is plugged in. Never rejects. */
  list(): Promise<HidList>;
  /** Opens a device by the path of the list. Never rejects; ends within 5 s. */
  open(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ ok: true; transport: HidTransport } | { ok: false; trouble: PortTrouble }>;
}

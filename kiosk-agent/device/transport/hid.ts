/** A HID device by its USB ids: looked for in the list each time, because paths change with every plug. */
import type { HidAddress } from '../../contract/port.ts';
import type { HidBackend, HidInfo } from './hid-backend.ts';
import { ABORTED, type OpenTransport } from './transport.ts';

/** The top-level collection that is meant; a list that does not name collections is matched by the ids alone. */
export type HidCollection = { usagePage?: number; usage?: number };

/**
 * Opens the one device that matches. None is trouble `missing`; several are `ambiguous`, because guessing would give
 * one window's ratings to another.
 */
export function hidTransport(address: HidAddress, wanted: HidCollection, backend: HidBackend): OpenTransport {
  const name = `hid:${address.vendorId}:${address.productId}${address.serialNumber === undefined ? '' : `:${address.serialNumber}`}`;
  return async (signal) => {
    if (signal?.aborted) return ABORTED;
    const list = await backend.list();
    if (signal?.aborted) return ABORTED;
    if (!list.ok) return { ok: false, trouble: { kind: 'unknown', detail: `${name}: ${list.why}` } };
    // Linux lists a device once for each of its collections, all with the same path.
    const found = new Map(
      list.devices.filter((info) => matches(info, address, wanted)).map((info) => [info.path, info]),
    );
    const [first] = found.values();
    if (!first) {
      const detail = `${name}: no such device is plugged in`;
      return { ok: false, trouble: { kind: 'missing', detail } };
    }
    if (found.size > 1) {
      const names = [...found.values()].map(named).sort().join(', ');
      const todo =
        address.serialNumber === undefined
          ? 'name the serial number or bind the device'
          : 'bind the device to its socket';
      const detail = `${name}: ${found.size} devices match (${names}); ${todo}`;
      return { ok: false, trouble: { kind: 'ambiguous', detail } };
    }
    return backend.open(first.path, signal);
  };
}

function matches(info: HidInfo, address: HidAddress, wanted: HidCollection): boolean {
  return (
    info.vendorId === address.vendorId &&
    info.productId === address.productId &&
    (address.serialNumber === undefined || info.serialNumber === address.serialNumber) &&
    agrees(info.usagePage, wanted.usagePage) &&
    agrees(info.usage, wanted.usage)
  );
}

function agrees(listed: number | undefined, wanted: number | undefined): boolean {
  return listed === undefined || wanted === undefined || listed === wanted;
}

function named(info: HidInfo): string {
  return `${info.serialNumber ?? 'without serial number'} at ${info.path}`;
}

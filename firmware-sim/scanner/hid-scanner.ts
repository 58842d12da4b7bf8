import { requireFault } from '../faults/faults.ts';
import type { HidIdentity } from '../port/hid.ts';
import { createHidSocket, type HidSocket } from '../port/hid-socket.ts';
import { createUhidPort } from '../port/uhid-port.ts';
import { createWireLog, type WireEntry } from '../port/wire-log.ts';
import { hidPosDescriptor, scannerReports, type ReportOptions } from './hid-pos.ts';

export const hidScannerFaults = [
  'unplugged',
  'silent',
  /** of a code in several reports the second one gets lost */
  'lost-report',
  /** of a code in several reports the last one gets lost */
  'lost-end',
  /** reports with another length than the page says */
  'babble',
  /** the trigger bounces: each code is sent twice */
  'bounce',
] as const;
export type HidScannerFault = (typeof hidScannerFaults)[number];

export type HidScannerOptions = Omit<ReportOptions, 'symbology'> & {
  /** Name in messages; default `scanner`. */
  id?: string;
  /** `uhid`: the Linux kernel takes it for a USB device; `socket`: it is reached by `handle.socket` in this program. */
  port: 'uhid' | 'socket';
  /** 1-63 characters; default SIM0001. */
  serial?: string;
  /** 0…FFFF; default 1209:0002. */
  vendorId?: number;
  productId?: number;
  now?: () => number;
  onChange?: () => void;
  onWire?: (entry: WireEntry) => void;
};

/** Starts one scanner in HID POS mode; rejects with a PortError when there is no UHID on this machine. */
export async function startHidScanner(options: HidScannerOptions) {
  const id = options.id ?? 'scanner';
  const identity: HidIdentity = {
    vendorId: options.vendorId ?? 0x1209,
    productId: options.productId ?? 0x0002,
    serial: options.serial ?? 'SIM0001',
    product: 'HALL-SCAN-USB',
    descriptor: hidPosDescriptor,
    usagePage: 0x8c,
    usage: 0x02,
  };
  const faults = new Set<HidScannerFault>();
  const wire = createWireLog(options.now ?? Date.now);
  let hostPresent = false;
  let plugged = false;
  let closed = false;
  let codesRead = 0;
  const events = {
    onBytes: (bytes: Uint8Array) => note('in', bytes, 'output report'),
    onHost(present: boolean) {
      hostPresent = present;
      options.onChange?.();
    },
    onFeature: () => null,
  };
  let socket = null as HidSocket | null;
  const made = open();

  function note(direction: WireEntry['direction'], bytes: Uint8Array, decoded: string) {
    const entry = wire.add(direction, bytes, decoded);
    options.onWire?.(entry);
  }
  function open() {
    if (options.port === 'uhid') return createUhidPort(identity, events);
    const inSocket = createHidSocket(identity, events);
    socket = inSocket.socket;
    return inSocket;
  }

  function send(reports: Uint8Array[]) {
    for (const report of reports) {
      if (!hostPresent) return;
      made.write(report);
      note('out', report, `report ${report[0]}, ${report[1]} bytes`);
    }
  }
  async function plug() {
    if (plugged || closed) return;
    await made.open();
    plugged = true;
    faults.delete('unplugged');
    options.onChange?.();
  }
  async function unplug() {
    if (!plugged) return;
    plugged = false;
    faults.add('unplugged');
    await made.close();
    options.onChange?.();
  }

  await plug();

  return {
    id,
    kind: 'scanner' as const,
    /** As an agent's configuration names it: `hid:VENDOR:PRODUCT:SERIAL`. */
    port: made.address,
    /** Null on port `uhid`. */
    socket,
    get plugged() {
      return plugged;
    },
    /** Somebody holds a code before it. `symbology`: AIM code and modifier, default Q1 (QR code). */
    scan(text: string, symbology = 'Q1') {
      codesRead++;
      if (faults.has('silent')) return;
      const all = scannerReports(text, { ...options, symbology });
      const lost = faults.has('lost-report') ? 1 : faults.has('lost-end') ? all.length - 1 : -1;
      const reports = all.length > 1 ? all.filter((_, at) => at !== lost) : all;
      if (faults.has('babble')) for (const report of reports) report[1] = 0xff;
      send(reports);
      if (faults.has('bounce')) send(reports);
      options.onChange?.();
    },
    /** Sends reports as they are. */
    send,
    plug,
    unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    async setFault(name: string, on: boolean) {
      const fault = requireFault(id, hidScannerFaults, name);
      if (fault === 'unplugged') return on ? unplug() : plug();
      if (on) faults.add(fault);
      else faults.delete(fault);
      options.onChange?.();
    },
    faults: () => [...faults],
    state: () => ({ codesRead, hostPresent }),
    wire: () => wire.entries,
    /** Ends the device; may be called twice. */
    async close() {
      closed = true;
      plugged = false;
      await made.close();
    },
  };
}
export type HidScannerHandle = Awaited<ReturnType<typeof startHidScanner>>;

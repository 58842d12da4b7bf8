import { hidScannerFaults } from '../faults/faults.ts';
import { createDeviceLine, type WireOptions } from '../line/device-line.ts';
import type { HidIdentity } from '../port/hid.ts';
import type { HidSocket } from '../port/hid-socket.ts';
import { createHidPort, type HidPlace } from '../port/open-hid-port.ts';
import { hidPosDescriptor, scannerReports, type ReportOptions } from './hid-pos.ts';

export type HidScannerOptions = Omit<ReportOptions, 'symbology'> &
  Partial<WireOptions> & {
    port: HidPlace;
    /** 1-63 characters; default SIM0001. */
    serial?: string;
    /** 0…FFFF; default 1209:0002. */
    vendorId?: number;
    productId?: number;
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
  let codesRead = 0;
  let socket = null as HidSocket | null;
  const line = createDeviceLine<(typeof hidScannerFaults)[number]>(
    { ...options, id },
    {
      faultNames: hidScannerFaults,
      reports: true,
      // A report that says it has more bytes than there is room for (scanner.md: at most 56).
      babble: () => Uint8Array.from({ length: 64 }, (_, at) => [2, 0xff][at] ?? 0),
      createPort(events) {
        const made = createHidPort(options.port, identity, { ...events, onFeature: () => null });
        socket = made.socket;
        return made.port;
      },
      receive: (bytes) => line.heard(bytes, 'output report'),
    },
  );

  function send(reports: Uint8Array[]) {
    for (const report of reports) line.send(report, `report ${report[0]}, ${report[1]} bytes`);
  }

  await line.plug();

  return {
    id,
    kind: 'scanner' as const,
    /** As an agent's configuration names it: `hid:VENDOR:PRODUCT:SERIAL`. */
    port: line.address,
    /** Null but on port `socket`. */
    socket,
    get plugged() {
      return line.plugged;
    },
    /** Somebody holds a code before it. `symbology`: AIM code and modifier, default Q1 (QR code). */
    scan(text: string, symbology = 'Q1') {
      codesRead++;
      const all = scannerReports(text, { ...options, symbology });
      const lost = line.isFault('lost-report') ? 1 : line.isFault('lost-end') ? all.length - 1 : -1;
      const reports = all.length > 1 ? all.filter((_, at) => at !== lost) : all;
      send(reports);
      if (line.isFault('bounce')) send(reports);
      options.onChange?.();
    },
    /** Sends reports as they are. */
    send,
    plug: line.plug,
    unplug: line.unplug,
    /** Switches a named fault; throws a RangeError for a name this device does not have. */
    setFault: line.setFault,
    /** What `setFault` takes. */
    faultNames: line.faultNames,
    faults: line.faults,
    state: () => ({ codesRead, hostPresent: line.hostPresent }),
    wire: line.wire,
    /** Ends the device; may be called twice. */
    close: line.close,
  };
}
export type HidScannerHandle = Awaited<ReturnType<typeof startHidScanner>>;

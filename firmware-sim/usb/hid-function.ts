/** A device of the HID class (HID 1.11): reports both ways, by interrupt and by control requests. */
import type { HidIdentity, HidPortEvents } from '../port/hid.ts';
import { type DeviceDescriptor, descriptorType, word } from './descriptors.ts';
import { type ControlAnswer, done, type Setup, type UsbFunction } from './device.ts';
import { createInEndpoint, createOutEndpoint } from './endpoint.ts';
import { createPresence } from './presence.ts';
import { longestReport, readReportSizes } from './report-descriptor.ts';

const request = {
  getReport: 1,
  getIdle: 2,
  getProtocol: 3,
  setReport: 9,
  setIdle: 10,
  setProtocol: 11,
} as const;
const reportKind = { input: 1, output: 2, feature: 3 } as const;
const reportProtocol = 1;
const inputAddress = 0x81;
const outputAddress = 0x02;
const intervalMs = 4;
/** Reports kept for a host that is there but has not asked yet; and for one that is not there. */
const queuedReports = 64;

/**
 * While nobody reads, the first input report stays in the endpoint, as in a real device, and later ones are lost; a host
 * is there while it waits for one. Reports are whole, as `port/hid.ts` says.
 */
export function createHidFunction(identity: HidIdentity, events: HidPortEvents) {
  const reports = readReportSizes(identity.descriptor);
  const longestInput = longestReport(reports, reports.input);
  const longestOutput = longestReport(reports, reports.output);
  const packetSize = (longest: number) => Math.min(64, Math.max(1, longest));
  const presence = createPresence(events);
  const last = { input: new Map<number, Uint8Array>(), output: new Map<number, Uint8Array>() };

  const input = createInEndpoint({
    packetSize: packetSize(longestInput),
    capacity: () => (presence.present ? queuedReports : 1) * Math.max(1, longestInput),
    whole: true,
    onWaiting: (waiting) => presence.set(waiting > 0),
  });
  const output = createOutEndpoint({
    packetSize: packetSize(longestOutput),
    wholeTransfers: true,
    onBytes: (bytes) => heard(reports.numbered ? bytes : Uint8Array.from([0, ...bytes])),
  });

  function heard(report: Uint8Array) {
    last.output.set(report[0] ?? 0, report);
    events.onBytes(report);
  }

  /** Without the byte 0 where the descriptor has no ids (HID 1.11, 8.1). */
  const onWire = (report: Uint8Array) => (reports.numbered ? report : report.subarray(1));

  function getReport(kind: number, id: number): ControlAnswer {
    if (kind === reportKind.feature) {
      const report = events.onFeature(id);
      return report && onWire(report);
    }
    if (kind === reportKind.input) return last.input.get(id) ?? zeros(reports.input, id);
    if (kind !== reportKind.output) return null;
    const report = last.output.get(id);
    return report ? onWire(report) : zeros(reports.output, id);
  }

  /** A report that was never sent; null when there is none of this id. */
  function zeros(sizes: ReadonlyMap<number, number>, id: number): ControlAnswer {
    const bytes = sizes.get(id);
    if (bytes === undefined) return null;
    return Uint8Array.from([...(reports.numbered ? [id] : []), ...new Uint8Array(bytes)]);
  }

  function setReport(kind: number, id: number, data: Uint8Array): ControlAnswer {
    // A device that takes no FEATURE report refuses it; an input report may be set by nobody here.
    if (kind !== reportKind.output || !reports.output.has(id)) return null;
    heard(reports.numbered ? data : Uint8Array.from([0, ...data]));
    return done;
  }

  function control(setup: Setup, data: Uint8Array): ControlAnswer {
    if (setup.recipient !== 'interface' || (setup.index & 0xff) !== 0) return null;
    const high = setup.value >> 8;
    const low = setup.value & 0xff;
    if (setup.kind === 'standard') {
      if (high === descriptorType.hidReport) return identity.descriptor;
      return high === descriptorType.hid ? Uint8Array.from(hidDescriptor) : null;
    }
    if (setup.kind !== 'class') return null;
    switch (setup.request) {
      case request.getReport:
        return setup.toHost ? getReport(high, low) : null;
      case request.setReport:
        return setup.toHost ? null : setReport(high, low, data);
      case request.getIdle:
        return Uint8Array.of(0);
      case request.setIdle:
        // Only "report when something changes" (7.2.4): no device here repeats itself.
        return high === 0 ? done : null;
      case request.getProtocol:
        return Uint8Array.of(reportProtocol);
      case request.setProtocol:
        // No boot protocol: its subclass is 0 (7.2.6).
        return setup.value === reportProtocol ? done : null;
      default:
        return null;
    }
  }

  const hidDescriptor = [
    ...[9, descriptorType.hid, ...word(0x0111), 0, 1],
    ...[descriptorType.hidReport, ...word(identity.descriptor.length)],
  ];
  const usbFunction: UsbFunction = {
    control,
    inEndpoints: new Map([[inputAddress, input]]),
    outEndpoints: new Map(longestOutput > 0 ? [[outputAddress, output]] : []),
    onConfigured: () => {
      last.input.clear();
      last.output.clear();
    },
  };
  const descriptor: DeviceDescriptor = {
    vendorId: identity.vendorId,
    productId: identity.productId,
    usbRelease: 0x0200,
    deviceRelease: 0x0100,
    triple: [0, 0, 0],
    controlPacketSize: 64,
    manufacturer: 'hall-sim',
    product: identity.product,
    serial: identity.serial,
    interfaces: [
      {
        triple: [3, 0, 0],
        extra: hidDescriptor,
        endpoints: [
          {
            address: inputAddress,
            kind: 'interrupt',
            packetSize: packetSize(longestInput),
            interval: intervalMs,
          },
          ...(longestOutput > 0
            ? [
                {
                  address: outputAddress,
                  kind: 'interrupt' as const,
                  packetSize: packetSize(longestOutput),
                  interval: intervalMs,
                },
              ]
            : []),
        ],
      },
    ],
  };

  return {
    descriptor,
    usbFunction,
    write(report: Uint8Array) {
      last.input.set(reports.numbered ? (report[0] ?? 0) : 0, Uint8Array.from(report));
      // The longest report needs no mark at its end: the host asks for no more (8.4).
      input.send(report, report.length === longestInput ? 'known' : 'emptyPacket');
    },
  };
}

/** Frames of USB/IP 1.1.1 (Linux Documentation/usb/usbip_protocol.rst); everything but the setup packet is big-endian. */

export const version = 0x0111;
export const operation = {
  requestList: 0x8005,
  replyList: 0x0005,
  requestImport: 0x8003,
  replyImport: 0x0003,
};
export const command = { submit: 1, unlink: 2, submitted: 3, unlinked: 4 } as const;

/** Status of an OP reply, as usbip's own tool reads it (tools/usb/usbip/src/usbip_network.h). */
export const operationStatus = { ok: 0, busy: 2, noDevice: 4 } as const;

/** Status of a transfer: negative Linux error numbers. */
export const status = {
  ok: 0,
  /** STALL */
  stall: -32,
  /** nobody answered: no such endpoint, or not configured */
  protocol: -71,
  /** more bytes than the host has room for */
  overflow: -75,
  /** unlinked */
  reset: -104,
  /** unplugged */
  shutdown: -108,
  /** fewer bytes than the host insisted on */
  short: -121,
} as const;

export const sizes = { operation: 8, importRequest: 40, device: 312, header: 48 } as const;
/** Bytes that one transfer may carry; usblp sends 8 KiB, serial drivers 4 KiB, libusb 16 KiB at a time. */
export const largestTransfer = 1024 * 1024;

const directionIn = 1;
const urbShortNotOk = 0x0001;
const notIsochronous = 0xffffffff;

export type DeviceRecord = {
  busId: string;
  busNumber: number;
  deviceNumber: number;
  speed: number;
  vendorId: number;
  productId: number;
  release: number;
  deviceClass: readonly [number, number, number];
  configuration: number;
  interfaces: readonly (readonly [number, number, number])[];
};

export type Submit = {
  sequence: number;
  device: number;
  toHost: boolean;
  endpoint: number;
  /** The host takes no fewer than `length` bytes. */
  shortNotOk: boolean;
  length: number;
  setup: Uint8Array;
};

export type Header =
  | { kind: 'submit'; submit: Submit; dataBytes: number }
  | { kind: 'unlink'; sequence: number; device: number; unlinked: number }
  | { kind: 'bad'; reason: string };

/** `struct usbip_usb_device`, 312 bytes. */
export function encodeDevice(device: DeviceRecord): Buffer {
  const bytes = Buffer.alloc(sizes.device);
  bytes.write(`/sys/devices/hall-sim/usb${device.busNumber}/${device.busId}`, 0, 255, 'latin1');
  bytes.write(device.busId, 256, 31, 'latin1');
  bytes.writeUInt32BE(device.busNumber, 288);
  bytes.writeUInt32BE(device.deviceNumber, 292);
  bytes.writeUInt32BE(device.speed, 296);
  bytes.writeUInt16BE(device.vendorId, 300);
  bytes.writeUInt16BE(device.productId, 302);
  bytes.writeUInt16BE(device.release, 304);
  bytes.set([...device.deviceClass, device.configuration, 1, device.interfaces.length], 306);
  return bytes;
}

function operationHead(code: number, state: number): Buffer {
  const bytes = Buffer.alloc(sizes.operation);
  bytes.writeUInt16BE(version, 0);
  bytes.writeUInt16BE(code, 2);
  bytes.writeUInt32BE(state, 4);
  return bytes;
}

export function encodeList(devices: DeviceRecord[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(devices.length);
  const each = devices.flatMap((device) => [
    encodeDevice(device),
    ...device.interfaces.map((triple) => Buffer.from([...triple, 0])),
  ]);
  return Buffer.concat([operationHead(operation.replyList, operationStatus.ok), count, ...each]);
}

/** The reply to an import: the device, or the reason why not. */
export function encodeImport(device: DeviceRecord | 'busy' | 'noDevice'): Buffer {
  if (typeof device === 'string') return operationHead(operation.replyImport, operationStatus[device]);
  return Buffer.concat([operationHead(operation.replyImport, operationStatus.ok), encodeDevice(device)]);
}

/** Reads the 48 bytes before a transfer's data. */
export function decodeHeader(bytes: Buffer): Header {
  const kind = bytes.readUInt32BE(0);
  const sequence = bytes.readUInt32BE(4);
  const device = bytes.readUInt32BE(8);
  if (kind === command.unlink) return { kind: 'unlink', sequence, device, unlinked: bytes.readUInt32BE(20) };
  if (kind !== command.submit) return { kind: 'bad', reason: `unknown command ${kind}` };
  const direction = bytes.readUInt32BE(12);
  const endpoint = bytes.readUInt32BE(16);
  const length = bytes.readUInt32BE(24);
  const packets = bytes.readUInt32BE(32);
  if (direction > directionIn) return { kind: 'bad', reason: `unknown direction ${direction}` };
  if (endpoint > 15) return { kind: 'bad', reason: `there is no endpoint ${endpoint}` };
  if (length > largestTransfer)
    return { kind: 'bad', reason: `a transfer of ${length} bytes; at most ${largestTransfer} are taken` };
  // Old Linux clients put 0 here; anything else announces packet descriptors behind the data.
  if (packets !== notIsochronous && packets !== 0)
    return { kind: 'bad', reason: 'an isochronous transfer; no device here has such an endpoint' };
  const toHost = direction === directionIn;
  return {
    kind: 'submit',
    submit: {
      sequence,
      device,
      toHost,
      endpoint,
      shortNotOk: (bytes.readUInt32BE(20) & urbShortNotOk) !== 0,
      length,
      setup: Uint8Array.from(bytes.subarray(40, 48)),
    },
    dataBytes: toHost ? 0 : length,
  };
}

function answerHead(kind: number, sequence: number, state: number): Buffer {
  const bytes = Buffer.alloc(sizes.header);
  bytes.writeUInt32BE(kind, 0);
  bytes.writeUInt32BE(sequence, 4);
  bytes.writeInt32BE(state, 20);
  return bytes;
}

/** `data` are the bytes for the host, or how many the device took from it. */
export function encodeSubmitted(sequence: number, state: number, data: Uint8Array | number): Buffer {
  const head = answerHead(command.submitted, sequence, state);
  head.writeUInt32BE(typeof data === 'number' ? data : data.length, 24);
  head.writeUInt32BE(notIsochronous, 32);
  return typeof data === 'number' ? head : Buffer.concat([head, data]);
}

export function encodeUnlinked(sequence: number, state: number): Buffer {
  return answerHead(command.unlinked, sequence, state);
}

import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { type HidIdentity, type HidPortEvents, hidAddress } from './hid.ts';
import { PortError } from './port.ts';

// linux/uhid.h: every event is a u32 type and a packed struct; offsets count from the type.
const event = {
  destroy: 1,
  open: 4,
  close: 5,
  output: 6,
  getReport: 9,
  getReportReply: 10,
  create2: 11,
  input2: 12,
  setReport: 13,
  setReportReply: 14,
} as const;
const eventSize = 4380;
const largestReport = 4096;
const outputReport = 1;
const featureReport = 0;
const busUsb = 3;
const ioError = 5;

const pollMs = 2;

/**
 * A HID device that the Linux kernel takes for a real one (/dev/uhid): it appears as /dev/hidrawN.
 * Opening plugs it in, closing pulls it out.
 */
export function createUhidPort(identity: HidIdentity, events: HidPortEvents) {
  const buffer = Buffer.alloc(eventSize);
  let file: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hostPresent = false;

  function setHost(present: boolean) {
    if (present === hostPresent) return;
    hostPresent = present;
    events.onHost(present);
  }

  function put(type: number, body: Buffer) {
    if (file === undefined) return;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(type);
    writeSync(file, Buffer.concat([head, body]));
  }

  function create() {
    const { serial, product, vendorId, productId, descriptor } = identity;
    const body = Buffer.alloc(276 + 4096);
    body.write(product, 0, 127);
    body.write('hall-sim', 128, 63);
    body.write(serial, 192, 63);
    body.writeUInt16LE(descriptor.length, 256);
    body.writeUInt16LE(busUsb, 258);
    body.writeUInt32LE(vendorId, 260);
    body.writeUInt32LE(productId, 264);
    body.set(descriptor, 276);
    put(event.create2, body);
  }

  function obey() {
    switch (buffer.readUInt32LE(0)) {
      case event.open:
        return setHost(true);
      case event.close:
        return setHost(false);
      case event.output: {
        const size = Math.min(buffer.readUInt16LE(4 + largestReport), largestReport);
        return events.onBytes(Uint8Array.from(buffer.subarray(4, 4 + size)));
      }
      case event.getReport: {
        const report = buffer[9] === featureReport ? events.onFeature(buffer.readUInt8(8)) : null;
        const reply = Buffer.alloc(8 + (report?.length ?? 0));
        buffer.copy(reply, 0, 4, 8);
        reply.writeUInt16LE(report ? 0 : ioError, 4);
        reply.writeUInt16LE(report?.length ?? 0, 6);
        if (report) reply.set(report, 8);
        return put(event.getReportReply, reply);
      }
      case event.setReport: {
        const size = Math.min(buffer.readUInt16LE(10), largestReport);
        const taken = buffer[9] === outputReport;
        const report = Uint8Array.from(buffer.subarray(12, 12 + size));
        const reply = Buffer.alloc(6);
        buffer.copy(reply, 0, 4, 8);
        reply.writeUInt16LE(taken ? 0 : ioError, 4);
        put(event.setReportReply, reply);
        if (taken) events.onBytes(report);
      }
    }
  }

  /** The kernel has no blocking read that Node could give up: opened without waiting, and asked again and again. */
  function poll() {
    while (file !== undefined) {
      try {
        if (readSync(file, buffer) === 0) break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') break;
        throw error;
      }
      obey();
    }
    if (file !== undefined) timer = setTimeout(poll, pollMs);
  }

  return {
    address: hidAddress(identity),
    async open() {
      if (file !== undefined) return;
      try {
        file = openSync('/dev/uhid', constants.O_RDWR | constants.O_NONBLOCK);
      } catch (error) {
        throw new PortError('uhid', todoFor((error as NodeJS.ErrnoException).code), error);
      }
      try {
        create();
      } catch (error) {
        closeSync(file);
        file = undefined;
        throw new PortError('uhid', `the kernel refuses the device (${(error as Error).message})`, error);
      }
      poll();
    },
    async close() {
      clearTimeout(timer);
      const closing = file;
      if (closing === undefined) return;
      put(event.destroy, Buffer.alloc(0));
      file = undefined;
      closeSync(closing);
      setHost(false);
    },
    write(report: Uint8Array) {
      const body = Buffer.alloc(2 + report.length);
      body.writeUInt16LE(report.length, 0);
      body.set(report, 2);
      put(event.input2, body);
    },
  };
}

function todoFor(code: string | undefined): string {
  if (process.platform !== 'linux')
    return `a simulated USB device needs Linux (this is ${process.platform}); use a device on a line or TCP instead`;
  if (code === 'ENOENT')
    return '/dev/uhid is not there; load the module with "modprobe uhid" (a container has the modules of its host)';
  if (code === 'EACCES' || code === 'EPERM')
    return '/dev/uhid may not be opened by this user; run as root or give the user the right by a udev rule';
  return `/dev/uhid cannot be opened (${code ?? 'unknown'}); load the module with "modprobe uhid"`;
}

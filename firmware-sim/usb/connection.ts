/** One TCP connection of a USB/IP client: frames in, answers out, and its end when it breaks the protocol. */
import type { Socket } from 'node:net';
import { type UsbDevice, readSetup } from './device.ts';
import * as frames from './usbip-frames.ts';
import { status } from './usbip-frames.ts';

/** What the bus says of itself, for a log; no payloads but those of control requests. */
export type UsbTraffic = {
  /** ms, from the clock that was given */
  at: number;
  peer: string;
  busId: string | null;
  what: 'list' | 'import' | 'refused' | 'control' | 'transfer' | 'unlink' | 'end';
  detail: string;
};

/** A device that is plugged in, as connections see it. */
export type Exported = {
  record: frames.DeviceRecord;
  device: UsbDevice;
  /** The connection that has imported it. */
  importer: { end: (reason: string) => void } | undefined;
};

/** Transfers that one connection may have waiting; cdc_acm has 32, usbhid 2. */
const mostWaiting = 256;
/** Bytes that they may hold together. */
const mostWaitingBytes = 8 * 1024 * 1024;
/** Bytes of answers that a client may leave unread. */
const mostUnread = 1024 * 1024;
/** A client that has not said within this time what it wants is let go. */
const patienceMs = 10_000;
const keepAliveMs = 5000;
const shownBytes = 32;

export function serveConnection(
  socket: Socket,
  bus: { exported: () => Exported[]; traffic: (entry: Omit<UsbTraffic, 'at' | 'peer'>) => void },
) {
  let buffered: Buffer[] = [];
  let bufferedBytes = 0;
  let needed: number = frames.sizes.operation;
  let imported: Exported | undefined;
  let pending: frames.Submit | undefined;
  /** Bytes that each waiting transfer holds, so that a hostile client cannot fill the memory. */
  const held = new Map<number, number>();
  let waitingBytes = 0;
  let ended = false;
  const impatience = setTimeout(() => end('it did not say what it wants'), patienceMs);
  socket.setNoDelay(true);
  // A computer that has lost its power says no goodbye, and would keep the device for ever.
  socket.setKeepAlive(true, keepAliveMs);

  function end(reason: string) {
    if (ended) return;
    ended = true;
    clearTimeout(impatience);
    const left = imported;
    imported = undefined;
    buffered = [];
    if (left) left.importer = undefined;
    left?.device.reset();
    bus.traffic({ busId: left?.record.busId ?? null, what: 'end', detail: reason });
    socket.destroySoon();
    // A client that takes nothing keeps the last answers waiting: it is not waited for.
    setTimeout(() => socket.destroy(), 1000).unref();
  }

  function send(bytes: Buffer) {
    if (socket.destroyed) return;
    socket.write(bytes);
    if (socket.writableLength > mostUnread) end(`it left ${socket.writableLength} bytes of answers unread`);
  }

  function take(count: number): Buffer {
    const all = buffered.length === 1 && buffered[0] ? buffered[0] : Buffer.concat(buffered);
    buffered = all.length > count ? [all.subarray(count)] : [];
    bufferedBytes -= count;
    return all.subarray(0, count);
  }

  function obeyOperation() {
    const head = take(frames.sizes.operation);
    const asked = head.readUInt16BE(2);
    if (head.readUInt16BE(0) !== frames.version)
      return end(`it speaks version ${head.toString('hex', 0, 2)}, not 0111`);
    if (asked === frames.operation.requestList) {
      const free = bus.exported().filter(({ importer }) => !importer);
      send(frames.encodeList(free.map(({ record }) => record)));
      bus.traffic({ busId: null, what: 'list', detail: `${free.length} devices` });
      return end('it has its list');
    }
    if (asked !== frames.operation.requestImport) return end(`unknown operation ${asked.toString(16)}`);
    needed = frames.sizes.importRequest - frames.sizes.operation;
    step = obeyImport;
  }

  function obeyImport() {
    const name = take(needed);
    const zero = name.indexOf(0);
    const busId = name.toString('latin1', 0, zero < 0 ? name.length : zero);
    const found = bus.exported().find(({ record }) => record.busId === busId);
    if (!found || found.importer) {
      const why = found ? 'busy' : 'noDevice';
      send(frames.encodeImport(why));
      const shown = JSON.stringify(busId);
      bus.traffic({ busId: null, what: 'refused', detail: found ? `${shown} is in use` : `no ${shown}` });
      return end('its import was refused');
    }
    clearTimeout(impatience);
    imported = found;
    found.importer = { end };
    bus.traffic({ busId, what: 'import', detail: '' });
    send(frames.encodeImport(found.record));
    needed = frames.sizes.header;
    step = obeyHeader;
  }

  function obeyHeader() {
    const header = frames.decodeHeader(take(frames.sizes.header));
    if (header.kind === 'bad') return end(header.reason);
    const record = imported?.record;
    if (!record || header.kind === 'submit') {
      if (header.kind !== 'submit' || !isOurs(header.submit.device)) return end('a frame for another device');
      if (header.dataBytes === 0) return obeySubmit(header.submit, Buffer.alloc(0));
      pending = header.submit;
      needed = header.dataBytes;
      step = obeyData;
      return;
    }
    if (!isOurs(header.device)) return end('a frame for another device');
    const waited = imported?.device.unlink(header.unlinked) ?? false;
    if (waited) finished(header.unlinked);
    send(frames.encodeUnlinked(header.sequence, waited ? status.reset : status.ok));
    bus.traffic({ busId: record.busId, what: 'unlink', detail: waited ? 'waiting' : 'already done' });
  }

  function isOurs(device: number) {
    const record = imported?.record;
    return record !== undefined && device === ((record.busNumber << 16) | record.deviceNumber);
  }

  function obeyData() {
    const data = Uint8Array.from(take(needed));
    const submit = pending;
    pending = undefined;
    needed = frames.sizes.header;
    step = obeyHeader;
    if (submit) obeySubmit(submit, data);
  }

  function finished(sequence: number) {
    waitingBytes -= held.get(sequence) ?? 0;
    held.delete(sequence);
  }

  function obeySubmit(submit: frames.Submit, data: Uint8Array) {
    const current = imported;
    if (!current) return;
    const { sequence } = submit;
    if (held.has(sequence)) return end(`transfer ${sequence} is already waiting`);
    if (held.size >= mostWaiting) return end(`more than ${mostWaiting} transfers waiting`);
    if (waitingBytes + data.length > mostWaitingBytes)
      return end(`more than ${mostWaitingBytes} bytes waiting`);
    held.set(sequence, data.length);
    waitingBytes += data.length;
    current.device.submit(submit, data, (state, answer) => {
      finished(sequence);
      send(frames.encodeSubmitted(sequence, state, answer));
      report(current.record.busId, submit, data, state, answer);
    });
  }

  function report(
    busId: string,
    submit: frames.Submit,
    data: Uint8Array,
    state: number,
    answer: Uint8Array | number,
  ) {
    const result = state === status.stall ? 'STALL' : state === status.ok ? 'ok' : `status ${state}`;
    const bytes = typeof answer === 'number' ? answer : answer.length;
    if (submit.endpoint !== 0) {
      const way = submit.toHost ? 'in' : 'out';
      bus.traffic({
        busId,
        what: 'transfer',
        detail: `endpoint ${submit.endpoint} ${way} ${bytes} ${result}`,
      });
      return;
    }
    const setup = readSetup(submit.setup);
    const shown = Buffer.from(typeof answer === 'number' ? data : answer).subarray(0, shownBytes);
    const packet = Buffer.from(submit.setup).toString('hex');
    const detail = `${setup.kind} ${setup.recipient} ${packet} ${result} ${shown.toString('hex')}`.trimEnd();
    bus.traffic({ busId, what: 'control', detail });
  }

  let step: () => void = obeyOperation;
  socket.on('data', (bytes: Buffer) => {
    if (ended) return;
    buffered.push(bytes);
    bufferedBytes += bytes.length;
    // A frame that comes byte by byte would keep a buffer for each.
    if (buffered.length > 256) buffered = [Buffer.concat(buffered)];
    while (!ended && bufferedBytes >= needed) step();
  });
  socket.on('error', () => {});
  socket.on('end', () => end('the client closed it'));
  socket.on('close', () => end('the client is gone'));

  return { end };
}

/**
 * A printer's character device, as /dev/usb/lp0 of the usblp driver. Linux and the systems built on it have such nodes;
 * Windows has none (its usbprint.sys gives no name that a program may read and write), macOS neither: there the port is
 * `missing`, and the printer is reached by serial: or tcp:.
 *
 * Nothing here may wait in the thread pool: usblp neither finishes a read before the printer speaks nor a write before
 * it takes data, and four of them would stop every file of the agent. The node is opened with O_NONBLOCK, so each call
 * returns at once with EAGAIN for "not yet", and the waiting is done by timers.
 */
import { close, constants, fstat, open, read, write } from 'node:fs';
import {
  ABORTED,
  type OpenTransport,
  type PortTrouble,
  type Transport,
  type WriteResult,
} from './transport.ts';

const MAX_WAITING_BYTES = 1024 * 1024;
const READ_BYTES = 4096;
/** While answers come, and while none do. */
const POLL_MS = { busy: 5, idle: 25 };
/** A device that takes nothing is offered the data again so often. */
const OFFER_MS = 10;

/** `path` as the operating system names it. Opens for reading and writing, without waiting. */
export function fileTransport(path: string): OpenTransport {
  return (signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve(ABORTED);
      const { O_RDWR, O_NONBLOCK, O_NOCTTY } = constants;
      // Windows has neither flag: without O_NONBLOCK a read could wait for ever in the pool, so it is not begun.
      if (O_NONBLOCK === undefined) {
        const detail = `${path}: this system has no printer files; use tcp: or serial:`;
        return resolve({ ok: false, trouble: { kind: 'missing', detail } });
      }
      open(path, O_RDWR | O_NONBLOCK | (O_NOCTTY ?? 0), (error, descriptor) => {
        if (error) return resolve({ ok: false, trouble: troubleOfOpen(error, path) });
        fstat(descriptor, (wrong, stats) => {
          if (signal?.aborted) return close(descriptor, () => resolve(ABORTED));
          if (!wrong && stats.isCharacterDevice())
            return resolve({ ok: true, transport: transportOf(descriptor) });
          // A file on disk would take every ticket and confirm none.
          const detail = `${path}: ${wrong?.message ?? 'is no device'}`;
          close(descriptor, () => resolve({ ok: false, trouble: { kind: 'refused', detail } }));
        });
      });
    });
}

/** The operating system's code for a node that does not open as trouble. */
export function troubleOfOpen(error: NodeJS.ErrnoException, path: string): PortTrouble {
  const detail = error.message.includes(path) ? error.message : `${path}: ${error.message}`;
  switch (error.code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
    case 'ENOTDIR':
      return { kind: 'missing', detail };
    case 'EBUSY':
      return { kind: 'busy', detail };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { kind: 'denied', detail };
    case 'EIO':
    case 'EISDIR':
      return { kind: 'refused', detail };
    default:
      return { kind: 'unknown', detail };
  }
}

const NOT_YET = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);

type Waiting = { bytes: Uint8Array; done: (result: WriteResult) => void };

function transportOf(descriptor: number): Transport {
  const queue: Waiting[] = [];
  const into = Buffer.allocUnsafe(READ_BYTES);
  let waitingBytes = 0;
  let closed: PortTrouble | null | undefined;
  let reading = false;
  let writing = false;
  let readTimer: NodeJS.Timeout | undefined;
  let writeTimer: NodeJS.Timeout | undefined;
  let free: () => void;
  const freed = new Promise<void>((resolve) => (free = resolve));

  /** The number of a file must not be given away while a call still uses it: another file could get it. */
  const release = () => {
    if (closed === undefined || reading || writing || descriptor < 0) return;
    const last = descriptor;
    descriptor = -1;
    close(last, () => free());
  };

  const settle = (trouble: PortTrouble | null) => {
    if (closed !== undefined) return;
    closed = trouble;
    clearTimeout(readTimer);
    clearTimeout(writeTimer);
    const result: WriteResult = {
      ok: false,
      trouble: trouble ?? { kind: 'unplugged', detail: 'the port was closed' },
    };
    for (const { done } of queue.splice(0)) done(result);
    waitingBytes = 0;
    const tell = transport.onClosed;
    transport.onData = null;
    transport.onClosed = null;
    release();
    tell?.(trouble);
  };

  const gone = (error: NodeJS.ErrnoException) => settle({ kind: 'unplugged', detail: error.message });

  const readOn = () => {
    reading = true;
    read(descriptor, into, 0, READ_BYTES, null, (error, count) => {
      reading = false;
      if (closed !== undefined) return release();
      if (error && !NOT_YET.has(error.code ?? '')) return gone(error);
      // Nothing read: a printer that has nothing to say (usblp answers 0 as well as EAGAIN).
      const heard = !error && count > 0;
      if (heard) transport.onData?.(Uint8Array.from(into.subarray(0, count)));
      if (closed === undefined) readTimer = setTimeout(readOn, heard ? POLL_MS.busy : POLL_MS.idle);
    });
  };

  const writeOn = () => {
    const first = queue[0];
    if (!first || writing || closed !== undefined) return;
    writing = true;
    write(descriptor, first.bytes, 0, first.bytes.length, null, (error, count) => {
      writing = false;
      if (closed !== undefined) return release();
      if (error && !NOT_YET.has(error.code ?? '')) return gone(error);
      const taken = error ? 0 : count;
      waitingBytes -= taken;
      first.bytes = first.bytes.subarray(taken);
      if (first.bytes.length > 0) {
        writeTimer = setTimeout(writeOn, taken > 0 ? 0 : OFFER_MS);
        return;
      }
      queue.shift();
      first.done({ ok: true });
      writeOn();
    });
  };

  const transport: Transport = {
    onData: null,
    onClosed: null,
    write(bytes) {
      if (closed !== undefined) {
        const trouble = closed ?? { kind: 'unplugged', detail: 'the port is closed' };
        return Promise.resolve({ ok: false, trouble });
      }
      if (waitingBytes + bytes.length > MAX_WAITING_BYTES) {
        const detail = `the device takes no data: ${waitingBytes} bytes are waiting`;
        return Promise.resolve({ ok: false, trouble: { kind: 'timeout', detail } });
      }
      waitingBytes += bytes.length;
      return new Promise((done) => {
        queue.push({ bytes, done });
        if (queue.length === 1) writeOn();
      });
    },
    close() {
      settle(null);
      return freed;
    },
  };

  // Not in this turn: the driver and the session set their handlers first.
  readTimer = setTimeout(readOn, 0);
  return transport;
}

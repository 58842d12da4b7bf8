/** A Linux PC that takes what a USB/IP server exports, without the usbip tool. */
import { connect, type Socket } from 'node:net';
import { operation, operationStatus, sizes, version } from './usbip-frames.ts';
import { attachSocket, checkVhci, detach, isAttached } from './vhci.ts';

export type AttachOptions = {
  host: string;
  /** 1…65535 */
  port: number;
  /** Only these; default every device that the server has. */
  busIds?: readonly string[];
  /** How often the server is asked for what is plugged in; default 500 ms. */
  every?: number;
  /** Told in a sentence what was attached, lost, or went wrong; each trouble once. */
  say: (sentence: string) => void;
};

export type Attached = {
  /** Bus ids that are attached now, and the port of the kernel's controller where each is. */
  devices: () => ReadonlyMap<string, number>;
  /** Detaches what it attached; may be called twice. */
  close: () => Promise<void>;
};

type Found = { busId: string; deviceId: number; speed: number };

const answerMs = 5000;
const mostDevices = 256;

/**
 * Keeps every device that the server exports attached to this computer, and attaches it again when it was unplugged and
 * is plugged in again, until it is closed. Throws a PortError where that cannot be: not Linux, no vhci_hcd, not root.
 */
export function attachAll(options: AttachOptions): Attached {
  const { host, port, busIds, every = 500, say } = options;
  checkVhci();
  const attached = new Map<string, number>();
  /** Each device's port, also while it is unplugged. */
  const ports = new Map<string, number>();
  const troubles = new Map<string, string>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let asking = Promise.resolve();

  /** Does one step; says what went wrong when that is new. */
  async function attempt<T>(about: string, step: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await step();
      troubles.delete(about);
      return result;
    } catch (error) {
      const { message } = error as Error;
      if (!closed && troubles.get(about) !== message) say(message);
      troubles.set(about, message);
      return undefined;
    }
  }

  function lost(busId: string) {
    if (attached.delete(busId)) say(`${busId} is unplugged`);
  }

  async function ask() {
    for (const [busId, at] of attached) if (!isAttached(at)) lost(busId);
    const listed = (await attempt('server', () => listDevices(host, port))) ?? [];
    for (const { busId } of listed) {
      if (closed) return;
      if (busIds && !busIds.includes(busId)) continue;
      // A server lists only what nobody has: another device is at its port by now.
      lost(busId);
      await attempt(busId, () => attach(busId));
    }
  }

  async function attach(busId: string) {
    const { socket, found } = await importDevice(host, port, busId);
    try {
      if (closed) return;
      const at = attachSocket(fileOf(socket), found.deviceId, found.speed, ports.get(busId));
      if (at === null)
        throw new Error(
          `${busId}: every port of the virtual controller is taken; free one with "usbip detach -p PORT"`,
        );
      attached.set(busId, at);
      ports.set(busId, at);
      say(`${busId} is attached at port ${at}`);
    } finally {
      // The kernel has its own hold on the connection.
      socket.destroy();
    }
  }

  function next() {
    asking = attempt('ports', ask).then(() => {
      if (!closed) timer = setTimeout(next, every);
    });
  }

  next();
  return {
    devices: () => new Map(attached),
    async close() {
      closed = true;
      clearTimeout(timer);
      for (const at of attached.values()) detach(at);
      attached.clear();
      await asking;
    },
  };
}

function request(code: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(sizes.operation);
  head.writeUInt16BE(version, 0);
  head.writeUInt16BE(code, 2);
  return Buffer.concat([head, body]);
}

function text(bytes: Buffer): string {
  const zero = bytes.indexOf(0);
  return bytes.toString('latin1', 0, zero < 0 ? bytes.length : zero);
}

function readDevice(bytes: Buffer): Found & { interfaces: number } {
  return {
    busId: text(bytes.subarray(256, 288)),
    deviceId: (bytes.readUInt32BE(288) << 16) | bytes.readUInt32BE(292),
    speed: bytes.readUInt32BE(296),
    interfaces: bytes.readUInt8(311),
  };
}

/** A connection that gives exactly as many bytes as are asked for: what follows an import is the kernel's. */
async function dial(host: string, port: number) {
  const socket = connect({ host, port });
  // Node must not read ahead.
  socket.pause();
  const where = `usbip server ${host}:${port}`;
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(answerMs, () => socket.destroy(new Error(`${where} does not answer`)));
    socket.once('connect', resolve);
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ECONNREFUSED'
          ? new Error(`${where} is not there; start "hall-sim" with its USB bus, or look at host and port`)
          : new Error(`${where}: ${error.message}`),
      ),
    );
  });
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = error));

  return {
    socket,
    where,
    async take(count: number): Promise<Buffer> {
      for (;;) {
        const bytes = socket.read(count) as Buffer | null;
        if (bytes?.length === count) return bytes;
        if (bytes || socket.destroyed || socket.readableEnded)
          throw new Error(failure?.message ?? `${where} ended the conversation early`);
        await new Promise<void>((resolve) => {
          const events = ['readable', 'end', 'close'] as const;
          const go = () => {
            for (const event of events) socket.off(event, go);
            resolve();
          };
          for (const event of events) socket.on(event, go);
        });
      }
    },
  };
}

async function takeHead(server: Awaited<ReturnType<typeof dial>>, code: number): Promise<number> {
  const head = await server.take(sizes.operation);
  if (head.readUInt16BE(0) !== version || head.readUInt16BE(2) !== code)
    throw new Error(`${server.where} speaks no USB/IP 1.1.1`);
  return head.readUInt32BE(4);
}

async function listDevices(host: string, port: number): Promise<Found[]> {
  const server = await dial(host, port);
  try {
    server.socket.write(request(operation.requestList));
    await takeHead(server, operation.replyList);
    const count = (await server.take(4)).readUInt32BE(0);
    if (count > mostDevices) throw new Error(`${server.where} lists ${count} devices`);
    const found: Found[] = [];
    for (let at = 0; at < count; at++) {
      const device = readDevice(await server.take(sizes.device));
      if (device.interfaces > 0) await server.take(4 * device.interfaces);
      found.push(device);
    }
    return found;
  } finally {
    server.socket.destroy();
  }
}

async function importDevice(host: string, port: number, busId: string) {
  const server = await dial(host, port);
  try {
    const name = Buffer.alloc(sizes.importRequest - sizes.operation);
    name.write(busId, 'latin1');
    server.socket.write(request(operation.requestImport, name));
    const state = await takeHead(server, operation.replyImport);
    if (state !== operationStatus.ok)
      throw new Error(
        `${busId}: ${state === operationStatus.busy ? 'another computer has attached it' : `refused (${state})`}`,
      );
    const found = readDevice(await server.take(sizes.device));
    server.socket.setTimeout(0);
    return { socket: server.socket, found };
  } catch (error) {
    server.socket.destroy();
    throw error;
  }
}

/** The file descriptor that the kernel is to take over; Node has no public name for it. */
function fileOf(socket: Socket): number {
  const handle = (socket as unknown as { _handle?: { fd?: number; readStop?: () => void } })._handle;
  if (!handle || handle.fd === undefined || handle.fd < 0)
    throw new Error('the connection to the USB/IP server is gone');
  handle.readStop?.();
  return handle.fd;
}

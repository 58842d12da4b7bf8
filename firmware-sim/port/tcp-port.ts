import { createServer, type Server, type Socket } from 'node:net';
import { listen } from './listen.ts';
import type { DevicePort, PortEvents } from './port.ts';

/**
 * A client that comes while the last one goes may be heard of first; beside one that stays it has so long. A heap that
 * the last one left behind is read first, however long that takes.
 */
const changeMs = 600;
/** So much within that time is such a heap; a host that asks for the state, or prints a ticket, says less. */
const heapBytes = 4096;

/**
 * A device behind a TCP port, as a printer's 9100: one client at a time (escpos-printer §1.7);
 * a second one is closed. Plugged in again it listens on the same port number.
 */
export function createTcpPort(host: string, port: number, events: PortEvents): DevicePort {
  let number = port === 0 ? undefined : port;
  let server: Server | undefined;
  let client: Socket | undefined;
  let reading = true;

  function receive(socket: Socket) {
    socket.on('error', () => {});
    if (!client) return accept(socket);
    const before = client;
    let refusing: NodeJS.Timeout;
    const wait = () => {
      const read = before.bytesRead;
      // A busy computer runs the timer before it has looked at what has come: once round, then judge.
      refusing = setTimeout(
        () => setImmediate(() => (before.bytesRead > read + heapBytes ? wait() : socket.destroy())),
        changeMs,
      );
    };
    wait();
    const change = () => {
      clearTimeout(refusing);
      if (server && !client && !socket.destroyed) accept(socket);
      else socket.destroy();
    };
    before.once('close', change);
    socket.once('close', () => {
      clearTimeout(refusing);
      before.off('close', change);
    });
  }
  function accept(socket: Socket) {
    client = socket;
    socket.setNoDelay(true);
    if (!reading) socket.pause();
    socket.on('data', (bytes) => events.onBytes(bytes));
    socket.on('close', () => {
      if (client !== socket) return;
      client = undefined;
      events.onHost(false);
    });
    events.onHost(true);
  }

  return {
    kind: 'tcp',
    get address() {
      return `tcp:${host}:${number ?? port}`;
    },
    get number() {
      return number;
    },
    async open() {
      if (server) return;
      server = createServer(receive);
      try {
        number = await listen(server, host, number ?? 0);
      } catch (error) {
        server = undefined;
        throw error;
      }
    },
    async close() {
      const closing = server;
      server = undefined;
      const held = client;
      client = undefined;
      held?.destroy();
      if (held) events.onHost(false);
      if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
    write(bytes) {
      client?.write(bytes);
    },
    setReading(on) {
      reading = on;
      if (on) client?.resume();
      else client?.pause();
    },
  };
}

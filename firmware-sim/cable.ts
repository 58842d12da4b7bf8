import { connect, createServer, type Server, type Socket } from 'node:net';
import { cableFaults, requireFault } from './faults/faults.ts';
import { listen } from './port/listen.ts';

export type CableOptions = {
  /** Name in messages and on the panel; default `cable`. */
  id?: string;
  /** TCP port to listen on, 0 = any free port. */
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Where the other end of the cable is. */
  to: { host: string; port: number };
  onChange?: () => void;
};

/**
 * Starts a network cable: a TCP relay that can be pulled out (both sides are cut, new connections refused)
 * and put back on the same port. Rejects with a PortError when its port cannot be opened.
 */
export async function startCable(options: CableOptions) {
  const id = options.id ?? 'cable';
  const host = options.host ?? '127.0.0.1';
  const pairs = new Set<[Socket, Socket]>();
  const counts = { up: 0, down: 0, connections: 0 };
  let number = options.port;
  let server: Server | undefined;

  function relay(near: Socket) {
    const far = connect(options.to.port, options.to.host);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    counts.connections++;
    const cut = () => {
      near.destroy();
      far.destroy();
      if (pairs.delete(pair)) options.onChange?.();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', cut);
    }
    near.on('data', (bytes) => (counts.up += bytes.length));
    far.on('data', (bytes) => (counts.down += bytes.length));
    near.pipe(far);
    far.pipe(near);
    options.onChange?.();
  }

  async function plug() {
    if (server) return;
    server = createServer(relay);
    try {
      number = await listen(server, host, number);
    } catch (error) {
      server = undefined;
      throw error;
    }
    options.onChange?.();
  }
  async function unplug() {
    const closing = server;
    server = undefined;
    const closedServer = closing && new Promise<void>((resolve) => closing.close(() => resolve()));
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    pairs.clear();
    await closedServer;
    if (closing) options.onChange?.();
  }

  await plug();
  return {
    id,
    kind: 'cable' as const,
    /** As a host may dial it: `tcp:HOST:PORT`. */
    get port() {
      return `tcp:${host}:${number}`;
    },
    get portNumber() {
      return number;
    },
    to: options.to,
    get plugged() {
      return server !== undefined;
    },
    plug,
    unplug,
    async setFault(name: string, on: boolean) {
      requireFault(id, cableFaults, name);
      return on ? unplug() : plug();
    },
    faultNames: cableFaults as readonly string[],
    faults: () => (server ? [] : ['unplugged']),
    /** up: bytes from the dialling side to the far end, down: back. */
    state: () => ({
      to: `${options.to.host}:${options.to.port}`,
      open: pairs.size,
      bytesUp: counts.up,
      bytesDown: counts.down,
      connections: counts.connections,
    }),
    /** Ends the cable; may be called twice. */
    close: unplug,
  };
}
export type CableHandle = Awaited<ReturnType<typeof startCable>>;

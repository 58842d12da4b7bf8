/** Devices behind TCP: network printers, terminal servers, simulators. */
import { createConnection, type Socket } from 'node:net';
import { transportOver } from './stream.ts';
import { ABORTED, type OpenResult, type OpenTransport, type PortTrouble } from './transport.ts';

const CONNECT_LIMIT_MS = 3_000;
/** A cable that is pulled says nothing: the operating system asks after 5 s of silence. */
const KEEP_ALIVE_MS = 5_000;

export function tcpTransport(
  address: { host: string; port: number },
  connectLimitMs = CONNECT_LIMIT_MS,
): OpenTransport {
  const name = `tcp:${address.host}:${address.port}`;
  return (signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve(ABORTED);
      const socket = createConnection({ host: address.host, port: address.port, noDelay: true });
      const give = (result: OpenResult) => {
        clearTimeout(limit);
        socket.off('connect', onConnect);
        socket.off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        if (!result.ok) {
          socket.on('error', () => {});
          socket.destroy();
        }
        resolve(result);
      };
      const onConnect = () => {
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        give({ ok: true, transport: transportOver(socket, () => destroyed(socket)) });
      };
      const onError = (error: NodeJS.ErrnoException) => give({ ok: false, trouble: troubleOf(error, name) });
      const onAbort = () => give(ABORTED);
      const limit = setTimeout(() => {
        const detail = `${name} did not answer within ${connectLimitMs / 1000} s`;
        give({ ok: false, trouble: { kind: 'timeout', detail } });
      }, connectLimitMs);
      socket.once('connect', onConnect);
      socket.once('error', onError);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
}

/** Ends the connection in the ordinary way, and cuts it when the other end does not follow within a second. */
function destroyed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    const cut = setTimeout(() => socket.destroy(), 1_000);
    socket.once('close', () => {
      clearTimeout(cut);
      resolve();
    });
    if (socket.writable && !socket.readableEnded) socket.resume().end();
    else socket.destroy();
  });
}

/** The operating system's code for a failed connection as trouble. */
export function troubleOf(error: NodeJS.ErrnoException, name: string): PortTrouble {
  const detail = `${name}: ${error.message || error.code || 'no connection'}`;
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return { kind: 'refused', detail };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'EADDRNOTAVAIL':
      return { kind: 'missing', detail };
    case 'ETIMEDOUT':
      return { kind: 'timeout', detail };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'denied', detail };
    default:
      return { kind: 'unknown', detail };
  }
}

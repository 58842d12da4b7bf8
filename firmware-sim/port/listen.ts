import type { Server } from 'node:net';
import { PortError } from './port.ts';

/** Starts listening and resolves with the port number; rejects with a PortError that says what to do. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const todo =
        error.code === 'EADDRINUSE'
          ? 'is in use by another program; end that program or choose another port (0 = any free port)'
          : error.code === 'EACCES'
            ? 'may not be opened by this user; choose a port above 1023'
            : `cannot be opened (${error.message})`;
      reject(new PortError(`tcp:${host}:${port}`, todo, error));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      server.on('error', () => {});
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

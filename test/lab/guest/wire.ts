/** A wire between a character device of the kernel and a simulated device on TCP. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const POLL_MS = 4;
const CHUNK = 4096;

/**
 * Carries bytes both ways until the returned function is called. A device file that is gone (ENODEV, EIO, ENXIO while the
 * gadget is unplugged) is opened again; the simulated device sees the unplugging as a closed connection.
 */
export function wire(path: string, port: number): () => void {
  let file: number | null = null;
  let socket: Socket | null = null;
  let waiting = Buffer.alloc(0);
  const buffer = Buffer.alloc(CHUNK);

  const drop = (): void => {
    if (file !== null) closeSync(file);
    file = null;
    socket?.destroy();
    socket = null;
    waiting = Buffer.alloc(0);
  };
  const begin = (): void => {
    try {
      file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      return;
    }
    const line = connect(port, '127.0.0.1').setNoDelay(true);
    socket = line;
    line.on('data', (bytes) => (waiting = Buffer.concat([waiting, bytes])));
    line.on('error', () => undefined);
    line.on('close', () => {
      if (socket === line) drop();
    });
  };
  const turn = (): void => {
    if (file === null || socket === null) return begin();
    try {
      if (waiting.length > 0) waiting = waiting.subarray(writeSync(file, waiting, 0, waiting.length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return drop();
    }
    try {
      const length = readSync(file, buffer, 0, CHUNK, null);
      if (length > 0) socket.write(Buffer.from(buffer.subarray(0, length)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') drop();
    }
  };
  const timer = setInterval(turn, POLL_MS);
  return () => {
    clearInterval(timer);
    drop();
  };
}

/** A wire between a character device of the kernel and a simulated device on TCP. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const POLL_MS = 8;
/** A wire that finds nothing at one of its ends tries again so often. */
const AGAIN_MS = 200;
const CHUNK = 4096;

/**
 * Carries bytes both ways as long as the program runs. A device file whose other side is unplugged is opened again; the
 * simulated device sees the unplugging as a closed connection.
 */
export function wire(path: string, port: number): void {
  let file: number | null = null;
  let socket: Socket | null = null;
  let waiting = Buffer.alloc(0);
  const buffer = Buffer.alloc(CHUNK);

  const drop = (): void => {
    if (file !== null) closeSync(file);
    file = null;
    const line = socket;
    socket = null;
    line?.destroy();
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
  /** False when the device file is gone; one that was hung up reads as empty. */
  const carry = (device: number, line: Socket): boolean => {
    try {
      if (waiting.length > 0) waiting = waiting.subarray(writeSync(device, waiting, 0, waiting.length));
    } catch (error) {
      if (!isNotYet(error)) return false;
    }
    try {
      const length = readSync(device, buffer, 0, CHUNK, null);
      if (length > 0) line.write(Buffer.from(buffer.subarray(0, length)));
      return length > 0;
    } catch (error) {
      return isNotYet(error);
    }
  };
  const turn = (): void => {
    if (file === null || socket === null) begin();
    else if (!carry(file, socket)) drop();
    setTimeout(turn, socket === null ? AGAIN_MS : POLL_MS);
  };
  turn();
}

function isNotYet(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type DevicePort, PortError, type PortEvents } from './port.ts';

type NativePty = { open: (columns: number, rows: number) => { master: number; slave: number; pty: string } };

// The package's public open() wraps both ends in streams: the slave end then stays open for ever, and the
// master stream dies with EIO when the host closes its port. A serial line must outlive its host, so the
// native open is used and the master end is read without waiting.
const require = createRequire(import.meta.url);
const { requireBinary } = require('@lydell/node-pty/requireBinary') as {
  requireBinary: (file: string) => NativePty;
};

const pollWithHostMs = 4;
const pollWithoutHostMs = 20;

function makeRaw(path: string) {
  // Without this the line would echo and edit what comes before the host has set its own mode.
  execFileSync('stty', [process.platform === 'darwin' ? '-f' : '-F', path, 'raw', '-echo'], {
    stdio: 'ignore',
  });
}

function link(target: string, path: string) {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (!lstatSync(path).isSymbolicLink())
      throw new PortError(`pty:${path}`, 'exists and is no link; choose another path');
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  symlinkSync(target, path);
}

/**
 * A device on a serial line: a pseudo-terminal whose host end is linked at `path`.
 * Unplugging closes the line (the host reads an error) and removes the link; plugging makes a new line there.
 */
export function createPtyPort(path: string, events: PortEvents): DevicePort {
  const buffer = Buffer.alloc(4096);
  let line: { master: number; pty: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let hostPresent = false;
  let unsent: Buffer[] = [];

  function setHost(present: boolean) {
    if (present === hostPresent) return;
    hostPresent = present;
    if (!present) unsent = [];
    events.onHost(present);
  }

  /** Reads what there is. The system answers EIO (0 bytes on macOS) while no host has the line open. */
  function readAll() {
    while (line) {
      let count: number;
      try {
        count = readSync(line.master, buffer);
      } catch (error) {
        setHost((error as NodeJS.ErrnoException).code === 'EAGAIN');
        return;
      }
      if (count === 0) return setHost(false);
      setHost(true);
      events.onBytes(Uint8Array.from(buffer.subarray(0, count)));
    }
  }

  function sendUnsent() {
    while (line && unsent[0]) {
      try {
        const count = writeSync(line.master, unsent[0]);
        const rest = unsent[0].subarray(count);
        if (rest.length > 0) unsent[0] = rest;
        else unsent.shift();
      } catch {
        return;
      }
    }
  }

  function poll() {
    readAll();
    sendUnsent();
    if (line) timer = setTimeout(poll, hostPresent ? pollWithHostMs : pollWithoutHostMs);
  }

  return {
    kind: 'pty',
    address: `serial:${path}`,
    number: undefined,
    async open() {
      if (line) return;
      let opened: ReturnType<NativePty['open']>;
      try {
        opened = requireBinary('pty.node').open(80, 24);
      } catch (error) {
        throw new PortError(
          `pty:${path}`,
          'no pseudo-terminal can be made on this system; use tcp: instead',
          error,
        );
      }
      try {
        makeRaw(opened.pty);
        link(opened.pty, path);
      } catch (error) {
        closeSync(opened.master);
        if (error instanceof PortError) throw error;
        throw new PortError(
          `pty:${path}`,
          `cannot be linked (${(error as Error).message}); choose a path you may write`,
          error,
        );
      } finally {
        closeSync(opened.slave);
      }
      line = { master: opened.master, pty: opened.pty };
      poll();
    },
    async close() {
      clearTimeout(timer);
      const closing = line;
      line = undefined;
      setHost(false);
      if (!closing) return;
      closeSync(closing.master);
      try {
        // A link that somebody else has put there meanwhile is not ours to remove.
        if (readlinkSync(path) === closing.pty) unlinkSync(path);
      } catch {}
    },
    write(bytes) {
      // A line that nobody has open carries nothing: asked before writing, else old bytes would wait for the host.
      readAll();
      if (!line || !hostPresent) return;
      unsent.push(Buffer.from(bytes));
      // What does not fit the line's buffer is lost, as without flow control.
      if (unsent.length > 256) unsent.shift();
      sendUnsent();
    },
    setReading() {},
  };
}

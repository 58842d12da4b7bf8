/** Captures typed by hand, and a host of plain bytes. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture } from '../../firmware-sim/replay/capture.ts';

type Said = [t: number, dir: 'in' | 'out', bytes: string];

/** Bytes as hex with spaces, or as text between quotes. */
export function bytesOf(text: string): Buffer {
  if (text.startsWith("'")) return Buffer.from(text.slice(1, -1), 'latin1');
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

export function captureOf(model: string, kind: string, said: Said[]): Capture {
  const head = {
    capture: 1 as const,
    device: 'device-1',
    model,
    kind,
    port: 'tcp:127.0.0.1:4001',
    startedAt: '2026-05-04T00:31:07.120Z',
    masked: false,
  };
  const lines = said.map(([t, dir, text], index) => ({
    line: index + 2,
    t,
    dir,
    bytes: Uint8Array.from(bytesOf(text)),
    decoded: null,
  }));
  return { file: 'typed.ndjson', head, lines };
}

/** A file with these bytes, until the end of the test. */
export function fileOf(finished: (task: () => void) => void, content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'hall-capture-'));
  finished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'capture.ndjson');
  writeFileSync(file, content);
  return file;
}

/** A host on a TCP port: says bytes, and keeps what it hears. */
export async function plainHost(port: string) {
  const [, address = '', number = ''] = port.split(':');
  const socket: Socket = createConnection({ host: address, port: Number(number), noDelay: true });
  let heard = '';
  let changed = () => {};
  socket.on('data', (bytes) => {
    heard += bytes.toString('hex');
    changed();
  });
  await once(socket, 'connect');
  socket.on('error', () => {});
  return {
    heard: () => heard,
    say: (text: string) => void socket.write(bytesOf(text)),
    /** Waits until it has heard these bytes in this order, 5 s at the most. */
    async hears(text: string) {
      const wanted = bytesOf(text).toString('hex');
      for (const end = performance.now() + 5_000; !heard.includes(wanted);) {
        if (performance.now() > end) throw new Error(`it never heard ${wanted}, but ${heard}`);
        await new Promise<void>((resolve) => {
          changed = resolve;
          setTimeout(resolve, 50);
        });
      }
    },
    /** the device has closed the port */
    closed: new Promise((resolve) => socket.once('close', resolve)),
    close: () => void socket.destroy(),
  };
}

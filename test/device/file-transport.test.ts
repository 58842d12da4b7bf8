/** The printer file: a real node of the operating system with O_NONBLOCK, here the host end of a pseudo-terminal. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPrinter } from '../../firmware-sim/index.ts';
import { EscPosPrinter } from '../../kiosk-agent/device/driver/printer.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { fileTransport, troubleOfOpen } from '../../kiosk-agent/device/transport/file.ts';
import type { PortTrouble, WriteResult } from '../../kiosk-agent/device/transport/transport.ts';
import { until } from './manual-clock.ts';
import { fasterClock, quiet, sheet, wholeSheets } from './printer-bench.ts';

const { requireBinary } = createRequire(import.meta.url)('@lydell/node-pty/requireBinary') as {
  requireBinary: (file: string) => {
    open: (columns: number, rows: number) => { master: number; slave: number; pty: string };
  };
};

const folder = mkdtempSync(join(tmpdir(), 'printer-file-'));
const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A node whose far end the test reads and writes with its own hands, and takes nothing on its own. */
function node() {
  const pair = requireBinary('pty.node').open(80, 24);
  execFileSync('stty', [process.platform === 'darwin' ? '-f' : '-F', pair.pty, 'raw', '-echo']);
  closeSync(pair.slave);
  let there = true;
  const unplug = () => {
    if (there) closeSync(pair.master);
    there = false;
  };
  ends.push(unplug);
  return {
    path: pair.pty,
    unplug,
    say: (bytes: number[]) => writeSync(pair.master, Uint8Array.from(bytes)),
    /** what the host has written so far, at most 64 KiB */
    take(): Buffer {
      const pieces: Buffer[] = [];
      const piece = Buffer.alloc(4096);
      for (let turns = 0; turns < 16; turns++) {
        try {
          const count = readSync(pair.master, piece);
          if (count === 0) break;
          pieces.push(Buffer.from(piece.subarray(0, count)));
        } catch {
          break;
        }
      }
      return Buffer.concat(pieces);
    },
  };
}

async function opened(path: string) {
  const result = await fileTransport(path)();
  if (!result.ok) throw new Error(JSON.stringify(result.trouble));
  const { transport } = result;
  const heard: number[] = [];
  const closings: (PortTrouble | null)[] = [];
  transport.onData = (bytes) => heard.push(...bytes);
  transport.onClosed = (trouble) => closings.push(trouble);
  ends.push(() => void transport.close());
  return { transport, heard, closings };
}

/** Bytes of which each tells its place. */
const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

describe('a printer file', () => {
  it('moves bytes both ways, whatever their values', async () => {
    const far = node();
    const { transport, heard } = await opened(far.path);
    const every = pattern(256);
    expect(await transport.write(every)).toEqual({ ok: true });
    let got = Buffer.alloc(0);
    await until(() => (got = Buffer.concat([got, far.take()])).length >= 256, 'all bytes there');
    expect(got.equals(Buffer.from(every))).toBe(true);
    far.say([0x12, 0x00, 0x37, 0x22, 0x03, 0x11]);
    await until(() => heard.length === 6, 'the answer');
    expect(heard).toEqual([0x12, 0x00, 0x37, 0x22, 0x03, 0x11]);
  });

  it('is silent for a while, and still hears what comes then', async () => {
    const far = node();
    const { heard, closings } = await opened(far.path);
    await new Promise((resolve) => setTimeout(resolve, 150));
    far.say([0x12]);
    await until(() => heard.length === 1, 'the late answer');
    expect(closings).toEqual([]);
  });

  it('a printer that takes nothing leaves the write pending, and neither the loop nor the disk waits for it', async () => {
    const far = node();
    const { transport, heard, closings } = await opened(far.path);
    const sent = pattern(100_000);
    let result: WriteResult | undefined;
    void transport.write(sent).then((end) => (result = end));
    // More files than the pool has threads, again and again while it is stuck.
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all(Array.from({ length: 16 }, () => stat(folder)));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(result).toBeUndefined();
    far.say([0x13]);
    await until(() => heard.length === 1, 'hearing goes on');
    // It takes again: piece by piece, nothing lost, nothing twice.
    let got = Buffer.alloc(0);
    await until(() => (got = Buffer.concat([got, far.take()])).length >= sent.length, 'all bytes there');
    await until(() => result !== undefined, 'the write is settled');
    expect(result).toEqual({ ok: true });
    expect(got.equals(Buffer.from(sent))).toBe(true);
    expect(closings).toEqual([]);
  });

  it('keeps the order of writes that wait for one another', async () => {
    const far = node();
    const { transport } = await opened(far.path);
    const pieces = Array.from({ length: 200 }, (_, at) => Uint8Array.of(at, at ^ 0xff, 0x1b));
    const results = Promise.all(pieces.map((piece) => transport.write(piece)));
    let got = Buffer.alloc(0);
    await until(() => (got = Buffer.concat([got, far.take()])).length >= 600, 'all bytes there');
    expect(got.equals(Buffer.concat(pieces))).toBe(true);
    expect((await results).every(({ ok }) => ok)).toBe(true);
  });

  it('takes no more than 1 MiB that nobody fetches', async () => {
    const far = node();
    const { transport } = await opened(far.path);
    const first = transport.write(new Uint8Array(1024 * 1024));
    const second = await transport.write(new Uint8Array(64 * 1024));
    expect(second).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
    await transport.close();
    expect(await first).toMatchObject({ ok: false, trouble: { kind: 'unplugged' } });
  });

  it('unplugged: every write that waits is settled, and the session hears it once', async () => {
    const far = node();
    const { transport, closings } = await opened(far.path);
    const waiting = [transport.write(pattern(100_000)), transport.write(Uint8Array.of(1))];
    await new Promise((resolve) => setTimeout(resolve, 30));
    far.unplug();
    for (const result of await Promise.all(waiting))
      expect(result).toMatchObject({ ok: false, trouble: { kind: 'unplugged' } });
    expect(closings).toHaveLength(1);
    expect(closings[0]).toMatchObject({ kind: 'unplugged' });
    expect(closings[0]!.detail).toMatch(/EIO|ENODEV|ENXIO/);
    expect(await transport.write(Uint8Array.of(1))).toMatchObject({
      ok: false,
      trouble: { kind: 'unplugged' },
    });
  });

  it('closing frees the node with writes under way, may be done twice, and nothing comes after it', async () => {
    const far = node();
    const { transport, heard, closings } = await opened(far.path);
    const stuck = transport.write(pattern(100_000));
    const before = openFiles(far.path);
    await Promise.all([transport.close(), transport.close()]);
    await transport.close();
    expect(await stuck).toMatchObject({ ok: false });
    expect(closings).toEqual([null]);
    if (process.platform === 'linux') expect(openFiles(far.path)).toBe(before - 1);
    far.say([0x12]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(heard).toEqual([]);
  });
});

/** How often this process has the file open; Linux tells. */
function openFiles(path: string): number {
  const script = `ls -l /proc/${process.pid}/fd | grep -c -- '-> ${path}$' || true`;
  return Number(execFileSync('sh', ['-c', script]).toString());
}

describe('a printer file that does not open', () => {
  it('is missing when it is not there, and a file on disk is no printer', async () => {
    const nowhere = join(folder, 'lp7');
    expect(await fileTransport(nowhere)()).toMatchObject({
      ok: false,
      trouble: { kind: 'missing', detail: expect.stringContaining(nowhere) },
    });
    const file = join(folder, 'paper.txt');
    writeFileSync(file, 'kept');
    expect(await fileTransport(file)()).toMatchObject({ ok: false, trouble: { kind: 'refused' } });
    expect(await fileTransport(folder)()).toMatchObject({ ok: false, trouble: { kind: 'refused' } });
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  it('an opening that was given up leaves nothing open', async () => {
    const far = node();
    const given = new AbortController();
    const opening = fileTransport(far.path)(given.signal);
    given.abort();
    expect(await opening).toMatchObject({ ok: false, trouble: { kind: 'unknown' } });
    if (process.platform === 'linux') expect(openFiles(far.path)).toBe(0);
    expect(await fileTransport(far.path)(given.signal)).toMatchObject({ ok: false });
  });

  it.each([
    ['EBUSY', 'busy'],
    ['EACCES', 'denied'],
    ['EPERM', 'denied'],
    ['ENODEV', 'missing'],
    ['ENXIO', 'missing'],
    ['EIO', 'refused'],
    ['EMFILE', 'unknown'],
  ])('%s is %s', (code, kind) => {
    const error = Object.assign(new Error(`${code}: open`), { code });
    expect(troubleOfOpen(error, '/dev/usb/lp0')).toMatchObject({
      kind,
      detail: expect.stringContaining('/dev/usb/lp0'),
    });
  });
});

describe('a ticket through a printer file', () => {
  it('is printed and confirmed; unplugged and plugged again it prints the next one', async () => {
    const path = join(folder, 'lp0');
    const printer = await startPrinter({ port: `pty:${path}`, speed: Infinity });
    const clock = fasterClock(10);
    const driver = new EscPosPrinter({
      id: 'printer-1',
      model: { columns: 48, confirmation: 'process-id', status: 'realtime' },
      clock,
      random: () => 0.5,
    });
    const session = new PortSession({
      device: 'printer-1',
      open: fileTransport(path),
      driver,
      clock,
      random: () => 0.5,
      log: quiet,
    });
    try {
      await until(() => driver.status.state === 'ready', 'ready');
      expect(await driver.print(sheet('A001'))).toEqual({ outcome: 'printed', confirmedBy: 'process-id' });
      await printer.unplug();
      await until(() => driver.status.state !== 'ready', 'gone');
      expect(await driver.print(sheet('A002'))).toMatchObject({ outcome: 'failed', bytesSent: 0 });
      await printer.plug();
      await until(() => driver.status.state === 'ready', 'ready again');
      expect(await driver.print(sheet('A003'))).toEqual({ outcome: 'printed', confirmedBy: 'process-id' });
      expect(['A001', 'A002', 'A003'].map((name) => wholeSheets(printer, name))).toEqual([1, 0, 1]);
    } finally {
      await driver.close();
      await session.close();
      await printer.close();
      rmSync(folder, { recursive: true });
    }
  });
});

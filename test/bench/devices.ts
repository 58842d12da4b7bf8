/**
 * Press → ACK on the wire, and tap → first byte at the printer, through a real hub in a process of its own.
 * The device side is as thin as it can be (a pseudo-terminal, a TCP socket), so that what is measured is the hub.
 * Beside it, in the same run and on the same disk, an append with fdatasync.
 */
import { createServer, type Socket } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as pty from '@lydell/node-pty';
import { ReadStream } from 'node:tty';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml } from '../harness/hall.ts';
import { api, startProgram, temporaryFolder, until } from '../harness/programs.ts';
import { rawAppends, row, type Row } from './raw.ts';

const ROUNDS = 10;
const PER_ROUND = 40;

export async function benchDevices(): Promise<Row[]> {
  using folder = temporaryFolder('bench');
  const evaluator = evaluatorOnPty();
  const printer = await printerOnTcp();
  const file = join(folder.path, 'hall.yaml');
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(
    file,
    hallYaml(`devices:
  - {id: evaluator-1, model: elp1, port: "serial:${evaluator.path}?baud=115200", window: 1}
  - {id: printer-1, model: escpos-80, port: "tcp:127.0.0.1:${printer.port}"}
`),
  );
  const token = await new Register(folder.path).createToken('kiosk', new Date());
  const hub = await startProgram(
    'kiosk-agent/cli.ts',
    ['run', '-c', file, '--state', folder.path, '--log', 'error'],
    /hall ready (http\S+)/,
  );
  try {
    const kiosk = api(hub.url, token);
    await until('the devices', async () => {
      const { body } = await kiosk('GET', 'health');
      return (body['devices'] as { state: string }[]).every((device) => device.state === 'ready');
    });
    // In turns, so that a slow minute of the machine slows all three alike.
    const raw: number[] = [];
    const presses: number[] = [];
    const taps: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      raw.push(...rawAppends(folder.path, PER_ROUND, 600));
      for (let i = 0; i < PER_ROUND; i += 1) presses.push(await evaluator.press(presses.length + 1));
      for (let i = 0; i < PER_ROUND; i += 1) taps.push(await tap(kiosk, printer));
    }
    const limit = row('raw append + fdatasync', raw, 1).p50;
    return [
      { ...row('raw append + fdatasync (the limit)', raw, limit) },
      row('press on the wire → ACK on the wire', presses, limit, 'pseudo-terminal both ways'),
      row('tap (HTTP request begins) → first byte at the printer', taps, limit, 'HTTP and TCP on loopback'),
    ];
  } finally {
    await hub.end();
    evaluator.close();
    await printer.close();
  }
}

/** Microseconds from the beginning of the request to the ticket's first byte; the answer must be a printed ticket. */
async function tap(
  kiosk: ReturnType<typeof api>,
  printer: { firstByte(): Promise<number> },
): Promise<number> {
  const first = printer.firstByte();
  const start = performance.now();
  const answer = kiosk('POST', 'tickets', { service: 'transfer', idempotencyKey: randomUUID() });
  const at = await first;
  const { body } = await answer;
  if (body['state'] !== 'waiting') throw new Error(`the ticket is ${String(body['state'])}`);
  return (at - start) * 1000;
}

function evaluatorOnPty(): { path: string; press(seq: number): Promise<number>; close(): void } {
  const opened = (pty as unknown as { open(options: object): unknown }).open({ cols: 80, rows: 24 }) as {
    master: ReadStream;
    slave: ReadStream;
    ptsName?: string;
    _pty?: string;
  };
  const path = String(opened.ptsName ?? opened._pty);
  opened.slave.pause();
  opened.slave.destroy();
  const master = opened.master;
  let heard = '';
  let waiting: { text: string; settle: (at: number) => void } | null = null;
  master.on('error', () => undefined);
  master.on('data', (bytes: Buffer | string) => {
    heard = (heard + bytes.toString()).slice(-2000);
    if (heard.includes('$WHO')) {
      heard = '';
      send('HI,1,BENCH,SN1,0000BE7C,1.0');
    }
    if (waiting && heard.includes(waiting.text)) {
      heard = '';
      waiting.settle(performance.now());
      waiting = null;
    }
  });
  const send = (body: string): void => {
    (master as unknown as NodeJS.WritableStream).write(`$${body}*${crc(body)}\r\n`);
  };
  const beat = setInterval(() => send('ST,0000BE7C,1,-,00'), 4000);
  return {
    path,
    press: (seq) =>
      new Promise((resolve, reject) => {
        const start = performance.now();
        const timer = setTimeout(() => reject(new Error(`no ACK for press ${seq}`)), 5000);
        waiting = {
          text: `$ACK,0000BE7C,${seq}*`,
          settle: (at) => {
            clearTimeout(timer);
            resolve((at - start) * 1000);
          },
        };
        send(`KEY,0000BE7C,${seq},-,5,0`);
      }),
    close() {
      clearInterval(beat);
      master.destroy();
    },
  };
}

/** Answers what a driver asks (DLE EOT, GS I, process id) and tells when the first byte of a ticket (ESC @) comes. */
async function printerOnTcp(): Promise<{
  port: number;
  firstByte(): Promise<number>;
  close(): Promise<void>;
}> {
  let settle: ((at: number) => void) | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      if (settle && bytes.includes(Buffer.from([0x1b, 0x40]))) {
        settle(performance.now());
        settle = null;
      }
      for (let i = 0; i < bytes.length - 2; i += 1) {
        if (bytes[i] === 0x10 && bytes[i + 1] === 0x04) socket.write(Buffer.from([0x12]));
        if (bytes[i] === 0x1d && bytes[i + 1] === 0x72) socket.write(Buffer.from([0x00]));
        if (bytes[i] === 0x1d && bytes[i + 1] === 0x49) socket.write(Buffer.from('_BENCH\0'));
        if (bytes[i] === 0x1d && bytes[i + 1] === 0x28 && bytes[i + 2] === 0x48)
          socket.write(
            Buffer.concat([Buffer.from([0x37, 0x22]), bytes.subarray(i + 7, i + 11), Buffer.from([0])]),
          );
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    firstByte: () => new Promise((resolve) => (settle = resolve)),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** CRC-16/MODBUS, four upper-case hex digits. */
function crc(text: string): string {
  let value = 0xffff;
  for (const byte of Buffer.from(text)) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >> 1) ^ 0xa001 : value >> 1;
  }
  return value.toString(16).toUpperCase().padStart(4, '0');
}

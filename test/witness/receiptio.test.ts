/**
 * A stranger's print program at the simulated printer: `receiptio` asks for its state and prints jobs, as a child process.
 * It speaks to port 9100 and no other, so each printer here has a loopback address of its own.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PrinterOptions } from '../../firmware-sim/printer/printer.ts';
import { ROOT, until } from '../harness/programs.ts';
import { cameOut, inWords, startWitnessPrinter, type WitnessPrinter } from './print-on.ts';

let printers = 0;
/** Runs `use` with a printer at an address of its own; Linux has the whole of 127.0.0.0/8. */
async function withPrinter<T>(
  options: Partial<PrinterOptions>,
  use: (printer: WitnessPrinter, address: string) => Promise<T>,
): Promise<T> {
  printers += 1;
  const address = `127.${1 + (process.pid % 250)}.${(process.pid >> 8) % 250}.${printers}`;
  const printer = await startWitnessPrinter({ port: `tcp:${address}:9100`, ...options });
  try {
    return await use(printer, address);
  } finally {
    await printer.close();
  }
}

/** What the program says at its end, with its exit code. */
function receiptio(
  address: string,
  options: string[],
  job = '',
): Promise<{ said: string; code: number | null }> {
  const program = join(ROOT, 'node_modules', 'receiptio', 'bin', 'cli.js');
  const child = spawn(process.execPath, [program, '-d', address, ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(job);
  return new Promise((resolve) => child.once('close', (code) => resolve({ said: said.trim(), code })));
}

/** Sends a few bytes in hex and leaves. */
async function sendPiece(address: string, bytes: string): Promise<void> {
  const socket = connect(9100, address);
  socket.end(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
  await new Promise((resolve, reject) => {
    socket.once('close', resolve);
    socket.once('error', reject);
  });
}

const ticket = [
  '^^政务服务大厅',
  '^^^^A001',
  '前面等候：12 人',
  '{code:https://zw.example.gov.cn/t/1; option:qrcode,6,m}',
  '过号请重新取号',
].join('\n');
const job = ['-p', 'epson', '-l', 'zh', '-t', '20'];

describe.concurrent('receiptio -q', () => {
  it.each([
    ['nothing', 'online', 100],
    ['paper-near-end', 'online', 100],
    ['paper-out', 'paperempty', 102],
    ['cover-open', 'coveropen', 101],
    ['cutter-error', 'error', 103],
    ['paper-jam', 'error', 103],
    ['head-hot', 'error', 103],
    ['power-off', 'disconnect', 105],
    ['unplugged', 'disconnect', 105],
  ] as const)('with %s says %s', async (fault, said, code) => {
    await withPrinter({}, async (printer, address) => {
      if (fault !== 'nothing') await printer.setFault(fault, true);
      expect(await receiptio(address, ['-q'])).toEqual({ said, code });
    });
  });

  it('with a printer that answers nothing says offline, after its own patience', async () => {
    await withPrinter({ answers: false }, async (_printer, address) => {
      expect(await receiptio(address, ['-p', 'epson', '-q'])).toEqual({ said: 'offline', code: 104 });
    });
  }, 20_000);

  it('with a printer out of paper that is filled says online again', async () => {
    await withPrinter({}, async (printer, address) => {
      await printer.setFault('paper-out', true);
      expect((await receiptio(address, ['-q'])).said).toBe('paperempty');
      printer.loadPaper();
      await until('the first host to go', () => !printer.state().hostPresent);
      expect((await receiptio(address, ['-q'])).said).toBe('online');
    });
  });
});

describe.concurrent('a job of receiptio', () => {
  const whole = [
    '1x2 L "政务服务大厅"',
    '3x3 L "A001"',
    '1x1 L "前面等候：12 人"',
    'image C 174x174',
    '1x1 L "过号请重新取号"',
  ];
  const came = (printer: WitnessPrinter) =>
    cameOut(printer).lines.map((line) => inWords(line).replace(/" +/, '"'));

  it('is printed, cut, and ends in success', async () => {
    await withPrinter({ speed: 400 }, async (printer, address) => {
      expect(await receiptio(address, job, ticket)).toEqual({ said: 'success', code: 0 });
      expect(came(printer)).toEqual(whole);
      expect(printer.papers().map(({ cut }) => cut)).toEqual(['partial']);
      expect(printer.state().commandErrors).toEqual([]);
    });
  });

  it('that finds out by itself who the printer is ends in success too', async () => {
    await withPrinter({ speed: 400 }, async (printer, address) => {
      expect(await receiptio(address, ['-l', 'zh', '-t', '20'], ticket)).toEqual({
        said: 'success',
        code: 0,
      });
      expect(came(printer)).toEqual(whole.map((line) => line.replace('174x174', '176x174')));
      // It greets a Star printer too: ESC ACK SOH is no ESC/POS, and nothing else is unknown.
      expect(printer.state().commandErrors.map(({ hex }) => hex)).toEqual(['1B 06', '01']);
    });
  });

  it.each([
    ['paper-out', 'paperempty', 102],
    ['cover-open', 'coveropen', 101],
    ['cutter-error', 'error', 103],
  ] as const)('with %s in the middle is no success, whatever had been sent', async (fault, said, code) => {
    await withPrinter({ speed: 40 }, async (printer, address) => {
      const end = receiptio(address, job, ticket);
      await until('the first lines to be printed', () => printer.currentPaper().lines.length >= 2);
      await printer.setFault(fault, true);
      expect(await end).toEqual({ said, code });
      expect(printer.papers()).toEqual([]);
    });
  });

  it('behind a picture that somebody else broke off gets through: it fills the picture and begins anew', async () => {
    await withPrinter({ speed: 400 }, async (printer, address) => {
      // GS v 0: 72 bytes × 100 dots are promised, and none come.
      await sendPiece(address, '1D763000 4800 6400');
      await until('the stranger to go', () => printer.state().received === 8 && !printer.state().hostPresent);
      expect(await receiptio(address, job, ticket)).toEqual({ said: 'success', code: 0 });
      const [picture, ...rest] = came(printer);
      expect(picture).toBe('image L 576x100');
      expect(rest).toEqual(whole);
    });
  });

  it('that met the end of the paper comes out whole once when there is paper again', async () => {
    await withPrinter({ speed: 400 }, async (printer, address) => {
      // Behind the greeting (DLE EOT 2, ESC @ GS a) and into the ticket.
      await printer.setFault('paper-out-after-bytes', true, { bytes: 200 });
      expect(await receiptio(address, job, ticket.replace(/^.*qrcode.*\n/m, ''))).toEqual({
        said: 'paperempty',
        code: 102,
      });
      expect(printer.papers()).toEqual([]);
      printer.loadPaper();
      await until('the rest to be printed', () => printer.papers().length === 1);
      expect(came(printer)).toEqual(whole.filter((line) => !line.startsWith('image')));
    });
  });
});

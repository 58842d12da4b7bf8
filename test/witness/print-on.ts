/** A simulated printer on a real TCP port, and what comes out of it for the bytes of whoever prints. */
import { connect } from 'node:net';
import { startPrinter } from '../../firmware-sim/index.ts';
import type { PrinterOptions } from '../../firmware-sim/printer/printer.ts';
import { until } from '../harness/programs.ts';

/** Starts a printer that prints at once; `options` as the simulator takes them. */
export const startWitnessPrinter = (options: Partial<PrinterOptions> = {}) =>
  startPrinter({ port: 'tcp:0', speed: Number.POSITIVE_INFINITY, startUpMs: 0, ...options });
export type WitnessPrinter = Awaited<ReturnType<typeof startWitnessPrinter>>;

/** Sends `bytes` to the printer's port and leaves when the printer has taken them all. */
export async function send(printer: WitnessPrinter, bytes: Uint8Array): Promise<void> {
  const before = printer.state().received;
  const socket = connect(printer.portNumber ?? 0, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.resume();
  socket.write(bytes);
  await until('the printer to take the job', () => printer.state().received >= before + bytes.length);
  await until(
    'the printer to print it',
    () => !printer.state().printing && printer.state().bufferedBytes === 0,
  );
  socket.end();
  await closed;
}

/** What came out: the cut papers and what still hangs there, as lines for people, and the commands it did not know. */
export function cameOut(printer: WitnessPrinter) {
  const papers = printer.papers();
  return {
    papers,
    hanging: printer.currentPaper(),
    lines: papers.flatMap((paper) => paper.lines),
    refused: printer.state().commandErrors.map(({ reason }) => reason),
  };
}

type Line = WitnessPrinter extends { papers(): { lines: (infer L)[] }[] } ? L : never;

/** A line in words: `2x2 C bold "A001"`, `qr 6 "https…"`, `barcode "…"`, `image 64x64`. */
export function inWords(line: Line): string {
  const at = line.align[0]?.toUpperCase();
  switch (line.kind) {
    case 'text': {
      const marks = [
        line.bold ? ' bold' : '',
        line.cells.some((cell) => cell.underline) ? ' underlined' : '',
        line.cells.some((cell) => cell.inverse) ? ' inverse' : '',
        line.upsideDown ? ' upside-down' : '',
      ].join('');
      return `${line.w}x${line.h} ${at}${marks} "${line.text}"`;
    }
    case 'qr':
      return `qr ${at} ${line.moduleDots} "${line.data}"`;
    case 'barcode':
      return `barcode ${at} "${line.data}"`;
    case 'image':
      return `image ${at} ${line.width * line.scaleX}x${line.height}`;
  }
}

/** All lines that came out, cut off or not, in words. */
export function wordsOf(printer: WitnessPrinter): string[] {
  const { lines, hanging } = cameOut(printer);
  return [...lines, ...hanging.lines].map(inWords);
}

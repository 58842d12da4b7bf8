/**
 * Printers: what is printed differs from run to run (ticket numbers, times, codes), what is asked does not. With it taken
 * out on both sides only the host's questions are compared: status, identity, paper, process ids, clearing (escpos-printer §1.2 to §1.5).
 */
import { readCommand } from '../printer/command-reader.ts';
import type { Capture } from './capture.ts';

const questions = new Set(['realtime', 'GS I', 'GS r', 'GS a', 'GS ( H']);

/** Takes a host's bytes as they come, and gives back those of its questions. */
export function createQuestionFilter() {
  let pending: Uint8Array = new Uint8Array();
  return (bytes: Uint8Array): Uint8Array => {
    pending = Buffer.concat([pending, bytes]);
    const asked: Uint8Array[] = [];
    for (let read = readCommand(pending); read; read = readCommand(pending)) {
      if (questions.has(read.command.name)) asked.push(pending.subarray(0, read.length));
      pending = pending.subarray(read.length);
    }
    return Buffer.concat(asked);
  };
}

/** The capture with nothing but questions in what the host said; lines that had none are empty. */
export function withoutPaper(capture: Capture): Capture {
  const filter = createQuestionFilter();
  return {
    ...capture,
    lines: capture.lines.map((line) => (line.dir === 'out' ? { ...line, bytes: filter(line.bytes) } : line)),
  };
}

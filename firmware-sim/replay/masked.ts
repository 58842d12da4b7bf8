/** What is left of a masked capture. */
import { xorOf } from '../id-reader/frame.ts';
import type { Capture } from './capture.ts';

const preamble = Buffer.from('aaaaaa9669', 'hex');

/**
 * An identity card reader's answers with their data hidden have no checksum: it is set, so that the card is found again and
 * then cannot be read (id-card-reader §2). Other captures stay as they are.
 */
export function repairHidden(capture: Capture): Capture {
  if (!capture.head.masked || capture.head.kind !== 'reader') return capture;
  const lines = capture.lines.map((line) => {
    const frame = Buffer.from(line.bytes);
    if (line.dir === 'out' || frame.length < 11 || !frame.subarray(0, 5).equals(preamble)) return line;
    frame[frame.length - 1] = xorOf(frame.subarray(5, -1));
    return { ...line, bytes: Uint8Array.from(frame) };
  });
  return { ...capture, lines };
}

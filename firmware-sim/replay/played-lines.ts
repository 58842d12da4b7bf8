/** From the lines of a capture to what a port plays: which of them are no frames of the wire, and what protocol they are. */
import type { Capture, CaptureLine } from './capture.ts';
import { createEhrNumbers, madeUpIdentity } from './ehr-numbers.ts';
import { createElpNumbers } from './elp-numbers.ts';
import { createEscposNumbers } from './escpos-numbers.ts';
import { noNumbers, type Numbers } from './numbers.ts';
import type { PlayedLine } from './player.ts';
import { createStripNumbers } from './strip-numbers.ts';

/** The numbers of the capture's model; one that nobody knows here has none. */
export function numbersOf({ head, lines }: Capture): Numbers {
  if (head.model === 'ehr1') return createEhrNumbers(lines);
  if (head.kind === 'evaluator') return createElpNumbers(lines);
  if (head.kind === 'printer') return createEscposNumbers(lines);
  if (head.model === 'strip') return createStripNumbers();
  return noNumbers;
}

/** EHR/1: the identity is a FEATURE report that the host fetches (evaluators §2). */
const identityReport = 0x20;
/** HID POS: the host's enabling is a FEATURE report, which no port hands on. */
const enablingReport = 0xfe;

function isFeature({ model }: Capture['head'], { dir, bytes }: CaptureLine): boolean {
  if (model === 'ehr1') return dir === 'in' && bytes[0] === identityReport;
  return model === 'scanner-hid' && dir === 'out' && bytes[0] === enablingReport;
}

export function playedLines({ head, lines }: Capture): PlayedLine[] {
  return lines.map((line) => ({ ...line, silent: line.bytes.length === 0 || isFeature(head, line) }));
}

/** The FEATURE report `id` that the capture has nearest before or after `at` lines; null: the device has none. */
export function featureAt({ head, lines }: Capture, id: number, at: number): Uint8Array | null {
  const isAnswer = (line: CaptureLine) => line.dir === 'in' && line.bytes[0] === id && isFeature(head, line);
  const answer = lines.slice(0, at + 1).findLast(isAnswer) ?? lines.slice(at + 1).find(isAnswer);
  return answer?.bytes ?? (head.model === 'ehr1' && id === identityReport ? madeUpIdentity : null);
}

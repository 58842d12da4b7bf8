/** ESC/POS: the host draws process ids, `1D 28 48 06 00 30 30 d1 d2 d3 d4`, answered `37 22 d1 d2 d3 d4 00` (escpos-printer §1.4). */
import type { CaptureLine } from './capture.ts';
import { compareBytes, type Numbers } from './numbers.ts';

const request = Buffer.from('1d284806003030', 'hex');
const reply = Buffer.from('3722', 'hex');
const digits = 4;

/** Where a recorded line has a digit of an id: its place in the line, and which of which id. */
type Digit = { at: number; id: string; digit: number };

/** Ids may be cut over two lines: a driver writes in pieces. */
function digitsOf(
  lines: readonly CaptureLine[],
  head: Buffer,
  isWhole: (stream: Buffer, at: number) => boolean,
) {
  const found = new Map<number, Digit[]>();
  const stream = Buffer.concat(lines.map(({ bytes }) => bytes));
  const starts: number[] = [];
  let length = 0;
  for (const { bytes } of lines) {
    starts.push(length);
    length += bytes.length;
  }
  let line = 0;
  for (let at = stream.indexOf(head); at >= 0; at = stream.indexOf(head, at + 1)) {
    const from = at + head.length;
    if (!isWhole(stream, from)) continue;
    const id = stream.toString('latin1', from, from + digits);
    for (let digit = 0; digit < digits; digit++) {
      while (line + 1 < lines.length && (starts[line + 1] ?? 0) <= from + digit) line += 1;
      const number = lines[line]?.line ?? 0;
      const place = { at: from + digit - (starts[line] ?? 0), id, digit };
      found.set(number, [...(found.get(number) ?? []), place]);
    }
  }
  return found;
}

const printable = (stream: Buffer, at: number) =>
  at + digits <= stream.length &&
  stream.subarray(at, at + digits).every((byte) => byte >= 0x20 && byte <= 0x7e);

/** `lines`: all of the capture. */
export function createEscposNumbers(lines: readonly CaptureLine[]): Numbers {
  const asked = digitsOf(
    lines.filter(({ dir }) => dir === 'out'),
    request,
    printable,
  );
  const answered = digitsOf(
    lines.filter(({ dir }) => dir === 'in'),
    reply,
    (stream, at) => printable(stream, at) && stream[at + digits] === 0,
  );
  /** recorded id → the bytes of the one that the host uses now */
  const now = new Map<string, number[]>();

  return {
    compare({ line, bytes }, heard) {
      const places = asked.get(line) ?? [];
      const expected = Uint8Array.from(bytes);
      for (const { at } of places) expected[at] = heard[at] ?? 0;
      return compareBytes(expected, heard, () => {
        for (const { at, id, digit } of places) {
          const bytesNow = now.get(id) ?? [];
          bytesNow[digit] = heard[at] ?? 0;
          now.set(id, bytesNow);
        }
      });
    },
    answer({ line, bytes }) {
      const said = Uint8Array.from(bytes);
      for (const { at, id, digit } of answered.get(line) ?? [])
        said[at] = now.get(id)?.[digit] ?? said[at] ?? 0;
      return said;
    },
  };
}

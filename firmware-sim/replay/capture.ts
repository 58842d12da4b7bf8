/** Reads a capture file (docs/captures.md): the first line says what it is, then one line a frame. */
import { createReadStream } from 'node:fs';
import { z } from 'zod';

const head = z.object({
  capture: z.literal(1, 'is not 1: this program plays version 1 only'),
  device: z.string().min(1),
  model: z.string().min(1),
  port: z.string().min(1),
  kind: z.string().min(1),
  startedAt: z.iso.datetime({ offset: true }),
  masked: z.boolean(),
});
const frame = z.object({
  t: z.number().nonnegative(),
  dir: z.enum(['in', 'out']),
  hex: z.string().regex(/^([0-9a-fA-F]{2})*$/, 'is not hex of whole bytes'),
  decoded: z.unknown(),
});

export type CaptureHead = z.infer<typeof head>;
export type CaptureLine = {
  /** number of the line in the file, the head is 1 */
  line: number;
  /** ms since the capture began */
  t: number;
  /** `in`: the device said it; `out`: the host */
  dir: 'in' | 'out';
  bytes: Uint8Array;
  decoded: unknown;
};
export type Capture = { file: string; head: CaptureHead; lines: CaptureLine[] };

/** Longer than any frame of any model, in hex and with its reading. */
const longestLine = 1024 * 1024;
const mostLines = 1_000_000;

/** What is wrong with a capture file; the message names file, line and field. */
export class CaptureError extends RangeError {
  constructor(file: string, line: number, message: string) {
    super(`${file}${line > 0 ? `, line ${line}` : ''}: ${message}`);
    this.name = 'CaptureError';
  }
}

/** Reads a whole capture, line by line; rejects with a CaptureError that says what is wrong and where. */
export async function readCapture(file: string): Promise<Capture> {
  let number = 0;
  let first: CaptureHead | undefined;
  const lines: CaptureLine[] = [];
  let before = 0;
  for await (const text of linesOf(file)) {
    number += 1;
    if (number > mostLines + 1) throw new CaptureError(file, number, `more than ${mostLines} frames`);
    if (!first) {
      first = parse(file, number, text, head);
      continue;
    }
    const { t, dir, hex, decoded } = parse(file, number, text, frame);
    if (t < before)
      throw new CaptureError(file, number, `t: ${t} ms is before the line above (${before} ms)`);
    before = t;
    lines.push({ line: number, t, dir, bytes: Uint8Array.from(Buffer.from(hex, 'hex')), decoded });
  }
  if (!first) throw new CaptureError(file, 0, 'is empty: not even its first line is there');
  if (lines.length === 0) throw new CaptureError(file, 0, 'has no frame: there is nothing to replay');
  return { file, head: first, lines };
}

function parse<T>(file: string, line: number, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CaptureError(
      file,
      line,
      'is no JSON; if it is the last one, the file was cut off: take it away',
    );
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const field = issue?.path.join('.');
  throw new CaptureError(file, line, `${field ? `${field}: ` : ''}${issue?.message ?? 'is wrong'}`);
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  let number = 0;
  try {
    for await (const piece of createReadStream(file)) {
      rest = Buffer.concat([rest, piece as Buffer]);
      let from = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, from)) {
        number += 1;
        yield rest.toString('utf8', from, end);
        from = end + 1;
      }
      rest = rest.subarray(from);
      if (rest.length > longestLine)
        throw new CaptureError(file, number + 1, `is longer than ${longestLine} bytes: this is no capture`);
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new CaptureError(file, 0, `cannot be read (${(error as Error).message})`);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

/** The picture of the hall's plan that the query terminal shows: a file beside the configuration. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

export const mapSection = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .describe('An SVG or PNG of at most 2 MB, beside this file; drawn to be read at 1080 pixels wide'),
  })
  .describe('A plan of the hall for the query terminal; without it: a list of windows by area');

const MOST_BYTES = 2 * 1024 * 1024;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

export type HallMap = { type: 'image/png' | 'image/svg+xml'; bytes: Buffer };
export type ReadMap = { ok: true; map: HallMap } | { ok: false; why: string };

/** The picture at `file`; `why` says that it cannot be read, is too large, or is no picture that browsers show. */
export function readMap(file: string): ReadMap {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { ok: false, why: `${file}: ${(error as Error).message.split('\n')[0]}` };
  }
  if (bytes.length > MOST_BYTES)
    return { ok: false, why: `${file}: ${bytes.length} bytes; a plan has at most ${MOST_BYTES}` };
  if (bytes.subarray(0, PNG.length).equals(PNG)) return { ok: true, map: { type: 'image/png', bytes } };
  if (/<svg[\s>]/.test(bytes.subarray(0, 4096).toString('utf8')))
    return { ok: true, map: { type: 'image/svg+xml', bytes } };
  return { ok: false, why: `${file}: neither SVG nor PNG` };
}

/** The section with its file as an absolute path, when the picture there is one; looked for in `folder`. */
export function withMapFile(
  own: z.infer<typeof mapSection> | undefined,
  folder: string,
): { ok: true; map: z.infer<typeof mapSection> | undefined } | { ok: false; why: string } {
  if (own === undefined) return { ok: true, map: undefined };
  const file = resolve(folder, own.file);
  const read = readMap(file);
  return read.ok ? { ok: true, map: { file } } : read;
}

/** Pictures that the hall gives for the query terminal: its plan, and sample forms. Files beside the configuration. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { text } from './rules.ts';

const picture = z
  .string()
  .min(1)
  .describe('An SVG or PNG of at most 2 MB, beside this file; drawn to be read at 1000 pixels wide');
export const mapSection = z
  .strictObject({ file: picture })
  .describe('A plan of the hall for the query terminal; without it: a list of windows by area');
export const formSection = z.strictObject({
  name: text,
  where: text.optional().describe('Where to get it'),
  file: picture.optional(),
});

const MOST_BYTES = 2 * 1024 * 1024;
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

export type Picture = { type: 'image/png' | 'image/svg+xml'; bytes: Buffer };

/** The picture at `file`; `why` says that it cannot be read, is too large, or is no picture that browsers show. */
export function readPicture(file: string): { ok: true; picture: Picture } | { ok: false; why: string } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { ok: false, why: `${file}: ${(error as Error).message.split('\n')[0]}` };
  }
  if (bytes.length > MOST_BYTES)
    return { ok: false, why: `${file}: ${bytes.length} bytes; a picture has at most ${MOST_BYTES}` };
  if (bytes.subarray(0, PNG.length).equals(PNG)) return { ok: true, picture: { type: 'image/png', bytes } };
  if (/<svg[\s>]/.test(bytes.subarray(0, 4096).toString('utf8')))
    return { ok: true, picture: { type: 'image/svg+xml', bytes } };
  return { ok: false, why: `${file}: neither SVG nor PNG` };
}

type Pictured = {
  hall: { map?: z.infer<typeof mapSection> | undefined };
  services: { forms: z.infer<typeof formSection>[] }[];
};
type PictureFault = { path: (string | number)[]; message: string };

/** The same configuration with every picture's file as an absolute path in `folder`, and what is wrong with them. */
export function withPictures<C extends Pictured>(
  config: C,
  folder: string,
): { config: C; faults: PictureFault[] } {
  const faults: PictureFault[] = [];
  const found = (name: string, path: PictureFault['path']): string => {
    const file = resolve(folder, name);
    const read = readPicture(file);
    if (!read.ok) faults.push({ path, message: read.why });
    return file;
  };
  const { map } = config.hall;
  return {
    config: {
      ...config,
      hall: {
        ...config.hall,
        ...(map && { map: { file: found(map.file, ['hall', 'map', 'file']) } }),
      },
      services: config.services.map((service, s) => ({
        ...service,
        forms: service.forms.map((form, f) => ({
          ...form,
          ...(form.file === undefined ? {} : { file: found(form.file, ['services', s, 'forms', f, 'file']) }),
        })),
      })),
    },
    faults,
  };
}

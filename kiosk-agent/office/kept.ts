/** The office's configuration on this disk: `office.json` in the state folder, whole or not there. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { officeConfiguration, officeVersion } from '../contract/office.ts';
import { sha256Hex, timestamp } from '../contract/words.ts';

const refused = z.object({
  version: officeVersion,
  sha256: sha256Hex,
  path: z.string(),
  why: z.string(),
  at: timestamp,
});
const kept = z.object({
  /** the newest that fitted when it came */
  taken: z
    .object({
      version: officeVersion,
      sha256: sha256Hex,
      configuration: officeConfiguration,
      at: timestamp,
      /** the log says so */
      told: z.boolean(),
    })
    .nullable(),
  /** the version that the running program began with, as the log says; null: the file alone */
  inEffect: officeVersion.nullable(),
  /** the newest that was not taken, or did not fit any more; null when a later one was taken */
  refused: refused.nullable(),
});
export type Kept = z.infer<typeof kept>;

const NAME = 'office.json';

/** What is kept in the folder. A file that cannot be read counts as none; `damaged` says why. */
export function readKept(stateFolder: string): { kept: Kept; damaged?: string } {
  const file = join(stateFolder, NAME);
  const none = { taken: null, inEffect: null, refused: null };
  if (!existsSync(file)) return { kept: none };
  try {
    return { kept: kept.parse(JSON.parse(readFileSync(file, 'utf8'))) };
  } catch (error) {
    const why = error instanceof z.ZodError ? error.issues[0]?.message : (error as Error).message;
    return { kept: none, damaged: `${file}: ${why}` };
  }
}

/** On disk when it returns: a power cut leaves the old file or the new one. Throws the disk's error. */
export function writeKept(stateFolder: string, content: Kept): void {
  const file = join(stateFolder, NAME);
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}

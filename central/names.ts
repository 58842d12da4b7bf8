/** What regions, halls and services are called: events carry codes and ids only. One file, read when the server starts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Names } from '../kiosk-agent/contract/far-end.ts';
import { bilingual } from '../kiosk-agent/contract/words.ts';
import { regionCode } from './regions.ts';

const namesFile = z.strictObject({
  regions: z.record(regionCode, bilingual).default({}),
  /** by the hall's id */
  halls: z.record(z.string(), bilingual).default({}),
  /** by the service's id */
  services: z.record(z.string(), bilingual).default({}),
});

/** A file of names that cannot be used; the message names the file and the place in it. */
export class BadNames extends Error {}

/** The names of `file`, else of `<state>/names.yaml`, else none. Throws BadNames. */
export function readNames(stateDir: string, file: string | undefined): Names {
  const path = file ?? join(stateDir, 'names.yaml');
  if (file === undefined && !existsSync(path)) return namesFile.parse({});
  let read: unknown;
  try {
    read = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    throw new BadNames(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = namesFile.safeParse(read);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map((issue) => `${path}: ${issue.path.join('.')}: ${issue.message}`);
  throw new BadNames(issues.join('\n'));
}

/** Where the program stands, which version it is, and how a command that runs for long is told to end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
export const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string })
  .version;

/** Waits for SIGINT, SIGTERM, or the end of the program that started this one with a channel. */
export function untilToldToEnd(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end());
    if (process.channel) process.once('disconnect', () => end());
  });
}

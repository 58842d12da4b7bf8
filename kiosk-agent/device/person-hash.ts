/** What an identity number becomes before it leaves a driver: the same person gives the same, and nobody can go back. */
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * HMAC-SHA-256 with the key in `file` (32 bytes, mode 0600), which is made at the first use.
 * Throws the file system's error when the key can be neither read nor written.
 */
export function personHash(file: string): (number: string) => string {
  const key = keyOf(file);
  return (number) => createHmac('sha256', key).update(number).digest('hex');
}

function keyOf(file: string): Buffer {
  try {
    const key = readFileSync(file);
    if (key.length === 32) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

/**
 * What an identity number becomes before it leaves a driver: the same person gives the same, and nobody can go back.
 *
 * Key of a year = HMAC-SHA-256(secret, "year:2026"); hash = HMAC-SHA-256(key of the year, number). A new key each year: who
 * learns one year's key learns nothing of the others (docs/real-name.md; the platform computes the same, docs/platform.md).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PersonRef } from '../contract/words.ts';
import { maskedNumber } from './codec/identity-card.ts';

/** A person as the hall may know one: by this year's key, and the hashes by this year's and last year's. */
export type KnownPerson = { person: PersonRef; hashes: string[] };
/** From a number in clear (18 characters, or a foreigner's 15) and the time of reading it. */
export type KnowPerson = (number: string, at: Date) => KnownPerson;

const SECRET_BYTES = 32;

/** `secret`: 32 random bytes; `yearOf`: the year in the hall's time zone. Throws RangeError for another length. */
export function personKeys(secret: Uint8Array, yearOf: (at: Date) => number): KnowPerson {
  if (secret.length !== SECRET_BYTES)
    throw new RangeError(
      `the secret for persons has ${secret.length} bytes, it is ${SECRET_BYTES} raw bytes`,
    );
  const keys = new Map<number, Buffer>();
  const keyOf = (year: number): Buffer => {
    const known = keys.get(year) ?? createHmac('sha256', secret).update(`year:${year}`, 'ascii').digest();
    keys.set(year, known);
    return known;
  };
  return (given, at) => {
    const number = given.replaceAll(' ', '').toUpperCase();
    const year = yearOf(at);
    const hashOf = (of: number): string =>
      createHmac('sha256', keyOf(of)).update(number, 'ascii').digest('hex');
    const hash = hashOf(year);
    return { person: { hash, year, masked: maskedNumber(number) }, hashes: [hash, hashOf(year - 1)] };
  };
}

/** For readers whose cards nobody takes in: a look at what is plugged in. */
export const knowNobody: KnowPerson = () => ({ person: { hash: '', year: 0, masked: '' }, hashes: [] });

/**
 * The secret of a hall that was given none: 32 bytes in `file` (mode 0600), made at the first use.
 * Throws the file system's error when it can be neither read nor written, and RangeError when the file holds something else:
 * a new secret would make strangers of everybody.
 */
export function ownSecret(file: string): Buffer {
  try {
    const kept = readFileSync(file);
    if (kept.length === SECRET_BYTES) return kept;
    throw new RangeError(
      `${file} holds ${kept.length} bytes instead of ${SECRET_BYTES}: put the copy back, or remove it`,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(SECRET_BYTES);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}

/**
 * The bytes of a secret that was given: raw in a file, or in text (an environment variable cannot hold raw bytes) as 64 hex digits
 * or base64 of 32 bytes. Null for anything else.
 */
export function secretBytes(given: Uint8Array): Buffer | null {
  if (given.length === SECRET_BYTES) return Buffer.from(given);
  const text = Buffer.from(given).toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  return null;
}

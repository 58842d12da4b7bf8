/** Persons by keyed hash: the numbers of docs/platform.md, the year's end, and where the secret comes from. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownSecret, personKeys, secretBytes } from '../../kiosk-agent/device/person-hash.ts';
import { openIdentity } from '../../kiosk-agent/identity.ts';
import { configOf, hallYaml } from '../harness/hall.ts';
import { temporaryFolder } from '../harness/programs.ts';

/** The secret of the page's own check: 00, 01 … 1f. */
const SECRET = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex');
const NUMBER = '99000019490101001X';
const HASH_2026 = 'f9fba9779dfccbfd7a4018c0ffe97ef7c67754d6112bca3207daa830511a47e6';
const HASH_2027 = 'dcfeba4b8e09e169ead935941c004ae3de0e866b8e1ac1ae147a4c8bdf1df704';

describe('the hash of a person', () => {
  const know = personKeys(SECRET, (at) => at.getUTCFullYear());

  it('is the one of the page, of this year and of the year before', () => {
    const { person, hashes } = know(NUMBER, new Date('2027-03-01T00:00:00Z'));
    expect(person).toEqual({ hash: HASH_2027, year: 2027, masked: '990***********001X' });
    expect(hashes).toEqual([HASH_2027, HASH_2026]);
    expect(know(NUMBER, new Date('2026-03-01T00:00:00Z')).hashes[0]).toBe(HASH_2026);
  });

  it('is of the number as printed, whatever blanks and small letters somebody types', () => {
    expect(know(' 990000 19490101 001x', new Date('2026-03-01T00:00:00Z')).person.hash).toBe(HASH_2026);
  });

  it('changes with the hall’s own New Year, not with that of UTC', () => {
    const folder = temporaryFolder('person-year');
    try {
      const file = join(folder.path, 'secret');
      writeFileSync(file, SECRET);
      const config = configOf(hallYaml(`identity: {secret: "file:${file}"}`));
      const hall = openIdentity(config, folder.path, {});
      expect(hall(NUMBER, new Date('2026-12-31T15:59:59Z')).person.hash).toBe(HASH_2026);
      expect(hall(NUMBER, new Date('2026-12-31T16:00:00Z')).person.hash).toBe(HASH_2027);
    } finally {
      folder[Symbol.dispose]();
    }
  });
});

describe('the secret', () => {
  it('of a hall that was given none is made once, for its owner only, and kept', () => {
    const folder = temporaryFolder('person-key');
    try {
      const file = join(folder.path, 'state', 'person.key');
      const made = ownSecret(file);
      expect(made.length).toBe(32);
      expect(ownSecret(file)).toEqual(made);
      if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file)).toEqual(made);
    } finally {
      folder[Symbol.dispose]();
    }
  });

  it('that was damaged is not replaced: everybody would become a stranger', () => {
    const folder = temporaryFolder('person-key-damaged');
    try {
      mkdirSync(folder.path, { recursive: true });
      const file = join(folder.path, 'person.key');
      writeFileSync(file, 'short');
      expect(() => ownSecret(file)).toThrow(/person\.key holds 5 bytes instead of 32/);
      expect(readFileSync(file, 'utf8')).toBe('short');
    } finally {
      folder[Symbol.dispose]();
    }
  });

  it('that was given is 32 raw bytes, or their hex or base64 where only text can stand', () => {
    expect(secretBytes(SECRET)).toEqual(SECRET);
    expect(secretBytes(Buffer.from(`${SECRET.toString('hex')}\n`))).toEqual(SECRET);
    expect(secretBytes(Buffer.from(SECRET.toString('base64')))).toEqual(SECRET);
    for (const wrong of ['', 'password', SECRET.toString('hex').slice(1)])
      expect(secretBytes(Buffer.from(wrong))).toBeNull();
  });

  it('that is missing or of another length stops the start, and says what to do', () => {
    const config = configOf(hallYaml('identity: {secret: "env:HALL_PERSONS"}'));
    expect(() => openIdentity(config, '/nowhere', {})).toThrow(/identity\.secret: .*HALL_PERSONS is not set/);
    expect(() => openIdentity(config, '/nowhere', { HALL_PERSONS: 'password' })).toThrow(/32 raw bytes/);
    const know = openIdentity(config, '/nowhere', { HALL_PERSONS: SECRET.toString('hex') });
    expect(know(NUMBER, new Date('2026-06-01T00:00:00Z')).person.hash).toBe(HASH_2026);
  });
});

/** The key by which this agent knows persons: the hall's secret as the configuration names it, or one of its own. */
import { join } from 'node:path';
import { readSecretBytes, type Config } from './config.ts';
import { HallError } from './contract/problem.ts';
import { citizenNumberFault } from './device/codec/identity-card.ts';
import {
  ownSecret,
  personKeys,
  secretBytes,
  type KnownPerson,
  type KnowPerson,
} from './device/person-hash.ts';
import { localDay } from './hall/day.ts';

/**
 * What a number becomes, by the secret of `identity.secret`, else by `person.key` in the state folder (made at the first use).
 * Throws HallError with what to do when the secret cannot be read or is not of 32 bytes.
 */
export function openIdentity(
  config: Pick<Config, 'hall' | 'identity'>,
  stateFolder: string,
  env: NodeJS.ProcessEnv,
): KnowPerson {
  const { timeZone } = config.hall;
  return personKeys(secretOf(config, stateFolder, env), (at) => Number(localDay(at, timeZone).slice(0, 4)));
}

const FAULTS = {
  form: '18 digits, the last one may be X',
  'birth-date': 'there is no such birth date',
  'check-digit': 'a digit is mistyped (the check digit does not fit)',
};

/** A number that somebody typed: who it is, or what is wrong with it in a sentence without the number. */
export function typedPerson(
  know: KnowPerson,
  timeZone: string,
  given: string,
  at: Date,
): ({ ok: true } & KnownPerson) | { ok: false; why: string } {
  const number = given.replaceAll(' ', '').toUpperCase();
  const fault = citizenNumberFault(number, localDay(at, timeZone));
  return fault ? { ok: false, why: FAULTS[fault] } : { ok: true, ...know(number, at) };
}

function secretOf(config: Pick<Config, 'identity'>, stateFolder: string, env: NodeJS.ProcessEnv): Uint8Array {
  if (!config.identity)
    try {
      return ownSecret(join(stateFolder, 'person.key'));
    } catch (error) {
      throw error instanceof RangeError ? new HallError('bad-request', error.message) : error;
    }
  const given = readSecretBytes(config.identity.secret, env);
  if (!given.ok) throw new HallError('bad-request', `identity.secret: ${given.why}`);
  const secret = secretBytes(given.value);
  if (!secret)
    throw new HallError(
      'bad-request',
      'identity.secret: it is 32 raw bytes in a file (head -c 32 /dev/urandom > FILE), or as 64 hex digits.',
    );
  return secret;
}

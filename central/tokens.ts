/**
 * The tokens of viewers and of the booking service, the same on every server: those of the configuration, else those that the
 * first server on a database made. The database has what they hash to; the tokens themselves stand in `tokens.json` of the
 * folder where they were made, and nowhere else. The embedded database has one server, so there the file is all.
 */
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { centralTokens, type TokenHashes } from './access.ts';
import { tokenHash } from './agents.ts';
import { BadConfiguration, secretOf } from './secrets.ts';
import type { Database } from './database.ts';
import type { TokensSetting } from './fleet/settings.ts';

/** Rejects with BadConfiguration, with what `centralTokens` throws, or with the database's error. */
export async function tokenHashes(
  database: Database,
  stateDir: string,
  setting: TokensSetting,
  log: Logger,
): Promise<TokenHashes> {
  if (setting) return hashesOf({ viewer: given(setting, 'viewer'), booking: given(setting, 'booking') });
  if (database.kind === 'embedded') return hashesOf(centralTokens(stateDir));
  const path = join(stateDir, 'tokens.json');
  const before = existsSync(path);
  const shared = await sharedHashes(database);
  if (shared && !before) {
    log.info(
      { madeIn: shared.madeIn },
      'the tokens of viewers and the booking service stand where they were made',
    );
    return shared.hashes;
  }
  // The file first: hashes in the database whose tokens nobody has would shut everybody out.
  const own = hashesOf(centralTokens(stateDir));
  if (!shared) await database.query(CLAIM, [own.viewer, own.booking, `${hostname()}:${resolve(path)}`]);
  const { hashes, madeIn } = (await sharedHashes(database))!;
  if (hashes.viewer === own.viewer && hashes.booking === own.booking) return hashes;
  if (before)
    log.warn(
      { madeIn, notUsed: path },
      'this tokens.json is not used: the database has those of another server',
    );
  // Made a moment ago, by two servers that started at once: the other's are used.
  else rmSync(path);
  return hashes;
}

function given(setting: NonNullable<TokensSetting>, name: 'viewer' | 'booking'): string {
  const value = secretOf(setting[name], process.env);
  if (value.length >= 16 && value.length <= 256) return value;
  throw new BadConfiguration(
    `tokens.${name}: ${setting[name]} holds ${value.length} characters; 16 to 256 are needed`,
  );
}

function hashesOf({ viewer, booking }: TokenHashes): TokenHashes {
  return { viewer: tokenHash(viewer), booking: tokenHash(booking) };
}

async function sharedHashes(
  database: Database,
): Promise<{ hashes: TokenHashes; madeIn: string } | undefined> {
  const rows = await database.query<{ name: string; hash: string; madeIn: string }>(
    'SELECT name, hash, made_in AS "madeIn" FROM tokens',
  );
  const of = (name: string) => rows.find((row) => row.name === name);
  const [viewer, booking] = [of('viewer'), of('booking')];
  return (
    viewer && booking && { hashes: { viewer: viewer.hash, booking: booking.hash }, madeIn: viewer.madeIn }
  );
}

const CLAIM = `
  INSERT INTO tokens (name, hash, made_in) VALUES ('viewer', $1, $3), ('booking', $2, $3) ON CONFLICT DO NOTHING`;

/**
 * The tokens of viewers, of the booking service and of the operator, the same on every server: those of the configuration, else
 * those that the first server on a database made. The database has what they hash to; the tokens themselves stand in
 * `tokens.json` of the folder where they were made, and nowhere else. The embedded database has one server, so there the file is
 * all.
 */
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { centralTokens, type CentralTokens, type TokenHashes } from './access.ts';
import { tokenHash } from './agents.ts';
import type { Database } from './database.ts';
import type { TokensSetting } from './fleet/settings.ts';
import { BadConfiguration, secretOf } from './secrets.ts';

const NAMES = ['viewer', 'booking', 'operator'] as const satisfies (keyof CentralTokens)[];

/** Rejects with BadConfiguration, with what `centralTokens` throws, or with the database's error. */
export async function tokenHashes(
  database: Database,
  stateDir: string,
  setting: TokensSetting,
  log: Logger,
): Promise<TokenHashes> {
  if (setting) return each((name) => tokenHash(given(setting, name)));
  if (database.kind === 'embedded') return hashesOf(centralTokens(stateDir));
  const path = join(stateDir, 'tokens.json');
  const before = existsSync(path);
  const shared = await sharedHashes(database);
  if (shared && !before) {
    log.info({ madeIn: shared.madeIn }, 'the tokens of all servers stand in the file where they were made');
    return shared.hashes;
  }
  // The file first: hashes in the database whose tokens nobody has would shut everybody out.
  const own = hashesOf(centralTokens(stateDir));
  if (!shared) await claim(database, own, `${hostname()}:${resolve(path)}`);
  const { hashes, madeIn } = (await sharedHashes(database))!;
  if (NAMES.every((name) => hashes[name] === own[name])) return hashes;
  if (before)
    log.warn(
      { madeIn, notUsed: path },
      'this tokens.json is not used: the database has those of another server',
    );
  // Made a moment ago, by two servers that started at once: the other's are used.
  else rmSync(path);
  return hashes;
}

function each(of: (name: (typeof NAMES)[number]) => string): TokenHashes {
  return { viewer: of('viewer'), booking: of('booking'), operator: of('operator') };
}

function hashesOf(tokens: CentralTokens): TokenHashes {
  return each((name) => tokenHash(tokens[name]));
}

function given(setting: NonNullable<TokensSetting>, name: (typeof NAMES)[number]): string {
  const value = secretOf(setting[name], process.env);
  if (value.length >= 16 && value.length <= 256) return value;
  throw new BadConfiguration(
    `tokens.${name}: ${setting[name]} holds ${value.length} characters; 16 to 256 are needed`,
  );
}

async function sharedHashes(
  database: Database,
): Promise<{ hashes: TokenHashes; madeIn: string } | undefined> {
  const rows = await database.query<{ name: string; hash: string; madeIn: string }>(
    'SELECT name, hash, made_in AS "madeIn" FROM tokens',
  );
  const found = new Map(rows.map((row) => [row.name, row]));
  if (!NAMES.every((name) => found.has(name))) return undefined;
  return { hashes: each((name) => found.get(name)!.hash), madeIn: found.get('viewer')!.madeIn };
}

/** In one statement: of two servers that start at once one makes all of them. */
async function claim(database: Database, hashes: TokenHashes, madeIn: string): Promise<void> {
  await database.query(
    `INSERT INTO tokens (name, hash, made_in)
     SELECT key, value, $2 FROM jsonb_each_text($1::jsonb) ORDER BY key ON CONFLICT DO NOTHING`,
    [JSON.stringify(hashes), madeIn],
  );
}

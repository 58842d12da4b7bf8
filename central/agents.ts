/**
 * The agents that are let in, with their region. Only a hash of each token is kept.
 *
 * With DATABASE_URL they stand in the database, so that several receivers share them. The embedded database has room for one
 * process only, so there they stand in `<state>/agents.sqlite`: `agent add` works beside a running server, which looks
 * there at every connection.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase, type Database } from './database.ts';

export type Agent = { agentId: string; region: string; tokenHash: string };

export interface Agents {
  find(agentId: string): Promise<Agent | undefined>;
  all(): Promise<Agent[]>;
  /** Lets an agent in, or gives it a new token: the old one ends. */
  put(agent: Agent): Promise<void>;
  close(): Promise<void>;
}

/** A new token for an agent: the token itself goes to the caller only. */
export async function letIn(agents: Agents, agentId: string, region: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await agents.put({ agentId, region, tokenHash: tokenHash(token) });
  return token;
}

/** SHA-256 in hex. A link token is 256 bits of chance, so a slow hash would add nothing. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares a token with a hash without telling by time how much of it was right. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(tokenHash(token)), Buffer.from(hash));
}

/** The registry that belongs to `database`. */
export function agentsOf(database: Database, stateDir: string): Agents {
  return database.kind === 'embedded' ? new FileAgents(stateDir) : new DatabaseAgents(database, false);
}

/** The registry alone, for `agent add` beside a running server. Rejects with the engine's error. */
export async function openAgents(stateDir: string, databaseUrl: string | undefined): Promise<Agents> {
  return databaseUrl
    ? new DatabaseAgents(await openDatabase(stateDir, databaseUrl), true)
    : new FileAgents(stateDir);
}

const COLUMNS = 'agent_id AS "agentId", region, token_hash AS "tokenHash"';
const PUT = `INSERT INTO agents (agent_id, region, token_hash) VALUES ($1, $2, $3)
  ON CONFLICT (agent_id) DO UPDATE SET region = excluded.region, token_hash = excluded.token_hash`;

class DatabaseAgents implements Agents {
  readonly #database: Database;
  readonly #owned: boolean;
  constructor(database: Database, owned: boolean) {
    this.#database = database;
    this.#owned = owned;
  }
  async find(agentId: string): Promise<Agent | undefined> {
    return (
      await this.#database.query<Agent>(`SELECT ${COLUMNS} FROM agents WHERE agent_id = $1`, [agentId])
    )[0];
  }
  all(): Promise<Agent[]> {
    return this.#database.query<Agent>(`SELECT ${COLUMNS} FROM agents ORDER BY agent_id`);
  }
  async put({ agentId, region, tokenHash }: Agent): Promise<void> {
    await this.#database.query(PUT, [agentId, region, tokenHash]);
  }
  async close(): Promise<void> {
    if (this.#owned) await this.#database.close();
  }
}

class FileAgents implements Agents {
  readonly #file: DatabaseSync;
  constructor(stateDir: string) {
    this.#file = new DatabaseSync(join(stateDir, 'agents.sqlite'), { timeout: 5_000 });
    this.#file.exec(
      'CREATE TABLE IF NOT EXISTS agents (agent_id text PRIMARY KEY, region text NOT NULL, token_hash text NOT NULL) STRICT',
    );
  }
  async find(agentId: string): Promise<Agent | undefined> {
    return this.#file.prepare(`SELECT ${COLUMNS} FROM agents WHERE agent_id = ?`).get(agentId) as
      Agent | undefined;
  }
  async all(): Promise<Agent[]> {
    return this.#file.prepare(`SELECT ${COLUMNS} FROM agents ORDER BY agent_id`).all() as Agent[];
  }
  async put({ agentId, region, tokenHash }: Agent): Promise<void> {
    this.#file.prepare(PUT.replaceAll(/\$\d/g, '?')).run(agentId, region, tokenHash);
  }
  async close(): Promise<void> {
    if (this.#file.isOpen) this.#file.close();
  }
}

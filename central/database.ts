/** One SQL over two engines: PostgreSQL by DATABASE_URL, or PostgreSQL inside this process (PGlite) in the state folder. */
import { readdir, readFile } from 'node:fs/promises';
import { openEmbedded } from './embedded.ts';
import { openPostgres } from './postgres.ts';

/** Rows of plain values: bigint comes as number, timestamptz as Date, jsonb as object. Rejects with the engine's error. */
export type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

export interface Database {
  readonly kind: 'embedded' | 'postgres';
  query: Query;
  /** Commits when `work` resolves, rolls back when it rejects. Resolves after the commit is on disk. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Waits for what is under way. May be called twice. */
  close(): Promise<void>;
}

/** Opens the database and brings its tables up to date. Rejects with the engine's error. */
export async function openDatabase(stateDir: string, databaseUrl: string | undefined): Promise<Database> {
  const database = databaseUrl ? await openPostgres(databaseUrl) : await openEmbedded(stateDir);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Any number: all servers on one database must take the same. */
const MIGRATION_LOCK = 8490;

/** Whether an engine that calls itself so can lay a table apart by months; without, tables stay whole. */
export function hasPartitions(version: string): boolean {
  return !version.includes('CockroachDB');
}

/** Runs the files of migrations/ that have not run yet, in order of their names, all or none; up to and with `last` when it is given. */
export async function migrate(database: Database, last?: string): Promise<void> {
  const folder = new URL('./migrations/', import.meta.url);
  const [engine] = await database.query<{ version: string }>('SELECT version()');
  const files = (await readdir(folder))
    .filter((name) => name.endsWith('.sql') && (last === undefined || name <= last))
    .filter((name) => !name.endsWith('-partitions.sql') || hasPartitions(engine!.version))
    .sort();
  await database.transaction(async (query) => {
    // A large table takes its time.
    await query('SET LOCAL statement_timeout = 0');
    // Several servers may start on one database in the same moment.
    await query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, run_at timestamptz NOT NULL DEFAULT now())',
    );
    const done = new Set(
      (await query<{ name: string }>('SELECT name FROM migrations')).map((row) => row.name),
    );
    for (const name of files) {
      if (done.has(name)) continue;
      for (const statement of (await readFile(new URL(name, folder), 'utf8')).split(/;\s*$/m)) {
        if (statement.trim()) await query(statement);
      }
      await query('INSERT INTO migrations (name) VALUES ($1)', [name]);
    }
  });
}

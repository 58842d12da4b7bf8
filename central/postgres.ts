/** A PostgreSQL server, or anything that speaks its protocol. */
import type { Duplex } from 'node:stream';
import pg from 'pg';
import type { Database, Query } from './database.ts';
import { Turns } from './turns.ts';

/** A query that takes longer than this is given up; the agent offers the batch again. */
const STATEMENT_TIMEOUT_MS = 20_000;
const INT8 = 20;
const DATE = 1082;

/**
 * Connections of one server. More would not make a database of a few cores faster, and other servers need theirs; what does not
 * get one waits here in its turn, without end: only a connection that is being made is given up.
 */
const CONNECTIONS = 10;
/** Statements of transactions are parsed and planned once a connection. So many different ones; text made at run time is not among them. */
const PREPARED_MOST = 200;

/** Connects once to see that the server is there. Rejects with its error. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // What does not need each other's answers goes out together.
    ...({ pipeline: true } as object),
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return Number;
        if (oid === DATE) return String;
        return pg.types.getTypeParser(oid, format);
      },
    } as pg.CustomTypesConfig,
  });
  // A connection that the server ends is replaced by the pool; without a listener it would end the process, idle or not.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const turns = new Turns(CONNECTIONS);
  const prepared = new Map<string, string>();
  const statement = (text: string): { text: string; name?: string } => {
    const known = prepared.get(text);
    if (known !== undefined) return { text, name: known };
    if (prepared.size >= PREPARED_MOST) return { text };
    const name = `hall-${prepared.size}`;
    prepared.set(text, name);
    return { text, name };
  };
  let closing: Promise<void> | null = null;

  const transaction = async <T>(work: (query: Query) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    const together = oneWrite(client);
    const query: Query = async <Row>(sql: string, parameters?: unknown[]) => {
      together();
      const asked = parameters ? { ...statement(sql), values: parameters } : { text: sql };
      return (await client.query(asked)).rows as Row[];
    };
    let broken: Error | undefined;
    try {
      // The first statement goes with it; should it fail, so do all that follow.
      together();
      const begun = client.query('BEGIN');
      begun.catch(() => undefined);
      const result = await work(query);
      await begun;
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
      throw error;
    } finally {
      client.release(broken);
    }
  };
  const database: Database = {
    kind: 'postgres',
    query: <Row>(sql: string, parameters?: unknown[]) =>
      turns.take(async () => (await pool.query(sql, parameters)).rows as Row[]),
    transaction: (work) => turns.take(() => transaction(work)),
    close: () => (closing ??= pool.end()),
  };
  try {
    await database.query('SELECT 1');
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What is asked in one turn of the event loop leaves in one write: a call of the system each would cost more than the questions. */
function oneWrite(client: pg.PoolClient): () => void {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
  let held = false;
  return () => {
    if (held) return;
    held = true;
    stream.cork();
    process.nextTick(() => {
      held = false;
      stream.uncork();
    });
  };
}

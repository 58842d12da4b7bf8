/** A PostgreSQL server, or anything that speaks its protocol. */
import pg from 'pg';
import type { Database, Query } from './database.ts';

/** A query that takes longer than this is given up; the agent offers the batch again. */
const STATEMENT_TIMEOUT_MS = 20_000;
const INT8 = 20;
const DATE = 1082;

/** Connects once to see that the server is there. Rejects with its error. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return Number;
        if (oid === DATE) return String;
        return pg.types.getTypeParser(oid, format);
      },
    } as pg.CustomTypesConfig,
  });
  // An idle connection that the server ends is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  let closing: Promise<void> | null = null;

  const database: Database = {
    kind: 'postgres',
    query: async <Row>(sql: string, parameters?: unknown[]) =>
      (await pool.query(sql, parameters)).rows as Row[],
    transaction: async (work) => {
      const client = await pool.connect();
      const query: Query = async <Row>(sql: string, parameters?: unknown[]) =>
        (await client.query(sql, parameters)).rows as Row[];
      let broken: Error | undefined;
      // A server that goes down between two statements tells the connection, not a query: the next one finds it out.
      const down = (error: Error) => (broken = error);
      client.on('error', down);
      try {
        await client.query('BEGIN');
        const result = await work(query);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
        throw error;
      } finally {
        client.off('error', down);
        client.release(broken);
      }
    },
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

/**
 * PostgreSQL inside this process, its files in `<state>/pg`. One process at a time (a lock beside it says so).
 *
 * PGlite is delivered without fsync: it starts with -F, and its file layer leaves fsync out. A receipt means "on disk",
 * also when the power goes in the next moment, so both are put back here: one fsync a commit.
 */
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { fsyncSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Database, Query } from './database.ts';
import { takeLock } from './lock.ts';

const INT8 = 20;
const DATE = 1082;

/** Opens, making it the first time (some seconds). Throws StateTaken when another process has it. */
export async function openEmbedded(stateDir: string): Promise<Database> {
  const lock = takeLock(join(stateDir, 'central.lock'));
  try {
    const engine = await openWhole(join(stateDir, 'pg'));
    let closing: Promise<void> | null = null;
    return {
      kind: 'embedded',
      query: async <Row>(sql: string, parameters?: unknown[]) =>
        (await engine.query<Row>(sql, parameters)).rows,
      transaction: (work) =>
        engine.transaction((transaction) => {
          const query: Query = async <Row>(sql: string, parameters?: unknown[]) =>
            (await transaction.query<Row>(sql, parameters)).rows;
          return work(query);
        }),
      close: () => (closing ??= engine.close().finally(() => lock.release())),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(dataDir: string): Promise<PGlite> {
  const engine = new PGlite({
    fs: new FlushingFiles(dataDir),
    // fdatasync is not passed on by PGlite's file layer; fsync is.
    startParams: [...PGlite.defaultStartParams.filter((one) => one !== '-F'), '-c', 'wal_sync_method=fsync'],
    parsers: { [INT8]: Number, [DATE]: String },
  });
  await engine.waitReady;
  return engine;
}

/**
 * Making a database takes seconds and may be cut off: the mark `pg.making` stands until all of it is on disk. What was cut
 * off is set aside, never deleted.
 */
async function openWhole(dataDir: string): Promise<PGlite> {
  const mark = `${dataDir}.making`;
  const found = await exists(dataDir);
  if (found && !(await exists(mark))) return start(dataDir);
  if (found) await rename(dataDir, `${dataDir}.half-made-${Date.now()}`);
  await flushFile(mark, 'w');
  const engine = await start(dataDir);
  await engine.query('CHECKPOINT');
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await flushFile(join(entry.parentPath, entry.name), 'r+');
  }
  await rm(mark);
  // Else a power cut could bring the mark back. Windows has no such call, and keeps the order itself.
  if (process.platform !== 'win32') await flushFile(dirname(dataDir), 'r');
  return engine;
}

async function flushFile(path: string, mode: 'r' | 'r+' | 'w'): Promise<void> {
  const file = await open(path, mode);
  await file.sync();
  await file.close();
}

type OpenFile = { nfd?: number };
type Emscripten = { NODEFS: { stream_ops: { fsync?: (file: OpenFile) => number } } };

class FlushingFiles extends NodeFS {
  override async init(engine: PGlite, options: Parameters<NodeFS['init']>[1]): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(engine, options);
    const flush = (module: unknown) => {
      (module as Emscripten).NODEFS.stream_ops.fsync = (file) => {
        // A folder has no descriptor of its own here.
        if (typeof file.nfd === 'number') fsyncSync(file.nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), flush] } };
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

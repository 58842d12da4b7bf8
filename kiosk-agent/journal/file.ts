/**
 * One journal file: its tables, and what can be done with them. No thread, no lock, no repair.
 *   head       one row: whose journal, which epoch, its last record, and the last record that was removed (base)
 *   events     seq → canonical JSON and its hash, from base + 1 to the head, without gaps
 *   cursors    link → what the next hop has on disk
 *   snapshots  the newest two states with their hash
 * The head changes in the transaction that adds the records, so a tail that was cut off is seen.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { START, sha256 } from './chain.ts';
import type { Link, Row } from './chain.ts';

/** "HALL", so that another program's SQLite file is not taken for a journal. */
const APPLICATION_ID = 0x48414c4c;
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), agent TEXT NOT NULL, epoch TEXT NOT NULL, generation INTEGER NOT NULL,
    seq INTEGER NOT NULL, hash TEXT NOT NULL, base_seq INTEGER NOT NULL, base_hash TEXT NOT NULL) STRICT;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, json TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
  CREATE TABLE cursors (link TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
  CREATE TABLE snapshots (seq INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
  CREATE TABLE probe (one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;
const SNAPSHOTS_KEPT = 2;
/** A probe writes this much, so that one byte of space does not pass for a disk with room. */
const PROBE_BYTES = 64 * 1024;

/** `generation` counts the epochs of this folder, so that sealed files have an order. */
export type Head = { agent: string; epoch: string; generation: number; last: Link; base: Link };
/** `hash` is the SHA-256 of the state's text. */
export type Snapshot = { seq: number; version: number; state: string; hash: string };

export class JournalFile {
  readonly path: string;
  readonly database: DatabaseSync;
  head: Head;
  readonly #insertEvent: StatementSync;
  readonly #moveHead: StatementSync;

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.database = database;
    this.head = readHead(database);
    this.#insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?)');
    this.#moveHead = database.prepare('UPDATE head SET seq = ?, hash = ?');
  }

  /** Opens an existing journal for writing. Throws when it is not one. */
  static open(path: string): JournalFile {
    const database = new DatabaseSync(path, { timeout: 5000 });
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      return new JournalFile(path, database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /**
   * Makes a new journal with `rows` in it. It appears under its name only when it is whole and on disk,
   * so an empty file with that name is always damage, never a beginning.
   */
  static create(path: string, head: Omit<Head, 'last'>, fill?: (database: DatabaseSync) => Link): void {
    const unfinished = `${path}.new`;
    removeDatabase(unfinished);
    const database = new DatabaseSync(unfinished);
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN; ${SCHEMA}`);
      const last = fill?.(database) ?? head.base;
      database
        .prepare('INSERT INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?)')
        .run(head.agent, head.epoch, head.generation, last.seq, last.hash, head.base.seq, head.base.hash);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    // What a reader may have left beside an earlier file of that name must not meet the new one.
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    renameSync(unfinished, path);
    syncFolder(dirname(path));
  }

  /** Adds rows that follow the head. The caller holds the transaction and calls `settled` after its commit. */
  append(rows: readonly Row[]): Link {
    let last = this.head.last;
    for (const row of rows) {
      if (row.seq !== last.seq + 1) throw new Error(`record ${row.seq} does not follow ${last.seq}`);
      this.#insertEvent.run(row.seq, row.json, row.hash);
      last = row;
    }
    this.#moveHead.run(last.seq, last.hash);
    return { seq: last.seq, hash: last.hash };
  }

  /** Runs `work` in one transaction; what it throws, and a refusal of the disk, leave nothing behind. */
  transaction<T>(work: () => T): T {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may already have ended the transaction.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  setCursor(link: string, seq: number): void {
    this.database
      .prepare(
        'INSERT INTO cursors VALUES (?, ?) ON CONFLICT (link) DO UPDATE SET seq = max(seq, excluded.seq)',
      )
      .run(link, seq);
  }

  saveSnapshot(snapshot: Snapshot): void {
    this.database
      .prepare('INSERT INTO snapshots VALUES (?, ?, ?, ?)')
      .run(snapshot.seq, snapshot.version, snapshot.state, snapshot.hash);
    this.database.exec(
      `DELETE FROM snapshots WHERE rowid NOT IN (SELECT rowid FROM snapshots ORDER BY rowid DESC LIMIT ${SNAPSHOTS_KEPT})`,
    );
  }

  /** Writes and removes a block that needs real room. Throws when the disk still refuses. */
  probe(): void {
    this.transaction(() =>
      this.database.prepare('INSERT OR REPLACE INTO probe VALUES (1, randomblob(?))').run(PROBE_BYTES),
    );
    this.transaction(() => this.database.exec('DELETE FROM probe'));
  }

  /** Removes records up to and with `through` and remembers the last one's hash, so that the chain stays verifiable. */
  removeThrough(through: Link): void {
    this.transaction(() => {
      this.database.prepare('DELETE FROM events WHERE seq <= ?').run(through.seq);
      this.database.prepare('UPDATE head SET base_seq = ?, base_hash = ?').run(through.seq, through.hash);
    });
    this.head.base = through;
  }

  /** Bytes on disk, the write-ahead log included. */
  bytes(): number {
    return ['', '-wal'].reduce(
      (sum, suffix) => sum + (statSync(this.path + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

/**
 * Opens a journal for reading beside an agent that writes it. Throws when it is not one, or comes from a newer version.
 * In a folder that cannot be written SQLite has no place for its shared memory; a cleanly closed file is then read as it stands.
 */
export function openForReading(path: string): DatabaseSync {
  try {
    return checkedReader(new DatabaseSync(path, { readOnly: true, timeout: 5000 }));
  } catch (error) {
    const cleanlyClosed = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
    const SQLITE_CANTOPEN = 14;
    if (
      (error as { errcode?: number }).errcode !== SQLITE_CANTOPEN ||
      !cleanlyClosed ||
      !statSync(path, { throwIfNoEntry: false })
    )
      throw error;
    return checkedReader(
      new DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true }),
    );
  }
}

/**
 * Opens what is left of a damaged journal. SQLite refuses a file that was cut off as a whole, unless it is told,
 * with this setting, to make do with the pages that are there. What its header says of itself is not asked: a record
 * proves by its hash that it is one.
 */
export function openForSalvage(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000, defensive: false });
  try {
    database.exec('PRAGMA writable_schema = ON');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkedReader(database: DatabaseSync): DatabaseSync {
  try {
    const { application_id: application } = database.prepare('PRAGMA application_id').get() as {
      application_id: number;
    };
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    if (application !== APPLICATION_ID) throw new Error('it is not a journal');
    if (version > SCHEMA_VERSION && !hasOurTables(database)) throw new NewerJournal(version);
    if (version !== SCHEMA_VERSION)
      throw new Error(`its header says format ${version}, its tables are of format ${SCHEMA_VERSION}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A newer format has other tables; with the tables of this one, the number in the header is what is wrong. */
function hasOurTables(database: DatabaseSync): boolean {
  const tables = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table'").all() as {
    sql: string;
  }[];
  return tables.every(({ sql }) => SCHEMA.includes(sql));
}

/** The file was written by a newer program: not damage, and nothing to repair. */
export class NewerJournal extends Error {
  constructor(version: number) {
    super(
      `it was written by a newer version of this program (format ${version}, this one knows ${SCHEMA_VERSION})`,
    );
  }
}

/** The head row. Throws when there is none. */
export function readHead(database: DatabaseSync): Head {
  const row = database.prepare('SELECT * FROM head').get() as
    | {
        agent: string;
        epoch: string;
        generation: number;
        seq: number;
        hash: string;
        base_seq: number;
        base_hash: string;
      }
    | undefined;
  if (!row) throw new Error('its head row is missing');
  return {
    agent: row.agent,
    epoch: row.epoch,
    generation: row.generation,
    last: { seq: row.seq, hash: row.hash },
    base: { seq: row.base_seq, hash: row.base_hash },
  };
}

/** Rows after `after` in order, one at a time. */
export function rowsAfter(database: DatabaseSync, after: number): Iterable<Row> {
  return database
    .prepare('SELECT seq, json, hash FROM events WHERE seq > ? ORDER BY seq')
    .iterate(after) as unknown as Iterable<Row>;
}

/** Rows of one type with `after` < seq ≤ `through`, in order. Found by their text: canonical JSON has one way to write it. */
export function rowsOfType(
  database: DatabaseSync,
  type: string,
  after: number,
  through: number,
): Iterable<Row> {
  return database
    .prepare('SELECT seq, json, hash FROM events WHERE seq > ? AND seq <= ? AND instr(json, ?) ORDER BY seq')
    .iterate(after, through, `"type":"${type}"`) as unknown as Iterable<Row>;
}

/** The place of record `seq` in the chain, or null when it is not there. */
export function linkAt(database: DatabaseSync, seq: number): Link | null {
  if (seq === 0) return START;
  return (
    (database.prepare('SELECT seq, hash FROM events WHERE seq = ?').get(seq) as Link | undefined) ?? null
  );
}

export function readCursors(database: DatabaseSync): Record<string, number> {
  const rows = database.prepare('SELECT link, seq FROM cursors ORDER BY link').all() as {
    link: string;
    seq: number;
  }[];
  return Object.fromEntries(rows.map((row) => [row.link, row.seq]));
}

/** The newest snapshot (of `version`, when given) whose text fits its hash and that does not reach beyond the records; else null. */
export function newestSnapshot(database: DatabaseSync, through: number, version?: number): Snapshot | null {
  const rows = database
    .prepare('SELECT seq, version, state, hash FROM snapshots WHERE seq <= ? ORDER BY rowid DESC')
    .iterate(through) as unknown as Iterable<Snapshot>;
  for (const snapshot of rows) {
    if ((version === undefined || snapshot.version === version) && sha256(snapshot.state) === snapshot.hash)
      return snapshot;
  }
  return null;
}

export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/** Makes a rename last through a power cut. Windows keeps its directories itself and refuses to flush them. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

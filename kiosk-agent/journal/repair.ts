/**
 * What is done at start when the journal is damaged: nothing is deleted and nothing is guessed.
 * The damaged file is set aside under another name. Its good part goes into a *sealed* file of the same epoch, which is
 * still sent to the next hop. What comes next begins a new epoch, because the next hop may already hold records of the lost
 * tail, and a number must never be given twice.
 * Each step leaves the folder in a state from which the next start goes on.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { HallError } from '../contract/problem.ts';
import { START, walk } from './chain.ts';
import type { Link, Row } from './chain.ts';
import {
  JournalFile,
  NewerJournal,
  linkAt,
  newestSnapshot,
  openForReading,
  openForSalvage,
  readCursors,
  readHead,
  rowsAfter,
  syncFolder,
} from './file.ts';
import type { Head, Snapshot } from './file.ts';
import type { OpenOptions } from './messages.ts';

export const JOURNAL_NAME = 'journal.sqlite';
/** At start at least this many of the newest records are checked, and everything that is still needed. */
const CHECKED_AT_START = 1000;
/** Above this size the pages are not all read at start; `hall journal verify` reads every record. */
const QUICK_CHECK_BYTES = 64 * 1024 * 1024;
/** SQLite's primary codes for "the file cannot be had", which is no damage: PERM, BUSY, NOMEM, READONLY, CANTOPEN. */
const NOT_DAMAGE = new Set([3, 5, 7, 8, 14]);

/** A note in the folder: the file looks sound, but it is not the newest that there was. */
const NEW_EPOCH_WANTED = 'new-epoch-wanted';

/** Leaves a note so that the next start seals this epoch and begins another. */
export function wantNewEpoch(folder: string, why: string): void {
  writeFileSync(join(folder, NEW_EPOCH_WANTED), why, { flush: true });
}

/** `setAside` is the damaged file's new path; `keptThrough` the last record that was saved, 0 when none. */
export type Repair = { setAside: string; keptThrough: number; why: string };

/** Sees to it that the folder holds a journal that can be trusted. Returns what had to be repaired, or null. */
export function prepareFolder(options: OpenOptions): Repair | null {
  const path = join(options.folder, JOURNAL_NAME);
  const repaired = existsSync(path) ? repairDamage(path, options) : adoptInterruptedRepair(path, options);
  if (!existsSync(path)) {
    const generation = Math.max(0, ...sealedFiles(options.folder).map((file) => file.head.generation)) + 1;
    JournalFile.create(path, { agent: options.agentId, epoch: options.newEpoch, generation, base: START });
  }
  return repaired;
}

function repairDamage(path: string, options: OpenOptions): Repair | null {
  const wanted = attempt(() => readFileSync(join(options.folder, NEW_EPOCH_WANTED), 'utf8'));
  const why = findFault(path, options.agentId) ?? wanted;
  if (why === null) return null;
  const keptThrough = salvage(path, options);
  const setAside = moveAside(path, options.now);
  rmSync(join(options.folder, NEW_EPOCH_WANTED), { force: true });
  return { setAside, keptThrough, why };
}

/** A journal that is missing while something of it is still there: the power went during a repair, or somebody removed it. */
function adoptInterruptedRepair(path: string, options: OpenOptions): Repair | null {
  const strays = ['-wal', '-shm'].some((suffix) => existsSync(path + suffix));
  const sealed = sealedFiles(options.folder).at(-1);
  if (!strays && !sealed) return null;
  // A write-ahead log without its file must not meet the new one.
  const setAside = strays ? moveAside(path, options.now) : (newestSetAside(options.folder) ?? path);
  return {
    setAside,
    keptThrough: sealed?.head.last.seq ?? 0,
    why: `${path} is missing: an earlier repair was interrupted or the file was removed`,
  };
}

/** Why the file cannot be trusted, or null. Throws a HallError when it is not damaged but cannot be used. */
export function findFault(path: string, agentId: string): string | null {
  if (statSync(path).size === 0) return 'the file is empty';
  if (isReadOnlyFormat(path)) return 'its header says that only a newer SQLite may write it';
  let database: DatabaseSync;
  try {
    database = openForReading(path);
  } catch (error) {
    return damageOrThrow(path, error);
  }
  try {
    const head = readHead(database);
    if (head.agent !== agentId) {
      throw new HallError(
        'journal-unwritable',
        `${path} is the journal of agent ${head.agent}, not of ${agentId}; give this agent its own --state folder`,
        { why: 'other-agent', path, agent: head.agent },
      );
    }
    if (statSync(path).size <= QUICK_CHECK_BYTES) {
      const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get() as {
        quick_check: string;
      };
      if (result !== 'ok') return result;
    }
    return findBadRecord(database, head);
  } catch (error) {
    if (error instanceof HallError) throw error;
    return damageOrThrow(path, error);
  } finally {
    database.close();
  }
}

/**
 * SQLite opens a file whose write version (byte 18 of the header, "Database File Format" 1.3.3) is above 2, but refuses
 * every write to it. No journal is ever written so: one flipped bit must not stop a hall for good.
 */
function isReadOnlyFormat(path: string): boolean {
  const header = Buffer.alloc(19);
  const file = openSync(path, 'r');
  try {
    return readSync(file, header, 0, header.length, 0) === header.length && header[18]! > 2;
  } finally {
    closeSync(file);
  }
}

function findBadRecord(database: DatabaseSync, head: Head): string | null {
  const wanted = Math.max(head.base.seq, Math.min(head.last.seq - CHECKED_AT_START, neededAfter(database)));
  const from = wanted === head.base.seq ? head.base : linkAt(database, wanted);
  if (from === null) return `record ${wanted} is missing`;
  const { last, bad } = walk(rowsAfter(database, from.seq), from, head.epoch);
  if (bad) return bad.why;
  if (last.seq !== head.last.seq || last.hash !== head.last.hash)
    return `the last record should be ${head.last.seq}, but it is ${last.seq}`;
  return null;
}

function damageOrThrow(path: string, error: unknown): string {
  const { errcode, message } = error as Error & { errcode?: number };
  if (error instanceof NewerJournal || (errcode !== undefined && NOT_DAMAGE.has(errcode & 0xff))) {
    throw new HallError(
      'journal-unwritable',
      `${path} cannot be opened: ${message}`,
      { why: 'cannot-open', path },
      error,
    );
  }
  return message;
}

/** Everything up to here is on the disk of every next hop and in a snapshot. 0 when that is not known. */
function neededAfter(database: DatabaseSync): number {
  const cursors = attempt(() => Object.values(readCursors(database))) ?? [];
  const snapshot = attempt(() => newestSnapshot(database, Number.MAX_SAFE_INTEGER));
  return cursors.length > 0 && snapshot ? Math.min(snapshot.seq, ...cursors) : 0;
}

/**
 * Copies the good part into a sealed file and returns its last number.
 * That is everything before the first bad record; but when the bad one lies in what nobody needs any more,
 * it is what comes after that, so that old damage costs no record that still has to be sent.
 */
function salvage(path: string, options: OpenOptions): number {
  let database: DatabaseSync;
  try {
    database = openForSalvage(path);
  } catch {
    return 0;
  }
  try {
    const head = attempt(() => readHead(database));
    const needed = neededAfter(database);
    let part = goodPart(database, head?.base ?? null, head?.base.seq ?? 0, head?.epoch ?? null);
    if (part.last.seq < needed) {
      const later = goodPart(database, null, needed, head?.epoch ?? null);
      if (later.count > 0 && later.base.seq === needed) part = later;
    }
    const snapshots = [newestSnapshotWithin(database, part)].filter((snapshot) => snapshot !== null);
    const epoch = part.epoch ?? head?.epoch;
    if (epoch === undefined || (part.count === 0 && snapshots.length === 0)) return 0;
    const target = join(options.folder, `sealed-${epoch}.sqlite`);
    const already = attempt(
      () => existsSync(target) && withReader(target, (reader) => readHead(reader).last.seq),
    );
    if (typeof already === 'number' && already >= part.last.seq) return already;
    const generation =
      head?.generation ?? Math.max(0, ...sealedFiles(options.folder).map((file) => file.head.generation)) + 1;
    const cursors = attempt(() => readCursors(database)) ?? {};
    JournalFile.create(target, { agent: options.agentId, epoch, generation, base: part.base }, (sealed) => {
      const insert = sealed.prepare('INSERT INTO events VALUES (?, ?, ?)');
      const copied = walk(upTo(rowsAfter(database, part.base.seq), part.last.seq), part.base, epoch, (row) =>
        insert.run(row.seq, row.json, row.hash),
      );
      const cursor = sealed.prepare('INSERT INTO cursors VALUES (?, ?)');
      for (const [link, seq] of Object.entries(cursors)) cursor.run(link, Math.min(seq, copied.last.seq));
      for (const snapshot of snapshots)
        sealed
          .prepare('INSERT INTO snapshots VALUES (?, ?, ?, ?)')
          .run(snapshot.seq, snapshot.version, snapshot.state, snapshot.hash);
      return copied.last;
    });
    return part.last.seq;
  } finally {
    database.close();
  }
}

type Part = { base: Link; last: Link; count: number; epoch: string | null };

function goodPart(database: DatabaseSync, base: Link | null, after: number, epoch: string | null): Part {
  const part: Part = {
    base: base ?? { ...START, seq: after },
    last: base ?? { ...START, seq: after },
    count: 0,
    epoch,
  };
  const walked = attempt(() =>
    walk(rowsAfter(database, after), base, epoch, (row, event) => {
      if (part.count === 0 && base === null) part.base = { seq: row.seq - 1, hash: event.prev };
      part.epoch ??= event.epoch;
      part.count += 1;
    }),
  );
  if (walked && part.count > 0) part.last = walked.last;
  return part;
}

function newestSnapshotWithin(database: DatabaseSync, part: Part): Snapshot | null {
  const snapshot = attempt(() => newestSnapshot(database, part.last.seq));
  return snapshot && snapshot.seq >= part.base.seq ? snapshot : null;
}

function* upTo(rows: Iterable<Row>, seq: number): Iterable<Row> {
  for (const row of rows) {
    if (row.seq > seq) return;
    yield row;
  }
}

/** Sealed files of the folder, oldest epoch first; one that cannot be read is left out. */
export function sealedFiles(folder: string): { path: string; head: Head }[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('sealed-') && name.endsWith('.sqlite'))
    .map((name) => join(folder, name))
    .flatMap((path) => attempt(() => ({ path, head: withReader(path, readHead) })) ?? [])
    .sort((one, other) => one.head.generation - other.head.generation);
}

/** Renames a database and what belongs to it. The main file goes first: without it the rest is known for a stray. */
export function moveAside(path: string, now: string): string {
  const time = now.replace(/[-:]/g, '').replace(/\.\d+/, '');
  const stem = path.replace(/[^/\\]+$/, `journal.damaged-${time}`);
  let target = `${stem}.sqlite`;
  for (let count = 2; ['', '-wal'].some((suffix) => existsSync(target + suffix)); count += 1)
    target = `${stem}-${count}.sqlite`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  syncFolder(join(path, '..'));
  return target;
}

function newestSetAside(folder: string): string | undefined {
  const name = readdirSync(folder)
    .filter((name) => /^journal\.damaged-.*\.sqlite$/.test(name))
    .sort()
    .at(-1);
  return name && join(folder, name);
}

function withReader<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = openForReading(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** In a damaged file any question may fail; null says that there is no answer. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

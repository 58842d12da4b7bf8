/** A lock that the operating system lets go when the process ends, however it ends: SQLite's, on every system the same. */
import { DatabaseSync } from 'node:sqlite';

/** Another process works in this state folder. */
export class StateTaken extends Error {
  constructor(path: string) {
    super(`${path}: another hall-central is running on this state folder; stop it, or give another --state`);
    this.name = 'StateTaken';
  }
}

/** Throws StateTaken when another process holds it. `release` may be called twice. */
export function takeLock(path: string): { release: () => void } {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw new StateTaken(path);
    throw error;
  }
  return { release: () => file.isOpen && file.close() };
}

const SQLITE_BUSY = 5;

/**
 * One process writes a journal. The lock is an exclusive transaction on a small SQLite file of its own: the operating
 * system frees it when the process dies, on Windows too, and the journal itself stays open for readers beside the agent.
 * Never read lock.sqlite with anything but SQLite from inside the process: closing any handle on it drops POSIX locks.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HallError } from '../contract/problem.ts';

const SQLITE_BUSY = 5;
/** Long enough for an agent that is just stopping to let go. */
const WAIT_MS = 500;

/** Takes the folder for this process. Throws a HallError that names the folder and who holds it. */
export function lockFolder(folder: string, since: string): { release(): void } {
  const holderFile = join(folder, 'holder.json');
  const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: WAIT_MS });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const holder = readHolder(holderFile);
    throw new HallError(
      'journal-unwritable',
      `${folder} is in use by another agent (${holder}); stop that one first, or give this one its own --state folder`,
      {
        why: 'in-use',
        folder,
        holder,
      },
    );
  }
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname(), since }));
  return {
    release: () => {
      if (!database.isOpen) return;
      rmSync(holderFile, { force: true });
      database.close();
    },
  };
}

function readHolder(file: string): string {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as {
      pid?: unknown;
      host?: unknown;
      since?: unknown;
    };
    return `process ${String(holder.pid)} on ${String(holder.host)} since ${String(holder.since)}`;
  } catch {
    return 'process unknown';
  }
}

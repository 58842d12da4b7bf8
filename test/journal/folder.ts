/** What the journal's tests share: a folder that goes away, a journal in it, and records to put into it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach } from 'vitest';
import { openJournal } from '../../kiosk-agent/journal/journal.ts';
import type { Journal, JournalOptions, OpenedJournal } from '../../kiosk-agent/journal/journal.ts';
import { JOURNAL_NAME } from '../../kiosk-agent/journal/repair.ts';
import { drafts } from './records.ts';

const folders: string[] = [];
const open: Journal[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((journal) => journal.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A state folder and the journal's folder in it; it goes after the test, unless it is to be kept for several. */
export function newFolder(kept?: 'kept'): { state: string; folder: string; file: string } {
  const state = mkdtempSync(join(tmpdir(), 'hall-journal-'));
  if (!kept) folders.push(state);
  const folder = join(state, 'journal');
  return { state, folder, file: join(folder, JOURNAL_NAME) };
}

export async function openIn(folder: string, more: Partial<JournalOptions> = {}): Promise<OpenedJournal> {
  const opened = await openJournal({
    folder,
    agentId: 'hub-1',
    hall: 'weihai-01',
    region: '371000000000',
    ...more,
  });
  open.push(opened.journal);
  return opened;
}

/** A closed journal with `count` records. */
export async function filled(
  folder: string,
  count: number,
  before: (journal: Journal) => Promise<void> = async () => {},
): Promise<string> {
  const { journal } = await openIn(folder);
  await journal.append(drafts(count)).durable;
  await before(journal);
  await journal.close();
  return journal.epoch;
}

/** Edits a journal file from outside, as somebody with a database tool would. */
export function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

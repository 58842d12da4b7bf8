/**
 * Records as numbered files, for an office without a way to the region: `ID-000001.jsonl`, a record a line, and beside it
 * `ID-000001.manifest.json` with its SHA-256. A number is given to its records first, in the database; a file that was cut off is
 * written again with the same records. No record is in two files.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../database.ts';
import type { RatingExport } from './load.ts';
import { keyOf, nextPage, type Ready } from './push.ts';

const RECORDS_A_FILE = 5_000;

export type WrittenFile = { name: string; records: number; sha256: string };

/** Writes everything that is due into `folder`. Resolves with the files, also those that a run that was cut off had begun. */
export async function writeFiles(
  database: Database,
  wanted: RatingExport,
  folder: string,
  now: Date,
): Promise<WrittenFile[]> {
  await mkdir(folder, { recursive: true });
  const written: WrittenFile[] = [];
  const begun = await database.query<{ file: number }>(
    `SELECT DISTINCT file FROM rating_export_records WHERE export_id = $1 AND state = 'waiting' AND file IS NOT NULL ORDER BY 1`,
    [wanted.id],
  );
  for (const { file } of begun) written.push(await writeFile(database, wanted, folder, file, now));
  for (;;) {
    const file = await number(database, wanted, now);
    if (file === null) return written;
    written.push(await writeFile(database, wanted, folder, file, now));
  }
}

/** Gives the next number to what is due; null when nothing is. */
async function number(database: Database, wanted: RatingExport, now: Date): Promise<number | null> {
  let file: number | null = null;
  for (let records = 0; records < RECORDS_A_FILE;) {
    const page: Ready[] | null = await nextPage(database, wanted, now);
    if (page === null) break;
    if (page.length === 0) continue;
    file ??= (
      await database.query<{ files: number }>(
        'UPDATE rating_exports SET files = files + 1 WHERE export_id = $1 RETURNING files',
        [wanted.id],
      )
    )[0]!.files;
    await database.query(
      `UPDATE rating_export_records r SET file = $3
       FROM jsonb_to_recordset($2::jsonb) AS b(agent_id text, epoch text, session bigint, kind text)
       WHERE r.export_id = $1 AND r.agent_id = b.agent_id AND r.epoch = b.epoch AND r.session = b.session AND r.kind = b.kind
         AND (r.state || '') = 'waiting' AND r.file IS NULL`,
      [wanted.id, JSON.stringify(page.map(keyOf)), file],
    );
    records += page.length;
  }
  return file;
}

async function writeFile(
  database: Database,
  wanted: RatingExport,
  folder: string,
  file: number,
  now: Date,
): Promise<WrittenFile> {
  const rows = await database.query<{ id: string; record: string; kind: string }>(
    `SELECT rating->>'recordId' AS id, record, kind FROM rating_export_records
     WHERE export_id = $1 AND file = $2 AND state = 'waiting' ORDER BY due_at, agent_id, epoch, seq, kind`,
    [wanted.id, file],
  );
  const name = `${wanted.id}-${String(file).padStart(6, '0')}`;
  const text = rows.map(({ id, record }) => `{"id":${JSON.stringify(id)},"record":${record}}\n`).join('');
  const sha256 = createHash('sha256').update(text).digest('hex');
  await put(folder, `${name}.jsonl`, text);
  const manifest = {
    ...{ export: wanted.id, profile: wanted.settings.profile, file: `${name}.jsonl`, number: file },
    ...{ records: rows.length, defaults: rows.filter(({ kind }) => kind === 'default').length },
    ...{ bytes: Buffer.byteLength(text), sha256, writtenAt: now.toISOString() },
  };
  await put(folder, `${name}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await database.transaction(async (query) => {
    await query(
      `UPDATE rating_export_records SET state = 'sent', answer = $3, answered_at = $4 WHERE export_id = $1 AND file = $2 AND state = 'waiting'`,
      [wanted.id, file, `written to ${name}.jsonl`, now],
    );
    await query(
      `UPDATE rating_exports SET sent = sent + $2, sent_defaults = sent_defaults + $3, last_answer = $4, last_answer_at = $5,
         last_answered = true WHERE export_id = $1`,
      [wanted.id, rows.length, manifest.defaults, `written to ${name}.jsonl`, now],
    );
  });
  return { name: `${name}.jsonl`, records: rows.length, sha256 };
}

/** On disk under its name whole, or not at all. */
async function put(folder: string, name: string, text: string): Promise<void> {
  const part = join(folder, `.${name}.part`);
  const file = await open(part, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, join(folder, name));
}

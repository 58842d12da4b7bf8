/**
 * Finds the first record that was changed, removed, inserted or moved, by reading every record in order, beside a running agent too.
 * What a chain cannot show: somebody who rewrites the whole rest of the file, hashes and all. Against that stand the
 * cursors here and the copy at the next hop, whose last hash must be found in this file.
 */
import type { DatabaseSync } from 'node:sqlite';
import { walk } from './chain.ts';
import { openForReading, readCursors, readHead, rowsAfter } from './file.ts';

/** `first` is 0 when there is no record; `seq` is the first bad one, 0 when the file itself is bad. */
export type Verdict =
  { ok: true; epoch: string; first: number; last: number } | { ok: false; seq: number; why: string };

/** Reads the whole of one journal file without changing it. */
export function verifyJournal(file: string): Verdict {
  let database: DatabaseSync;
  try {
    database = openForReading(file);
  } catch (error) {
    return { ok: false, seq: 0, why: `${file} cannot be read: ${(error as Error).message}` };
  }
  try {
    // One view of the file from head to tail, whatever the agent adds meanwhile.
    database.exec('BEGIN');
    return look(database);
  } catch (error) {
    return { ok: false, seq: 0, why: `${file} is damaged: ${(error as Error).message}` };
  } finally {
    database.close();
  }
}

function look(database: DatabaseSync): Verdict {
  const { epoch, base, last } = readHead(database);
  const { lowest } = database.prepare('SELECT min(seq) AS lowest FROM events').get() as {
    lowest: number | null;
  };
  if (lowest !== null && lowest <= base.seq)
    return {
      ok: false,
      seq: lowest,
      why: `record ${lowest} was inserted: the journal begins at ${base.seq + 1}`,
    };
  const walked = walk(rowsAfter(database, base.seq), base, epoch);
  if (walked.bad) return { ok: false, ...walked.bad };
  const next = Math.min(walked.last.seq, last.seq) + 1;
  if (walked.last.seq < last.seq)
    return { ok: false, seq: next, why: `record ${next} is missing: records up to ${last.seq} were written` };
  if (walked.last.seq > last.seq)
    return { ok: false, seq: next, why: `record ${next} was inserted: ${last.seq} was the last one written` };
  if (walked.last.hash !== last.hash)
    return {
      ok: false,
      seq: last.seq,
      why: `record ${last.seq} was changed: it is not the one that was written last`,
    };
  for (const [link, seq] of Object.entries(readCursors(database))) {
    if (seq > last.seq)
      return {
        ok: false,
        seq: last.seq + 1,
        why: `record ${last.seq + 1} is missing: link ${link} has acknowledged ${seq}`,
      };
  }
  return { ok: true, epoch, first: last.seq > base.seq ? base.seq + 1 : 0, last: last.seq };
}

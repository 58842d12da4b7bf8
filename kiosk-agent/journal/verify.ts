/**
 * Finds the first record that was changed, removed, inserted or moved, by reading every record in order, beside a running agent too.
 * What a chain cannot show: somebody who rewrites the whole rest of the file, hashes and all, or cuts it off and sets the head
 * back, or makes removed records look retired. Against that stands the copy at the next hop: it names its last record and that
 * record's hash, which must be found in this file (`against`).
 */
import type { DatabaseSync } from 'node:sqlite';
import { sha256, walk } from './chain.ts';
import type { Link } from './chain.ts';
import { linkAt, openForReading, readCursors, readHead, rowsAfter } from './file.ts';
import type { Head, Snapshot } from './file.ts';

/**
 * `first` is 0 when there is no record; `hash` is that of `last`. `seq` is the first bad record, 0 when the file itself is bad.
 */
export type Verdict =
  | { ok: true; epoch: string; first: number; last: number; hash: string }
  | { ok: false; seq: number; why: string };

/** Records looked at so far, and how many there are. */
export type Progress = (records: number, of: number) => void;
const TELL_EVERY = 10_000;

/** Reads the whole of one journal file without changing it. `against`: a record as the far end's copy has it. */
export function verifyJournal(file: string, options: { against?: Link; progress?: Progress } = {}): Verdict {
  let database: DatabaseSync;
  try {
    database = openForReading(file);
  } catch (error) {
    return { ok: false, seq: 0, why: `${file} cannot be read: ${(error as Error).message}` };
  }
  try {
    // One view of the file from head to tail, whatever the agent adds meanwhile.
    database.exec('BEGIN');
    const head = readHead(database);
    return (
      records(database, head, options.progress) ??
      (options.against && otherThan(database, head, options.against)) ??
      beside(database, head) ?? {
        ok: true,
        epoch: head.epoch,
        first: head.last.seq > head.base.seq ? head.base.seq + 1 : 0,
        last: head.last.seq,
        hash: head.last.hash,
      }
    );
  } catch (error) {
    return { ok: false, seq: 0, why: `${file} is damaged: ${(error as Error).message}` };
  } finally {
    database.close();
  }
}

const bad = (seq: number, why: string): Verdict => ({ ok: false, seq, why });

function records(database: DatabaseSync, head: Head, progress: Progress | undefined): Verdict | null {
  const { epoch, base, last } = head;
  const { lowest } = database.prepare('SELECT min(seq) AS lowest FROM events').get() as {
    lowest: number | null;
  };
  if (lowest !== null && lowest <= base.seq)
    return bad(lowest, `record ${lowest} was inserted: the journal begins at ${base.seq + 1}`);
  let looked = 0;
  const walked = walk(rowsAfter(database, base.seq), base, epoch, () => {
    looked += 1;
    if (looked % TELL_EVERY === 0) progress?.(looked, last.seq - base.seq);
  });
  if (walked.bad) return bad(walked.bad.seq, walked.bad.why);
  const next = Math.min(walked.last.seq, last.seq) + 1;
  if (walked.last.seq < last.seq)
    return bad(next, `record ${next} is missing: records up to ${last.seq} were written`);
  if (walked.last.seq > last.seq)
    return bad(next, `record ${next} was inserted: ${last.seq} was the last one written`);
  if (walked.last.hash !== last.hash)
    return bad(last.seq, `record ${last.seq} was changed: it is not the one that was written last`);
  for (const [link, seq] of Object.entries(readCursors(database))) {
    if (seq > last.seq)
      return bad(last.seq + 1, `record ${last.seq + 1} is missing: link ${link} has acknowledged ${seq}`);
  }
  return null;
}

/** The record that the far end names is not the one that stands here. */
function otherThan(database: DatabaseSync, head: Head, against: Link): Verdict | null {
  const { base, last } = head;
  if (against.seq > last.seq)
    return bad(
      last.seq + 1,
      `record ${last.seq + 1} is missing: the far end has records up to ${against.seq}`,
    );
  if (against.seq < base.seq)
    return bad(against.seq, `record ${against.seq} was retired here; compare a later one`);
  const here = against.seq === base.seq ? base : linkAt(database, against.seq);
  return here?.hash === against.hash
    ? null
    : bad(
        against.seq,
        `record ${against.seq} is not the one that the far end has: it, or one before it, was rewritten with everything behind it`,
      );
}

/** What stands beside the records: whose journal it is, the snapshots, and whatever else was put into the file. */
function beside(database: DatabaseSync, head: Head): Verdict | null {
  const first = database.prepare('SELECT json FROM events ORDER BY seq LIMIT 1').get() as
    { json: string } | undefined;
  if (first) {
    const { id, seq } = JSON.parse(first.json) as { id?: unknown; seq: number };
    if (id !== `${head.agent}/${seq}`)
      return bad(0, `its head says that it is the journal of ${head.agent}, its records say ${String(id)}`);
  }
  const snapshots = database
    .prepare('SELECT seq, version, state, hash FROM snapshots ORDER BY rowid')
    .iterate();
  for (const { seq, state, hash } of snapshots as unknown as Iterable<Snapshot>) {
    if (sha256(state) !== hash || seq > head.last.seq)
      return bad(0, `the snapshot at record ${seq} was changed; the records are good`);
  }
  const foreign = database
    .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view') LIMIT 1")
    .get() as { type: string; name: string } | undefined;
  return foreign
    ? bad(0, `somebody put a ${foreign.type} into it: ${foreign.name}; the records are good`)
    : null;
}

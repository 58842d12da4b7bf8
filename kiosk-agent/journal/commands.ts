/** `hall journal stat | dump | verify | export`: the log read from outside, beside a running agent too. Nothing is written to it. */
import { existsSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { HallEvent } from '../contract/events.ts';
import type { Link } from './chain.ts';
import { openForReading, rowsAfter } from './file.ts';
import { JOURNAL_NAME, sealedFiles } from './repair.ts';
import { statOf } from './stat.ts';
import type { JournalStat } from './stat.ts';
import { verifyJournal } from './verify.ts';

export const JOURNAL_VERBS = ['stat', 'dump', 'verify', 'export'] as const;
export type JournalVerb = (typeof JOURNAL_VERBS)[number];
export type JournalCommandOptions = {
  /** the agent's state folder; the journal lies in its `journal` folder */
  state: string;
  /** dump, export: only records of the running epoch after this number */
  after?: number;
  /** stat, verify: JSON instead of lines */
  json?: boolean;
  /** verify: a record of the running epoch as the far end has it */
  against?: Link;
};

const AGAINST = /^(\d{1,15}):([0-9a-f]{64})$/;

/** Reads `SEQ:HASH`, as the far end's page and `/api/v1/halls` give it; null when it is not that. */
export function readAgainst(text: string): Link | null {
  const [, seq, hash] = AGAINST.exec(text) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
}

const SHORT_DATA = 120;

/** Writes the answer to `out`. Returns the exit code: 0 fine, 1 trouble, which is written too. */
export async function journalCommand(
  verb: JournalVerb,
  options: JournalCommandOptions,
  out: Writable,
): Promise<0 | 1> {
  const folder = join(options.state, 'journal');
  const path = join(folder, JOURNAL_NAME);
  if (!existsSync(path)) {
    out.write(`${path}: there is no journal; give the agent's state folder with --state\n`);
    return 1;
  }
  const paths = [...sealedFiles(folder).map((file) => file.path), path];
  try {
    switch (verb) {
      case 'stat':
        return writeStat(paths, options.json === true, out);
      case 'verify':
        return writeVerdicts(paths, options, out);
      case 'dump':
        return await writeEvents(
          paths,
          options.after,
          (json) => readable(JSON.parse(json) as HallEvent),
          out,
        );
      case 'export':
        return await writeEvents(paths, options.after, (json) => json, out);
    }
  } catch (error) {
    out.write(
      `${path}: ${(error as Error).message}; \`hall journal verify\` finds the first bad record, a restart of the agent repairs the file\n`,
    );
    return 1;
  }
}

function writeVerdicts(paths: string[], { json, against }: JournalCommandOptions, out: Writable): 0 | 1 {
  const verdicts = paths.map((file, index) => {
    // A long log takes minutes: whoever waits at a terminal sees how far it is. Programs read the answer only.
    const progress = (records: number, of: number): void => {
      if (!json) process.stderr.write(`${file}: ${records} of ${of} records\r`);
    };
    const last = index === paths.length - 1;
    return { file, ...verifyJournal(file, { progress, ...(against && last ? { against } : {}) }) };
  });
  const ok = verdicts.every((verdict) => verdict.ok);
  if (json) {
    out.write(`${JSON.stringify({ ok, files: verdicts })}\n`);
  } else {
    for (const verdict of verdicts) {
      if (!verdict.ok) out.write(`${verdict.file}: first bad record ${verdict.seq}: ${verdict.why}\n`);
      else if (verdict.first === 0) out.write(`${verdict.file}: good, no records, epoch ${verdict.epoch}\n`);
      else
        out.write(
          `${verdict.file}: good, records ${verdict.first} to ${verdict.last}, epoch ${verdict.epoch}\n` +
            (verdict.first > 1
              ? `  records before ${verdict.first} were retired; the far end has them\n`
              : '') +
            `  the last one is ${verdict.last}:${verdict.hash}\n`,
        );
    }
  }
  return ok ? 0 : 1;
}

function writeStat(paths: string[], json: boolean, out: Writable): 0 {
  const databases = paths.map(openForReading);
  let stat: JournalStat;
  try {
    stat = statOf(
      databases,
      paths.reduce((sum, path) => sum + bytesOf(path), 0),
      null,
    );
  } finally {
    for (const database of databases) database.close();
  }
  if (json) {
    out.write(`${JSON.stringify(stat)}\n`);
    return 0;
  }
  out.write(
    `epoch     ${stat.epoch}\nrecords   ${stat.firstSeq} to ${stat.lastSeq}\nsnapshot  ${stat.snapshotSeq ?? 'none'}\nbytes     ${stat.bytes}\n`,
  );
  for (const sealed of stat.sealed)
    out.write(`sealed    ${sealed.epoch}: records ${sealed.firstSeq} to ${sealed.lastSeq}\n`);
  for (const [name, link] of Object.entries(stat.links)) {
    out.write(
      `link      ${name}: acknowledged ${link.acked}, waiting ${link.pending}${link.oldestPendingAt ? `, oldest ${link.oldestPendingAt.slice(0, 19).replace('T', ' ')}` : ''}\n`,
    );
  }
  return 0;
}

/** Without `after` the sealed epochs come first; a number means the running epoch, where numbers are unique. */
async function writeEvents(
  paths: string[],
  after: number | undefined,
  line: (json: string) => string,
  out: Writable,
): Promise<0> {
  for (const path of after === undefined ? paths : paths.slice(-1)) {
    const database = openForReading(path);
    try {
      for (const row of rowsAfter(database, after ?? 0)) {
        if (!out.write(`${line(row.json)}\n`)) await once(out, 'drain');
      }
    } finally {
      database.close();
    }
  }
  return 0;
}

function readable(event: HallEvent): string {
  const data = JSON.stringify(event.data);
  const short = data.length > SHORT_DATA ? `${data.slice(0, SHORT_DATA - 1)}…` : data;
  return `${String(event.seq).padStart(8)}  ${event.time.slice(0, 19).replace('T', ' ')}  ${event.type.padEnd(26)}  ${event.subject.padEnd(16)}  ${short}`;
}

function bytesOf(path: string): number {
  return ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/**
 * The journal's thread. It takes every message that is already waiting into one transaction, commits once, and answers all:
 * at once when idle, grouped under load. The main thread never waits for the disk.
 *
 * When the disk refuses, that transaction and everything behind it are refused until a probe has succeeded. The connection is
 * kept: the next commit writes over what the refused one may have left in the write-ahead log, whereas opening the file anew
 * could bring a refused record back.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { HallError } from '../contract/problem.ts';
import { sha256 } from './chain.ts';
import type { Link } from './chain.ts';
import { JournalFile, newestSnapshot, readCursors, removeDatabase, rowsAfter, rowsOfType } from './file.ts';
import { lockFolder } from './lock.ts';
import type { Answer, Ask, Failure, FromWorker, OpenOptions, Sealed, Write } from './messages.ts';
import { JOURNAL_NAME, findFault, moveAside, prepareFolder, sealedFiles } from './repair.ts';
import { statOf } from './stat.ts';

/** Bounds the time of one transaction, and with it the wait of whoever comes next. */
const GROUP_MAX_MESSAGES = 1000;
/** Records removed in one step of retention; appends get their turn between the steps. */
const REMOVED_PER_STEP = 1000;

if (!parentPort) throw new Error('worker.ts runs as a worker thread of journal.ts');
const port = parentPort;
const options = workerData as OpenOptions;
const say = (message: FromWorker): void => port.postMessage(message);

try {
  open();
} catch (error) {
  say({ notOpened: failure(error, `the journal in ${options.folder} cannot be opened`) });
}

function open(): void {
  mkdirSync(options.folder, { recursive: true });
  const lock = lockFolder(options.folder, options.now);
  try {
    serve(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function serve(lock: { release(): void }): void {
  let repaired = prepareFolder(options);
  const sealed: JournalFile[] = [];
  for (const { path } of sealedFiles(options.folder)) {
    const fault = findFault(path, options.agentId);
    if (fault === null) sealed.push(JournalFile.open(path));
    else repaired ??= { setAside: moveAside(path, options.now), keptThrough: 0, why: fault };
  }
  const journal = JournalFile.open(join(options.folder, JOURNAL_NAME));
  let refusing: Failure | null = null;
  let commits = 0;

  port.on('message', (first: Ask) => {
    const asks = [first];
    while (asks.length < GROUP_MAX_MESSAGES) {
      const next = receiveMessageOnPort(port) as { message: Ask } | undefined;
      if (!next) break;
      asks.push(next.message);
    }
    const answers = writeTogether(asks.filter((ask) => isWrite(ask)));
    for (const ask of asks) {
      if (!isWrite(ask)) answers.push(answerTo(ask.id, () => carryOut(ask)));
    }
    say({ answers, refusing });
    if (asks.some((ask) => ask.kind === 'close')) port.close();
  });
  say({
    opened: { ...describe(journal), last: journal.head.last, sealed: sealed.map(describe), repaired },
  });

  function writeTogether(writes: Write[]): Answer[] {
    const refused = refusing;
    const taken = refused ? writes.filter((write) => write.kind !== 'append') : writes;
    const outcome = taken.length === 0 ? null : commit(taken);
    return writes.map((write) => {
      const fault = refused && write.kind === 'append' ? refused : outcome;
      return fault
        ? { id: write.id, failure: fault }
        : { id: write.id, value: write.kind === 'append' ? endOf(write) : null };
    });
  }

  /** One transaction for all of them; returns why the disk refused, or null. */
  function commit(writes: Write[]): Failure | null {
    try {
      const rows = writes.flatMap((write) => (write.kind === 'append' ? write.rows : []));
      const last = journal.transaction(() => {
        const head = rows.length > 0 ? journal.append(rows) : journal.head.last;
        for (const write of writes) {
          if (write.kind === 'setCursor') journal.setCursor(write.link, write.seq);
          if (write.kind === 'saveSnapshot') journal.saveSnapshot(write.snapshot);
        }
        return head;
      });
      journal.head.last = last;
      commits += 1;
      return null;
    } catch (error) {
      refusing = failure(error, `the journal in ${options.folder} cannot be written`);
      return refusing;
    }
  }

  function isWrite(ask: Ask): ask is Write {
    return (
      ask.kind === 'append' ||
      ask.kind === 'saveSnapshot' ||
      (ask.kind === 'setCursor' && ask.epoch === journal.head.epoch)
    );
  }

  function carryOut(ask: Exclude<Ask, { kind: 'append' | 'saveSnapshot' }>): unknown {
    switch (ask.kind) {
      case 'read':
        return read(fileOf(ask.epoch), ask.after, ask.limit, ask.maxBytes);
      case 'find':
        return [...rowsOfType(fileOf(ask.epoch).database, ask.type, ask.after, ask.through)];
      case 'setCursor':
        fileOf(ask.epoch).setCursor(ask.link, ask.seq);
        return null;
      case 'cursor':
        return cursorOf(fileOf(ask.epoch), ask.link);
      case 'loadSnapshot': {
        const file = fileOf(ask.epoch);
        return newestSnapshot(file.database, file.head.last.seq, ask.version);
      }
      case 'retain':
        return {
          removed: removeStep(ask.before, ask.links),
          sealedLeft: removeSealed(ask.before, ask.links),
        };
      case 'stat': {
        const files = [...sealed, journal];
        return statOf(
          files.map((file) => file.database),
          files.reduce((sum, file) => sum + file.bytes(), 0),
          commits,
        );
      }
      case 'probe':
        journal.probe();
        refusing = null;
        return journal.head.last;
      case 'close':
        for (const file of [...sealed, journal]) file.close();
        lock.release();
        return null;
    }
  }

  function fileOf(epoch: string): JournalFile {
    const file = [journal, ...sealed].find((candidate) => candidate.head.epoch === epoch);
    if (!file) throw new HallError('not-found', `there is no epoch ${epoch} in ${options.folder}`);
    return file;
  }

  /** A link that asks for its place is known from then on, so that nothing it has not had is thrown away in a repair. */
  function cursorOf(file: JournalFile, link: string): number {
    const cursor = readCursors(file.database)[link];
    if (cursor === undefined && refusing === null) file.setCursor(link, 0);
    return cursor ?? 0;
  }

  function removeStep(before: number, links: string[]): number {
    const cursors = readCursors(journal.database);
    const snapshot = newestSnapshot(journal.database, journal.head.last.seq);
    const ceiling = Math.min(snapshot?.seq ?? 0, ...links.map((link) => cursors[link] ?? 0));
    let through = null;
    let removed = 0;
    for (const row of rowsAfter(journal.database, journal.head.base.seq)) {
      if (row.seq > ceiling || removed === REMOVED_PER_STEP || !isOlder(row.json, before)) break;
      through = { seq: row.seq, hash: row.hash };
      removed += 1;
    }
    if (through) journal.removeThrough(through);
    return removed;
  }

  /** A sealed file goes when every link has all of it, it is old enough, and a later snapshot makes it unnecessary for the state. */
  function removeSealed(before: number, links: string[]): Sealed[] {
    const rebuildable = newestSnapshot(journal.database, journal.head.last.seq) !== null;
    for (const file of rebuildable ? [...sealed] : []) {
      const cursors = readCursors(file.database);
      const { base, last } = file.head;
      const acknowledged = links.every((link) => (cursors[link] ?? 0) >= last.seq);
      const [newest] = rowsAfter(file.database, Math.max(base.seq, last.seq - 1));
      if (!acknowledged || (newest && !isOlder(newest.json, before))) continue;
      sealed.splice(sealed.indexOf(file), 1);
      file.close();
      removeDatabase(file.path);
    }
    return sealed.map(describe);
  }
}

/** The place of an append's last record: up to there the main thread may call its records durable. */
function endOf(append: Extract<Write, { kind: 'append' }>): Link | null {
  const last = append.rows.at(-1);
  return last ? { seq: last.seq, hash: last.hash } : null;
}

function describe(file: JournalFile): Sealed {
  const { epoch, generation, base, last } = file.head;
  return { epoch, generation, baseSeq: base.seq, lastSeq: last.seq };
}

function isOlder(json: string, before: number): boolean {
  return Date.parse((JSON.parse(json) as { time: string }).time) < before;
}

/** Up to `limit` records and about `maxBytes`, but at least one. A record that is not what was written is never handed out. */
function read(file: JournalFile, after: number, limit: number, maxBytes: number): string[] {
  const texts: string[] = [];
  let bytes = 0;
  let expected = Math.max(after, file.head.base.seq) + 1;
  for (const row of rowsAfter(file.database, expected - 1)) {
    if (texts.length >= limit || row.seq > file.head.last.seq) break;
    const size = Buffer.byteLength(row.json);
    if (texts.length > 0 && bytes + size > maxBytes) break;
    if (row.seq !== expected || sha256(row.json) !== row.hash) {
      throw new HallError(
        'internal',
        `${file.path} is damaged at record ${expected}; restart the agent, it repairs the journal at start`,
        { path: file.path, seq: expected },
      );
    }
    texts.push(row.json);
    bytes += size;
    expected += 1;
  }
  return texts;
}

function answerTo(id: number, work: () => unknown): Answer {
  try {
    return { id, value: work() };
  } catch (error) {
    return { id, failure: failure(error, `the journal in ${options.folder} refused`) };
  }
}

function failure(error: unknown, what: string): Failure {
  if (error instanceof HallError) return { code: error.code, detail: error.message, facts: error.facts };
  const { message, errcode, code } = error as Error & { errcode?: number; code?: string };
  return {
    code: 'journal-unwritable',
    detail: `${what}: ${message}; check the free space and the health of the disk`,
    facts: {
      folder: options.folder,
      reason: message,
      ...(errcode === undefined ? {} : { sqlite: errcode }),
      ...(code === undefined ? {} : { code }),
    },
  };
}

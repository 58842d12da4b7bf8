/** The journal in numbers, for health, metrics and `hall journal stat`; read from open files, oldest epoch first. */
import type { DatabaseSync } from 'node:sqlite';
import { newestSnapshot, readCursors, readHead } from './file.ts';

export type LinkBacklog = {
  /** what the next hop has on disk of the running epoch */
  acked: number;
  /** records it does not have yet, sealed epochs included */
  pending: number;
  /** `time` of the oldest of them */
  oldestPendingAt: string | null;
};
export type JournalStat = {
  epoch: string;
  /** 0 when there is no record */
  firstSeq: number;
  lastSeq: number;
  bytes: number;
  snapshotSeq: number | null;
  cursors: Record<string, number>;
  links: Record<string, LinkBacklog>;
  sealed: { epoch: string; firstSeq: number; lastSeq: number }[];
  /** flushes of this process since it opened the journal; null when looked at from outside */
  commits: number | null;
};

export function statOf(
  databases: readonly DatabaseSync[],
  bytes: number,
  commits: number | null,
): JournalStat {
  const files = databases.map((database) => ({
    database,
    head: readHead(database),
    cursors: readCursors(database),
  }));
  const current = files.at(-1);
  if (!current) throw new Error('a journal has at least one file');
  const names = new Set(files.flatMap((file) => Object.keys(file.cursors)));
  const links: Record<string, LinkBacklog> = {};
  for (const name of names) {
    const backlog: LinkBacklog = { acked: current.cursors[name] ?? 0, pending: 0, oldestPendingAt: null };
    for (const { database, head, cursors } of files) {
      const after = Math.max(cursors[name] ?? 0, head.base.seq);
      backlog.pending += head.last.seq - after;
      if (head.last.seq > after) backlog.oldestPendingAt ??= timeOf(database, after + 1);
    }
    links[name] = backlog;
  }
  const span = (file: { head: ReturnType<typeof readHead> }) => {
    const { base, last, epoch } = file.head;
    return { epoch, firstSeq: last.seq > base.seq ? base.seq + 1 : 0, lastSeq: last.seq };
  };
  return {
    ...span(current),
    bytes,
    snapshotSeq: newestSnapshot(current.database, current.head.last.seq)?.seq ?? null,
    cursors: current.cursors,
    links,
    sealed: files.slice(0, -1).map(span),
    commits,
  };
}

function timeOf(database: DatabaseSync, seq: number): string | null {
  const row = database.prepare("SELECT json ->> '$.time' AS time FROM events WHERE seq = ?").get(seq) as
    { time: string } | undefined;
  return row?.time ?? null;
}

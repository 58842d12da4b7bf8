/**
 * The chain: every record carries the SHA-256 of the whole record before it (`prev`), over RFC 8785 canonical JSON.
 * Records are stored as that very text, so a hash is always taken over what lies on the disk.
 * No schema library here: this runs in the journal's thread, where it would cost 10 MB and 80 ms of every start.
 */
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { HallEvent } from '../contract/events.ts';

/** One record as it lies in the file: its number, its text, and the SHA-256 (hex) of that text. */
export type Row = { seq: number; json: string; hash: string };
/** A place in the chain: the number of a record and its hash. Before the first record it is START. */
export type Link = { seq: number; hash: string };
export const START: Link = { seq: 0, hash: '0'.repeat(64) };

/** The row of an event. Throws a TypeError when the event holds what JSON cannot (NaN, a cycle). */
export function toRow(event: HallEvent): Row {
  const json = canonicalize(event);
  if (json === undefined) throw new TypeError('an event must be an object');
  return { seq: event.seq, json, hash: sha256(json) };
}

export function sha256(text: string): string {
  return hash('sha256', text);
}

/** The fields of a record that make the chain. */
export type Chained = Pick<HallEvent, 'seq' | 'epoch' | 'prev' | 'time'>;

/**
 * Looks at one row as the follower of `before` (null: any, when what stood before is gone).
 * Returns the fields of the chain, or why the row is not a good one.
 */
export function checkRow(
  row: Row,
  before: Link | null,
  epoch: string | null,
): { ok: true; event: Chained } | { ok: false; why: string } {
  if (before !== null && row.seq !== before.seq + 1)
    return { ok: false, why: `record ${before.seq + 1} is missing` };
  if (sha256(row.json) !== row.hash)
    return { ok: false, why: `record ${row.seq} was changed: its text does not fit its hash` };
  let value: unknown;
  try {
    value = JSON.parse(row.json);
  } catch {
    return { ok: false, why: `record ${row.seq} is not JSON` };
  }
  if (!isChained(value))
    return { ok: false, why: `record ${row.seq} is not an event: seq, epoch, prev or time is missing` };
  const event = value;
  if (event.seq !== row.seq)
    return { ok: false, why: `record ${event.seq} stands in the place of record ${row.seq}` };
  if (epoch !== null && event.epoch !== epoch)
    return { ok: false, why: `record ${row.seq} belongs to another epoch, ${event.epoch}` };
  if (before !== null && event.prev !== before.hash)
    return { ok: false, why: `record ${row.seq} does not follow record ${before.seq}: the chain is broken` };
  return { ok: true, event };
}

function isChained(value: unknown): value is Chained {
  const { seq, epoch, prev, time } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof seq === 'number' &&
    typeof epoch === 'string' &&
    typeof prev === 'string' &&
    typeof time === 'string'
  );
}

/** How far a walk along the chain came, and what stopped it. */
export type Walk = { last: Link; bad: null | { seq: number; why: string } };

/**
 * Walks rows in order and hands each good one to `visit`; ends at the first bad one.
 * A row that cannot be read at all (a damaged page) ends the walk like a bad one.
 */
export function walk(
  rows: Iterable<Row>,
  from: Link | null,
  epoch: string | null,
  visit?: (row: Row, event: Chained) => void,
): Walk {
  let last = from;
  let of = epoch;
  const iterator = rows[Symbol.iterator]();
  for (;;) {
    const next = nextRow(iterator);
    if ('unreadable' in next) {
      return {
        last: last ?? START,
        bad: {
          seq: (last?.seq ?? 0) + 1,
          why: `record ${(last?.seq ?? 0) + 1} cannot be read: ${next.unreadable}`,
        },
      };
    }
    if (next.row === null) return { last: last ?? START, bad: null };
    const checked = checkRow(next.row, last, of);
    if (!checked.ok) {
      iterator.return?.();
      return {
        last: last ?? START,
        bad: { seq: last === null ? next.row.seq : last.seq + 1, why: checked.why },
      };
    }
    of ??= checked.event.epoch;
    visit?.(next.row, checked.event);
    last = { seq: next.row.seq, hash: next.row.hash };
  }
}

function nextRow(iterator: Iterator<Row>): { row: Row | null } | { unreadable: string } {
  try {
    const next = iterator.next();
    return { row: next.done ? null : next.value };
  } catch (error) {
    return { unreadable: (error as Error).message };
  }
}

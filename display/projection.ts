/** The view of a screen as snapshot and changes make it. Pure: the connection is in live.ts. */
import type { Change, KEYED_SECTIONS, ResumeAnswer, Snapshot } from '../kiosk-agent/contract/live.ts';

const keyed: readonly string[] = [
  'services',
  'windows',
  'tickets',
  'devices',
  'links',
] satisfies (typeof KEYED_SECTIONS)[number][];

/** What a screen holds: the view and the place in the hub's stream up to which it is true. */
export type Projection = { run: string; seq: number; time: string; view: Record<string, unknown> };

export function fromSnapshot(snapshot: Snapshot): Projection {
  return { run: snapshot.run, seq: snapshot.seq, time: snapshot.time, view: { ...snapshot.view } };
}

/**
 * How a change stands to what is held: `next` fits, `old` is known already, `gap` means that some are missing,
 * `other-run` that the hub has started anew.
 */
export function place(held: Projection, change: Change): 'next' | 'old' | 'gap' | 'other-run' {
  if (change.run !== held.run) return 'other-run';
  if (change.seq <= held.seq) return 'old';
  return change.seq === held.seq + 1 ? 'next' : 'gap';
}

/** The projection after one change. Entries of keyed sections are merged, null removes one; other sections are replaced. */
export function apply(held: Projection, change: Change): Projection {
  const view = { ...held.view };
  for (const [section, value] of Object.entries(change.set)) {
    if (!keyed.includes(section)) {
      view[section] = value;
      continue;
    }
    const entries = { ...(view[section] as Record<string, unknown> | undefined) };
    for (const [key, entry] of Object.entries((value ?? {}) as Record<string, unknown>)) {
      if (entry === null) delete entries[key];
      else entries[key] = entry;
    }
    view[section] = entries;
  }
  return { run: change.run, seq: change.seq, time: change.time, view };
}

/** A snapshot replaces what is held, unless it is older than that (an answer overtaken by changes). */
export function takeSnapshot(held: Projection | null, snapshot: Snapshot): Projection {
  if (held && held.run === snapshot.run && snapshot.seq < held.seq) return held;
  return fromSnapshot(snapshot);
}

/**
 * The projection after the answer to `resume`, and after the changes that came in while it was awaited.
 * The hub has named all that was missing, so these are applied in order even where numbers are skipped.
 */
export function catchUp(held: Projection, answer: ResumeAnswer, waiting: Change[]): Projection {
  let result = 'snapshot' in answer ? takeSnapshot(held, answer.snapshot) : held;
  const changes = 'changes' in answer ? answer.changes : [];
  for (const change of [...changes, ...waiting])
    if (change.run === result.run && change.seq > result.seq) result = apply(result, change);
  return result;
}

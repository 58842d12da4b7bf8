/** Answers that were true a while ago, in memory only. */
import type { PlatformCase } from './answer.ts';
import type { Clock } from './ask.ts';

const MOST = 500;
const LONGEST_MS = 24 * 3_600_000;

export type KeptAnswer = { cases: PlatformCase[]; at: Date };
type Entry = KeptAnswer & { atMs: number };

/** Keeps at most 500 answers, none longer than a day; the oldest goes first. */
export function keptAnswers(clock: Clock) {
  const entries = new Map<string, Entry>();

  /** The longer of two: the one clock may be set back, the other stands still while the PC sleeps. */
  const age = ({ at, atMs }: Entry) =>
    Math.max(clock.monotonicMs() - atMs, clock.now().getTime() - at.getTime());
  function dropOld() {
    for (const [key, entry] of entries) {
      if (entries.size <= MOST && age(entry) < LONGEST_MS) return;
      entries.delete(key);
    }
  }

  return {
    /** What is kept under the key and not older than `ms`, or null. */
    get(key: string, ms = LONGEST_MS): KeptAnswer | null {
      dropOld();
      const entry = entries.get(key);
      return entry && age(entry) < ms ? entry : null;
    },
    put(key: string, cases: PlatformCase[]): KeptAnswer {
      const entry = { cases, at: clock.now(), atMs: clock.monotonicMs() };
      // Once more to the end: the order is that of age.
      entries.delete(key);
      entries.set(key, entry);
      dropOld();
      return entry;
    },
    drop: (key: string) => entries.delete(key),
    clear: () => entries.clear(),
  };
}

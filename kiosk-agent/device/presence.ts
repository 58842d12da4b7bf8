/** Notices what is plugged in and pulled out, by listing again and again: no system tells it in a way that all share. */
import { EventEmitter } from 'node:events';
import type { Clock } from './clock.ts';
import { isUntold, serialOf } from './fingerprint.ts';
import type { Found, FoundList } from './found.ts';

const EVERY_MS = 2_000;
/** Enumeration has gaps: only what is missing from so many lists in a row is gone. */
const MISSES = 3;
/** So many lists a port may stand without its ids before it is taken for what it shows. */
const UNTOLD_LISTS = 5;

export type PresenceEvents = {
  /** once, after the first list */
  ready: [];
  appeared: [found: Found];
  removed: [found: Found];
  /** the same thing tells more, or something else, of itself */
  changed: [from: Found, to: Found];
  /** sentences of the sources that fail now, when they are others than before; empty: all answer again */
  troubles: [troubles: readonly string[]];
};

export type PresenceParts = {
  /** never rejects and ends, as {@link listFound} */
  list: () => Promise<FoundList>;
  clock: Pick<Clock, 'after'>;
};

type Seen = { found: Found; misses: number; untold: number };

export class Presence extends EventEmitter<PresenceEvents> {
  readonly #parts: PresenceParts;
  readonly #seen = new Map<string, Seen>();
  #troubles: readonly string[] = [];
  #cancel: (() => void) | null = null;
  #looking: Promise<void> | null = null;
  #ready = false;
  #closed = false;

  /** Begins to look at once. */
  constructor(parts: PresenceParts) {
    super();
    this.#parts = parts;
    void this.look();
  }

  /** What is plugged in, as far as is known; a thing that was missing from one or two lists is still among it. */
  get found(): Found[] {
    return [...this.#seen.values()].map(({ found }) => found);
  }

  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** False until the first list has come. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Looks now, or waits for the look that is under way. Never rejects. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return (this.#looking ??= this.#look());
  }

  /** Looks no more. May be called again. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
    this.removeAllListeners();
  }

  async #look(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const list = await this.#parts.list();
    this.#looking = null;
    if (this.#closed) return;
    this.#cancel = this.#parts.clock.after(EVERY_MS, () => void this.look());
    this.#compare(list);
  }

  #compare({ found: listed, troubles, silent }: FoundList): void {
    const news: (() => void)[] = [];
    const byKey = new Map(listed.map((found) => [found.key, found]));
    for (const [key, seen] of this.#seen) {
      // A source that failed says nothing of what is plugged in.
      if (silent.includes(seen.found.kind)) continue;
      const now = byKey.get(key);
      byKey.delete(key);
      if (now === undefined) {
        seen.misses += 1;
        if (
          seen.misses >= MISSES ||
          listed.some((other) => !this.#seen.has(other.key) && isSuccessor(seen.found, other))
        )
          this.#remove(seen, news);
      } else if (
        isUntold(now) &&
        !isUntold(seen.found) &&
        seen.untold < UNTOLD_LISTS &&
        !isElsewhere(seen.found, now)
      ) {
        // Just plugged in again, and udev has not told the ids yet: neither the old device nor another.
        seen.untold += 1;
      } else {
        this.#update(seen, now, news);
      }
    }
    for (const found of byKey.values()) this.#add(found, news);
    // Told at the end: who listens then sees the whole list.
    for (const tell of news) tell();
    if (!this.#ready) {
      this.#ready = true;
      this.emit('ready');
    }
    if (troubles.join('\n') !== this.#troubles.join('\n')) {
      this.#troubles = troubles;
      this.emit('troubles', troubles);
    }
  }

  #add(found: Found, news: (() => void)[]): void {
    this.#seen.set(found.key, { found, misses: 0, untold: 0 });
    news.push(() => this.emit('appeared', found));
  }

  #remove({ found }: Seen, news: (() => void)[]): void {
    this.#seen.delete(found.key);
    news.push(() => this.emit('removed', found));
  }

  #update(seen: Seen, to: Found, news: (() => void)[]): void {
    const from = seen.found;
    seen.misses = 0;
    seen.untold = 0;
    if (isEqual(from, to)) return;
    if (isOther(from, to)) {
      this.#remove(seen, news);
      this.#add(to, news);
      return;
    }
    seen.found = to;
    news.push(() => this.emit('changed', from, to));
  }
}

/** Whether a missing thing has come back under another name: its socket or its serial number is there again. */
function isSuccessor(gone: Found, found: Found): boolean {
  if (found.kind !== gone.kind) return false;
  if (found.interface !== gone.interface || found.usagePage !== gone.usagePage || found.usage !== gone.usage)
    return false;
  if (found.location !== undefined && found.location === gone.location) return true;
  const serial = serialOf(gone);
  return (
    serial !== undefined &&
    serialOf(found) === serial &&
    found.vendorId === gone.vendorId &&
    found.productId === gone.productId
  );
}

/** Whether under one name there stands another device than before. What was not told before is no difference. */
function isOther(from: Found, to: Found): boolean {
  const differs = <T>(a: T | undefined, b: T | undefined) => a !== undefined && a !== b;
  return (
    differs(from.vendorId, to.vendorId) ||
    differs(from.productId, to.productId) ||
    differs(from.serialNumber, to.serialNumber) ||
    isElsewhere(from, to)
  );
}

function isElsewhere(from: Found, to: Found): boolean {
  return from.location !== undefined && to.location !== undefined && from.location !== to.location;
}

function isEqual(a: Found, b: Found): boolean {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Found>;
  return [...fields].every((field) => a[field] === b[field]);
}

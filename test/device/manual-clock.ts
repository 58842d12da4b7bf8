/** Time that moves when a test says so. */
import type { Clock } from '../../kiosk-agent/device/clock.ts';

export class ManualClock implements Clock {
  #ms = 0;
  readonly #tasks: { atMs: number; task: () => void }[] = [];

  now(): Date {
    return new Date(Date.UTC(2026, 0, 5, 1) + this.#ms);
  }
  monotonicMs(): number {
    return this.#ms;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { atMs: this.#ms + ms, task };
    this.#tasks.push(entry);
    return () => {
      const at = this.#tasks.indexOf(entry);
      if (at >= 0) this.#tasks.splice(at, 1);
    };
  }
  /** Runs what becomes due, in order, each in its own turn. */
  async advance(ms: number): Promise<void> {
    const until = this.#ms + ms;
    for (;;) {
      const due = this.#tasks.filter((entry) => entry.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#tasks.splice(this.#tasks.indexOf(due), 1);
      this.#ms = due.atMs;
      due.task();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#ms = until;
  }
  /** timers that are set */
  get pending(): number {
    return this.#tasks.length;
  }
  /** ms until the next timer, undefined for none */
  get nextMs(): number | undefined {
    return this.#tasks.length === 0
      ? undefined
      : Math.min(...this.#tasks.map((entry) => entry.atMs)) - this.#ms;
  }
}

/** Waits for a condition, at most `limitMs`; the error names it. */
export async function until(condition: () => boolean, what: string, limitMs = 5_000): Promise<void> {
  for (const end = performance.now() + limitMs; !condition();) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

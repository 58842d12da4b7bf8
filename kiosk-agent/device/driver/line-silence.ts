/** Waiting for bytes that do not come. */
import type { Clock } from '../clock.ts';

/**
 * Runs `task` when nothing has been read for `ms`; the answer cancels it. Two timers, one behind the other: when the
 * program itself has stood still for longer, bytes that came meanwhile are read between them, and are not late.
 */
export function afterReading(clock: Clock, ms: number, task: () => void): () => void {
  let cancel = clock.after(ms / 2, () => {
    cancel = clock.after(ms / 2, task);
  });
  return () => cancel();
}

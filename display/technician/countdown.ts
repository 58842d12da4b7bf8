/** Seconds that somebody still has, as they are shown. */
import { computed, ref, type ComputedRef } from 'vue';
import { serverNow, useNow } from '../clock.ts';
import { secondsLeft } from '../format.ts';

export type Countdown = {
  /** null: not running */
  left: ComputedRef<number | null>;
  start(seconds: number): void;
  stop(): void;
};

/** A countdown for one wait; it only shows, whoever waits ends it. */
export function useCountdown(): Countdown {
  const now = useNow();
  const wait = ref<{ until: number; seconds: number } | null>(null);
  return {
    // The page's clock ticks once a second and may be just before its tick: never more than there was to begin with.
    left: computed(
      () => wait.value && Math.min(wait.value.seconds, secondsLeft(wait.value.until, now.value)),
    ),
    start: (seconds) => void (wait.value = { until: serverNow() + seconds * 1000, seconds }),
    stop: () => void (wait.value = null),
  };
}

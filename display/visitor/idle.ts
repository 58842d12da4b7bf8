/** Sends a public page home after a time with nobody. */
import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue';

const touches = ['pointerdown', 'keydown'] as const;

/**
 * Counts down from `seconds()` and calls `home` at 0; a touch or key starts anew, null stops.
 * Goes by the machine's running time, so a corrected clock sends nobody away.
 */
export function useIdleReturn(seconds: () => number | null, home: () => void): ComputedRef<number | null> {
  const now = ref(performance.now());
  const touchedAt = ref(performance.now());
  const left = computed(() => {
    const limit = seconds();
    return limit === null
      ? null
      : Math.max(0, Math.ceil((touchedAt.value + limit * 1000 - now.value) / 1000));
  });
  const touched = (): void => {
    touchedAt.value = now.value = performance.now();
  };
  watch(seconds, touched);
  const timer = setInterval(() => {
    now.value = performance.now();
    if (left.value === 0) {
      touched();
      home();
    }
  }, 250);
  for (const touch of touches) addEventListener(touch, touched, true);
  onScopeDispose(() => {
    clearInterval(timer);
    for (const touch of touches) removeEventListener(touch, touched, true);
  });
  return left;
}

/** Things shown in turn, by the hub's clock, so that all boards of a hall turn at the same moment. */
import { computed, type ComputedRef } from 'vue';
import { useNow } from '../clock.ts';

/** The item that is due now, each for `seconds`; undefined for none. */
export function useRotation<T>(items: () => T[], seconds: number): ComputedRef<T | undefined> {
  const now = useNow();
  return computed(() => {
    const all = items();
    return all[Math.floor(now.value / (seconds * 1000)) % Math.max(1, all.length)];
  });
}

/** Pages of at most `size`, filled evenly: 7 by 6 become 4 and 3. */
export function evenPages<T>(items: T[], size: number): T[][] {
  const pages = Math.ceil(items.length / size);
  const each = Math.ceil(items.length / Math.max(1, pages));
  return Array.from({ length: pages }, (_, page) => items.slice(page * each, (page + 1) * each));
}

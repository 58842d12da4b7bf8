/** Asks the hub again and again as long as a component is there; a page that nobody looks at asks nothing. */
import { onScopeDispose, ref, type Ref } from 'vue';
import type { Answer, Trouble } from '../api.ts';

export type Asking<T> = {
  /** the last good answer; null before the first */
  value: Ref<T | null>;
  /** why it is not up to date; null when it is */
  wrong: Ref<Trouble | null>;
};

/** Asks at once and then `everyMs` after each answer. Ends with the component. */
export function useAsking<T>(ask: () => Promise<Answer<T>>, everyMs: number): Asking<T> {
  const value = ref<T | null>(null) as Ref<T | null>;
  const wrong = ref<Trouble | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let closed = false;

  async function again(): Promise<void> {
    clearTimeout(timer);
    if (asking) return;
    if (!document.hidden) {
      asking = true;
      const answer = await ask();
      asking = false;
      if (closed) return;
      wrong.value = answer.ok ? null : answer.trouble;
      if (answer.ok) value.value = answer.value;
    }
    timer = setTimeout(() => void again(), everyMs);
  }
  /** Looked at again: it does not show what it knew when it was left. */
  const lookedAt = (): void => void (document.hidden || again());
  void again();
  document.addEventListener('visibilitychange', lookedAt);
  onScopeDispose(() => {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', lookedAt);
  });
  return { value, wrong };
}

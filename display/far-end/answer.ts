/** What the server says to a question that changes with the page's filters and is asked again while the world moves on. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue';
import type { Answer, Trouble } from '../api.ts';

const tryAgainMs = 5_000;

export type Asked<T> = {
  /** the last good answer, kept while a newer one is on its way or cannot be had */
  value: ShallowRef<T | null>;
  trouble: Ref<Trouble | null>;
  /** the filters have changed and their answer has not come yet */
  busy: Ref<boolean>;
  again(): void;
};

/**
 * Asks at once, whenever `question` changes, and (not more often than `everyMs`, usually 2 s) whenever `news` does; after trouble,
 * every five seconds. An answer to an earlier question is not taken. `ended` is called when the session is over.
 */
export function useAnswer<Question, T>(
  question: WatchSource<Question>,
  ask: (question: Question) => Promise<Answer<T>>,
  { news, ended, everyMs = 2_000 }: { news?: WatchSource<unknown>; ended: () => void; everyMs?: number },
): Asked<T> {
  const value = shallowRef<T | null>(null);
  const trouble = ref<Trouble | null>(null);
  const busy = ref(true);
  let current: Question;
  let asked = 0;
  let askedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function now(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    askedAt = Date.now();
    const mine = ++asked;
    const answer = await ask(current);
    if (mine !== asked) return;
    busy.value = false;
    trouble.value = answer.ok ? null : answer.trouble;
    if (answer.ok) value.value = answer.value;
    else if (answer.trouble.code === 'not-signed-in') ended();
    else if (answer.trouble.code !== 'bad-request') later(tryAgainMs);
  }
  function later(ms: number): void {
    timer ??= setTimeout(() => void now(), ms);
  }
  watch(
    question,
    (next) => {
      current = next;
      busy.value = true;
      void now();
    },
    { immediate: true },
  );
  if (news) watch(news, () => later(Math.max(0, askedAt + everyMs - Date.now())));
  onScopeDispose(() => {
    asked = -1;
    clearTimeout(timer);
  });
  return { value, trouble, busy, again: () => void now() };
}

/** What is plugged in, asked for again and again as long as the page is looked at. */
import { onScopeDispose, ref, type Ref } from 'vue';
import type { FoundView } from '../../kiosk-agent/contract/live.ts';
import { devices, type Trouble } from '../api.ts';

const everyMs = 5_000;

export type Found = {
  /** null: not known yet */
  list: Ref<FoundView[] | null>;
  /** what the hub could not look into, in its words */
  troubles: Ref<string[]>;
  /** why the list is not up to date; null when it is */
  wrong: Ref<Trouble | null>;
  /** Asks now: something has just been bound or unbound. */
  renew(): void;
};

/** Begins to ask, and ends with the component. A page that nobody looks at asks nothing. */
export function useFound(): Found {
  const list = ref<FoundView[] | null>(null);
  const troubles = ref<string[]>([]);
  const wrong = ref<Trouble | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  let closed = false;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const mine = ++asked;
    if (!document.hidden) {
      const answer = await devices.found();
      // A later question is under way, and its answer is the newer one.
      if (closed || mine !== asked) return;
      if (answer.ok) {
        list.value = answer.value.found;
        troubles.value = answer.value.troubles;
      }
      wrong.value = answer.ok ? null : answer.trouble;
    }
    timer = setTimeout(() => void ask(), everyMs);
  }
  /** A page that is looked at again does not show what it knew when it was left. */
  const lookedAt = (): void => void (document.hidden || ask());
  void ask();
  document.addEventListener('visibilitychange', lookedAt);
  onScopeDispose(() => {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', lookedAt);
  });
  return { list, troubles, wrong, renew: () => void ask() };
}

/** The statistics that the page shows now: asked for when the choice changes, and again while today is in it. */
import { onScopeDispose, ref, watch, type Ref } from 'vue';
import type { TroubleCode } from '../../api.ts';
import { statistics, type ByDay, type Group, type Span, type Statistics } from '../statistics.ts';

/** What is looked at: the hall, or one service, window or member of staff. */
export type Choice = { span: Span; by: Group; key: string | null };
export type Numbers = {
  choice: Choice;
  days: ByDay;
  /** of the whole hall, by each group, and its own sums */
  hall: Statistics;
  groups: Record<Exclude<Group, 'hall'>, Statistics>;
};

const EVERY_MS = 60_000;

/** `numbers` stay as they were until new ones have come; `trouble`: why none have. */
export function useNumbers(
  choice: Ref<Choice>,
  ended: () => void,
): {
  numbers: Ref<Numbers | null>;
  loading: Ref<boolean>;
  trouble: Ref<TroubleCode | null>;
  ask: () => void;
} {
  const numbers = ref<Numbers | null>(null) as Ref<Numbers | null>;
  const loading = ref(false);
  const trouble = ref<TroubleCode | null>(null);
  let turn = 0;
  let again: ReturnType<typeof setTimeout> | undefined;

  async function ask(): Promise<void> {
    clearTimeout(again);
    // An answer to an earlier choice that comes late is not shown as one to this.
    const mine = ++turn;
    const asked = choice.value;
    loading.value = true;
    const [days, hall, service, window, staff] = await Promise.all([
      statistics.days(asked.span, asked.by, asked.key),
      ...(['hall', 'service', 'window', 'staff'] as const).map((by) => statistics.sums(asked.span, by)),
    ] as const);
    if (mine !== turn) return;
    loading.value = false;
    const wrong = [days, hall, service, window, staff].find((answer) => answer && !answer.ok);
    if (wrong && !wrong.ok) {
      trouble.value = wrong.trouble.code;
      if (wrong.trouble.code === 'not-signed-in' || wrong.trouble.code === 'not-allowed') ended();
      again = setTimeout(() => void ask(), EVERY_MS);
    } else if (days.ok && hall?.ok && service?.ok && window?.ok && staff?.ok) {
      trouble.value = null;
      numbers.value = {
        choice: asked,
        days: days.value,
        hall: hall.value,
        groups: { service: service.value, window: window.value, staff: staff.value },
      };
      if (hall.value.withToday) again = setTimeout(() => void ask(), EVERY_MS);
    }
  }
  watch(choice, () => void ask(), { immediate: true });
  onScopeDispose(() => {
    turn++;
    clearTimeout(again);
  });
  return { numbers, loading, trouble, ask: () => void ask() };
}

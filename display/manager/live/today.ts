/** Today's statistics beside the live view: the load by the hour and the day's sums, asked for again as visits end. */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue';
import type { StaffView } from '../../../kiosk-agent/contract/live.ts';
import type { TroubleCode } from '../../api.ts';
import { addDays, localDay, localHour, statistics, type Day } from '../statistics.ts';
import { loadOf, USUAL_DAYS, type Load } from './load.ts';

/** The hub is asked at most this often, ms, and at least every minute. */
const REST_MS = 10_000;
const EVERY_MS = 60_000;

/** `tally`: today's sums, null until they are known. `trouble`: why the last question had no answer. */
export function useToday(
  view: () => StaffView,
  now: Ref<number>,
  ended: () => void,
): { load: ComputedRef<Load | null>; tally: ComputedRef<Day | null>; trouble: Ref<TroubleCode | null> } {
  const days = ref<Day[] | null>(null);
  const trouble = ref<TroubleCode | null>(null);
  const zone = (): string => view().hall.timeZone;
  let asking = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let gone = false;

  async function ask(): Promise<void> {
    clearTimeout(again);
    if (asking || gone) return;
    asking = true;
    const today = localDay(now.value, zone());
    const answer = await statistics.days({ from: addDays(today, -7 * USUAL_DAYS), to: today }, 'hall', null);
    asking = false;
    if (gone) return;
    if (answer.ok) days.value = answer.value.days;
    else if (answer.trouble.code === 'not-signed-in' || answer.trouble.code === 'not-allowed') ended();
    trouble.value = answer.ok ? null : answer.trouble.code;
    askedAt = Date.now();
    again = setTimeout(() => void ask(), EVERY_MS);
  }
  let askedAt = 0;
  // A ticket taken, a visit ended, another day: soon, but not for each of a burst.
  watch(
    () => [view().day.served, view().day.day, Object.keys(view().tickets).length].join(),
    () => {
      clearTimeout(again);
      again = setTimeout(() => void ask(), Math.max(0, REST_MS - (Date.now() - askedAt)));
    },
  );
  void ask();
  onScopeDispose(() => {
    gone = true;
    clearTimeout(again);
  });

  const today = computed(() => localDay(now.value, zone()));
  const hour = computed(() => localHour(now.value, zone()));
  return {
    load: computed(() =>
      days.value ? loadOf(days.value, today.value, hour.value, view().hall.openingHours) : null,
    ),
    tally: computed(() => days.value?.find(({ day }) => day === today.value) ?? null),
    trouble,
  };
}

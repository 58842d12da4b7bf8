/** What both ledgers do alike: ask for one page of what the filters say, and fetch all of it for a file. */
import { computed, ref, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import type { LedgerPage, LedgerState } from '../../../kiosk-agent/contract/far-end.ts';
import type { Answer } from '../../api.ts';
import type { About } from '../../exports/table.ts';
import { useAnswer } from '../answer.ts';
import type { LedgerQuery } from '../calls.ts';
import { useSession } from '../inject.ts';
import { regionName } from '../names.ts';
import type { Place } from '../place.ts';
import { allRows } from './whole.ts';

const size = 50;

/** `place` is read anew whenever it changes; `rowsOf` takes the rows out of a page. */
export function useLedger<Page extends LedgerPage, Row>(
  place: () => Place,
  ask: (query: LedgerQuery) => Promise<Answer<Page>>,
  rowsOf: (page: Page) => Row[],
) {
  const { t } = useI18n();
  const { feed, ended, timeZone } = useSession();
  const state = ref<LedgerState>('open');
  const page = ref(1);
  const progress = ref<{ n: number; total: number } | null>(null);
  const filter = computed(() => ({ region: place().region, agent: place().agent, state: state.value }));
  watch(filter, () => (page.value = 1));
  const answer = useAnswer(() => ({ ...filter.value, page: page.value, size }), ask, {
    ...{ news: feed.view, ended, everyMs: 5_000 },
  });
  const rows = computed((): Row[] => (answer.value.value ? rowsOf(answer.value.value) : []));
  const whole = (): Promise<Row[] | null> =>
    allRows(
      (at, most) => ask({ ...filter.value, page: at, size: most }),
      rowsOf,
      (told) => (progress.value = told),
    );
  const about = computed((): About => {
    const { region, agent } = place();
    const where = agent ?? (region ? regionName(region) : t('farEnd.region.all'));
    return [
      { name: t('farEnd.halls.column.region'), value: where },
      { name: t('farEnd.ledger.state'), value: t(`farEnd.ledger.${state.value}`) },
    ];
  });
  return { state, page, progress, answer, rows, whole, about, timeZone, size };
}

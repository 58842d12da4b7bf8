/** How the hall stands against its closing, as it is taken away or printed. */
import type { ComposerTranslation } from 'vue-i18n';
import type { Table } from '../../exports/table.ts';
import type { Words } from '../ledger/words.ts';
import type { SurgeState } from './calls.ts';

export function forecastTable(
  { services }: SurgeState,
  t: ComposerTranslation,
  words: Words,
  wait: (of: SurgeState['services'][number]) => string,
): Table {
  const name = (key: string): string => t(`supervision.surge.column.${key}`);
  return {
    title: t('supervision.surge.export'),
    columns: [
      { name: t('supervision.service'), kind: 'text' },
      { name: name('waiting'), kind: 'number' },
      { name: name('wait'), kind: 'text' },
      { name: name('today'), kind: 'text' },
      { name: name('after'), kind: 'number' },
      { name: name('more'), kind: 'number' },
    ],
    rows: services.map((one) => [
      words.service(one.service),
      one.waiting,
      wait(one),
      t(`supervision.surge.servedToday.${one.servedToday}`),
      one.afterClosing,
      one.moreToday,
    ]),
  };
}

/** A call-back sample as it is taken away or printed. */
import type { ComposerTranslation } from 'vue-i18n';
import type { Table } from '../../exports/table.ts';
import type { Words } from '../ledger/words.ts';
import type { Sample } from './calls.ts';
import { isKept } from './progress.ts';

export function sampleTable(
  sample: Sample,
  t: ComposerTranslation,
  words: Words,
  optionText: (code: string) => string,
): Table {
  const name = (key: string): string => t(`supervision.callBack.${key}`);
  return {
    title: name('export'),
    columns: [
      { name: name('order'), kind: 'number' },
      { name: name('session'), kind: 'text' },
      { name: t('supervision.number'), kind: 'text' },
      { name: name('at'), kind: 'date' },
      { name: t('supervision.window'), kind: 'number' },
      { name: t('supervision.service'), kind: 'text' },
      { name: name('original'), kind: 'text' },
      { name: name('outcomeTitle'), kind: 'text' },
      { name: name('result'), kind: 'text' },
      { name: t('supervision.rating.reason'), kind: 'text' },
      { name: t('supervision.rating.column.reasonText'), kind: 'text' },
      { name: t('supervision.staff'), kind: 'text' },
      { name: t('supervision.time'), kind: 'date' },
    ],
    rows: sample.visits.map((visit, at) => {
      if (!isKept(visit)) return [at + 1, String(visit.session), ...Array<null>(11).fill(null)];
      const { result } = visit;
      return [
        at + 1,
        String(visit.session),
        visit.number,
        visit.at,
        visit.window,
        words.service(visit.service),
        visit.level === null ? name('notRated') : words.level(visit.level),
        result ? name(`outcome.${result.outcome}`) : name('open'),
        result?.level === undefined ? null : words.level(result.level),
        result?.options?.map(optionText).join('; ') ?? null,
        result?.text ?? null,
        result?.staff ?? null,
        result?.at ?? null,
      ];
    }),
  };
}

/** The ledger of bad ratings as it is taken away or printed. */
import type { ComposerTranslation } from 'vue-i18n';
import type { Table } from '../../exports/table.ts';
import type { Words } from '../ledger/words.ts';
import type { BadRating } from './calls.ts';

export function ratingTable(
  ratings: readonly BadRating[],
  t: ComposerTranslation,
  words: Words,
  optionText: (code: string) => string,
): Table {
  const column = (name: string): string => t(`supervision.rating.column.${name}`);
  const stepText = ({ step, at, staff, text, outcome }: BadRating['steps'][number]): string =>
    [
      words.time(at),
      t(`supervision.rating.step.${step}`),
      staff === undefined ? '' : t('supervision.rating.by', { staff }),
      outcome ? t(`supervision.rating.outcome.${outcome}`) : '',
      text ?? '',
    ]
      .filter(Boolean)
      .join(' ');
  return {
    title: t('supervision.rating.export'),
    columns: [
      { name: t('supervision.rating.session'), kind: 'text' },
      { name: t('supervision.number'), kind: 'text' },
      { name: t('supervision.rating.givenAt'), kind: 'date' },
      { name: t('supervision.window'), kind: 'number' },
      { name: t('supervision.service'), kind: 'text' },
      { name: t('supervision.staff'), kind: 'text' },
      { name: t('supervision.levelName'), kind: 'text' },
      { name: column('state'), kind: 'text' },
      { name: column('next'), kind: 'text' },
      { name: column('due'), kind: 'date' },
      { name: column('left'), kind: 'number' },
      { name: t('supervision.rating.reason'), kind: 'text' },
      { name: column('reasonText'), kind: 'text' },
      { name: column('again'), kind: 'text' },
      { name: column('upheld'), kind: 'text' },
      { name: column('steps'), kind: 'text' },
    ],
    rows: ratings.map((one) => {
      const again = one.steps.find(({ level }) => level !== undefined)?.level;
      return [
        String(one.session),
        one.number,
        one.givenAt,
        one.window,
        words.service(one.service),
        one.staff,
        words.level(one.level),
        t(`supervision.rating.tab.${one.overdue ? 'overdue' : one.state}`),
        one.next ? t(`supervision.rating.step.${one.next.step}`) : null,
        one.next?.due ?? null,
        one.next?.workingDaysLeft ?? null,
        one.reason
          ? one.reason.options.map(optionText).join('; ')
          : t(`supervision.rating.reasonState.${one.reasonState}`),
        one.reason?.text ?? null,
        again === undefined ? null : words.level(again),
        t(one.upheld ? 'supervision.rating.yes' : 'supervision.rating.no'),
        one.steps.map(stepText).join(' | '),
      ];
    }),
  };
}

/** The ledger of opinions as it is taken away or printed. */
import type { ComposerTranslation } from 'vue-i18n';
import type { Table } from '../../exports/table.ts';
import type { Opinion } from './calls.ts';

export function opinionTable(opinions: readonly Opinion[], t: ComposerTranslation): Table {
  const name = (key: string): string => t(`supervision.opinion.${key}`);
  return {
    title: name('export'),
    columns: [
      { name: name('number'), kind: 'text' },
      { name: name('filedAt'), kind: 'date' },
      { name: name('kindName'), kind: 'text' },
      { name: name('channelName'), kind: 'text' },
      { name: t('supervision.window'), kind: 'number' },
      { name: name('text'), kind: 'text' },
      { name: t('supervision.rating.column.state'), kind: 'text' },
      { name: name('due'), kind: 'date' },
      { name: t('supervision.clock.lateToday'), kind: 'text' },
      { name: name('assignedTo'), kind: 'text' },
      { name: name('answer'), kind: 'text' },
      { name: name('outcomeTitle'), kind: 'text' },
      { name: name('reason'), kind: 'text' },
    ],
    rows: opinions.map((one) => [
      one.opinion,
      one.filedAt,
      name(`kind.${one.kind}`),
      name(`channel.${one.channel}`),
      one.window ?? null,
      one.text,
      name(`state.${one.state}`),
      one.dueDay,
      t(one.overdue ? 'supervision.rating.yes' : 'supervision.rating.no'),
      one.assignedTo,
      one.answer?.text ?? null,
      one.closed ? name(`outcome.${one.closed.outcome}`) : null,
      one.closed?.reason ?? null,
    ]),
  };
}

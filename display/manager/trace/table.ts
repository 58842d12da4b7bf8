/** The register of traces as it is taken away or printed, each with its place in the chain. */
import type { ComposerTranslation } from 'vue-i18n';
import type { Table } from '../../exports/table.ts';
import type { Trace } from './calls.ts';

export function traceTable(traces: readonly Trace[], t: ComposerTranslation): Table {
  return {
    title: t('supervision.trace.export'),
    columns: [
      { name: t('supervision.trace.seq'), kind: 'number' },
      { name: t('supervision.time'), kind: 'date' },
      { name: t('supervision.trace.kind'), kind: 'text' },
      { name: t('supervision.trace.who'), kind: 'text' },
      { name: t('supervision.window'), kind: 'number' },
      { name: t('supervision.number'), kind: 'text' },
      { name: t('supervision.trace.reason'), kind: 'text' },
      { name: 'SHA-256', kind: 'text' },
    ],
    rows: traces.map((one) => [
      one.seq,
      one.time,
      t(`supervision.trace.action.${one.action}`),
      one.staff ?? t('supervision.trace.program'),
      one.window ?? null,
      one.number ?? null,
      one.reason,
      one.hash,
    ]),
  };
}

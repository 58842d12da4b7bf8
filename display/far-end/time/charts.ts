/** Tallies along the time as charts, and by whatever they are grouped by as a table. Pure but for the words. */
import type { StatisticsRow } from '../../../kiosk-agent/contract/far-end.ts';
import type { Tally } from '../../../kiosk-agent/contract/totals.ts';
import type { SeriesChart } from '../../charts/data.ts';
import type { Cell, Table } from '../../exports/table.ts';
import { meanS, mostS, notRated, rated, satisfied } from '../figures.ts';

type Say = (key: string) => string;

/** `categories`: what each row is called, in their order; `along`: what they are. */
export function chartsOf(
  rows: StatisticsRow[],
  categories: string[],
  along: string,
  t: Say,
): { visitors: SeriesChart; waits: SeriesChart; levels: SeriesChart } {
  const word = (name: string): string => t(`farEnd.time.${name}`);
  const series = (name: string, value: (row: Tally) => number | null) => ({
    name: word(name),
    values: rows.map(value),
  });
  const base = { category: along, categories };
  return {
    visitors: {
      ...{ kind: 'bar', title: word('visitors'), unit: 'number', ...base },
      series: [
        series('tickets', (row) => row.tickets),
        series('served', (row) => row.served),
        series('missed', (row) => row.missed),
        series('left', (row) => row.cancelled),
      ],
    },
    waits: {
      ...{ kind: 'line', title: word('waits'), unit: 'duration', ...base },
      series: [
        series('waitMean', (row) => meanS(row.waited)),
        series('waitMost', (row) => mostS(row.waited)),
        series('serviceMean', (row) => meanS(row.atWindow)),
      ],
    },
    levels: {
      ...{ kind: 'stacked', graded: true, title: word('levels'), unit: 'number', ...base },
      series: [5, 4, 3, 2, 1].map((level) => ({
        name: t(`farEnd.level.${level}`),
        values: rows.map((row) => row.ratings[level - 1] ?? 0),
      })),
    },
  };
}

/** `names`: what each row is called; `first`: what they are; `title` of the table. */
export function statisticsTable(
  rows: StatisticsRow[],
  names: string[],
  first: string,
  title: string,
  t: Say,
): Table {
  const column = (name: string, kind: Table['columns'][number]['kind'] = 'number') => ({
    name: t(`farEnd.time.${name}`),
    kind,
  });
  return {
    title,
    columns: [
      { name: first, kind: 'text' },
      ...['tickets', 'served', 'missed', 'left'].map((name) => column(name)),
      ...['waitMean', 'waitMost', 'serviceMean'].map((name) => column(name, 'duration')),
      ...['asked', 'ratings', 'notRated'].map((name) => column(name)),
      ...['rate', 'satisfied'].map((name) => column(name, 'percent')),
      ...[5, 4, 3, 2, 1].map((level) => ({ name: t(`farEnd.level.${level}`), kind: 'number' as const })),
    ],
    rows: rows.map((row, at): Cell[] => [
      names[at] ?? row.key,
      ...[row.tickets, row.served, row.missed, row.cancelled],
      ...[meanS(row.waited), mostS(row.waited), meanS(row.atWindow)],
      ...[row.asked, rated(row), notRated(row)],
      row.asked === 0 ? null : Math.min(1, rated(row) / row.asked),
      satisfied(row.ratings),
      ...[5, 4, 3, 2, 1].map((level) => row.ratings[level - 1] ?? 0),
    ]),
  };
}

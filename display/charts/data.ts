/** What a chart shows, and the same as a table: nobody has to read it from the picture. Pure. */
import type { Cell, CellKind, Table } from '../exports/table.ts';

export type Series = {
  name: string;
  /** one for each category; null: nothing is known, which is not 0 */
  values: (number | null)[];
  /** line: a comparison, drawn dashed and without points */
  faint?: boolean;
};
/** `unit` says what the values are; axes and words follow it. */
export type SeriesChart = {
  kind: 'line' | 'bar' | 'stacked';
  title: string;
  /** what the categories are, e.g. "Day" */
  category: string;
  categories: string[];
  series: Series[];
  unit: CellKind;
  /** series are steps from good to bad, as levels of a rating; coloured so */
  graded?: boolean;
};
export type HeatChart = {
  kind: 'heat';
  title: string;
  category: string;
  /** along, e.g. hours */
  categories: string[];
  /** down, e.g. days */
  rows: { name: string; values: (number | null)[] }[];
  unit: CellKind;
};
export type ChartData = SeriesChart | HeatChart;

/** The chart's figures, a row for each category (heat: for each of its rows). */
export function tableOf(chart: ChartData): Table {
  if (chart.kind === 'heat')
    return {
      title: chart.title,
      columns: [text(chart.category), ...chart.categories.map((name) => ({ name, kind: chart.unit }))],
      rows: chart.rows.map(({ name, values }) => [
        name,
        ...chart.categories.map((_, at) => values[at] ?? null),
      ]),
    };
  return {
    title: chart.title,
    columns: [text(chart.category), ...chart.series.map(({ name }) => ({ name, kind: chart.unit }))],
    rows: chart.categories.map((name, at): Cell[] => [
      name,
      ...chart.series.map(({ values }) => values[at] ?? null),
    ]),
  };
}
function text(name: string): Table['columns'][number] {
  return { name, kind: 'text' };
}

/** Whether there is anything to draw. */
export function isEmpty(chart: ChartData): boolean {
  const lines = chart.kind === 'heat' ? chart.rows : chart.series;
  return lines.every(({ values }) => values.every((value) => value === null || value === 0));
}

/** A chart as ECharts wants it: colours of our tokens, told apart by pattern, dash and label too. Pure. */
import type { EChartsCoreOption } from 'echarts/core';
import { cellText, type CellKind } from '../exports/table.ts';
import type { ChartData, HeatChart, SeriesChart } from './data.ts';

/** Colours as the page's tokens have them. */
export type Palette = {
  ink: string;
  ink2: string;
  line: string;
  font: string;
  series: string[];
  /** from good to bad */
  grades: string[];
  /** from few to many */
  heat: string[];
};

/** Patterns of areas, one a series: two neighbours differ also in grey. */
const DECALS = [
  { symbol: 'none' },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 },
  {
    symbol: 'circle',
    symbolSize: 0.7,
    dashArrayX: [
      [6, 6],
      [0, 6, 6, 0],
    ],
    dashArrayY: [6, 0],
  },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4 },
  {
    symbol: 'rect',
    dashArrayX: [
      [4, 4],
      [0, 4, 4, 0],
    ],
    dashArrayY: [4, 0],
  },
  { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4] },
].map((one) => ({ ...one, color: 'rgba(255,255,255,0.45)' }));
const DASHES = ['solid', [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];
const POINTS = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'pin'];

/** The whole option of a chart; `animate` false for people who want no motion. */
export function optionOf(chart: ChartData, palette: Palette, animate: boolean): EChartsCoreOption {
  const base = {
    animation: animate,
    animationDuration: 300,
    textStyle: { fontFamily: palette.font, color: palette.ink, fontSize: 13 },
    // The picture has its own name and a table beside it.
    aria: { enabled: false },
  };
  return chart.kind === 'heat' ? heatOption(chart, palette, base) : seriesOption(chart, palette, base);
}

function seriesOption(chart: SeriesChart, palette: Palette, base: object): EChartsCoreOption {
  const line = chart.kind === 'line';
  const colors = chart.graded ? palette.grades : palette.series;
  const several = chart.series.length > 1;
  return {
    ...base,
    color: colors,
    grid: { left: 8, right: 16, top: several ? 36 : 14, bottom: 4, containLabel: true },
    legend: {
      show: several,
      top: 0,
      left: 0,
      icon: line ? undefined : 'rect',
      textStyle: { color: palette.ink, fontSize: 13 },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: line ? 'line' : 'shadow' },
      confine: true,
      valueFormatter: (value: unknown) => cellText(typeof value === 'number' ? value : null, chart.unit),
    },
    xAxis: {
      type: 'category',
      data: chart.categories,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
      axisLabel: { color: palette.ink2, hideOverlap: true },
    },
    yAxis: valueAxis(chart, palette),
    series: chart.series.map(({ name, values, faint }, at) => {
      const color = faint ? palette.ink2 : colors[at % colors.length];
      return {
        name,
        data: values,
        color,
        ...(line
          ? {
              type: 'line',
              connectNulls: false,
              symbol: faint ? 'none' : POINTS[at % POINTS.length],
              symbolSize: 7,
              showSymbol: !faint,
              lineStyle: { width: faint ? 2 : 3, type: faint ? [4, 4] : DASHES[at % DASHES.length] },
            }
          : {
              type: 'bar',
              barMaxWidth: 42,
              ...(chart.kind === 'stacked' ? { stack: 'all' } : { barGap: '10%' }),
              itemStyle: {
                decal: DECALS[at % DECALS.length],
                ...(chart.kind === 'stacked' ? { borderColor: '#fff', borderWidth: 1 } : {}),
              },
            }),
      };
    }),
  };
}

function heatOption(chart: HeatChart, palette: Palette, base: object): EChartsCoreOption {
  const cells = chart.rows.flatMap(({ values }, y) =>
    values.map((value, x) => ({ value: [x, y, value ?? '-'], ...{ label: { color: palette.ink } } })),
  );
  const most = Math.max(1, ...chart.rows.flatMap(({ values }) => values.map((value) => value ?? 0)));
  for (const cell of cells)
    // Dark fields get white figures.
    if (typeof cell.value[2] === 'number' && cell.value[2] > most * 0.55) cell.label.color = '#fff';
  // Figures in every field stay legible only while the fields are wide enough.
  const labels = chart.categories.length <= 16;
  return {
    ...base,
    grid: { left: 8, right: 16, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      confine: true,
      formatter: ({ value }: { value: [number, number, number | string] }) =>
        `${escaped(chart.rows[value[1]]?.name)} ${escaped(chart.categories[value[0]])}: ${cellText(typeof value[2] === 'number' ? value[2] : null, chart.unit)}`,
    },
    visualMap: { show: false, min: 0, max: most, inRange: { color: palette.heat } },
    xAxis: {
      type: 'category',
      data: chart.categories,
      axisTick: { show: false },
      axisLabel: { color: palette.ink2 },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: chart.rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLabel: { color: palette.ink2 },
    },
    series: [
      {
        type: 'heatmap',
        data: cells,
        itemStyle: { borderColor: '#fff', borderWidth: 2 },
        label: {
          show: labels,
          fontSize: 12,
          formatter: ({ value }: { value: [number, number, number | string] }) =>
            typeof value[2] === 'number' ? shortValue(value[2], chart.unit) : '',
        },
      },
    ],
  };
}

/** Steps of an axis of times, s: nobody reads 3, 7, 10, 13 minutes. */
const TIME_AXIS_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000];

function valueAxis({ unit, series }: SeriesChart, palette: Palette): object {
  const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return {
    type: 'value',
    minInterval: unit === 'number' ? 1 : 0,
    ...(unit === 'percent' ? { min: 0, max: 1 } : {}),
    ...(unit === 'duration'
      ? { interval: TIME_AXIS_S.find((step) => most / step <= 6) ?? Math.ceil(most / 6 / 18_000) * 18_000 }
      : {}),
    axisLabel: { color: palette.ink2, formatter: (value: number) => shortValue(value, unit) },
    splitLine: { lineStyle: { color: palette.line, opacity: 0.6 } },
  };
}

/** A value where there is little room: minutes as `12′`, shares without digits behind the point. */
function shortValue(value: number, unit: CellKind): string {
  if (unit === 'duration') return `${Math.round(value / 60)}′`;
  if (unit === 'percent') return `${Math.round(value * 100)}%`;
  return cellText(value, 'number');
}

/** A name from the hall's configuration inside the hint, which is HTML. */
function escaped(text: string | undefined): string {
  return (text ?? '').replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

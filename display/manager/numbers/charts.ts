/** The charts of the statistics. */
import type { Tally } from '../../../kiosk-agent/contract/totals.ts';
import type { ChartData } from '../../charts/data.ts';
import { mean, rated, satisfied, share, type Day } from '../statistics.ts';
import { hourMap, hourSums, type Part, type Step } from './reckon.ts';
import { TIME_STEPS } from './steps.ts';
import type { Words } from './tables.ts';

/** `11-23`, for a week its Monday, `2026-11` for a month. */
function partName(from: string, step: Step): string {
  return step === 'month' ? from.slice(0, 7) : from.slice(5);
}

export function partCharts(t: Words, parts: Part[], step: Step, tickets: boolean): ChartData[] {
  const categories = parts.map(({ from }) => partName(from, step));
  const base = { category: t(`manager.numbers.step.${step}`), categories };
  const of = (read: (tally: Tally) => number | null) =>
    parts.map(({ tally }) => (tally ? read(tally) : null));
  return [
    {
      ...base,
      kind: 'bar',
      title: t('manager.chart.visitors'),
      unit: 'number',
      series: [
        ...(tickets ? [{ name: t('manager.column.tickets'), values: of((tally) => tally.tickets) }] : []),
        { name: t('manager.column.served'), values: of((tally) => tally.served) },
        { name: t('manager.chart.left'), values: of((tally) => tally.missed + tally.cancelled) },
      ],
    },
    {
      ...base,
      kind: 'line',
      title: t('manager.chart.times'),
      unit: 'duration',
      series: [
        { name: t('manager.column.meanWait'), values: of((tally) => mean(tally.waited)) },
        { name: t('manager.column.meanVisit'), values: of((tally) => mean(tally.atWindow)) },
      ],
    },
    {
      ...base,
      kind: 'stacked',
      title: t('manager.chart.ratings'),
      unit: 'number',
      graded: true,
      series: [5, 4, 3, 2, 1].map((level) => ({
        name: t(`manager.levels.${level}`),
        values: of((tally) => tally.ratings[level - 1] ?? 0),
      })),
    },
    {
      ...base,
      kind: 'line',
      title: t('manager.chart.shares'),
      unit: 'percent',
      series: [
        { name: t('manager.column.satisfied'), values: of((tally) => share(satisfied(tally), rated(tally))) },
        { name: t('manager.column.ratedShare'), values: of((tally) => share(rated(tally), tally.asked)) },
      ],
    },
  ];
}

/** How many waited how long. */
export function waitChart(t: Words, tally: Tally): ChartData {
  const minutes = TIME_STEPS.map((seconds) => seconds / 60);
  return {
    kind: 'bar',
    title: t('manager.chart.waits'),
    category: t('manager.chart.waitClass'),
    categories: [
      ...minutes.map((to, at) => (at === 0 ? `<${to}′` : `${minutes[at - 1]}–${to}′`)),
      `≥${minutes.at(-1)}′`,
    ],
    unit: 'number',
    series: [{ name: t('manager.chart.called'), values: [...tally.waited.counts] }],
  };
}

/** Hours of one day as bars; of several days a map of weekdays and hours. Null when the hub knows no hours of them. */
export function hourChart(t: Words, days: Day[], weekdayName: (weekday: number) => string): ChartData | null {
  const known = days.filter(({ hours }) => hours !== null);
  if (known.length === 0) return null;
  if (known.length === 1) {
    const hours = hourSums(known);
    return {
      kind: 'bar',
      title: t('manager.chart.hours'),
      category: t('manager.column.hour'),
      categories: hours.map(({ hour }) => `${hour}:00`),
      unit: 'number',
      series: [
        { name: t('manager.column.tickets'), values: hours.map(({ tickets }) => tickets) },
        { name: t('manager.column.served'), values: hours.map(({ served }) => served) },
      ],
    };
  }
  const map = hourMap(known);
  return {
    kind: 'heat',
    title: t('manager.chart.hourMap'),
    category: t('manager.chart.weekday'),
    categories: map.hours.map((hour) => `${hour}:00`),
    unit: 'number',
    rows: map.rows.map(({ weekday, values }) => ({ name: weekdayName(weekday), values })),
  };
}

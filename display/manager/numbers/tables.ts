/** The statistics as tables: day by day, hour by hour, by service, window and staff. */
import type { Tally } from '../../../kiosk-agent/contract/totals.ts';
import type { Cell, Column, Table } from '../../exports/table.ts';
import { mean, rated, satisfied, share, type Day } from '../statistics.ts';
import type { HourSum, Part, Step } from './reckon.ts';

export type Words = (key: string, values?: Record<string, unknown>) => string;

/** The columns of a tally; `tickets`: whether tickets are counted there (a ticket is taken at no window and by no staff). */
function columns(t: Words, tickets: boolean): { column: Column; of: (tally: Tally) => Cell }[] {
  const number = (name: string, of: (tally: Tally) => Cell) => ({
    column: { name: t(`manager.column.${name}`), kind: 'number' as const },
    of,
  });
  const duration = (name: string, of: (tally: Tally) => Cell) => ({
    column: { name: t(`manager.column.${name}`), kind: 'duration' as const },
    of,
  });
  const percent = (name: string, of: (tally: Tally) => Cell) => ({
    column: { name: t(`manager.column.${name}`), kind: 'percent' as const },
    of,
  });
  return [
    ...(tickets ? [number('tickets', (tally) => tally.tickets)] : []),
    number('called', (tally) => tally.called),
    number('served', (tally) => tally.served),
    number('missed', (tally) => tally.missed),
    number('cancelled', (tally) => tally.cancelled),
    duration('meanWait', (tally) => mean(tally.waited)),
    duration('maxWait', (tally) => (tally.waited.count > 0 ? tally.waited.maxS : null)),
    duration('meanVisit', (tally) => mean(tally.atWindow)),
    number('asked', (tally) => tally.asked),
    number('rated', rated),
    percent('ratedShare', (tally) => share(rated(tally), tally.asked)),
    percent('satisfied', (tally) => share(satisfied(tally), rated(tally))),
    ...[5, 4, 3, 2, 1].map((level) => ({
      column: { name: t(`manager.levels.${level}`), kind: 'number' as const },
      of: (tally: Tally): Cell => tally.ratings[level - 1] ?? 0,
    })),
  ];
}

/** A row for each; `first` names what the rows are. */
export function tallyTable(
  t: Words,
  title: string,
  first: Column,
  rows: { name: string; tally: Tally }[],
  tickets: boolean,
): Table {
  const all = columns(t, tickets);
  return {
    title,
    columns: [first, ...all.map(({ column }) => column)],
    rows: rows.map(({ name, tally }) => [name, ...all.map(({ of }) => of(tally))]),
  };
}

export function dayTable(t: Words, days: Day[], tickets: boolean): Table {
  const first = { name: t('manager.column.day'), kind: 'date' as const };
  const rows = days.map((day) => ({ name: day.day, tally: day }));
  return tallyTable(t, t('manager.numbers.byDay'), first, rows, tickets);
}

/** By week or month (`from`, its first day), where days would be too many to read. */
export function partTable(t: Words, parts: Part[], step: Step, tickets: boolean): Table {
  const rows = parts.flatMap(({ from, tally }) =>
    tally ? [{ name: step === 'month' ? from.slice(0, 7) : from, tally }] : [],
  );
  const first = { name: t(`manager.numbers.step.${step}`), kind: 'text' as const };
  return tallyTable(t, t(`manager.numbers.table.${step}`), first, rows, tickets);
}

export function hourTable(t: Words, hours: HourSum[]): Table {
  return {
    title: t('manager.numbers.byHour'),
    columns: [
      { name: t('manager.column.hour'), kind: 'text' },
      { name: t('manager.column.tickets'), kind: 'number' },
      { name: t('manager.column.firstCalls'), kind: 'number' },
      { name: t('manager.column.served'), kind: 'number' },
      { name: t('manager.column.meanWait'), kind: 'duration' },
    ],
    rows: hours.map(({ hour, tickets, called, served, waitedSumS }) => [
      `${hour}:00`,
      tickets,
      called,
      served,
      mean({ sumS: waitedSumS, count: called }),
    ]),
  };
}

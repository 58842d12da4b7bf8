/** Both ledgers as tables to take away. */
import type { BadRating, OpinionEntry } from '../../../kiosk-agent/contract/far-end.ts';
import type { Cell, CellKind, Table } from '../../exports/table.ts';
import { hallName, regionName, serviceName } from '../names.ts';

type Say = (key: string, values?: Record<string, unknown>) => string;

const columnsOf = (t: Say, columns: (readonly [string, CellKind])[]): Table['columns'] =>
  columns.map(([name, kind]) => ({ name: t(`farEnd.ledger.column.${name}`), kind }));

export function badTable(rows: BadRating[], t: Say): Table {
  return {
    title: t('farEnd.section.ratings'),
    columns: columnsOf(t, [
      ...([
        ['hall', 'text'],
        ['region', 'text'],
        ['given', 'date'],
        ['level', 'text'],
      ] as const),
      ...([
        ['number', 'text'],
        ['window', 'number'],
        ['staff', 'text'],
        ['service', 'text'],
      ] as const),
      ...([
        ['state', 'text'],
        ['next', 'text'],
        ['due', 'date'],
        ['late', 'number'],
      ] as const),
      ...([
        ['reason', 'text'],
        ['steps', 'text'],
      ] as const),
    ]),
    rows: rows.map((row): Cell[] => [
      ...[hallName(row.hall), regionName(row.region), row.givenAt, t(`farEnd.level.${row.level}`)],
      ...[row.number, row.window, row.staff, serviceName(row.service)],
      t(`farEnd.ledger.ratingState.${row.state}`),
      row.next ? t(`farEnd.ledger.step.${row.next.step}`) : null,
      row.next?.due ?? null,
      row.overdue ? row.daysLate : null,
      row.reason ? [...row.reason.options, row.reason.text ?? ''].filter(Boolean).join(' ') : null,
      row.steps.map(({ step, at }) => `${t(`farEnd.ledger.step.${step}`)} ${at.slice(0, 10)}`).join('; '),
    ]),
  };
}

export function opinionTable(rows: OpinionEntry[], t: Say): Table {
  return {
    title: t('farEnd.section.opinions'),
    columns: columnsOf(t, [
      ...([
        ['opinion', 'text'],
        ['hall', 'text'],
        ['region', 'text'],
        ['kind', 'text'],
      ] as const),
      ...([
        ['filed', 'date'],
        ['due', 'date'],
        ['late', 'number'],
        ['state', 'text'],
      ] as const),
      ...([
        ['assigned', 'text'],
        ['text', 'text'],
        ['answer', 'text'],
      ] as const),
    ]),
    rows: rows.map((row): Cell[] => [
      ...[row.opinion, hallName(row.hall), regionName(row.region), t(`farEnd.ledger.kind.${row.kind}`)],
      ...[row.filedAt, row.dueDay, row.overdue ? row.daysLate : null],
      ...[t(`farEnd.ledger.opinionState.${row.state}`), row.assignedTo, row.text, row.answer],
    ]),
  };
}

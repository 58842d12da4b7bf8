/** The halls as a table to take away. */
import type { ListedHall } from '../../../kiosk-agent/contract/far-end.ts';
import type { Cell, Table } from '../../exports/table.ts';
import { levels, satisfied } from '../figures.ts';
import { hallName, regionName } from '../names.ts';

/** `t` gives the words of the page's language. */
export function hallTable(rows: ListedHall[], t: (key: string) => string): Table {
  const column = (name: string, kind: Table['columns'][number]['kind'] = 'number') => ({
    name: t(`farEnd.halls.column.${name}`),
    kind,
  });
  return {
    title: t('farEnd.section.halls'),
    columns: [
      column('name', 'text'),
      column('region', 'text'),
      column('state', 'text'),
      column('last', 'date'),
      ...['backlog', 'tickets', 'waiting'].map((name) => column(name)),
      column('wait', 'duration'),
      column('most', 'duration'),
      ...['windows', 'ratings'].map((name) => column(name)),
      column('satisfied', 'percent'),
      ...['bad', 'opinions', 'devices'].map((name) => column(name)),
    ],
    rows: rows.map((row): Cell[] => {
      const rated = levels(row.ratings);
      const figures =
        row.hall === null
          ? new Array<null>(10).fill(null)
          : [
              ...[row.tickets, row.waiting, row.waitMeanS, row.waitMostS, row.windowsOpen],
              ...[rated.reduce((sum, count) => sum + count, 0), satisfied(rated)],
              ...[row.badOverdue, row.opinionsOverdue, row.devicesDown],
            ];
      return [
        hallName(row.hall, row.agentId),
        `${regionName(row.region)} ${row.region}`,
        t(`farEnd.halls.${row.state}`),
        row.lastEventAt,
        row.backlog,
        ...figures,
      ];
    }),
  };
}

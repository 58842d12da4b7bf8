/** What places are compared by, now and over days. Pure; shares as 1 = 100 %, durations in s, null where nothing is known. */
import type { PlaceFigures } from '../../../kiosk-agent/contract/far-end.ts';
import type { Cell, CellKind, Table } from '../../exports/table.ts';
import { meanS, mostS, rated, satisfied } from '../figures.ts';
import type { Section } from '../place.ts';

export type Mode = 'now' | 'days';
export type Column = {
  name: string;
  kind: CellKind;
  value: (place: PlaceFigures) => number | null;
  /** which end asks for somebody to act; none where neither does */
  worst?: 'high' | 'low';
  /** shown as a bar beside the figure, against the largest of the column (of a share: against the whole) */
  bar?: true;
  /** above 0 somebody must act, and there it is done */
  to?: Section;
};

const share = (part: number, of: number): number | null => (of === 0 ? null : Math.min(1, part / of));
const column = (
  name: string,
  kind: CellKind,
  value: Column['value'],
  more: Partial<Column> = {},
): Column => ({ name, kind, value, ...more });

const waits = [
  column('waitMean', 'duration', ({ days }) => meanS(days.waited), { worst: 'high', bar: true }),
  column('waitMost', 'duration', ({ days }) => mostS(days.waited), { worst: 'high' }),
];
const ratings = [
  column('rated', 'number', ({ days }) => rated(days)),
  column('satisfied', 'percent', ({ days }) => satisfied(days.ratings), { worst: 'low' }),
  column('active', 'percent', ({ days }) => share(rated(days), days.asked), { worst: 'low', bar: true }),
];
const act = (name: string, value: Column['value'], to: Section): Column =>
  column(name, 'number', value, { worst: 'high', to });
const chain = act('chain', ({ chainAlarms }) => chainAlarms, 'alarms');
const differing = act('differing', (place) => place.differing, 'alarms');
const late = [
  act('lateRatings', ({ badOverdue }) => badOverdue, 'ratings'),
  act('lateOpinions', ({ opinionsOverdue }) => opinionsOverdue, 'opinions'),
];

export const COLUMNS: Record<Mode, Column[]> = {
  now: [
    column('connected', 'number', ({ connected }) => connected),
    act('away', ({ away }) => away, 'alarms'),
    column('waiting', 'number', ({ waiting }) => waiting, { worst: 'high', bar: true }),
    column('expected', 'duration', ({ expectedS }) => expectedS, { worst: 'high' }),
    ...waits,
    column('perWindow', 'number', perWindow, { worst: 'high' }),
    column('hour', 'number', ({ hourTickets }) => hourTickets),
    column('usual', 'number', ({ hourUsual }) => hourUsual),
    ...ratings,
    ...late,
    act('devices', ({ devicesDown }) => devicesDown, 'alarms'),
    chain,
  ],
  days: [
    column('halls', 'number', ({ halls }) => halls),
    column('tickets', 'number', ({ days }) => days.tickets, { bar: true }),
    column('served', 'number', ({ days }) => days.served),
    ...waits,
    column('service', 'duration', ({ days }) => meanS(days.atWindow)),
    column('asked', 'number', ({ days }) => days.asked),
    ...ratings,
    ...late,
    chain,
    differing,
  ],
};

function perWindow({ waiting, windowsOpen }: PlaceFigures): number | null {
  if (windowsOpen === 0) return waiting === 0 ? null : waiting;
  return Math.round((waiting / windowsOpen) * 10) / 10;
}

/** What somebody must act on, weighed: a hall or a log first, then what is late, then devices. */
export function troubles(place: PlaceFigures): number {
  const { away, chainAlarms, differing: differ, badOverdue, opinionsOverdue, devicesDown } = place;
  return away * 100 + (chainAlarms > 0 ? 100 : 0) + differ * 20 + badOverdue + opinionsOverdue + devicesDown;
}

/** `by` null: what asks most for somebody to act first. Places of which nothing is known come last. */
export function sorted(places: PlaceFigures[], by: Column | null, turned: boolean): PlaceFigures[] {
  const known = (place: PlaceFigures): number | null =>
    by ? by.value(place) : troubles(place) * 1e6 + (meanS(place.days.waited) ?? 0);
  const down = (by?.worst !== 'low') !== turned;
  return [...places].sort((a, b) => {
    const [one, other] = [known(a), known(b)];
    if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
    return (down ? other - one : one - other) || (a.key < b.key ? -1 : 1);
  });
}

/** To take away: the columns shown and the ratings by level. */
export function comparisonTable(
  places: PlaceFigures[],
  mode: Mode,
  nameOf: (place: PlaceFigures) => string,
  t: (key: string) => string,
): Table {
  const columns = COLUMNS[mode];
  return {
    title: t('farEnd.section.comparison'),
    columns: [
      { name: t('farEnd.comparison.place'), kind: 'text' },
      { name: t('farEnd.comparison.code'), kind: 'text' },
      ...columns.map(({ name, kind }) => ({ name: t(`farEnd.comparison.column.${name}`), kind })),
      ...[5, 4, 3, 2, 1].map((level) => ({ name: t(`farEnd.level.${level}`), kind: 'number' as const })),
    ],
    rows: places.map((place): Cell[] => [
      ...[nameOf(place), place.key],
      ...columns.map(({ value }) => value(place)),
      ...[5, 4, 3, 2, 1].map((level) => place.days.ratings[level - 1] ?? 0),
    ]),
  };
}

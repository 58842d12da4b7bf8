/** What the supervisor's page reckons from the hub's answers. */
import { describe, expect, test } from 'vitest';
import { loadOf } from '../../display/manager/live/load.ts';
import { handsNeeded, servicesNow, windowCounts, windowsNow } from '../../display/manager/live/situation.ts';
import { hourMap, hourSums, partsOf, spanOf, stepOf, sumOf } from '../../display/manager/numbers/reckon.ts';
import { TIME_STEPS } from '../../display/manager/numbers/steps.ts';
import { dayTable, tallyTable } from '../../display/manager/numbers/tables.ts';
import {
  addDays,
  localDay,
  localHour,
  rated,
  satisfied,
  type Day,
} from '../../display/manager/statistics.ts';
import { TIME_STEPS_S } from '../../kiosk-agent/contract/totals.ts';
import { mockDay, mockDays } from './mock-manager.ts';
import { ticket, view, window } from './mock-hub.ts';

const t = (key: string): string => key;
const dayOf = (day: string, at: number, closed = true): Day => {
  const { hall, hours } = mockDay(day, at, 24, closed);
  return { day, closed, hours, ...hall };
};

test('the page divides waits as the hub does', () => {
  expect(TIME_STEPS).toEqual([...TIME_STEPS_S]);
});

describe('days', () => {
  test('go over months and leap years', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  });
  test("are the hall's own, also before its midnight and on the other side of the world", () => {
    const at = Date.parse('2026-11-23T16:30:00Z');
    expect([localDay(at, 'Asia/Shanghai'), localHour(at, 'Asia/Shanghai')]).toEqual(['2026-11-24', 0]);
    expect([localDay(at, 'America/Los_Angeles'), localHour(at, 'America/Los_Angeles')]).toEqual([
      '2026-11-23',
      8,
    ]);
  });
  test('are meant by presets: a week from Monday, a month from its first', () => {
    expect(spanOf('week', '2026-11-29')).toEqual({ from: '2026-11-23', to: '2026-11-29' });
    expect(spanOf('week', '2026-11-23')).toEqual({ from: '2026-11-23', to: '2026-11-23' });
    expect(spanOf('month', '2026-11-01')).toEqual({ from: '2026-11-01', to: '2026-11-01' });
    expect(spanOf('last-month', '2026-03-31')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(spanOf('yesterday', '2026-01-01')).toEqual({ from: '2025-12-31', to: '2025-12-31' });
    expect(spanOf('year', '2026-11-23')).toEqual({ from: '2025-11-24', to: '2026-11-23' });
  });
});

describe('a span', () => {
  const days = mockDays('2026-11-23', 60).map(({ day, hall, hours, closed }) => ({
    day,
    closed,
    hours,
    ...hall,
  }));
  test('has every day its place, and none is lost or doubled in weeks and months', () => {
    const span = { from: '2026-08-01', to: '2026-11-23' };
    for (const step of ['day', 'week', 'month'] as const) {
      const parts = partsOf(days, span, step);
      expect(parts.reduce((sum, part) => sum + part.days, 0)).toBe(days.length);
      expect(sumOf(parts.flatMap(({ tally }) => (tally ? [tally] : [])))).toEqual(sumOf(days));
    }
    expect(partsOf(days, span, 'week').every(({ from }) => new Date(from).getUTCDay() === 1)).toBe(true);
    // A Sunday without visitors is nothing, not zero.
    expect(partsOf(days, { from: '2026-11-22', to: '2026-11-22' }, 'day')).toEqual([
      { from: '2026-11-22', days: 0, tally: null },
    ]);
  });
  test('is drawn in days, weeks or months by its length', () => {
    expect(stepOf({ from: '2026-11-01', to: '2026-11-30' })).toBe('day');
    expect(stepOf({ from: '2026-08-01', to: '2026-11-23' })).toBe('week');
    expect(stepOf({ from: '2025-11-24', to: '2026-11-23' })).toBe('month');
  });
  test('has its hours by weekday as means, and leaves out days whose hours nobody knows', () => {
    const monday = (tickets: number, day: string): Day => ({
      ...dayOf(day, 0),
      hours: { '09': { tickets, called: 0, waitedSumS: 0, served: 0 } },
    });
    const own = [
      monday(10, '2026-11-16'),
      monday(25, '2026-11-23'),
      { ...dayOf('2026-11-09', 0), hours: null },
    ];
    expect(hourMap(own)).toEqual({ hours: ['09'], rows: [{ weekday: 1, days: 2, values: [17.5] }] });
    expect(hourSums(own)).toMatchObject([{ hour: '09', tickets: 35 }]);
    expect(hourMap([]).rows).toEqual([]);
  });
});

describe('tables', () => {
  test('say nothing of nothing: no mean, no share, and a true zero where something was counted', () => {
    const empty = sumOf([]);
    const table = tallyTable(t, 't', { name: 'x', kind: 'text' }, [{ name: 'a', tally: empty }], true);
    const of = (name: string) =>
      table.rows[0]![table.columns.findIndex((one) => one.name === `manager.column.${name}`)];
    expect([of('meanWait'), of('maxWait'), of('satisfied'), of('ratedShare')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(of('served')).toBe(0);
  });
  test('have no tickets where none are counted', () => {
    const names = (tickets: boolean) => dayTable(t, [], tickets).columns.map(({ name }) => name);
    expect(names(true)).toContain('manager.column.tickets');
    expect(names(false)).not.toContain('manager.column.tickets');
  });
  test('count as satisfied who pressed the third key or better, and nobody who did not press', () => {
    const tally = { ratings: [1, 2, 3, 4, 5] };
    expect([rated(tally), satisfied(tally)]).toEqual([15, 12]);
  });
});

describe('the load of today', () => {
  const monday = '2026-11-23';
  const days = [7, 14, 21, 28, 35].map((back, at) => dayOf(addDays(monday, -back), at)).reverse();
  test('stands beside the mean of the last four such weekdays, hour by hour to the end of opening', () => {
    const load = loadOf(
      [...days, dayOf('2026-11-20', 9), dayOf(monday, 3, false)],
      monday,
      10,
      '08:30–18:00',
    );
    expect(load.usualDays).toBe(4);
    expect(load.hours[0]).toBe('08');
    expect(load.hours.at(-1)).toBe('17');
    const nine = days.slice(1).reduce((sum, { hours }) => sum + (hours?.['09']?.tickets ?? 0), 0) / 4;
    expect(load.usual[1]).toBeCloseTo(nine, 1);
    // What is still to come is not zero.
    expect(load.tickets.slice(0, 3).every((one) => one !== null)).toBe(true);
    expect(load.tickets.slice(3).every((one) => one === null)).toBe(true);
  });
  test('has nothing to compare with on the first day', () => {
    const load = loadOf([dayOf(monday, 3, false)], monday, 9, null);
    expect(load.usualDays).toBe(0);
    expect(load.usual.every((one) => one === null)).toBe(true);
  });
});

describe('the hall now', () => {
  const now = Date.parse('2026-11-23T02:00:00Z');
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString();
  test('knows who has waited longest for what, and nobody who is not in line', () => {
    const hall = view();
    hall.tickets = {
      a: ticket('A001', 'waiting', { reservedAt: at(600) }),
      b: ticket('A002', 'waiting', { reservedAt: at(900) }),
      c: ticket('A003', 'missed', { reservedAt: at(5000) }),
    };
    const services = servicesNow(hall, now);
    expect(services.find(({ service }) => service.service === 'transfer')?.oldestS).toBe(900);
    expect(services.find(({ service }) => service.service === 'mortgage')?.oldestS).toBeNull();
  });
  test('says of an idle window that people wait for it, unless it has only just become free', () => {
    const hall = view();
    hall.windows = {
      10: window(10, 'paused', { since: at(300), pausedReason: 'lunch' }),
      2: window(2, 'idle', { since: at(300) }),
      1: window(1, 'idle', { since: at(20) }),
    };
    const windows = windowsNow(hall, now);
    expect(windows.map((one) => one.window)).toEqual([1, 2, 10]);
    expect(windows.map(({ neglected }) => neglected)).toEqual([0, 10, 0]);
    expect(windows[2]).toMatchObject({ reason: 'lunch', since: now - 300_000 });
    expect(windowCounts(windows)).toEqual({ serving: 0, called: 0, idle: 2, paused: 1, closed: 0 });
  });
  test('lists what needs a hand, and nothing that is as it should be', () => {
    const hall = view();
    expect(handsNeeded({ ...hall, devices: {}, links: {}, tickets: {} })).toEqual([]);
    const kinds = handsNeeded(hall).map(({ kind, id }) => `${kind} ${id}`);
    expect(kinds).toEqual([
      'device printer-1',
      'device evaluator-5',
      'link central',
      'tickets unconfirmed',
      'tickets print-failed',
    ]);
  });
});

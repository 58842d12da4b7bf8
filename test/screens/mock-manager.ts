/** What the mock hub answers about numbers: days made by a rule, so that every sum can be reckoned again. */
import type { Express } from 'express';
import type { DayTotals, Hours, Tally } from '../../kiosk-agent/contract/totals.ts';
import { noTally } from '../../kiosk-agent/hall/totals/state.ts';
import { addTime } from '../../kiosk-agent/hall/totals/apply.ts';

type Sums = Pick<DayTotals, 'promises' | 'appointments' | 'opinions' | 'traces'>;
export type MockDay = { day: string; closed: boolean; hall: Tally; hours: Hours } & Sums;
export type MockNumbers = {
  days: MockDay[];
  oldest: string | null;
  /** what every question is answered with instead, e.g. trouble */
  instead: { status: number; code: string } | null;
  services: string[];
  windows: number[];
  staff: string[];
};

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** A day of a hall with two peaks; `at` varies it. */
export function mockDay(day: string, at: number, until = 24, closed = true): MockDay {
  const hall = noTally();
  const hours: Hours = {};
  const shape = [6, 22, 34, 26, 8, 20, 28, 24, 10];
  shape.forEach((base, index) => {
    const hour = 8 + index;
    if (hour > until) return;
    const tickets = Math.max(1, base + ((at * 7 + index * 3) % 9) - 4);
    const waitedS = 120 + base * 35 + ((at * 13) % 5) * 40;
    const served = tickets - (index % 3 === 0 ? 1 : 0);
    hours[String(hour).padStart(2, '0')] = {
      tickets,
      called: tickets,
      waitedSumS: waitedS * tickets,
      served,
    };
    hall.tickets += tickets;
    hall.called += tickets;
    hall.served += served;
    hall.missed += index % 3 === 0 ? 1 : 0;
    hall.cancelled += index === 4 ? 1 : 0;
    for (let n = 0; n < tickets; n++) addTime(hall.waited, Math.round(waitedS * (0.4 + (n % 7) * 0.2)));
    for (let n = 0; n < served; n++) addTime(hall.atWindow, 240 + ((n * 61 + at) % 9) * 60);
    hall.asked += served;
    const rated = Math.floor(served * 0.8);
    for (let n = 0; n < rated; n++) {
      const level =
        n === 0 && index % 4 === 1 ? (at % 5 === 0 ? 1 : 2) : n % 9 === 3 ? 3 : n % 3 === 1 ? 4 : 5;
      hall.ratings[level - 1]! += 1;
    }
    hall.lapsed += served - rated;
  });
  const count = hall.waited.count;
  const kept = Math.round(count * 0.81);
  return {
    ...{ day, closed, hall, hours },
    promises: { count, kept, errorSumS: 24 * count, absErrorSumS: 260 * count },
    appointments: { booked: 9, checkedIn: 7, lapsed: 1, cancelled: 1 },
    opinions: at % 3 === 0 ? 1 : 0,
    traces: 2 + (at % 4),
  };
}

/** `count` working days that end with `today`, which goes on. */
export function mockDays(today: string, count: number, hour = 24): MockDay[] {
  const days: MockDay[] = [];
  for (let back = 0; days.length < count; back++) {
    const day = addDays(today, -back);
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    if (back > 0 && (weekday === 0 || weekday === 6)) continue;
    days.unshift(mockDay(day, days.length, back === 0 ? hour : 24, back > 0));
  }
  return days;
}

export function mockNumbers(): MockNumbers {
  return { days: [], oldest: null, instead: null, services: [], windows: [], staff: [] };
}

/** The calls of the statistics, from what `numbers` says at that moment. */
export function mockStatistics(numbers: MockNumbers): (app: Express) => void {
  return (app) => {
    const keys = (by: string): string[] =>
      ({
        hall: ['hall'],
        service: numbers.services,
        window: numbers.windows.map(String),
        staff: numbers.staff,
      })[by] ?? [];
    app.get('/api/v1/statistics', (request, response) => {
      const { instead } = numbers;
      if (instead) return void response.status(instead.status).json({ code: instead.code, detail: '' });
      const { from = '', to = '', by = 'hall' } = request.query as Record<string, string>;
      const days = numbers.days.filter(({ day }) => day >= from && day <= to);
      const sum = days.reduce((all, { hall }) => plus(all, hall), noTally());
      response.json({
        ...{ from, to, by, oldest: numbers.oldest },
        ...{ first: days[0]?.day ?? null, last: days.at(-1)?.day ?? null, days: days.length },
        withToday: days.some(({ closed }) => !closed),
        rows:
          days.length === 0 ? [] : keys(by).map((key, at, all) => ({ key, ...part(sum, at, all.length) })),
        promises: total(days, 'promises'),
        appointments: total(days, 'appointments'),
        opinions: days.reduce((n, { opinions }) => n + opinions, 0),
        traces: days.reduce((n, { traces }) => n + traces, 0),
        seldomAsked:
          days.length > 0 && numbers.staff[1] ? [{ staff: numbers.staff[1], served: 84, asked: 51 }] : [],
      });
    });
    app.get('/api/v1/statistics/days', (request, response) => {
      const { instead } = numbers;
      if (instead) return void response.status(instead.status).json({ code: instead.code, detail: '' });
      const { from = '', to = '', by = 'hall', key } = request.query as Record<string, string>;
      const of = keys(by);
      const at = Math.max(0, of.indexOf(key ?? 'hall'));
      response.json({
        ...{ from, to, by, oldest: numbers.oldest },
        days: numbers.days
          .filter(({ day }) => day >= from && day <= to)
          .map(({ day, closed, hall, hours }) => ({
            ...{ day, closed, hours: by === 'window' || by === 'staff' ? null : hours },
            ...part(hall, at, of.length),
          })),
      });
    });
  };
}

function total<Key extends 'promises' | 'appointments'>(days: MockDay[], key: Key): MockDay[Key] {
  const sum: Record<string, number> = {};
  for (const day of days)
    for (const [name, value] of Object.entries(day[key])) sum[name] = (sum[name] ?? 0) + value;
  return (
    days.length === 0
      ? { count: 0, kept: 0, errorSumS: 0, absErrorSumS: 0, booked: 0, checkedIn: 0, lapsed: 0, cancelled: 0 }
      : sum
  ) as MockDay[Key];
}

/** The share of one of several among whom a tally is divided. */
function part(tally: Tally, at: number, among: number): Tally {
  const weight = (2 * (among - at)) / (among * (among + 1));
  const of = (n: number): number => Math.round(n * weight);
  const times = ({ count, sumS, maxS, counts }: Tally['waited']) => ({
    ...{ count: of(count), sumS: of(sumS), maxS },
    counts: counts.map(of),
  });
  if (among === 1) return tally;
  return {
    ...{ tickets: of(tally.tickets), called: of(tally.called), served: of(tally.served) },
    ...{ missed: of(tally.missed), cancelled: of(tally.cancelled) },
    ...{ waited: times(tally.waited), atWindow: times(tally.atWindow) },
    ...{ ratings: tally.ratings.map(of), asked: of(tally.asked), lapsed: of(tally.lapsed) },
  };
}

function plus(a: Tally, b: Tally): Tally {
  const times = (one: Tally['waited'], other: Tally['waited']) => ({
    ...{ count: one.count + other.count, sumS: one.sumS + other.sumS, maxS: Math.max(one.maxS, other.maxS) },
    counts: one.counts.map((n, at) => n + (other.counts[at] ?? 0)),
  });
  return {
    ...{ tickets: a.tickets + b.tickets, called: a.called + b.called, served: a.served + b.served },
    ...{ missed: a.missed + b.missed, cancelled: a.cancelled + b.cancelled },
    ...{ waited: times(a.waited, b.waited), atWindow: times(a.atWindow, b.atWindow) },
    ...{
      ratings: a.ratings.map((n, at) => n + (b.ratings[at] ?? 0)),
      asked: a.asked + b.asked,
      lapsed: a.lapsed + b.lapsed,
    },
  };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayTotals, TIME_STEPS_S } from '../../kiosk-agent/contract/totals.ts';
import { packDay, unpackDay } from '../../kiosk-agent/hall/totals/packed.ts';
import { statistics } from '../../kiosk-agent/hall/totals/statistics.ts';
import { DAYS_KEPT, noDayTotals } from '../../kiosk-agent/hall/totals/state.ts';
import { Recount } from '../year/recount.ts';
import { Hall } from './hall.ts';

const today = (hall: Hall) => hall.state.totals.today;

describe('the totals of a day', () => {
  it('count a visit for the hall, its service, its window and its staff', () => {
    const hall = new Hall();
    hall.open(1);
    hall.waiting('transfer');
    hall.wait(400).do({ name: 'window.call-next', window: 1 });
    hall.wait(20).do({ name: 'window.start', window: 1 });
    hall.wait(65).do({ name: 'window.finish', window: 1, session: 7 });
    hall.wait(5).do({ name: 'rating.touch', window: 1, session: 7, level: 4 });
    const visit = {
      called: 1,
      served: 1,
      asked: 1,
      ratings: [0, 0, 0, 1, 0],
      waited: { count: 1, sumS: 400, maxS: 400, counts: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0] },
      atWindow: { count: 1, sumS: 65, maxS: 65, counts: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0] },
    };
    expect(today(hall)).toMatchObject({
      hall: { tickets: 1, ...visit },
      services: { transfer: { tickets: 1, ...visit } },
      // A ticket is taken at no window.
      windows: { 1: { tickets: 0, ...visit } },
      staff: { s1: { tickets: 0, ...visit } },
    });
  });

  it.each([...TIME_STEPS_S, 5401].map((limit, at) => [limit, at]))(
    'put a wait just below %i s into class %i and not one later',
    (limit, at) => {
      const hall = new Hall().open(1);
      hall.waiting();
      hall.wait(limit - 1).do({ name: 'window.call-next', window: 1 });
      const counts = Array.from({ length: 10 }, (_, n) => Number(n === at));
      expect(today(hall).hall.waited.counts).toEqual(counts);
    },
  );

  it('count the wait of a first call only, and every call', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    hall.wait(100).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.take-back', window: 1, reason: 'wrong button' });
    hall.wait(900).do({ name: 'window.call-next', window: 1 });
    expect(today(hall).hall).toMatchObject({ called: 2, waited: { count: 1, sumS: 100 } });
    expect(today(hall).traces).toBe(1);
  });

  it('compare the interval on the ticket with the true wait, without those called out of turn', () => {
    const hall = new Hall().open(1);
    const first = hall.ticket(hall.waiting());
    expect(first).toMatchObject({ waitMinS: 0 });
    hall.wait(30).do({ name: 'window.call-next', window: 1 });
    const middleS = Math.round((first.waitMaxS ?? 0) / 2);
    expect(today(hall).promises).toEqual({
      count: 1,
      kept: 1,
      errorSumS: 30 - middleS,
      absErrorSumS: Math.abs(30 - middleS),
    });
    hall.do({ name: 'window.start', window: 1 });
    hall.do({ name: 'window.finish', window: 1, session: 1 });
    const second = hall.waiting();
    const late = (hall.ticket(second).waitMaxS ?? 0) + 1;
    hall.wait(late).do({ name: 'window.call-next', window: 1 });
    expect(today(hall).promises).toMatchObject({ count: 2, kept: 1 });
    hall.open(2);
    const third = hall.waiting();
    hall.do({ name: 'window.call', window: 2, ticketId: third, reason: 'out of turn' });
    expect(today(hall).promises.count).toBe(2);
  });

  it('count a ticket with no promise in no promises', () => {
    const hall = new Hall();
    hall.waiting();
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    expect(today(hall).promises.count).toBe(0);
    expect(today(hall).hall.waited.count).toBe(1);
  });

  it('stand in the log when the day closes, with the tickets that ended with it', () => {
    const hall = new Hall({}, '2026-11-23T16:00:00+08:00');
    hall.evaluating(7);
    hall.waiting();
    const before = hall.state.totals.fromSeq;
    hall.at('2026-11-24T08:00:00+08:00').do({ name: 'day.check' });
    const closed = hall.log.find(({ type }) => type === 'hall.day.closed');
    const totals = dayTotals.parse((closed?.data as { totals: unknown }).totals);
    expect(totals.hall).toMatchObject({ tickets: 2, served: 1, cancelled: 1, asked: 1 });
    expect(hall.state.totals.days).toEqual([
      { day: '2026-11-23', fromSeq: before, throughSeq: closed?.seq, totals: packDay(totals) },
    ]);
    expect(today(hall)).toEqual(noDayTotals());
    expect(hall.state.totals.fromSeq).toBe((closed?.seq ?? 0) + 1);
  });

  it('count a rating on the day on which it is taken', () => {
    const hall = new Hall({}, '2026-11-23T16:59:50+08:00');
    hall.evaluating(7);
    hall.wait(30).do({ name: 'rating.lapse', session: 7, why: 'timeout' });
    const pressedAt = '2026-11-23T16:59:55.000+08:00';
    hall.at('2026-11-24T08:00:00+08:00').do({
      ...{ name: 'rating.press', window: 1, session: 7, keyRaw: '1', level: 5, pressedAt, clockOffsetMs: 0 },
      device: { serial: 'E1', boot: '1', seq: 1 },
    });
    const yesterday = unpackDay(hall.state.totals.days[0]!.totals);
    expect(yesterday.staff['s1']).toMatchObject({ asked: 1, lapsed: 1, ratings: [0, 0, 0, 0, 0] });
    expect(today(hall).staff['s1']).toMatchObject({ asked: 0, ratings: [0, 0, 0, 0, 1] });
  });

  it("count arrivals, calls and visits in the hour of the hall's clock, for the hall and each service", () => {
    const hall = new Hall({}, '2026-11-23T08:58:00+08:00').open(1);
    hall.waiting('transfer');
    hall.wait(300).do({ name: 'window.call-next', window: 1 });
    hall.do({ name: 'window.start', window: 1 });
    hall.wait(3600).do({ name: 'window.finish', window: 1, session: 7 });
    const hours = {
      '08': { tickets: 1, called: 0, waitedSumS: 0, served: 0 },
      '09': { tickets: 0, called: 1, waitedSumS: 300, served: 0 },
      '10': { tickets: 0, called: 0, waitedSumS: 0, served: 1 },
    };
    expect(today(hall).hours).toEqual({ hall: hours, services: { transfer: hours } });
  });

  it('have no hours on a day that began under an older version, rather than some of them', () => {
    const hall = new Hall().open(1);
    delete hall.state.totals.today.hours;
    hall.waiting();
    expect(today(hall).hall.tickets).toBe(1);
    expect(today(hall).hours).toBeUndefined();
    hall.at('2026-11-24T08:00:00+08:00').do({ name: 'day.check' });
    hall.waiting();
    expect(Object.values(today(hall).hours?.hall ?? {})).toMatchObject([{ tickets: 1 }]);
  });

  it('keep services apart whatever they are called', () => {
    const services = [
      { id: 'constructor', prefix: 'A', minutes: 10, realName: 'off' as const, appointments: true },
    ];
    const hall = new Hall({ services, windows: [{ number: 1, services: ['constructor'] }] });
    hall.waiting('constructor');
    expect(today(hall).services['constructor']?.tickets).toBe(1);
    hall.open(1).do({ name: 'window.call-next', window: 1 });
    expect(JSON.parse(JSON.stringify(hall.state))).toEqual(hall.state);
  });

  it('are kept for the last 400 days', () => {
    const hall = new Hall({}, '2025-01-01T09:00:00+08:00');
    for (let day = 0; day <= DAYS_KEPT + 3; day++) hall.wait(86_400).do({ name: 'day.check' });
    expect(hall.state.totals.days).toHaveLength(DAYS_KEPT);
    expect(hall.state.totals.days.at(-1)?.day).toBe(
      new Date(hall.now.getTime() - 86_400_000 + 8 * 3600_000).toISOString().slice(0, 10),
    );
  });
});

describe('a packed day', () => {
  it('is the same day when it is unpacked (seed 20261123)', () => {
    const count = fc.nat(100_000);
    const counts = fc.array(count, { minLength: 10, maxLength: 10 });
    const times = fc.record({ count, sumS: count, maxS: count, counts });
    const tally = fc.record({
      ...{ tickets: count, called: count, served: count, missed: count, cancelled: count },
      ...{ waited: times, atWindow: times, asked: count, lapsed: count },
      ratings: fc.array(count, { minLength: 5, maxLength: 5 }),
    });
    const tallies = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), tally, { noNullPrototype: true });
    const hour = fc.integer({ min: 0, max: 23 }).map((one) => String(one).padStart(2, '0'));
    const inHour = fc.record({ tickets: count, called: count, waitedSumS: count, served: count });
    const hours = fc.dictionary(hour, inHour, { noNullPrototype: true });
    const services = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), hours, { noNullPrototype: true });
    const day = fc.record({
      ...{ hall: tally, services: tallies, windows: tallies, staff: tallies },
      hours: fc.option(fc.record({ hall: hours, services }), { nil: undefined }),
    });
    fc.assert(
      fc.property(day, (parts) => {
        const { hours, ...rest } = parts;
        const { hours: _none, ...day } = noDayTotals();
        const totals = { ...day, ...rest, ...(hours ? { hours } : {}) };
        const packed = JSON.parse(JSON.stringify(packDay(totals))) as ReturnType<typeof packDay>;
        expect(unpackDay(packed)).toEqual(totals);
      }),
      { seed: 20261123, numRuns: 60 },
    );
  });
});

describe('statistics', () => {
  const threeDays = (): Hall => {
    const hall = new Hall({}, '2026-11-23T09:00:00+08:00');
    for (let day = 0, session = 1; day < 3; day++) {
      for (let visit = 0; visit <= day; visit++, session++) {
        hall.evaluating(session, visit % 2 === 0 ? 1 : 2);
        hall.wait(60);
      }
      if (day < 2) hall.wait(86_400);
    }
    return hall;
  };

  it('add up closed days and today, by hall, service, window and staff', () => {
    const hall = threeDays();
    const all = statistics(hall.state, '2026-11-01', '2026-11-30', 'hall');
    expect(all).toMatchObject({ first: '2026-11-23', last: '2026-11-25', days: 3, withToday: true });
    expect(all.rows).toMatchObject([{ key: 'hall', tickets: 6, served: 6, asked: 6 }]);
    const windows = statistics(hall.state, '2026-11-24', '2026-11-25', 'window');
    expect(windows.rows.map(({ key, served }) => [key, served])).toEqual([
      ['1', 3],
      ['2', 2],
    ]);
    expect(statistics(hall.state, '2026-11-24', '2026-11-24', 'staff').rows).toMatchObject([
      { key: 's1', served: 1 },
      { key: 's2', served: 1 },
    ]);
    expect(statistics(hall.state, '2026-12-01', '2026-12-02', 'service')).toMatchObject({
      ...{ first: null, last: null, days: 0, withToday: false, rows: [] },
    });
  });

  it('do not change what they are made from', () => {
    const hall = threeDays();
    const before = structuredClone(hall.state);
    statistics(hall.state, '2026-11-01', '2026-11-30', 'service');
    expect(hall.state).toEqual(before);
  });

  it('name staff whose visitors are seldom asked', () => {
    const hall = new Hall();
    hall.open(1);
    for (let visit = 0; visit < 25; visit++) {
      hall.evaluating(visit + 1);
      hall.wait(10);
    }
    expect(statistics(hall.state, '2026-11-23', '2026-11-23', 'staff').seldomAsked).toEqual([]);
    const tally = hall.state.totals.today.staff['s1']!;
    tally.asked = 19;
    expect(statistics(hall.state, '2026-11-23', '2026-11-23', 'staff').seldomAsked).toEqual([
      { staff: 's1', served: 25, asked: 19 },
    ]);
    tally.asked = 20;
    expect(statistics(hall.state, '2026-11-23', '2026-11-23', 'staff').seldomAsked).toEqual([]);
  });
});

describe('a second count of the same log', () => {
  it('says the same, whatever clerks and visitors did (seed 20261124)', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom(
          'come',
          'come',
          'call',
          'call',
          'start',
          'finish',
          'finish',
          'missed',
          'rate',
          'lapse',
          'cancel',
          'take-back',
          'transfer',
          'park',
          'resume',
          'night',
        ),
        window: fc.integer({ min: 1, max: 3 }),
        wait: fc.integer({ min: 0, max: 2000 }),
        pick: fc.nat(50),
      }),
      { minLength: 30, maxLength: 150 },
    );
    fc.assert(
      fc.property(steps, (history) => {
        const hall = new Hall();
        let session = 0;
        for (const window of [1, 2, 3]) hall.open(window);
        for (const { what, window, wait, pick } of history) {
          hall.wait(what === 'night' ? 40_000 : wait);
          const tickets = Object.keys(hall.state.tickets);
          const ticketId = tickets[pick % Math.max(1, tickets.length)] ?? 'none';
          if (what === 'come') hall.waiting(['transfer', 'mortgage', 'query'][pick % 3]);
          else if (what === 'call') hall.try({ name: 'window.call-next', window });
          else if (what === 'start') hall.try({ name: 'window.start', window });
          else if (what === 'finish') hall.try({ name: 'window.finish', window, session: ++session });
          else if (what === 'missed') hall.try({ name: 'window.missed', window });
          else if (what === 'rate')
            hall.try({ name: 'rating.touch', window, session, level: ((pick % 5) + 1) as 1 });
          else if (what === 'lapse') hall.try({ name: 'rating.lapse', session, why: 'timeout' });
          else if (what === 'cancel')
            hall.try({ name: 'ticket.cancel', ticketId, by: 'staff', staff: 's9', reason: 'x' });
          else if (what === 'take-back') hall.try({ name: 'window.take-back', window, reason: 'x' });
          else if (what === 'transfer')
            hall.try({ name: 'window.transfer', window, to: { service: 'query' }, reason: 'x' });
          else if (what === 'park') hall.try({ name: 'window.park', window, reason: 'x' });
          else if (what === 'resume') hall.try({ name: 'ticket.resume', ticketId, staff: 's9' });
          else hall.try({ name: 'day.check' });
        }
        hall.wait(86_400).do({ name: 'day.check' });
        const recount = new Recount();
        for (const event of hall.log) recount.take(event as never);
        expect(recount.days.filter(({ asLogged }) => !asLogged)).toEqual([]);
        const { rows } = statistics(hall.state, '2026-01-01', '2027-12-31', 'hall');
        expect(rows).toEqual([{ key: 'hall', ...recount.year.hall }]);
      }),
      { seed: 20261124, numRuns: 40 },
    );
  });
});

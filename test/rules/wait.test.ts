import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineAhead } from '../../kiosk-agent/hall/line-ahead.ts';
import { expectedWait, waitFor } from '../../kiosk-agent/hall/wait.ts';
import { Chance } from '../year/chance.ts';
import { Hall } from './hall.ts';

const expected = (hall: Hall, service: string, ahead: number): number =>
  Math.round(expectedWait(hall.state, hall.rules, service, ahead, hall.now.toISOString())?.seconds ?? -1);

describe('the expected wait', () => {
  it('is nothing at a free window, and as configured before anything has been measured', () => {
    const hall = new Hall().open(1);
    expect(expected(hall, 'transfer', 0)).toBe(0);
    hall.waiting();
    hall.waiting();
    expect(expected(hall, 'transfer', 1)).toBe(600);
    expect(expected(hall, 'transfer', 2)).toBe(1200);
    // More people than stand there: as if they did.
    expect(expected(hall, 'transfer', 4)).toBe(2400);
  });

  it('is shared by the windows that are open, and cannot be told while there is none', () => {
    const hall = new Hall();
    for (let n = 0; n < 4; n++) hall.waiting();
    expect(waitFor(hall.state, hall.rules, 'transfer', 4)).toBeNull();
    hall.open(1);
    expect(expected(hall, 'transfer', 4)).toBe(2400);
    hall.open(2);
    expect(expected(hall, 'transfer', 4)).toBe(1200);
    hall.do({ name: 'window.pause', window: 1, reason: 'x' });
    expect(expected(hall, 'transfer', 4)).toBe(2400);
  });

  it('counts people of other services who stand before at the same window', () => {
    const hall = new Hall().open(2);
    hall.waiting('mortgage');
    hall.waiting('mortgage');
    // Nobody of its own service is ahead; window 2 is the only one and has two mortgages of 20 minutes to do.
    expect(expected(hall, 'transfer', 0)).toBe(2400);
    hall.open(1);
    expect(expected(hall, 'transfer', 0)).toBe(0);
  });

  it('counts what is left of the visit at the window', () => {
    const hall = new Hall();
    hall.called(1);
    hall.waiting();
    expect(expected(hall, 'transfer', 0)).toBe(600);
    hall.wait(240);
    expect(expected(hall, 'transfer', 0)).toBe(360);
    // It takes longer than visits do: nobody knows how long, but it is not over.
    hall.wait(1200);
    expect(expected(hall, 'transfer', 0)).toBe(150);
  });

  it('knows from long visits that one which already takes long may take longer still', () => {
    const hall = new Hall();
    for (let n = 0; n < 30; n++) {
      hall.called(1);
      hall.do({ name: 'window.start', window: 1 });
      hall.wait(n % 3 === 0 ? 1800 : 60).do({ name: 'window.finish', window: 1, session: n + 1 });
    }
    hall.called(1);
    hall.waiting();
    const soon = expected(hall, 'transfer', 0);
    hall.wait(300);
    // Past a minute it is one of the long ones.
    expect(expected(hall, 'transfer', 0)).toBeGreaterThan(soon);
  });

  it('learns how long a call really keeps a window, those who do not come included', () => {
    const hall = new Hall().open(1);
    for (let n = 0; n < 40; n++) {
      hall.waiting();
      hall.do({ name: 'window.call-next', window: 1 });
      hall.wait(30).do({ name: 'window.missed', window: 1 });
    }
    hall.waiting();
    const wait = expected(hall, 'transfer', 1);
    // 40 measured at 30 s and 3 as configured, 600 s.
    expect(wait).toBe(Math.round((3 * 600 + 40 * 30) / 43));
    expect(hall.state.totals.pace.occupied['transfer']).toHaveLength(40);
  });

  it('counts the way to the next visitor, but no time in which nobody waited and no break', () => {
    const hall = new Hall().open(1);
    hall.called(1);
    hall.waiting();
    hall.waiting();
    hall.wait(60).do({ name: 'window.missed', window: 1 });
    hall.wait(20).do({ name: 'window.call-next', window: 1 });
    expect(hall.state.totals.pace.gaps).toEqual([20]);
    hall.wait(60).do({ name: 'window.missed', window: 1 });
    hall.do({ name: 'window.pause', window: 1, reason: 'tea' });
    hall.wait(900).do({ name: 'window.resume', window: 1 });
    hall.do({ name: 'window.call-next', window: 1 });
    hall.wait(60).do({ name: 'window.missed', window: 1 });
    hall.wait(5000);
    hall.waiting();
    hall.do({ name: 'window.call-next', window: 1 });
    expect(hall.state.totals.pace.gaps).toEqual([20]);
  });

  it('forgets a call that was taken back', () => {
    const hall = new Hall();
    hall.called(1);
    hall.wait(500).do({ name: 'window.take-back', window: 1, reason: 'x' });
    expect(hall.state.totals.pace.occupied).toEqual({});
    expect(hall.state.totals.pace.busy).toEqual({});
  });

  it('lets only the window that somebody was sent to call them', () => {
    const hall = new Hall().open(1).open(2);
    hall.serving(1);
    hall.do({ name: 'window.transfer', window: 1, to: { window: 2 }, reason: 'x' });
    hall.waiting('mortgage');
    // At window 2 the one sent there comes first: three times 600 s as configured and once 0 s as measured just now.
    expect(expected(hall, 'mortgage', 0)).toBe(450);
    expect(expected(hall, 'transfer', 0)).toBe(0);
  });
});

describe('the interval', () => {
  it('is in whole minutes around the expected wait', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    const wait = waitFor(hall.state, hall.rules, 'transfer', 1);
    expect(wait).not.toBeNull();
    const { minS, maxS } = wait!;
    expect([minS % 60, maxS % 60]).toEqual([0, 0]);
    expect(minS).toBeLessThanOrEqual(600);
    expect(maxS).toBeGreaterThanOrEqual(600);
  });

  it('is never upside down nor negative, whatever it has learnt (seed 20261123)', () => {
    const hall = new Hall().open(1);
    for (let n = 0; n < 10; n++) hall.waiting();
    fc.assert(
      fc.property(
        fc.double({ min: -0.8, max: 8, noNaN: true }),
        fc.double({ min: -0.8, max: 8, noNaN: true }),
        fc.nat(30),
        (low, high, ahead) => {
          hall.state.totals.pace.reach = { low, high };
          const wait = waitFor(hall.state, hall.rules, 'transfer', ahead);
          expect(wait!.minS).toBeGreaterThanOrEqual(0);
          expect(wait!.maxS).toBeGreaterThanOrEqual(wait!.minS);
        },
      ),
      { seed: 20261123 },
    );
  });

  it('moves out on the side on which it was wrong, and a lower end of 0 teaches nothing', () => {
    const hall = new Hall().open(1);
    const reach = () => ({ ...hall.state.totals.pace.reach });
    const call = (waitedS: number): string => {
      const ticketId = hall.waiting();
      hall.wait(waitedS).do({ name: 'window.call-next', window: 1 });
      return ticketId;
    };
    const before = reach();
    expect(hall.ticket(call(30)).waitMinS).toBe(0);
    const once = reach();
    expect(once.low).toBe(before.low);
    expect(once.high).toBeLessThan(before.high);
    hall.do({ name: 'window.missed', window: 1 });
    call(5000);
    expect(reach().low).toBe(before.low);
    expect(reach().high).toBeGreaterThan(once.high);
    // Now one with people before it who all leave: it is called long before its time.
    const others = Array.from({ length: 8 }, () => hall.waiting());
    const promised = hall.ticket(hall.waiting());
    expect(promised.waitMinS).toBeGreaterThan(0);
    for (const ticketId of others) hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    hall.do({ name: 'window.missed', window: 1 });
    hall.wait(20).do({ name: 'window.call-next', window: 1 });
    expect(reach().low).toBeGreaterThan(before.low);
  });

  it.each([
    ['even', 0.1, 1],
    ['uneven', 0.9, 1],
    ['much slower than measured before', 0.4, 2.5],
  ])('holds about four of five waits when visits are %s (seed 7)', (_words, spread, slower) => {
    const chance = new Chance(7);
    const hall = new Hall({ recall: { coolDownS: 5, limit: 3 } }, '2026-11-23T08:00:00+08:00')
      .open(1)
      .open(2);
    let session = 0;
    const busyUntil = new Map<number, number>();
    const start = hall.now.getTime();
    let nextCome = start;
    const counted = { all: 0, inside: 0 };
    for (let now = start; now < start + 11 * 3600_000; now += 10_000) {
      hall.now = new Date(now);
      if (now >= nextCome) {
        if (Object.values(hall.state.tickets).filter(({ state }) => state === 'waiting').length < 25)
          hall.waiting();
        nextCome = now + chance.between(20, 140) * 1000 * (now > start + 5 * 3600_000 ? slower : 1);
      }
      for (const window of [1, 2]) {
        const at = hall.state.windows[window];
        if (at?.state === 'serving' && now >= (busyUntil.get(window) ?? 0))
          hall.do({ name: 'window.finish', window, session: ++session });
        if (hall.state.windows[window]?.state !== 'idle') continue;
        const called = hall.try({ name: 'window.call-next', window });
        if (!called.ok) continue;
        const event = called.events.find(({ type }) => type === 'hall.ticket.called');
        const ticket = hall.ticket(event?.subject ?? '');
        const waitedS = (event?.data as { waitedS: number }).waitedS;
        // The first hour is for learning.
        if (now > start + 3600_000) {
          counted.all++;
          if (waitedS >= (ticket.waitMinS ?? 0) && waitedS <= (ticket.waitMaxS ?? 0)) counted.inside++;
        }
        hall.do({ name: 'window.start', window });
        const pace = now > start + 5 * 3600_000 ? slower : 1;
        busyUntil.set(window, now + 1000 * Math.max(20, chance.around(150 * pace, spread)));
      }
    }
    expect(counted.all).toBeGreaterThan(150);
    expect(counted.inside / counted.all).toBeGreaterThan(0.7);
    expect(counted.inside / counted.all).toBeLessThan(0.97);
  });
});

describe('the line played forward', () => {
  it('is asked once for a state and a moment, and again after every event', () => {
    const hall = new Hall().open(1);
    hall.waiting();
    const time = '2026-11-23T09:00:00.000+08:00';
    const once = lineAhead(hall.state, hall.rules, time);
    expect(lineAhead(hall.state, hall.rules, time)).toBe(once);
    hall.waiting();
    expect(lineAhead(hall.state, hall.rules, time)).not.toBe(once);
    expect(lineAhead(hall.state, hall.rules, time).calls.size).toBe(2);
  });
});

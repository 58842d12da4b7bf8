import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from '../../kiosk-agent/hall/apply.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import {
  ahead,
  aheadOfEach,
  lineAt,
  lineOf,
  placeOf,
  waitingAtWindows,
} from '../../kiosk-agent/hall/line.ts';
import { reserveTicket } from '../../kiosk-agent/hall/tickets.ts';
import { waitFor } from '../../kiosk-agent/hall/wait.ts';
import { Hall } from './hall.ts';

const ids = (tickets: { ticketId: string }[]): string[] => tickets.map(({ ticketId }) => ticketId);

describe('the line', () => {
  it('is by arrival, and by number at the same moment', () => {
    const hall = new Hall();
    const order = [hall.waiting(), hall.waiting(), hall.wait(1).waiting(), hall.wait(1).waiting('mortgage')];
    expect(ids(lineOf(hall.state, hall.rules, ['transfer', 'mortgage']))).toEqual(order);
    expect(ids(lineOf(hall.state, hall.rules, ['mortgage']))).toEqual(order.slice(3));
  });

  it('lets priority stand half an hour earlier and no more, so that nobody starves', () => {
    const hall = new Hall();
    const early = hall.waiting();
    const normal = hall.wait(10 * 60).waiting();
    const elderly = hall.wait(25 * 60).waiting('transfer', { priority: 'elderly' });
    expect(ids(lineOf(hall.state, hall.rules, ['transfer']))).toEqual([early, elderly, normal]);
    expect(hall.ticket(elderly).ahead).toBe(1);
  });

  it('of a window has those sent to it, whatever their service, and not those sent to another', () => {
    const hall = new Hall().open(3);
    const sent = hall.serving(1);
    const plain = hall.waiting();
    hall.do({ name: 'window.transfer', window: 1, to: { window: 3 }, reason: 'x' });
    expect(ids(lineOf(hall.state, hall.rules, ['query'], 3))).toEqual([sent]);
    expect(ids(lineOf(hall.state, hall.rules, ['transfer'], 1))).toEqual([plain]);
    expect(ids(lineOf(hall.state, hall.rules, ['transfer']))).toEqual([sent, plain]);
    // Counted for all windows at once it is the same.
    const counted = waitingAtWindows(hall.state, hall.rules);
    for (const { number, services } of hall.rules.windows)
      expect([number, counted.get(number)]).toEqual([
        number,
        lineOf(hall.state, hall.rules, services, number).length,
      ]);
    expect([...counted.values()].some((waiting) => waiting > 0)).toBe(true);
  });

  it('counts who is ahead in the own service, the same for one ticket and for all', () => {
    const hall = new Hall();
    const made = Array.from({ length: 60 }, (_, n) =>
      hall.wait(n % 3).waiting(n % 4 ? 'transfer' : 'mortgage', n % 7 ? {} : { priority: 'elderly' }),
    );
    const all = aheadOfEach(hall.state, hall.rules);
    for (const id of made) expect(all.get(id)).toBe(ahead(hall.state, hall.rules, id));
    const transfer = made.filter((id) => hall.ticket(id).service === 'transfer');
    const counted = transfer.map((id) => all.get(id) ?? -1).sort((a, b) => a - b);
    expect(counted).toEqual(transfer.map((_, n) => n));
    expect(ahead(hall.state, hall.rules, hall.reserve())).toBeNull();
    expect(ahead(hall.state, hall.rules, 'nobody')).toBeNull();
  });
});

describe('the wait', () => {
  it('cannot be told while no window is open for the service', () => {
    const hall = new Hall().open(3);
    expect(waitFor(hall.state, hall.rules, 'transfer', 2)).toBeNull();
    hall.open(1).do({ name: 'window.pause', window: 1, reason: 'x' });
    expect(waitFor(hall.state, hall.rules, 'transfer', 2)).toBeNull();
    hall.do({ name: 'window.resume', window: 1 });
    expect(waitFor(hall.state, hall.rules, 'transfer', 2)).not.toBeNull();
  });

  it('is shorter when more windows take the service', () => {
    const hall = new Hall().open(1);
    const one = waitFor(hall.state, hall.rules, 'transfer', 4);
    hall.open(2);
    const two = waitFor(hall.state, hall.rules, 'transfer', 4);
    expect(two?.maxS).toBeLessThan(one?.maxS ?? 0);
    expect(two?.minS).toBeLessThan(one?.minS ?? 0);
  });

  it('follows the visits as measured, the latest twenty', () => {
    const hall = new Hall();
    const configured = waitFor(hall.open(1).state, hall.rules, 'transfer', 6);
    const visit = (seconds: number, session: number): void => {
      hall.serving(1);
      hall.wait(seconds).do({ name: 'window.finish', window: 1, session });
    };
    for (let n = 0; n < 25; n++) visit(60, 10 + n);
    expect(waitFor(hall.state, hall.rules, 'transfer', 6)?.maxS).toBeLessThan(configured?.minS ?? 0);
    expect(hall.state.serviceTimes['transfer']).toEqual(Array.from({ length: 20 }, () => 60));
  });
});

/** Recorded: a failure names it, and it is the same line again. */
const SEED = 20_261_123;
const MINUTE = 60_000;

/** Who comes: seconds after the one before, and as what. An appointment's slot begins so many minutes before or after. */
const visitor = fc.record({
  gapS: fc.integer({ min: 0, max: 400 }),
  as: fc.constantFrom('normal', 'normal', 'priority', 'appointment'),
  slotMin: fc.integer({ min: -20, max: 60 }),
  service: fc.constantFrom('transfer', 'mortgage'),
  /** calls that are made before the next one comes */
  calls: fc.integer({ min: 0, max: 2 }),
  /** sent to one window only, as after a transfer */
  sentTo: fc.constantFrom(null, null, null, 1, 2, 3),
});
type Visitor = typeof visitor extends fc.Arbitrary<infer T> ? T : never;
const DAY = fc.array(visitor, { minLength: 10, maxLength: 80 });

/** A hall whose called visitors never come: a call is all that happens at a window. */
function hallOfCalls(): Hall {
  return new Hall({ missed: { policy: 'void' } }).open(1).open(2).open(3);
}

function comes(hall: Hall, who: Visitor, number: number): string {
  const ticketId = `v${number}`;
  const now = localTime(hall.wait(who.gapS).now, hall.rules.timeZone);
  const slot = localTime(new Date(hall.now.getTime() + who.slotMin * MINUTE), hall.rules.timeZone);
  const decision = reserveTicket(hall.state, hall.rules, now, {
    ticketId,
    service: who.service,
    language: 'zh',
    idempotencyKey: ticketId,
    delivery: 'screen',
    ...(who.as === 'priority' ? { priority: 'elderly' } : {}),
    ...(who.as === 'appointment' ? { class: 'appointment', appointment: 'ABCD', arrivedAt: slot } : {}),
  });
  if (!decision.ok) throw new Error(decision.refusal.detail);
  for (const event of decision.events) apply(hall.state, { ...event, seq: hall.state.seq + 1 });
  return ticketId;
}

/** The next one that this window really calls; null when nobody waits for it. The one called is then done with. */
function callNext(hall: Hall, window: number): string | null {
  const decision = hall.try({ name: 'window.call-next', window });
  if (!decision.ok) return null;
  hall.do({ name: 'window.missed', window });
  return decision.events.at(-1)?.subject ?? null;
}

function copyOf(hall: Hall): Hall {
  const copy = new Hall(hall.rules);
  copy.state = structuredClone(hall.state);
  copy.now = hall.now;
  return copy;
}

describe('fairness, over random days', () => {
  it('nobody is overtaken by anyone who came more than the head start later', () => {
    let overtaken = 0;
    fc.assert(
      fc.property(DAY, (day) => {
        const hall = new Hall({ missed: { policy: 'void' } }).open(1);
        // What the test itself knows: when each came (an appointment: when its slot begins), and as what.
        const came = new Map<string, { ms: number; headMin: number }>();
        hall.do({ name: 'day.check' });
        day.forEach((who, n) => {
          const ticketId = comes(hall, { ...who, service: 'transfer' }, n);
          const ms = hall.now.getTime() + (who.as === 'appointment' ? who.slotMin * MINUTE : 0);
          came.set(ticketId, { ms, headMin: { normal: 0, priority: 30, appointment: 15 }[who.as] });
          for (let calls = 0; calls < who.calls; calls++) {
            const called = callNext(hall, 1);
            const first = called === null ? undefined : came.get(called);
            if (called === null || !first) break;
            came.delete(called);
            for (const waits of came.values()) {
              if (waits.ms < first.ms) overtaken++;
              expect(first.ms - waits.ms).toBeLessThanOrEqual(first.headMin * MINUTE);
            }
          }
        });
      }),
      { seed: SEED, numRuns: 40 },
    );
    expect(overtaken, 'somebody must have been overtaken, else nothing was tried').toBeGreaterThan(50);
  });

  it('whatever flood of priority tickets comes, a normal one has at most those before it, and is called', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 150, maxLength: 200 }), (gaps) => {
        const hall = new Hall({ missed: { policy: 'void' } }).open(1);
        hall.do({ name: 'day.check' });
        const normal = hall.waiting();
        const start = hall.now.getTime();
        let most = 0;
        let calls = 0;
        for (const gap of gaps) {
          hall.wait(gap).waiting('transfer', { priority: 'elderly' });
          const before = ahead(hall.state, hall.rules, normal) ?? -1;
          if (hall.now.getTime() - start <= 30 * MINUTE) most = before;
          else expect(before, 'who came too late to overtake').toBe(most);
        }
        expect(hall.now.getTime() - start).toBeGreaterThan(30 * MINUTE);
        while (callNext(hall, 1) !== normal) calls++;
        expect(calls).toBe(most);
      }),
      { seed: SEED, numRuns: 8 },
    );
  });

  it('every ticket that waits is called, by windows that only ever call the next one', () => {
    fc.assert(
      fc.property(DAY, (day) => {
        const hall = hallOfCalls();
        hall.do({ name: 'day.check' });
        const waiting = new Set(day.map((who, n) => comes(hall, who, n)));
        for (let round = 0; round < day.length; round++)
          for (const window of [1, 2, 3]) waiting.delete(callNext(hall, window) ?? '');
        expect([...waiting]).toEqual([]);
      }),
      { seed: SEED, numRuns: 15 },
    );
  });

  it('what is said to be ahead and waiting is what call-next does, also with tickets sent to one window', () => {
    let sent = 0;
    fc.assert(
      fc.property(DAY, (day) => {
        const hall = hallOfCalls();
        hall.do({ name: 'day.check' });
        day.forEach((who, n) => {
          const ticket = hall.state.tickets[comes(hall, who, n)];
          if (ticket && who.sentTo !== null) ticket.onlyWindow = who.sentTo;
        });
        const { state, rules } = hall;
        const each = aheadOfEach(state, rules);
        for (const ticketId of each.keys()) expect(each.get(ticketId)).toBe(ahead(state, rules, ticketId));
        const waiting = waitingAtWindows(state, rules);
        for (const window of [1, 2, 3]) {
          // This window alone calls until nobody is left for it.
          const alone = copyOf(hall);
          const called: string[] = [];
          for (let next = callNext(alone, window); next !== null; next = callNext(alone, window))
            called.push(next);
          expect(called.length).toBe(waiting.get(window));
          expect(called).toEqual(lineAt(state, rules, window).map(({ ticketId }) => ticketId));
          called.forEach((ticketId, before) => {
            if (state.tickets[ticketId]?.onlyWindow !== window) return;
            sent++;
            expect(each.get(ticketId), 'sent to this window').toBe(before);
          });
          // Window 1 takes one service only: for it "ahead" is exact for the others too, but for those sent elsewhere.
          if (window !== 1) continue;
          const elsewhere = new Set(
            Object.values(state.tickets).flatMap((t) => (t.onlyWindow === 2 ? [t.ticketId] : [])),
          );
          called.forEach((ticketId, before) => {
            if (state.tickets[ticketId]?.onlyWindow !== null) return;
            const at = each.get(ticketId) ?? -1;
            expect(at).toBeGreaterThanOrEqual(before);
            expect(at - before).toBeLessThanOrEqual(elsewhere.size);
          });
        }
      }),
      { seed: SEED, numRuns: 20 },
    );
    expect(sent).toBeGreaterThan(20);
  });
});

describe('a place in line', () => {
  it('has the head start of its class; an appointment’s counts from its slot, and of two the longer one', () => {
    const at = { arrivedAt: '2026-11-23T10:00:00.000+08:00', class: 'appointment' } as const;
    const minutes = (more: object) =>
      (Date.parse(at.arrivedAt) - placeOf({ ...at, ...more }, new Hall().rules)) / MINUTE;
    expect(minutes({})).toBe(15);
    expect(minutes({ priorityDecision: 'confirmed' })).toBe(30);
    expect(minutes({ priorityDecision: 'denied' })).toBe(15);
    expect(minutes({ class: 'priority' })).toBe(30);
    expect(minutes({ class: 'normal' })).toBe(0);
  });

  it('is in the line of every window that a surge gives the service to', () => {
    const hall = new Hall().open(3);
    const ticketId = hall.waiting('transfer');
    expect(hall.refusal({ name: 'window.call-next', window: 3 }).code).toBe('nobody-waiting');
    hall.do({
      name: 'surge.start',
      surge: 's-1',
      by: 'staff',
      staff: 'm1',
      reason: 'many people',
      measures: { windows: [{ window: 3, services: ['transfer'] }] },
    });
    expect(waitingAtWindows(hall.state, hall.rules).get(3)).toBe(1);
    expect(hall.do({ name: 'window.call-next', window: 3 })[0]?.subject).toBe(ticketId);
  });
});

import { describe, expect, it } from 'vitest';
import { ahead, aheadOfEach, lineOf, waitingAtWindows } from '../../kiosk-agent/hall/line.ts';
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

  it('is shared by the windows that take the service', () => {
    const hall = new Hall().open(1);
    expect(waitFor(hall.state, hall.rules, 'transfer', 4)).toEqual({ minS: 28 * 60, maxS: 52 * 60 });
    hall.open(2);
    expect(waitFor(hall.state, hall.rules, 'transfer', 4)).toEqual({ minS: 14 * 60, maxS: 26 * 60 });
    expect(waitFor(hall.state, hall.rules, 'transfer', 0)).toEqual({ minS: 0, maxS: 0 });
  });

  it('follows the visits as measured, from the third on, the latest twenty', () => {
    const hall = new Hall();
    const visit = (seconds: number, session: number): void => {
      hall.serving(1);
      hall.wait(seconds).do({ name: 'window.finish', window: 1, session });
    };
    visit(120, 1);
    visit(120, 2);
    expect(waitFor(hall.state, hall.rules, 'transfer', 1)).toEqual({ minS: 7 * 60, maxS: 13 * 60 });
    visit(360, 3);
    // Mean 200 s: 0.7 and 1.3 of it in whole minutes.
    expect(waitFor(hall.state, hall.rules, 'transfer', 1)).toEqual({ minS: 120, maxS: 240 });
    for (let n = 0; n < 20; n++) visit(60, 10 + n);
    expect(hall.state.serviceTimes['transfer']).toEqual(Array.from({ length: 20 }, () => 60));
  });
});

import { describe, expect, it } from 'vitest';
import { loads, suggestions } from '../../kiosk-agent/hall/suggest.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import { Hall } from './hall.ts';

const suggested = (hall: Hall) => suggestions(hall.state, hall.rules, localTime(hall.now, 'Asia/Shanghai'));
const loaded = (hall: Hall) => loads(hall.state, hall.rules, localTime(hall.now, 'Asia/Shanghai'));

describe('a suggestion', () => {
  it('names the window that helps most, with the wait before and after', () => {
    const hall = new Hall().open(1);
    for (let n = 0; n < 6; n++) hall.waiting('transfer');
    // Window 2 takes the service and is closed: with it the last of six is called after 20 minutes instead of 50.
    expect(suggested(hall)[0]).toEqual({
      ...{ service: 'transfer', window: 2, state: 'closed', diverted: false, waiting: 6 },
      ...{ waitBeforeS: 3000, waitAfterS: 1200 },
    });
    // Window 3 could take it besides.
    expect(suggested(hall)[1]).toMatchObject({ window: 3, service: 'transfer', diverted: true });
  });

  it('comes first for a service that no open window takes', () => {
    const hall = new Hall().open(1);
    for (let n = 0; n < 6; n++) hall.waiting('transfer');
    hall.waiting('query');
    expect(suggested(hall)[0]).toMatchObject({
      service: 'query',
      window: 3,
      waitBeforeS: null,
      waitAfterS: 0,
    });
  });

  it('gives an idle window a service of others, and leaves one alone that has somebody to call', () => {
    const hall = new Hall().open(1).open(3);
    for (let n = 0; n < 6; n++) hall.waiting('transfer');
    expect(suggested(hall)).toContainEqual(
      expect.objectContaining({ window: 3, state: 'idle', service: 'transfer', diverted: true }),
    );
    hall.waiting('query');
    expect(suggested(hall).map(({ window }) => window)).not.toContain(3);
  });

  it('names a paused window, not one that is busy, and each window once', () => {
    const hall = new Hall().open(1).open(3);
    hall.do({ name: 'window.pause', window: 3, reason: 'x' });
    hall.called(2, 'mortgage');
    for (let n = 0; n < 6; n++) hall.waiting('transfer');
    for (let n = 0; n < 6; n++) hall.waiting('mortgage');
    const windows = suggested(hall).map(({ window }) => window);
    expect(windows).toEqual([3]);
    expect(suggested(hall)[0]?.state).toBe('paused');
  });

  it('is not made when little would be saved or nobody waits', () => {
    const hall = new Hall().open(1);
    expect(suggested(hall)).toEqual([]);
    hall.waiting('transfer');
    expect(suggested(hall)).toEqual([]);
  });

  it('changes nothing', () => {
    const hall = new Hall().open(1);
    for (let n = 0; n < 6; n++) hall.waiting('transfer');
    const before = structuredClone(hall.state);
    suggested(hall);
    loaded(hall);
    expect(hall.state).toEqual(before);
  });
});

describe('the loads', () => {
  it('tell the work in line for each open window, and what each window has done and has before it', () => {
    const hall = new Hall();
    hall.serving(1);
    hall.wait(120).do({ name: 'window.finish', window: 1, session: 1 });
    hall.waiting('transfer');
    hall.waiting('transfer');
    hall.waiting('mortgage');
    const { services, windows } = loaded(hall);
    expect(services[0]).toMatchObject({ service: 'transfer', waiting: 2, windowsOpen: 1 });
    expect(services[1]).toMatchObject({
      service: 'mortgage',
      waiting: 1,
      windowsOpen: 0,
      workPerWindowS: null,
      waitS: null,
    });
    expect(windows[0]).toMatchObject({ window: 1, state: 'idle', waiting: 2, servedToday: 1, busyS: 120 });
    expect(windows[0]?.busyForS).toBeGreaterThan(600);
    expect(windows[1]).toMatchObject({ window: 2, state: 'closed', waiting: 3, busyForS: null });
  });
});

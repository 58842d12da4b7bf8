/** One-time keys at the kiosk: their time, their number, their one use. */
import { describe, expect, it } from 'vitest';
import { IdentityDesk } from '../../kiosk-agent/web/identity.ts';

const ANNA = { hash: 'a'.repeat(64), year: 2026, masked: '990***********001X' };
function deskAt(): { desk: IdentityDesk; wait: (ms: number) => void } {
  let now = Date.parse('2026-11-23T02:00:00Z');
  return { desk: new IdentityDesk(() => new Date(now)), wait: (ms) => void (now += ms) };
}

describe('a one-time key', () => {
  it('is never the same, and says who it is as often as asked for two minutes', () => {
    const { desk, wait } = deskAt();
    const key = desk.issue(ANNA, [ANNA.hash, 'older']);
    expect(desk.issue(ANNA, [])).not.toBe(key);
    wait(120_000);
    for (let n = 0; n < 3; n++)
      expect(desk.look(key)).toEqual({ person: ANNA, hashes: [ANNA.hash, 'older'] });
    wait(1);
    expect(desk.look(key)).toBeNull();
    expect(desk.use(key)).toBeNull();
  });

  it('does not live longer when the clock is set back', () => {
    const { desk, wait } = deskAt();
    const key = desk.issue(ANNA, []);
    wait(-1);
    expect(desk.look(key)).toBeNull();
  });

  it('makes one ticket: the same tap again, no other one', () => {
    const { desk } = deskAt();
    const key = desk.issue(ANNA, []);
    expect(desk.use(key, 'tap-1')?.person).toEqual(ANNA);
    expect(desk.use(key, 'tap-1')?.person).toEqual(ANNA);
    expect(desk.use(key, 'tap-2')).toBeNull();
    expect(desk.look(key)).not.toBeNull();
    desk.giveBack(key, 'tap-2');
    expect(desk.use(key, 'tap-2')).toBeNull();
    desk.giveBack(key, 'tap-1');
    expect(desk.use(key, 'tap-2')).not.toBeNull();
    const other = desk.issue(ANNA, []);
    expect(desk.use(other)).not.toBeNull();
    expect(desk.use(other)).toBeNull();
  });

  it('is one of a hundred at the most, and gone when the visitor leaves', () => {
    const { desk } = deskAt();
    const first = desk.issue(ANNA, []);
    const second = desk.issue(ANNA, []);
    for (let n = 0; n < 99; n++) desk.issue(ANNA, []);
    expect([desk.look(first), desk.look(second) === null]).toEqual([null, false]);
    desk.forget(second);
    desk.forget('unknown');
    expect(desk.look(second)).toBeNull();
  });
});

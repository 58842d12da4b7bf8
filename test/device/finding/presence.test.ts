import { afterEach, describe, expect, it } from 'vitest';
import type { Found, FoundKind, FoundList } from '../../../kiosk-agent/device/found.ts';
import { Presence } from '../../../kiosk-agent/device/presence.ts';
import { ManualClock } from '../manual-clock.ts';

const EVERY_MS = 2_000;
const port = (n: number, more: Partial<Found> = {}): Found => ({
  key: `serial:/dev/ttyUSB${n}`,
  kind: 'serial',
  path: `/dev/ttyUSB${n}`,
  vendorId: '1a86',
  productId: '7523',
  interface: 0,
  location: `S${n}`,
  ...more,
});
const untold = (n: number): Found => ({
  key: `serial:/dev/ttyUSB${n}`,
  kind: 'serial',
  path: `/dev/ttyUSB${n}`,
});
const hid: Found = {
  key: 'hid:/dev/hidraw0',
  kind: 'hid',
  path: '/dev/hidraw0',
  vendorId: '1209',
  productId: '0001',
};

const open: Presence[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A presence whose lists a test dictates; `told` is what it has said. */
async function watch(...first: Found[]) {
  const clock = new ManualClock();
  const told: string[] = [];
  let list: FoundList = { found: first, troubles: [], silent: [] };
  let lists = 0;
  const presence = new Presence({ clock, list: () => (lists++, Promise.resolve(list)) });
  open.push(presence);
  presence.on('ready', () => told.push('ready'));
  presence.on('appeared', ({ key }) => told.push(`+ ${key}`));
  presence.on('removed', ({ key }) => told.push(`- ${key}`));
  presence.on('changed', (from, to) =>
    told.push(`~ ${from.key} ${from.product ?? from.vendorId} → ${to.product ?? to.vendorId}`),
  );
  presence.on('troubles', (troubles) => told.push(`! ${troubles.join()}`));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  return {
    presence,
    clock,
    lists: () => lists,
    keys: () => presence.found.map(({ key }) => key),
    /** The next list, `times` over; answers what was told. */
    async next(found: Found[], times = 1, silent: FoundKind[] = [], troubles: string[] = []) {
      list = { found, troubles, silent };
      told.length = 0;
      for (let time = 0; time < times; time++) {
        await clock.advance(EVERY_MS);
        await settle();
      }
      return [...told];
    },
    told,
  };
}

describe('what is plugged in', () => {
  it('is told at once, and once', async () => {
    const { told, next, presence } = await watch(port(0));
    expect(told).toEqual(['+ serial:/dev/ttyUSB0', 'ready']);
    expect(presence.ready).toBe(true);
    expect(await next([port(0), port(1), hid], 2)).toEqual(['+ serial:/dev/ttyUSB1', '+ hid:/dev/hidraw0']);
  });

  it('is gone after three misses in a row, and not before', async () => {
    const { next, keys } = await watch(port(0), port(1));
    expect(await next([port(1)], 2)).toEqual([]);
    expect(keys()).toHaveLength(2);
    // Seen again: the misses count from the beginning.
    expect(await next([port(0), port(1)])).toEqual([]);
    expect(await next([port(1)], 2)).toEqual([]);
    expect(await next([port(1)])).toEqual(['- serial:/dev/ttyUSB0']);
    expect(keys()).toEqual(['serial:/dev/ttyUSB1']);
    expect(await next([port(0), port(1)])).toEqual(['+ serial:/dev/ttyUSB0']);
  });

  it('is not gone when its list failed: that is no news, however often', async () => {
    const { next, keys } = await watch(port(0), hid);
    expect(await next([hid], 9, ['serial'], ['no udevadm'])).toEqual(['! no udevadm']);
    expect(keys()).toEqual(['serial:/dev/ttyUSB0', 'hid:/dev/hidraw0']);
    expect(await next([], 3, ['serial'], ['no udevadm'])).toEqual(['- hid:/dev/hidraw0']);
    expect(await next([port(0)])).toEqual(['! ']);
  });

  it('that tells more of itself has changed; under the same name another device is another', async () => {
    const { next } = await watch(untold(0));
    expect(await next([port(0, { product: 'USB Serial' })])).toEqual([
      '~ serial:/dev/ttyUSB0 undefined → USB Serial',
    ]);
    expect(await next([port(0, { product: 'renamed' })])).toEqual([
      '~ serial:/dev/ttyUSB0 USB Serial → renamed',
    ]);
    expect(await next([port(0, { vendorId: '0403', productId: '6001' })])).toEqual([
      '- serial:/dev/ttyUSB0',
      '+ serial:/dev/ttyUSB0',
    ]);
    expect(await next([port(0, { vendorId: '0403', productId: '6001', location: 'S7' })])).toEqual([
      '- serial:/dev/ttyUSB0',
      '+ serial:/dev/ttyUSB0',
    ]);
  });

  it('that was plugged in again and has no ids yet is neither gone nor another', async () => {
    const { next, presence } = await watch(port(0));
    expect(await next([])).toEqual([]);
    expect(await next([untold(0)], 3)).toEqual([]);
    expect(presence.found).toEqual([port(0)]);
    expect(await next([port(0)])).toEqual([]);
    // Without end it is not believed: something else may stand there that never tells.
    expect(await next([untold(0)], 5)).toEqual([]);
    expect(await next([untold(0)])).toEqual(['- serial:/dev/ttyUSB0', '+ serial:/dev/ttyUSB0']);
  });

  it('that came back under another name stands once in the list, at once', async () => {
    const { next, keys } = await watch(port(0), port(1));
    expect(await next([port(1), port(2, { location: 'S0' })])).toEqual([
      '- serial:/dev/ttyUSB0',
      '+ serial:/dev/ttyUSB2',
    ]);
    expect(keys()).toEqual(['serial:/dev/ttyUSB1', 'serial:/dev/ttyUSB2']);
    // The other port of the same adapter is no successor.
    const { next: nextOfTwo } = await watch(port(0), port(1, { location: 'S0', interface: 1 }));
    expect(await nextOfTwo([port(1, { location: 'S0', interface: 1 })], 2)).toEqual([]);
    // By its serial number also at another socket.
    const { next: nextByNumber } = await watch(port(0, { serialNumber: 'A1' }));
    expect(await nextByNumber([port(3, { serialNumber: 'A1' })])).toEqual([
      '- serial:/dev/ttyUSB0',
      '+ serial:/dev/ttyUSB3',
    ]);
  });
});

describe('looking', () => {
  it('goes on every two seconds, is shared by who asks meanwhile, and ends with close', async () => {
    const clock = new ManualClock();
    const answers: ((list: FoundList) => void)[] = [];
    const presence = new Presence({ clock, list: () => new Promise((resolve) => answers.push(resolve)) });
    const told: string[] = [];
    presence.on('appeared', ({ key }) => told.push(key));
    expect(answers).toHaveLength(1);
    const asked = [presence.look(), presence.look()];
    expect(answers).toHaveLength(1);
    expect(presence.ready).toBe(false);
    answers[0]!({ found: [port(0)], troubles: [], silent: [] });
    await Promise.all(asked);
    expect(told).toEqual(['serial:/dev/ttyUSB0']);
    expect(clock.nextMs).toBe(EVERY_MS);
    // Asked for in between: the two seconds begin anew, and there is never a second timer.
    const now = presence.look();
    expect(clock.pending).toBe(0);
    answers[1]!({ found: [port(0), port(1)], troubles: [], silent: [] });
    await now;
    expect(clock.pending).toBe(1);
    await clock.advance(EVERY_MS);
    expect(answers).toHaveLength(3);
    presence.close();
    presence.close();
    // A list that comes late belongs to nobody.
    answers[2]!({ found: [], troubles: ['late'], silent: [] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.pending).toBe(0);
    await presence.look();
    expect(answers).toHaveLength(3);
    expect(told).toEqual(['serial:/dev/ttyUSB0', 'serial:/dev/ttyUSB1']);
  });
});

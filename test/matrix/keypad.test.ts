import { afterAll, beforeAll, expect } from 'vitest';
import { keypadFaults, startKeypad, type KeypadHandle } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import { runColumn } from './column.ts';
import { apart, keysOf, saidSince, senderCells, type Key } from './key-senders.ts';
import { column } from './keypad.ts';
import { startRatingHall, type RatingHall } from './rating-hall.ts';

const start = (name = 'keypad', index = 0) =>
  startKeypad({ id: name, port: 'socket', serial: `PAD-${index}` });
let hall: RatingHall<KeypadHandle>;
beforeAll(async () => {
  const fourth = { press: (device: KeypadHandle) => device.press('4'), level: 4, row: ', as: evaluator' };
  hall = await startRatingHall<KeypadHandle>('keypad', keypadFaults, start, fourth);
});
afterAll(() => hall.close());

const two: Key<KeypadHandle> = { press: (device) => device.press('2'), code: '2', level: 2 };
const three: Key<KeypadHandle> = { press: (device) => device.press('3'), code: '3', level: 3 };

runColumn(column, start, {
  ...senderCells((fault) => hall.at(fault), { two, three, unplugged: 'missing' }),

  async babble() {
    const { device, visit, ratings, given, is, sees, recovers } = hall.at('babble');
    await is('ready');
    await device.setFault('babble', true);
    const session = await visit();
    await sees('reports of too many keys', ({ counters }) => (counters['dropped'] ?? 0) > 10);
    device.press('2');
    expect(await given(session)).toMatchObject({ level: 2 });
    expect(keysOf(ratings())).toEqual(['2']);
    await device.setFault('babble', false);
    await recovers();
  },

  async 'lost-frames'() {
    const { device, visit, ratings, is, recovers } = hall.at('lost-frames');
    await is('ready');
    await device.setFault('lost-frames', true, { rate: 0.5 });
    await visit();
    for (const key of ['1', '2', '3', '4', '5']) device.press(key);
    await device.setFault('lost-frames', false);
    await apart();
    // Ten reports: five keys go down, five come up; the usage of key 1 is 59.
    const reports = saidSince(device).map(({ hex }) => hex.slice(4, 6));
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThan(10);
    const arrived = reports
      .filter((usage) => usage !== '00')
      .map((usage) => String(Number.parseInt(usage, 16) - 0x58));
    // A release that got lost, and a key that did: both are among what this seed loses.
    expect(arrived.length).toBeGreaterThan(0);
    expect(arrived.length).toBeLessThan(5);
    await until('what was not lost', () => ratings().length === arrived.length);
    expect(keysOf(ratings())).toEqual(arrived);
    await recovers();
  },

  async 'unplug-after-bytes'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('unplug-after-bytes');
    const plugIsGone = async () => {
      expect(device.plugged).toBe(false);
      await is('missing');
      await device.plug();
      await is('ready');
    };
    await is('ready');
    const session = await visit();
    await device.setFault('unplug-after-bytes', true, { bytes: 4 });
    device.press('3');
    await plugIsGone();
    expect(ratings()).toEqual([]);
    // Down; the plug is gone before it comes up.
    await device.setFault('stuck-key', true, { key: 2 });
    expect(await given(session)).toMatchObject({ level: 2 });
    await device.setFault('unplug-after-bytes', true, { bytes: 4 });
    await device.setFault('stuck-key', false);
    await plugIsGone();
    await recovers();
    await apart();
    await apart();
    const again = await visit();
    device.press('2');
    expect(await given(again)).toMatchObject({ level: 2 });
    expect(keysOf(ratings())).toEqual(['2', '4', '2']);
  },

  async 'stuck-key'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('stuck-key');
    await is('ready');
    await device.setFault('stuck-key', true, { key: 2 });
    await until('the press of the stuck key', () => ratings().length === 1);
    expect(ratings()[0]?.data).toMatchObject({ keyRaw: '2', why: 'no-session' });
    const session = await visit();
    device.press('2');
    device.press('3');
    expect(await given(session)).toMatchObject({ level: 3 });
    expect(saidSince(device).map(({ hex }) => hex)).toEqual([
      '00005a0000000000',
      '00005a5b00000000',
      '00005a0000000000',
    ]);
    expect(keysOf(ratings())).toEqual(['2', '3']);
    await device.setFault('stuck-key', false);
    await recovers();
  },
});

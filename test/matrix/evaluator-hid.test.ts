import { afterAll, beforeAll, expect } from 'vitest';
import { hidEvaluatorFaults, startHidEvaluator, type HidEvaluatorHandle } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import { runColumn } from './column.ts';
import { column } from './evaluator-hid.ts';
import { acknowledged, fiveKeys, lit, ownCells, presses } from './own-evaluators.ts';
import { startRatingHall, type RatingHall } from './rating-hall.ts';

const start = (name = 'evaluator', index = 0) =>
  startHidEvaluator({ id: name, port: 'socket', serial: `USB-${index}`, seed: index + 1 });
let hall: RatingHall<HidEvaluatorHandle>;
beforeAll(async () => {
  hall = await startRatingHall<HidEvaluatorHandle>('ehr1', hidEvaluatorFaults, start, fiveKeys);
});
afterAll(() => hall.close());

runColumn(column, start, {
  ...ownCells((fault) => hall.at(fault), { unplugged: 'missing', powerless: 'missing' }),

  async babble() {
    const { device, visit, ratings, given, is, sees, recovers } = hall.at('babble');
    await is('ready');
    await device.setFault('babble', true);
    const session = await visit();
    await lit(device, session);
    await sees('dropped reports', ({ counters }) => (counters['droppedNoise'] ?? 0) > 16 * 20);
    for (const key of [1, 2, 3, 4, 5]) device.press(key);
    await acknowledged(device);
    await until('five presses', () => ratings().length === 5);
    expect(presses(ratings(), session)).toEqual(['1 5 5', '2 4 4', '3 3 3', '4 2 2', '5 1 1']);
    await given(session);
    await device.setFault('babble', false);
    await recovers();
  },

  async 'no-identity'() {
    const { device, visit, ratings, given, is, view, recovers } = hall.at('no-identity');
    await is('ready');
    const session = await visit();
    await lit(device, session);
    await device.unplug();
    device.press(2);
    await device.setFault('no-identity', true);
    await device.plug();
    await is('silent');
    expect(view().detail).toMatch(/^its identity was not answered/);
    expect(device.state().pressesWaiting).toBe(1);
    expect(ratings()).toEqual([]);
    await device.setFault('no-identity', false);
    expect(await given(session)).toMatchObject({ level: 4, device: { seq: 1 } });
    await recovers();
  },
});

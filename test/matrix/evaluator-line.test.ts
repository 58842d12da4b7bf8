import { afterAll, beforeAll, expect } from 'vitest';
import { evaluatorFaults, startEvaluator, type EvaluatorHandle } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import { runColumn } from './column.ts';
import { column } from './evaluator-line.ts';
import { acknowledged, fiveKeys, KEY, lit, ownCells, presses, said } from './own-evaluators.ts';
import { startRatingHall, type Place, type RatingHall } from './rating-hall.ts';

const start = (name = 'evaluator', index = 0) =>
  startEvaluator({ id: name, port: 'tcp:0', serial: `LINE-${index}`, seed: index + 1 });
let hall: RatingHall<EvaluatorHandle>;
beforeAll(async () => {
  hall = await startRatingHall('elp1', evaluatorFaults, start, fiveKeys);
});
afterAll(() => hall.close());
const at = (fault: string): Place<EvaluatorHandle> => hall.at(fault);

/** A line that carries whole messages among other things: the press rates once, and what was seen of the fault is seen. */
async function ratesOnce(fault: string, seen: (place: Place<EvaluatorHandle>) => Promise<unknown>) {
  const place = at(fault);
  const { device, visit, ratings, given, is, recovers } = place;
  await is('ready');
  await device.setFault(fault, true);
  const session = await visit();
  await lit(device, session);
  device.press(2);
  await seen(place);
  expect(await given(session)).toMatchObject({ level: 4 });
  await acknowledged(device);
  expect(ratings()).toHaveLength(1);
  await device.setFault(fault, false);
  await recovers();
}

runColumn(column, start, {
  ...ownCells(at, { unplugged: 'refused', powerless: 'silent' }),
  noise: () =>
    ratesOnce('noise', ({ sees }) =>
      sees('dropped bytes', ({ counters }) => (counters['droppedNoise'] ?? 0) > 0),
    ),
  babble: () =>
    ratesOnce('babble', ({ sees }) =>
      sees('dropped bytes', ({ counters }) => (counters['droppedNoise'] ?? 0) > 500),
    ),
  'merged-frames': () =>
    ratesOnce('merged-frames', ({ device }) =>
      until('two messages in one piece', () => said(device, / \+ \$/).length > 0),
    ),
  'split-frames': () =>
    ratesOnce('split-frames', ({ device }) =>
      until('a press in pieces', () =>
        said(device, KEY).some(({ hex }) => Buffer.from(hex, 'hex').at(-1) !== 0x0a),
      ),
    ),

  async corrupted() {
    const { device, visit, ratings, given, is, sees, recovers } = at('corrupted');
    await is('ready');
    const session = await visit();
    await lit(device, session);
    await device.setFault('corrupted', true, { rate: 0.6 });
    // Thirty presses, and some fifty wrong bits: in numbers, keys and sessions too.
    const keys = Array.from({ length: 30 }, (_, at) => 1 + (at % 5));
    for (const key of keys) device.press(key);
    await acknowledged(device);
    await sees('dropped messages', ({ counters }) => sum(counters, ['wrongCrc', 'badBody']) > 20);
    await until('thirty presses', () => ratings().length >= 30);
    expect(presses(ratings(), session)).toEqual(keys.map((key, at) => `${at + 1} ${6 - key} ${6 - key}`));
    await given(session);
    await device.setFault('corrupted', false);
    await recovers();
  },

  async 'wrong-baud'() {
    const { device, visit, ratings, given, is, recovers } = at('wrong-baud');
    await is('ready');
    const session = await visit();
    await lit(device, session);
    await device.unplug();
    device.press(2);
    await device.setFault('wrong-baud', true);
    await device.plug();
    await is('wrong-settings');
    expect(said(device, /garbage at this baud rate/).length).toBeGreaterThan(0);
    expect(device.state().pressesWaiting).toBe(1);
    expect(ratings()).toEqual([]);
    await device.setFault('wrong-baud', false);
    expect(await given(session)).toMatchObject({ level: 4 });
    await recovers();
  },

  async 'wrong-checksum'() {
    const { device, visit, ratings, given, is, sees, recovers } = at('wrong-checksum');
    await is('ready');
    await device.setFault('wrong-checksum', true, { rate: 1 });
    const session = await visit();
    await lit(device, session);
    device.press(2);
    await is('silent');
    await sees('wrong checksums', ({ counters }) => (counters['wrongCrc'] ?? 0) > 4);
    expect(device.state().pressesWaiting).toBe(1);
    expect(ratings()).toEqual([]);
    await device.setFault('wrong-checksum', false);
    expect(await given(session)).toMatchObject({ level: 4 });
    await recovers();
  },
});

function sum(counters: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((all, name) => all + (counters[name] ?? 0), 0);
}

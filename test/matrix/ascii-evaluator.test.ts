import { afterAll, beforeAll, expect } from 'vitest';
import { asciiFaults, startAsciiEvaluator, type AsciiEvaluatorHandle } from '../../firmware-sim/index.ts';
import type { DeviceView } from '../../kiosk-agent/contract/live.ts';
import { until } from '../harness/programs.ts';
import { column } from './ascii-evaluator.ts';
import { runColumn } from './column.ts';
import { apart, keysOf, saidSince, senderCells, type Key } from './key-senders.ts';
import { startRatingHall, type RatingHall } from './rating-hall.ts';

const start = (name = 'ascii-evaluator') => startAsciiEvaluator({ id: name, port: 'tcp:0' });
let hall: RatingHall<AsciiEvaluatorHandle>;
beforeAll(async () => {
  const fourth = { press: (device: AsciiEvaluatorHandle) => device.press(4), level: 2 };
  hall = await startRatingHall('ascii-5', asciiFaults, start, fourth);
});
afterAll(() => hall.close());

/** Keys `1` to `5` are levels 5 to 1. */
const two: Key<AsciiEvaluatorHandle> = { press: (device) => device.press(2), code: '32', level: 4 };
const three: Key<AsciiEvaluatorHandle> = { press: (device) => device.press(3), code: '33', level: 3 };

/** Codes of keys among what the device has said since entry `from`: all that can be known of them, without a checksum. */
const keysOnWire = (device: AsciiEvaluatorHandle, from = 0) =>
  saidSince(device, from)
    .flatMap(({ hex }) => hex.match(/../g) ?? [])
    .filter((code) => /^3[1-5]$/.test(code));
runColumn(column, start, {
  ...senderCells((fault) => hall.at(fault), { two, three, unplugged: 'refused' }),
  async noise() {
    const { device, visit, ratings, given, is, sees, view, recovers } = hall.at('noise');
    await is('ready');
    const before = await visit();
    device.press(3);
    await given(before);
    await device.setFault('noise', true);
    const session = await visit();
    const from = device.wire().length;
    for (const press of [2, 5, 1]) {
      const dropped = view().counters['droppedNoise'] ?? 0;
      device.press(press);
      await sees('dropped bytes', ({ counters }) => (counters['droppedNoise'] ?? 0) > dropped);
    }
    expect(keysOnWire(device, from)).toEqual(expect.arrayContaining(['32', '35', '31']));
    expect(view()).toMatchObject({ state: 'ready', notes: ['unprotected'], counters: { presses: 1 } });
    expect(keysOf(ratings())).toEqual(['33']);
    await device.setFault('noise', false);
    device.press(2);
    expect(await given(session)).toMatchObject({ level: 4 });
    await recovers();
  },

  async babble() {
    const { device, visit, ratings, given, is, sees, view, recovers } = hall.at('babble');
    await is('ready');
    const before = await visit();
    device.press(3);
    await given(before);
    const session = await visit();
    const from = device.wire().length;
    await device.setFault('babble', true);
    await is('wrong-settings');
    for (const press of [1, 2, 4, 5]) device.press(press);
    await sees('garbage', ({ counters }) => (counters['droppedNoise'] ?? 0) > 2000);
    // The four presses, and more that nobody made.
    expect(keysOnWire(device, from).length).toBeGreaterThan(10);
    expect(view()).toMatchObject({ state: 'wrong-settings', counters: { presses: 1 } });
    expect(keysOf(ratings())).toEqual(['33']);
    await device.setFault('babble', false);
    await is('ready');
    device.press(2);
    expect(await given(session)).toMatchObject({ level: 4 });
    await recovers();
  },

  async 'lost-frames'() {
    const { device, visit, ratings, is, recovers } = hall.at('lost-frames');
    await is('ready');
    await device.setFault('lost-frames', true, { rate: 0.5 });
    await visit();
    for (const key of [1, 2, 3, 4, 5]) device.press(key);
    await apart();
    await device.setFault('lost-frames', false);
    expect(keysOnWire(device).length).toBeGreaterThan(0);
    expect(keysOnWire(device).length).toBeLessThan(device.state().pressed);
    await until('what was not lost', () => ratings().length === keysOnWire(device).length);
    expect(keysOf(ratings())).toEqual(keysOnWire(device));
    // From when the last one has been heard: on a busy machine that is later than it was pressed.
    await apart();
    await recovers();
  },

  async 'merged-frames'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('merged-frames');
    await is('ready');
    await device.setFault('merged-frames', true);
    const session = await visit();
    device.press(2);
    device.press(3);
    expect(await given(session)).toMatchObject({ level: 4 });
    expect(saidSince(device).map(({ hex }) => hex)).toEqual(['3233']);
    await until('both presses', () => ratings().length === 2);
    expect(ratings()[1]?.data).toMatchObject({ keyRaw: '33', why: 'already-rated' });
    await device.setFault('merged-frames', false);
    await recovers();
  },

  async corrupted() {
    const { device, visit, ratings, is, sees, view, recovers } = hall.at('corrupted');
    await is('ready');
    await device.setFault('corrupted', true, { rate: 1 });
    await visit();
    const heard = ({ counters: { droppedNoise = 0, presses = 0, repeats = 0 } }: DeviceView) => ({
      noise: droppedNoise,
      keys: presses + repeats,
    });
    for (let pressed = 1; pressed <= 12; pressed += 1) {
      device.press(1 + (pressed % 5));
      // Alone, each of them: what comes together with a character that is no key is dropped with it.
      await sees(`${pressed} characters`, (seen) => heard(seen).noise + heard(seen).keys === pressed);
    }
    expect(view()).toMatchObject({ notes: expect.arrayContaining(['unprotected']) });
    // Both kinds are among what this seed makes of them.
    const arrived = keysOnWire(device);
    expect(arrived.length).toBeGreaterThan(0);
    expect(heard(view())).toEqual({ noise: 12 - arrived.length, keys: arrived.length });
    expect(arrived.length).toBeLessThan(12);
    await until('those that are keys', () => ratings().length === view().counters['presses']);
    expect(new Set(keysOf(ratings()))).toEqual(new Set(arrived));
    expect(ratings().filter(({ type }) => type === 'hall.rating.given').length).toBeLessThan(2);
    await device.setFault('corrupted', false);
    await apart();
    await recovers();
  },

  async 'wrong-baud'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('wrong-baud');
    await is('ready');
    await device.setFault('wrong-baud', true);
    const session = await visit();
    for (let press = 0; press < 60; press += 1) device.press(2);
    await is('wrong-settings');
    expect(saidSince(device)).toHaveLength(60);
    // With this device's seed some of them are keys by chance.
    expect(keysOnWire(device).length).toBeGreaterThan(0);
    expect(ratings()).toEqual([]);
    await device.setFault('wrong-baud', false);
    device.press(3);
    expect(await given(session)).toMatchObject({ level: 3 });
    await recovers();
  },

  async 'unplug-after-bytes'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('unplug-after-bytes');
    await is('ready');
    const session = await visit();
    await device.setFault('unplug-after-bytes', true, { bytes: 1 });
    device.press(2);
    expect(await given(session)).toMatchObject({ level: 4 });
    expect(device.plugged).toBe(false);
    await is('refused');
    await device.plug();
    await is('ready');
    expect(keysOf(ratings())).toEqual(['32']);
    await recovers();
  },

  async 'stuck-key'() {
    const { device, visit, ratings, given, is, recovers } = hall.at('stuck-key');
    await is('ready');
    await device.setFault('stuck-key', true, { key: 2 });
    await until('the character to go on', () => keysOnWire(device).length > 3);
    expect(ratings()[0]?.data).toMatchObject({ keyRaw: '32', why: 'no-session' });
    const session = await visit();
    device.press(1);
    expect(await given(session)).toMatchObject({ level: 5 });
    const next = await visit();
    const from = device.wire().length;
    await until('the character to go on', () => keysOnWire(device, from).length > 3);
    device.press(3);
    expect(await given(next)).toMatchObject({ level: 3 });
    // A computer that stands still for 400 ms reads a new press, and rightly so.
    if (!stoodStill(device)) expect(keysOf(ratings())).toEqual(['32', '31', '33']);
    await device.setFault('stuck-key', false);
    await apart();
    await recovers();
  },

  async 'power-off'() {
    const { device, visit, ratings, given, is, view, recovers } = hall.at('power-off');
    await is('ready');
    await device.setFault('power-off', true);
    const session = await visit();
    device.press(2);
    expect(device.state().pressed).toBe(0);
    expect(view()).toMatchObject({ state: 'ready', notes: ['unprotected', 'never-heard'] });
    await device.setFault('power-off', false);
    device.press(3);
    expect(await given(session)).toMatchObject({ level: 3 });
    expect(keysOf(ratings())).toEqual(['33']);
    await recovers();
  },
});

function stoodStill(device: AsciiEvaluatorHandle): boolean {
  const times = saidSince(device).map(({ at }) => Date.parse(at));
  return times.some((time, index) => index > 0 && time - (times[index - 1] ?? time) > 300);
}

/** The cells that both own protocols have: one hardware, one promise (evaluators.md, "Promise on both own protocols"). */
import { expect } from 'vitest';
import type { EvaluatorHandle } from '../../firmware-sim/index.ts';
import type { DeviceView } from '../../kiosk-agent/contract/live.ts';
import { until } from '../harness/programs.ts';
import type { Place } from './rating-hall.ts';

type At = (fault: string) => Place<EvaluatorHandle>;

/** Its keys from left to right are levels 5 to 1. */
export const fiveKeys = {
  press: (device: EvaluatorHandle) => device.press(4),
  level: 2,
  isLit: (device: EvaluatorHandle, session: number) => device.state().session?.number === session,
};
/** The device has this evaluation open. */
export const lit = (device: EvaluatorHandle, session: number) =>
  until(`the keys of evaluation ${session}`, () => fiveKeys.isLit(device, session));
/** What the device has said that matches. */
export const said = (device: EvaluatorHandle, words: RegExp) =>
  device.wire().filter((entry) => entry.direction === 'out' && words.test(entry.decoded));
export const heard = (device: EvaluatorHandle, words: RegExp) =>
  device.wire().filter((entry) => entry.direction === 'in' && words.test(entry.decoded));
/** Every press is on disk. */
export const acknowledged = (device: EvaluatorHandle) =>
  until('the device to be rid of its presses', () => device.state().pressesWaiting === 0);
/** A KEY in either protocol's words. */
export const KEY = /^\$KEY|^key /;

/** How staff see a device whose plug is out, and one without power. */
export type Gone = { unplugged: DeviceView['state']; powerless: DeviceView['state'] };

/** Tests by fault; `at` gives each its own window. */
export function ownCells(at: At, gone: Gone): Record<string, () => Promise<void>> {
  return {
    async unplugged() {
      const { device, visit, ratings, given, is, recovers } = at('unplugged');
      const session = await visit();
      await lit(device, session);
      await device.setFault('unplugged', true);
      await is(gone.unplugged);
      device.press(2);
      expect(device.state()).toMatchObject({ hostPresent: false, pressesWaiting: 1 });
      expect(ratings()).toEqual([]);
      await device.setFault('unplugged', false);
      expect(await given(session)).toMatchObject({ level: 4 });
      await recovers();
    },

    async silent() {
      const { device, visit, ratings, given, is, recovers } = at('silent');
      await is('ready');
      await device.setFault('silent', true);
      const before = device.wire().length;
      const session = await visit();
      // It hears, and opens; nobody knows.
      await lit(device, session);
      device.press(2);
      await is('silent');
      expect(device.wire().slice(before)).not.toContainEqual(expect.objectContaining({ direction: 'out' }));
      expect(device.state().pressesWaiting).toBe(1);
      expect(ratings()).toEqual([]);
      await device.setFault('silent', false);
      expect(await given(session)).toMatchObject({ level: 4 });
      await recovers();
    },

    async 'lost-frames'() {
      const { device, visit, ratings, given, is, recovers } = at('lost-frames');
      await is('ready');
      await device.setFault('lost-frames', true, { rate: 0.4 });
      const session = await visit();
      await lit(device, session);
      for (const key of [1, 2, 3, 4, 5]) device.press(key);
      await acknowledged(device);
      // What was lost is seen by its repeat: the same bytes once more.
      const bytes = device.wire().map((entry) => `${entry.direction} ${entry.hex}`);
      expect(new Set(bytes).size).toBeLessThan(bytes.length);
      await until('five presses', () => ratings().length === 5);
      expect(presses(ratings(), session)).toEqual(['1 5 5', '2 4 4', '3 3 3', '4 2 2', '5 1 1']);
      await given(session);
      await device.setFault('lost-frames', false);
      await recovers();
    },

    async 'doubled-frames'() {
      const { device, visit, ratings, given, is, recovers } = at('doubled-frames');
      await is('ready');
      await device.setFault('doubled-frames', true, { rate: 1 });
      const session = await visit();
      await lit(device, session);
      device.press(2);
      expect(await given(session)).toMatchObject({ level: 4 });
      await acknowledged(device);
      expect(said(device, KEY).filter(({ decoded }) => decoded.endsWith(' again')).length).toBeGreaterThan(0);
      expect(ratings()).toHaveLength(1);
      await device.setFault('doubled-frames', false);
      await recovers();
    },

    async 'delayed-frames'() {
      const { device, visit, ratings, given, is, sees, recovers } = at('delayed-frames');
      await is('ready');
      await device.setFault('delayed-frames', true, { ms: 700 });
      const session = await visit();
      await lit(device, session);
      await sees('a repeated command', ({ counters }) => (counters['repeats'] ?? 0) > 0);
      device.press(2);
      expect(await given(session)).toMatchObject({ level: 4 });
      await acknowledged(device);
      await until('a repeat of the press', () => said(device, KEY).length > 1);
      expect(ratings()).toHaveLength(1);
      await is('ready');
      await device.setFault('delayed-frames', false);
      await recovers();
    },

    async 'unplug-after-bytes'() {
      const { device, visit, ratings, given, is, recovers } = at('unplug-after-bytes');
      await is('ready');
      const session = await visit();
      await lit(device, session);
      await acknowledgedCommands(device);
      await device.setFault('unplug-after-bytes', true, { bytes: 12 });
      device.press(2);
      await is(gone.unplugged);
      expect(device.plugged).toBe(false);
      expect(device.faults()).toEqual(['unplugged']);
      expect(device.state().pressesWaiting).toBe(1);
      expect(ratings()).toEqual([]);
      await device.plug();
      expect(await given(session)).toMatchObject({ level: 4 });
      await acknowledged(device);
      expect(ratings()).toHaveLength(1);
      await recovers();
    },

    async 'stuck-key'() {
      const { device, visit, ratings, given, is, recovers } = at('stuck-key');
      await is('ready');
      await device.setFault('stuck-key', true, { key: 2 });
      await is('faulted', 'stuck-key');
      await until('the press of the stuck key', () => ratings().length === 1);
      expect(ratings()[0]?.data).toMatchObject({ why: 'no-session', keyRaw: '4' });
      const session = await visit();
      await lit(device, session);
      expect(device.press(2)).toBe(false);
      expect(device.press(1)).toBe(true);
      expect(await given(session)).toMatchObject({ level: 5 });
      expect(ratings()).toHaveLength(2);
      await device.setFault('stuck-key', false);
      await recovers();
    },

    speaker: () => rates(at('speaker'), 'speaker'),
    'low-voltage': () => rates(at('low-voltage'), 'low-voltage'),

    async busy() {
      const { device, visit, ratings, given, is, recovers } = at('busy');
      await is('ready');
      await device.setFault('busy', true);
      const session = await visit();
      const refusals = () => said(device, /NO,\d+,busy|^answer \d+: 2 /).length;
      await until('the refusal, and another', () => refusals() > 1);
      expect(device.state()).toMatchObject({ session: null, lights: { keys: 'dark' } });
      device.press(2);
      await acknowledged(device);
      await until('the press', () => ratings().length === 1);
      expect(ratings()[0]?.data).toMatchObject({ why: 'no-session' });
      await device.setFault('busy', false);
      await lit(device, session);
      device.press(3);
      expect(await given(session)).toMatchObject({ level: 3 });
      await recovers();
    },

    async clock() {
      const { device, visit, ratings, given, is, recovers } = at('clock');
      await is('ready');
      await device.setFault('clock', true, { ms: 3_600_000 });
      expect(device.state().uptimeSeconds).toBeGreaterThanOrEqual(3600);
      const session = await visit();
      await lit(device, session);
      device.press(2);
      // The age in the message: an hour and a little.
      expect(said(device, /^\$KEY,.*,36000\d\d\*|^key .* age 3600\d00$/).length).toBeGreaterThan(0);
      expect(await given(session)).toMatchObject({
        level: 4,
        flags: ['time-doubtful', 'short-service'],
      });
      const late = await visit();
      await lit(device, late);
      await device.unplug();
      device.press(5);
      await is(gone.unplugged);
      await visit();
      await device.plug();
      expect(await given(late)).toMatchObject({
        level: 1,
        flags: ['arrived-late', 'time-doubtful', 'short-service'],
      });
      expect(ratings()).toHaveLength(2);
      await device.setFault('clock', false);
      await recovers();
    },

    async slow() {
      const { device, visit, ratings, given, is, sees, recovers } = at('slow');
      await is('ready');
      await device.setFault('slow', true, { ms: 500 });
      const session = await visit();
      await lit(device, session);
      await sees('a repeated command', ({ counters }) => (counters['repeats'] ?? 0) > 0);
      const { spoken } = device.state();
      device.press(2);
      expect(await given(session)).toMatchObject({ level: 4 });
      await acknowledged(device);
      await until('a repeat of the press', () => said(device, KEY).length > 1);
      // The prompt was spoken once, though it was asked for again and again; then the thanks.
      expect(spoken).toBe(1);
      expect(ratings()).toHaveLength(1);
      await is('ready');
      await device.setFault('slow', false);
      await recovers();
    },

    async bounce() {
      const { device, visit, ratings, given, is, recovers } = at('bounce');
      await is('ready');
      await device.setFault('bounce', true);
      const session = await visit();
      await lit(device, session);
      device.press(2);
      expect(await given(session)).toMatchObject({ level: 4, device: { seq: 1 } });
      await until('the second contact', () => ratings().length === 2);
      // The keys may have gone dark between the two.
      expect(ratings()[1]?.data).toMatchObject({
        why: expect.stringMatching(/^(already-rated|no-session)$/),
        device: { seq: 2 },
      });
      await device.setFault('bounce', false);
      await recovers();
    },

    async 'power-off'() {
      const { device, visit, ratings, given, is, recovers } = at('power-off');
      await is('ready');
      await device.setFault('power-off', true);
      const session = await visit();
      await is(gone.powerless);
      expect(device.state()).toMatchObject({ power: 'off', session: null });
      expect(device.press(2)).toBe(false);
      expect(ratings()).toEqual([]);
      await device.setFault('power-off', false);
      await lit(device, session);
      device.press(2);
      expect(await given(session)).toMatchObject({ level: 4 });
      await recovers();
    },

    async 'power-off-after-bytes'() {
      const { device, visit, ratings, given, is, recovers } = at('power-off-after-bytes');
      await is('ready');
      const session = await visit();
      await lit(device, session);
      await acknowledgedCommands(device);
      const { boot } = device.state();
      await device.setFault('power-off-after-bytes', true, { bytes: 12 });
      device.press(2);
      await until('the power to fail', () => device.state().power === 'off');
      expect(device.state().pressesAcknowledged).toBe(0);
      await device.setFault('power-off', false);
      expect(device.state().boot).not.toBe(boot);
      await lit(device, session);
      expect(ratings()).toEqual([]);
      device.press(3);
      expect(await given(session)).toMatchObject({ level: 3 });
      await acknowledged(device);
      expect(ratings()).toHaveLength(1);
      await recovers();
    },

    async 'same-boot'() {
      const { device, visit, ratings, given, is, recovers } = at('same-boot');
      await is('ready');
      await device.setFault('same-boot', true);
      const session = await visit();
      await lit(device, session);
      device.press(2);
      const { level, device: first } = await given(session);
      expect(level).toBe(4);
      await acknowledged(device);
      device.powerCycle();
      const next = await visit();
      await lit(device, next);
      device.press(5);
      // The same number for two presses.
      expect(await given(next)).toMatchObject({ level: 1, device: first });
      expect(first).toMatchObject({ boot: device.state().boot, seq: 1 });
      await acknowledged(device);
      const dark = await visit();
      await lit(device, dark);
      device.powerCycle();
      expect(device.state().session).toBeNull();
      await lit(device, dark);
      device.press(3);
      expect(await given(dark)).toMatchObject({ level: 3 });
      expect(ratings()).toHaveLength(3);
      await device.setFault('same-boot', false);
      device.powerCycle();
      expect(device.state().boot).not.toBe(first?.boot);
      await recovers();
    },
  };
}

/** Rates while the device complains, which technicians see as a note. */
async function rates(
  { device, visit, ratings, given, is, sees, view, recovers }: Place<EvaluatorHandle>,
  fault: string,
): Promise<void> {
  await is('ready');
  await device.setFault(fault, true);
  await sees(`the note ${fault}`, ({ notes }) => notes.includes(fault));
  expect(view().state).toBe('ready');
  const session = await visit();
  await lit(device, session);
  device.press(2);
  expect(await given(session)).toMatchObject({ level: 4 });
  expect(ratings()).toHaveLength(1);
  await device.setFault(fault, false);
  await sees('the note to go', ({ notes }) => !notes.includes(fault));
  await recovers();
}

/** The OPEN was answered: what is counted from here on is the press. */
async function acknowledgedCommands(device: EvaluatorHandle): Promise<void> {
  const opened = heard(device, /OPEN/).at(-1);
  await until('the answer to OPEN', () =>
    device
      .wire()
      .slice(opened ? device.wire().indexOf(opened) : 0)
      .some(({ direction, decoded }) => direction === 'out' && /^\$OK|^answer/.test(decoded)),
  );
}

/** `seq key level`, in the order of the device; each with the evaluation that was open. */
export function presses(ratings: ReturnType<Place<EvaluatorHandle>['ratings']>, session: number): string[] {
  return ratings
    .toSorted((one, other) => (one.data.device?.seq ?? 0) - (other.data.device?.seq ?? 0))
    .map(({ data }) => {
      const where = data.session === session ? '' : ` in ${data.session}`;
      return `${data.device?.seq} ${data.keyRaw} ${data.level}${where}`;
    });
}

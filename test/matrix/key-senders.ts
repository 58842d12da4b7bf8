/** The cells of devices that only send keys: no memory, no number, no answer (evaluators.md, "Generic keypads", "Other evaluators seen"). */
import { expect } from 'vitest';
import type { WireEntry } from '../../firmware-sim/index.ts';
import { until } from '../harness/programs.ts';
import type { Place, Rating, Sender } from './rating-hall.ts';

/** Two equal keys within 400 ms are one press; what was pressed before must not be one with what is pressed now. */
export const apart = () => new Promise((resolve) => setTimeout(resolve, 500));

/** What the device has said since entry `from` of its wire. */
export const saidSince = (device: { wire: () => readonly WireEntry[] }, from = 0) =>
  device
    .wire()
    .slice(from)
    .filter(({ direction }) => direction === 'out');
export const keysOf = (ratings: readonly Rating[]) => ratings.map(({ data }) => data.keyRaw);

/** A key, how to press it, how it arrives and what it means. */
export type Key<Device> = { press: (device: Device) => void; code: string; level: number };

/** `two`, `three`: two keys of the device. `unplugged`: how staff see one whose plug is out. */
export function senderCells<Device extends Sender>(
  at: (fault: string) => Place<Device>,
  { two, three, unplugged }: { two: Key<Device>; three: Key<Device>; unplugged: 'refused' | 'missing' },
): Record<string, () => Promise<void>> {
  /** A press that is gone rates nobody; the visitor presses another key when the device is well again, and that one rates. */
  async function isGone(fault: string, meanwhile: (place: Place<Device>) => Promise<unknown>) {
    const place = at(fault);
    const { device, visit, ratings, given, is, recovers } = place;
    await is('ready');
    await device.setFault(fault, true, { rate: 1 });
    const session = await visit();
    const before = device.wire().length;
    two.press(device);
    await meanwhile(place);
    expect(saidSince(device, before)).toEqual([]);
    await device.setFault(fault, false);
    await is('ready');
    await until('the host', () => device.state().hostPresent);
    expect(ratings()).toEqual([]);
    three.press(device);
    expect(await given(session)).toMatchObject({ level: three.level });
    expect(keysOf(ratings())).toEqual([three.code]);
    await recovers();
  }
  /** However it arrives, it is one press. */
  async function ratesOnce(
    fault: string,
    seen: (place: Place<Device>, pressedMs: number) => Promise<unknown> | unknown,
    options = {},
  ) {
    const place = at(fault);
    const { device, visit, ratings, given, is, recovers } = place;
    await is('ready');
    await device.setFault(fault, true, options);
    const session = await visit();
    const pressedMs = Date.now();
    two.press(device);
    expect(await given(session)).toMatchObject({ level: two.level });
    await seen(place, pressedMs);
    expect(keysOf(ratings())).toEqual([two.code]);
    await device.setFault(fault, false);
    await recovers();
  }
  const notTold = ({ view }: Place<Device>) =>
    expect(view()).toMatchObject({ state: 'ready', notes: ['unprotected', 'never-heard'] });

  return {
    unplugged: () => isGone('unplugged', ({ is }) => is(unplugged)),
    silent: () => isGone('silent', async (place) => notTold(place)),

    'doubled-frames': () =>
      ratesOnce(
        'doubled-frames',
        ({ device }) =>
          until('the copy', () => saidSince(device).some(({ decoded }) => decoded.endsWith(' again'))),
        { rate: 1 },
      ),
    'delayed-frames': () =>
      ratesOnce(
        'delayed-frames',
        ({ device }, pressedMs) =>
          expect(Date.parse(saidSince(device)[0]!.at) - pressedMs).toBeGreaterThan(900),
        { ms: 1000 },
      ),
    bounce: () =>
      ratesOnce('bounce', ({ device }) =>
        until('the second contact', () => {
          const all = saidSince(device).map(({ hex }) => hex);
          return all.filter((hex) => hex === all[0]).length === 2;
        }),
      ),
  };
}

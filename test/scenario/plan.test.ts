/** The plan of a day: what chance decides, decided by the seed alone. */
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../firmware-sim/scenario/format.ts';
import { type Planned, planDay } from '../../firmware-sim/scenario/plan.ts';
import { readScenario } from '../../firmware-sim/scenario/read-scenario.ts';
import { ROOT } from '../harness/programs.ts';

const SEED = 20260504;
const shipped = join(ROOT, 'halls', 'scenarios');
function scenario(text: string): Scenario {
  const read = readScenario(text);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.scenario;
}
const monday = scenario(readFileSync(join(shipped, 'monday.yaml'), 'utf8'));
const visitors = (plan: Planned[]) => plan.filter((one) => one.what === 'arrive');
const print = (plan: Planned[]) => plan.map((one) => JSON.stringify(one)).join('\n');

/** A day of `perHour` from 09:00 to 17:00, with everything that chance decides. */
const day = (more: string) =>
  scenario(`
scenario: 1
name: Test
from: '09:00'
until: '17:00'
services:
  transfer: { share: 3, takes: { median: 6m, spread: 1.5 } }
  mortgage: { share: 1, takes: { least: 2m, most: 5m } }
windows: { 1: { staff: '2001' } }
${more}`);

describe('a plan', () => {
  const seeds = fc.integer({ min: 0, max: 0xffffffff });

  it('is the same to the byte for the same seed, and another one for another', () => {
    fc.assert(
      fc.property(seeds, seeds, (one, other) => {
        expect(print(planDay(monday, one))).toBe(print(planDay(monday, one)));
        if (one !== other) expect(print(planDay(monday, one))).not.toBe(print(planDay(monday, other)));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it('stands in order of time, within the day, and ends every fault it begins', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = planDay(monday, seed);
        for (const [at, one] of plan.entries()) {
          expect(one.at).toBeGreaterThanOrEqual(Math.max(monday.from, plan[at - 1]?.at ?? 0));
          expect(one.at).toBeLessThanOrEqual(monday.until);
        }
        const open = new Map<number, string>();
        for (const one of plan) {
          if (one.what === 'fault') open.set(one.n, `${one.device} ${one.fault}`);
          if (one.what !== 'fault-end') continue;
          expect(open.get(one.n)).toBe(`${one.device} ${one.fault}`);
          open.delete(one.n);
        }
        expect([...open]).toEqual([]);
        const numbers = visitors(plan).map((one) => one.visitor);
        expect(numbers).toEqual(numbers.map((_, at) => at + 1));
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('takes only the faults that the file lists for a device', () => {
    const [group] = monday.randomFaults;
    const named = new Set(monday.faults.map(({ device, fault }) => `${device}/${fault}`)).add(
      'central/unplugged',
    );
    for (const one of planDay(monday, SEED))
      if (one.what === 'fault' && !named.has(`${one.device}/${one.fault}`))
        expect(group?.among[one.device]).toContain(one.fault);
  });

  it('draws every visitor from a stream of his own: who comes before or after changes nothing of him', () => {
    const few = visitors(planDay(day(`arrivals: [{ from: '09:00', until: '10:00', total: 5 }]`), SEED));
    const many = visitors(
      planDay(
        day(`arrivals: [{ from: '09:00', until: '10:00', total: 5 }, { from: '10:00', until: '11:00', total: 50 }]
faults: [{ at: '09:10', device: evaluator-1, fault: unplugged }]`),
        SEED,
      ),
    );
    expect(many.slice(0, 5)).toEqual(few);
  });

  it('moves nothing else when one share is changed', () => {
    const of = (share: number) =>
      visitors(
        planDay(
          day(`arrivals: [{ from: '09:00', until: '17:00', total: 60 }]
ratings: { share: 1, twice: ${share} }`),
          SEED,
        ),
      ).map(({ rating, ...rest }) => ({ ...rest, level: rating?.level }));
    expect(of(0)).toEqual(of(1));
  });

  it.each(readdirSync(shipped))('of %s can be made', (file) => {
    const plan = planDay(scenario(readFileSync(join(shipped, file), 'utf8')));
    expect(visitors(plan).length).toBeGreaterThan(10);
  });
});

describe('on average of 40 days', () => {
  const days = (text: string) =>
    Array.from({ length: 40 }, (_, at) => visitors(planDay(day(text), SEED + at))).flat();
  const share = (all: Planned[], of: (one: ReturnType<typeof visitors>[number]) => boolean) =>
    visitors(all).filter(of).length / all.length;

  it('as many come as the file says, and as scattered as people come by themselves', () => {
    const perDay = Array.from(
      { length: 40 },
      (_, at) =>
        visitors(planDay(day(`arrivals: [{ from: '09:00', until: '17:00', perHour: 30 }]`), SEED + at))
          .length,
    );
    const mean = perDay.reduce((sum, one) => sum + one, 0) / perDay.length;
    const variance = perDay.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (perDay.length - 1);
    // 240 a day; 40 Poisson days have a mean within 240 ± 2.4 × 4 and a variance near the mean.
    expect(Math.abs(mean - 240)).toBeLessThan(10);
    expect(variance / mean).toBeGreaterThan(0.5);
    expect(variance / mean).toBeLessThan(2);
  });

  it('shares are what the file says', () => {
    const all = days(`
arrivals: [{ from: '09:00', until: '17:00', total: 100 }]
screen: 0.25
priorities: { share: 0.1, among: { elderly: 1, pregnant: 1 } }
patience: { share: 0.2, cancel: 0.5 }
ratings: { share: 0.7, levels: { 5: 8, 1: 2 }, twice: 0.1, late: 0.3 }
cards: [{ reader: r, share: 0.4 }]`);
    expect(all).toHaveLength(4000);
    expect(share(all, ({ service }) => service === 'transfer')).toBeCloseTo(0.75, 1);
    expect(share(all, ({ delivery }) => delivery === 'screen')).toBeCloseTo(0.25, 1);
    expect(share(all, ({ priority }) => priority !== null)).toBeCloseTo(0.1, 1);
    expect(share(all, ({ leaves }) => leaves?.how === 'cancel')).toBeCloseTo(0.1, 1);
    expect(share(all, ({ rating }) => rating !== null)).toBeCloseTo(0.7, 1);
    expect(share(all, ({ card }) => card !== null)).toBeCloseTo(0.4, 1);
    const rated = all.filter(({ rating }) => rating !== null);
    expect(share(rated, ({ rating }) => rating?.level === 5)).toBeCloseTo(0.8, 1);
    expect(share(rated, ({ rating }) => rating?.late === true)).toBeCloseTo(0.3, 1);
    expect(new Set(rated.map(({ rating }) => rating?.level))).toEqual(new Set([5, 1]));
  });

  it('times lie within least and most, or around the median', () => {
    const all = days(`arrivals: [{ from: '09:00', until: '17:00', total: 100 }]`);
    const takes = (service: string) =>
      all
        .filter((one) => one.service === service)
        .map((one) => one.takes)
        .sort((a, b) => a - b);
    const even = takes('mortgage');
    expect(even[0]).toBeGreaterThanOrEqual(120);
    expect(even.at(-1)).toBeLessThanOrEqual(300);
    const skewed = takes('transfer');
    const median = skewed[Math.floor(skewed.length / 2)] ?? 0;
    expect(Math.abs(median - 360)).toBeLessThan(20);
    const within = skewed.filter((one) => one > 240 && one < 540).length / skewed.length;
    expect(within).toBeCloseTo(0.68, 1);
  });
});

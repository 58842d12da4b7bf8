/**
 * How many presses are told of how many that were made, where frames get lost both ways. FF68 numbers no press
 * (evaluators.md §3): a press is told twice, now and then, and this says how often at most. Each seed is one line of
 * 250 presses, and always the same.
 */
import { describe, expect, it } from 'vitest';
import { lossyBus } from './lossy-bus.ts';

const PRESSES = 250;
const SEEDS = [1, 7, 20_260_105];
const NEXT = 0x0c;
const RECALL = 0x0d;
const WORST = 0x03;
const BEST = 0x00;
/** Frames lost, 0…1, and the most that may be told too often of a hundred presses. */
const TOO_MANY: [rate: number, pad: number, rating: number][] = [
  [0, 0, 0],
  [0.1, 2, 1],
  [0.2, 8, 2],
  [0.3, 12, 3],
  [0.4, 15, 4],
  [0.5, 28, 5],
  [0.6, 45, 13],
];
const linesOf = (column: 1 | 2) =>
  TOO_MANY.flatMap((row) => SEEDS.map((seed) => ({ rate: row[0], seed, most: row[column] })));

describe('a pad whose clerk lets more than two seconds pass', () => {
  it.each(linesOf(1))(
    'loses no key where $rate of the frames get lost, and counts at most $most in a hundred twice (seed $seed)',
    async ({ rate, seed, most }) => {
      const bus = lossyBus('pad', rate, seed);
      let twice = 0;
      for (let press = 0; press < PRESSES; press++) {
        const before = bus.told().length;
        bus.press(NEXT);
        await bus.answered();
        await bus.clock.run(2_100 + bus.random() * 6_000);
        const [first, ...more] = bus.told().slice(before);
        expect(first?.code).toBe('0C');
        // What is no press of its own comes behind a silence, never right after a frame of the same press.
        for (const { silentMs } of more) expect(silentMs).toBeGreaterThan(400);
        twice += more.length;
      }
      expect((twice * 100) / PRESSES).toBeLessThanOrEqual(most);
      await bus.close();
    },
  );

  it.each([false, true])(
    'on a healthy line counts the same key again after half a second (adapter that echoes: %s)',
    async (echoes) => {
      const bus = lossyBus('pad', 0, 1);
      bus.state.adapterEchoes = echoes;
      for (let press = 1; press <= PRESSES; press++) {
        bus.press(NEXT);
        await bus.answered();
        await bus.clock.run(450 + bus.random() * 1_000);
        expect(bus.told()).toHaveLength(press);
      }
      await bus.close();
    },
  );

  it('whose line was bad and is well again counts quick presses again after eight', async () => {
    const bus = lossyBus('pad', 0.5, 7);
    for (let press = 0; press < 40; press++) {
      bus.press(press % 2 === 0 ? NEXT : RECALL);
      await bus.answered();
      await bus.clock.run(3_000);
    }
    bus.state.rate = 0;
    for (let press = 0; press < 8; press++) {
      bus.press(NEXT);
      await bus.answered();
      await bus.clock.run(3_000);
    }
    const before = bus.told().length;
    for (let press = 1; press <= 5; press++) {
      bus.press(NEXT);
      await bus.answered();
      await bus.clock.run(500);
      expect(bus.told()).toHaveLength(before + press);
    }
    await bus.close();
  });
});

describe('an evaluator that is pressed before the evaluation opens', () => {
  it.each(linesOf(2))(
    'rates with the key of the visitor: where $rate of the frames get lost, at most $most in a hundred with the earlier one (seed $seed)',
    async ({ rate, seed, most }) => {
      const bus = lossyBus('evaluator', rate, seed);
      let wrong = 0;
      for (let session = 1; session <= PRESSES; session++) {
        const before = bus.told().length;
        bus.press(WORST);
        await bus.clock.run(bus.random() * 3_000);
        // Of a press that nobody has heard yet nobody can know how old it is.
        const known = bus.told().length > before;
        void bus.open(session, 30);
        await bus.clock.run(1_500 + bus.random() * 3_000);
        bus.press(BEST);
        await bus.answered();
        const inside = bus.told().filter((press) => press.session === session);
        const [late] = inside.filter(({ code }) => code === '03');
        if (known && late) {
          wrong += 1;
          expect(late.silentMs).toBeGreaterThan(400);
        }
        expect(inside.map(({ code }) => code)).toContain('00');
        await bus.clock.run(40_000);
      }
      expect((wrong * 100) / PRESSES).toBeLessThanOrEqual(most);
      await bus.close();
    },
  );
});

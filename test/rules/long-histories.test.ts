/**
 * Long histories: weeks of a hall with its satellites and kiosks, with crashes on the way, judged by the same witness.
 * HALL_LONG=1: five of 10,000 commands each; else one of 2,000. The seeds are recorded here.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rules, step } from './histories.ts';
import { live } from './live-history.ts';

const FULL = process.env['HALL_LONG'] === '1';
const SEEDS = FULL ? [20261123, 20261124, 20261125, 20261126, 20261127] : [20261123];
const STEPS = FULL ? 11_200 : 2_000;
/** A state of a hall with a few dozen visitors a day; a year's is measured in test/year. */
const STATE_MOST_BYTES = 500_000;

describe('a long history', () => {
  it.each(SEEDS)(
    `of ${STEPS} steps keeps every promise, survives its crashes and stays small (seed %i)`,
    (seed) => {
      const [drawn] = fc.sample(rules, { seed, numRuns: 1 });
      // Clocks that go back by a day stand in the short ones; here time has to pass.
      const steps = fc
        .sample(step, { seed, numRuns: STEPS })
        .map((one) => ({ ...one, laterMs: Math.max(one.laterMs, -60_000) }));
      const met = new Map<string, number>();
      const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
      const start = new Date('2026-10-24T19:00:00Z');
      const lived = live({ rules: drawn!, start, steps, cut: STEPS >> 1 }, meet, 97);
      if (FULL) expect(lived.commands).toBeGreaterThanOrEqual(10_000);
      expect(lived.crashes).toBe(Math.floor(STEPS / 97));
      expect(lived.stateBytes).toBeLessThan(STATE_MOST_BYTES);
      // The run was worth something: visits, ratings, papers from afar, several days.
      for (const [what, least] of [
        ['hall.ticket.called', STEPS / 100],
        ['hall.rating.given', STEPS / 250],
        ['hall.satellite.taken', STEPS / 100],
        ['hall.day.opened', 1],
      ] as const)
        expect(met.get(what) ?? 0, what).toBeGreaterThan(least);
      console.log(
        `seed ${seed}: ${lived.commands} commands, ${lived.events} events, ${lived.crashes} crashes, ${met.get('hall.day.opened')} days, state at most ${lived.stateBytes} bytes.`,
      );
    },
    600_000,
  );
});

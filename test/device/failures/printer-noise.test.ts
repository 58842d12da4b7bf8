/** A line that adds, loses, doubles and breaks what the printer says: no word becomes a lie. */
import { describe, expect, it } from 'vitest';
import type { PrintOutcome } from '../../../kiosk-agent/device/driver/interfaces.ts';
import { seeded } from '../../fuzz/hostile.ts';
import { introduced, nextSheetIsWhole, sheet, startBench, wholeSheets } from '../printer-bench.ts';
import { TABLE_MODELS, outcomeIsTrue, tableOf, type Trouble } from './printer-table.ts';

/** What a bad line makes of an answer; `rate` of them are spoilt. */
const LINES: Record<string, (random: () => number) => (bytes: Uint8Array) => Uint8Array[]> = {
  lost: (random) => (bytes) => (random() < 0.3 ? [] : [bytes]),
  doubled: (random) => (bytes) => (random() < 0.3 ? [bytes, bytes] : [bytes]),
  broken: () => (bytes) => [...bytes].map((byte) => Uint8Array.of(byte)),
  'flipped bits': (random) => (bytes) =>
    random() < 0.3
      ? [bytes.map((byte) => (random() < 0.3 ? byte ^ (1 << Math.floor(random() * 8)) : byte))]
      : [bytes],
  'shortened answers': (random) => (bytes) =>
    random() < 0.3 ? [bytes.subarray(0, Math.floor(random() * bytes.length))] : [bytes],
  'bursts before': (random) => (bytes) =>
    random() < 0.3
      ? [Uint8Array.from({ length: 1 + Math.floor(random() * 12) }, () => Math.floor(random() * 256)), bytes]
      : [bytes],
};
const TROUBLES: (Trouble | 'none')[] = ['none', 'paper-out', 'cover-open', 'cutter-error', 'unplugged'];

/**
 * What a line can do that nobody can see: it can lose the answer that says how far the sheet had come, or turn one
 * answer into another good one. So `failed` may be wrong about a sheet that hangs there uncut; it is marked as void
 * before the next one. `printed` may never be wrong.
 */
describe.each(TABLE_MODELS.filter(({ driver }) => driver.confirmation !== 'none'))(
  'on the table: $name',
  (model) => {
    it.each(Object.keys(LINES))('%s', async (line) => {
      for (let seed = 1; seed <= 25; seed++) {
        const random = seeded(seed);
        const table = await tableOf(model, { speed: 150 });
        const well = table.spoil;
        table.spoil = LINES[line]!(random);
        const trouble = TROUBLES[seed % TROUBLES.length]!;
        if (trouble !== 'none')
          table.before(Math.floor(random() * 300), () =>
            table.later(random() * 400, () => table.make(trouble)),
          );
        const outcome = await table.print(sheet('A001', 2));
        table.spoil = well;
        const where = `${model.name}, ${line}, seed ${seed}, ${trouble}`;
        if (outcome.outcome === 'printed') expect(table.whole('A001'), where).toBe(1);
        if (outcome.outcome === 'failed') expect(table.whole('A001'), where).toBe(0);
        await outcomeIsTrue(table, 'A001', { ...outcome, outcome: 'unconfirmed' } as PrintOutcome, where);
        await table.close();
      }
    });
  },
);

describe('on a real port', () => {
  it.each(['noise', 'lost-frames', 'doubled-frames', 'split-frames'] as const)(
    'answers with %s never make a lie',
    async (fault) => {
      await Promise.all(
        (['process-id', 'barrier'] as const).map(async (confirmation) => {
          await using bench = await startBench({ confirmation, factor: 10, seed: 7 });
          await introduced(bench);
          const outcomes: [string, PrintOutcome][] = [];
          for (const name of ['A001', 'A002', 'A003', 'A004']) {
            // Before the sheet, and while it is on its way.
            await bench.printer.setFault(fault, name > 'A002', { rate: 0.3 });
            const fate = bench.driver.print(sheet(name));
            await bench.until(() => bench.sent().includes('1b40'), 'sheet on its way');
            await bench.printer.setFault(fault, true, { rate: 0.3 });
            outcomes.push([name, await fate]);
          }
          await bench.printer.setFault(fault, false);
          for (const [name, { outcome }] of outcomes) {
            const whole = wholeSheets(bench.printer, name);
            if (outcome === 'printed') expect(whole, `${confirmation} ${name}`).toBe(1);
            if (outcome === 'failed') expect(whole, `${confirmation} ${name}`).toBe(0);
          }
          await nextSheetIsWhole(bench);
        }),
      );
    },
  );
});

/** Somebody opens the cover: at every byte and at every moment of a sheet, in every state of the driver. */
import { describe, expect, it } from 'vitest';
import { introduced, outcomeIsTrue, sheet, startBench } from '../printer-bench.ts';
import {
  TABLE_MODELS,
  afterHalfASheet,
  atEveryByte,
  atEveryMoment,
  whileClearing,
  whileIdle,
} from './printer-table.ts';

const CLEARS = new Set(['process id', 'barrier', 'presenter with full status']);

describe.each(TABLE_MODELS)('on the table: $name', (model) => {
  it('cover-open at every byte', async () => {
    const said = await atEveryByte(model, 'cover-open');
    // Failed with certainty, where the printer throws away what it holds and says so; else people are asked.
    if (CLEARS.has(model.name)) expect(said['failed']).toBeGreaterThan(100);
    else expect(said['failed'] ?? 0).toBe(0);
  });

  it('cover-open at every moment of the printing', async () => {
    await atEveryMoment(model, 'cover-open', 40);
  });

  it('cover-open while idle: refused before the first byte', async () => {
    await whileIdle(model, 'cover-open', ['cover-open', 'no-answer']);
  });

  it('more trouble while a sheet is being given up', async () => {
    await whileClearing(model, 'cover-open', 'paper-out');
    await whileClearing(model, 'cover-open', 'cutter-error');
  });

  it('again, with half a sheet hanging there', async () => {
    await afterHalfASheet(model, 'cover-open', 'cover-open', 9);
    await afterHalfASheet(model, 'power-off', 'cover-open', 9);
  });
});

describe('on a real port', () => {
  it('opened while it prints: failed with certainty, and nothing comes out when it is closed', async () => {
    await using bench = await startBench({ speed: 300, factor: 2 });
    await introduced(bench);
    const fate = bench.driver.print(sheet('A001', 30));
    await bench.until(() => bench.printer.currentPaper().text.includes('第3行'), 'third line');
    bench.printer.openCover();
    expect(await fate).toMatchObject({ outcome: 'failed', why: 'cover-open' });
    expect(bench.driver.status).toMatchObject({ state: 'faulted', fault: 'cover-open' });
    bench.printer.closeCover();
    await outcomeIsTrue(bench, 'A001', { outcome: 'failed' });
  });
});

/** The knife or the paper is stuck, the head is too hot: at every byte and moment, in every state of the driver. */
import { describe, expect, it } from 'vitest';
import { introduced, sheet, startBench, wholeSheets } from '../printer-bench.ts';
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
  it('cutter-error at every third byte', async () => {
    const said = await atEveryByte(model, 'cutter-error', { stride: 3 });
    // Failed with certainty, where the printer throws away what it holds and says so; else people are asked.
    if (CLEARS.has(model.name)) expect(said['failed']).toBeGreaterThan(30);
    else expect(said['failed'] ?? 0).toBe(0);
  });

  it('cutter-error at every moment of the printing', async () => {
    await atEveryMoment(model, 'cutter-error', 50);
  });

  it('cutter-error while idle: refused before the first byte', async () => {
    await whileIdle(model, 'cutter-error', ['cutter-error', 'no-answer']);
  });

  it('paper-jam at every third byte', async () => {
    const said = await atEveryByte(model, 'paper-jam', { stride: 3 });
    // Failed with certainty, where the printer throws away what it holds and says so; else people are asked.
    if (CLEARS.has(model.name)) expect(said['failed']).toBeGreaterThan(30);
    else expect(said['failed'] ?? 0).toBe(0);
  });

  it('paper-jam at every moment of the printing', async () => {
    await atEveryMoment(model, 'paper-jam', 50);
  });

  it('paper-jam while idle: refused before the first byte', async () => {
    await whileIdle(model, 'paper-jam', ['paper-jam', 'printer-error', 'no-answer']);
  });

  it('head-hot at every third byte', async () => {
    const said = await atEveryByte(model, 'head-hot', { stride: 3 });
    // Failed with certainty, where the printer throws away what it holds and says so; else people are asked.
    if (CLEARS.has(model.name)) expect(said['failed']).toBeGreaterThan(30);
    else expect(said['failed'] ?? 0).toBe(0);
  });

  it('head-hot at every moment of the printing', async () => {
    await atEveryMoment(model, 'head-hot', 50);
  });

  it('head-hot while idle: refused before the first byte', async () => {
    await whileIdle(model, 'head-hot', ['printer-error', 'no-answer']);
  });

  it('more trouble while a sheet is being given up', async () => {
    await whileClearing(model, 'cutter-error', 'cover-open');
    await whileClearing(model, 'cutter-error', 'power-off');
  });

  it('again, with half a sheet hanging there', async () => {
    await afterHalfASheet(model, 'cutter-error', 'head-hot', 9);
    await afterHalfASheet(model, 'power-off', 'cutter-error', 9);
  });
});

describe('on a real port', () => {
  it.each([
    ['cutter-error', {}, 'cutter-error'],
    ['paper-jam', { jamBit: true }, 'paper-jam'],
    ['paper-jam', {}, 'printer-error'],
  ] as const)('%s on a model with %j is %s', async (fault, model, why) => {
    await using bench = await startBench({ model });
    await introduced(bench);
    await bench.printer.setFault(fault, true);
    expect(await bench.driver.print(sheet('A001'))).toMatchObject({ outcome: 'failed', why });
    expect(bench.driver.status).toMatchObject({ state: 'faulted', fault: why });
    await bench.printer.setFault(fault, false);
    bench.printer.openCover();
    bench.printer.closeCover();
    bench.printer.tearOff();
    await bench.ready();
    expect((await bench.driver.print(sheet('NEXT'))).outcome).toBe('printed');
    expect(wholeSheets(bench.printer, 'NEXT')).toBe(1);
  });

  it('a head that is too hot is noted, refuses sheets, and needs nobody', async () => {
    await using bench = await startBench();
    await introduced(bench);
    await bench.printer.setFault('head-hot', true);
    await bench.until(() => bench.driver.status.notes.includes('head-hot'), 'note');
    expect(bench.driver.status).toMatchObject({ state: 'faulted', fault: 'printer-error' });
    await bench.printer.setFault('head-hot', false);
    await bench.ready();
    expect(bench.driver.status.notes).toEqual([]);
  });
});

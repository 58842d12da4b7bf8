/** The paper ends: at every byte and at every moment of a sheet, in every state of the driver. */
import { describe, expect, it } from 'vitest';
import { introduced, LOOK_BYTES, outcomeIsTrue, sheet, startBench } from '../printer-bench.ts';
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
  it('paper-out at every byte', async () => {
    const said = await atEveryByte(model, 'paper-out');
    // Failed with certainty, where the printer throws away what it holds and says so; else people are asked.
    if (CLEARS.has(model.name)) expect(said['failed']).toBeGreaterThan(100);
    else expect(said['failed'] ?? 0).toBe(0);
  });

  it('paper-out at every moment of the printing', async () => {
    await atEveryMoment(model, 'paper-out', 40);
  });

  it('paper-out while idle: refused before the first byte', async () => {
    await whileIdle(model, 'paper-out', ['paper-out', 'no-answer']);
  });

  it('more trouble while a sheet is being given up', async () => {
    await whileClearing(model, 'paper-out', 'cover-open');
    await whileClearing(model, 'paper-out', 'power-off');
  });

  it('again, with half a sheet hanging there', async () => {
    await afterHalfASheet(model, 'paper-out', 'paper-out', 9);
    await afterHalfASheet(model, 'power-off', 'paper-out', 9);
  });
});

describe('on a real port', () => {
  const length = sheet('A001').length;
  const middles = [1, 3, Math.floor(length / 4), Math.floor(length / 2), length - 5, length - 1, length];

  it.each([
    ['process-id', true],
    ['barrier', true],
    ['process-id', false],
    ['barrier', false],
  ] as const)('paper that runs out at a byte (%s, can clear: %s)', async (confirmation, clears) => {
    const outcomes = new Set<string>();
    await Promise.all(
      middles.map(async (bytes) => {
        await using bench = await startBench({ confirmation, clears, factor: 10 });
        await introduced(bench);
        await bench.printer.setFault('paper-out-after-bytes', true, { bytes: bytes + LOOK_BYTES });
        const outcome = await bench.driver.print(sheet('A001'));
        expect(outcome, `after ${bytes} bytes`).toMatchObject({ why: 'paper-out' });
        outcomes.add(outcome.outcome);
        bench.printer.loadPaper();
        await outcomeIsTrue(bench, 'A001', outcome);
      }),
    );
    // Thrown away early: certainly not whole. Behind the content, or never thrown away: nobody knows.
    expect([...outcomes].sort()).toEqual(clears ? ['failed', 'unconfirmed'] : ['unconfirmed']);
  });

  it('a roll that comes to its end while it prints: failed, and nothing comes after a new one is in', async () => {
    await using bench = await startBench({ speed: 300, factor: 2 });
    await introduced(bench);
    const fate = bench.driver.print(sheet('A001', 30));
    await bench.until(() => bench.printer.currentPaper().text.includes('第3行'), 'third line');
    await bench.printer.setFault('paper-out', true);
    expect(await fate).toMatchObject({ outcome: 'failed', why: 'paper-out' });
    bench.printer.loadPaper();
    await outcomeIsTrue(bench, 'A001', { outcome: 'failed' });
  });

  it('near the end of the roll it still prints, with a note', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault('paper-near-end', true);
    await bench.until(() => bench.driver.status.notes.includes('paper-near-end'), 'note');
    expect(bench.driver.status.state).toBe('ready');
    expect((await bench.driver.print(sheet('A001'))).outcome).toBe('printed');
    await bench.printer.setFault('paper-near-end', false);
    await bench.until(() => bench.driver.status.notes.length === 0, 'note gone');
  });
});

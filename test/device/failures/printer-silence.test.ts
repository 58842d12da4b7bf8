/** A printer that falls silent: its answers are lost from any byte of a sheet on, and from any moment. */
import { describe, expect, it } from 'vitest';
import {
  introduced,
  nextSheetIsWhole,
  outcomeIsTrue as isTrue,
  sheet,
  startBench,
} from '../printer-bench.ts';
import { JOB_BYTES, TABLE_MODELS, outcomeIsTrue, tableOf } from './printer-table.ts';

describe.each(TABLE_MODELS)('on the table: $name', (model) => {
  it('from every fourth byte on: unconfirmed, and in time', async () => {
    for (let at = 0; at < JOB_BYTES; at += 4) {
      const table = await tableOf(model);
      const well = table.spoil;
      let sentAt = 0;
      table.before(at, () => {
        sentAt = table.now;
        table.spoil = () => [];
      });
      const outcome = await table.print(sheet('A001', 1));
      // Its word may have come before: then it is checked below.
      if (outcome.outcome !== 'printed') {
        expect(outcome, `byte ${at}`).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer' });
        if (table.quiet) expect(table.now - sentAt).toBeLessThanOrEqual(10_600);
      }
      table.spoil = well;
      await outcomeIsTrue(table, 'A001', outcome, `${model.name}, silent from byte ${at} on`);
      await table.close();
    }
  });

  it('for a while only: whatever is said of the sheet is true', async () => {
    for (const forMs of [10, 300, 900, 2_500, 6_000]) {
      for (let fromMs = 0; fromMs < 1_500; fromMs += 130) {
        const table = await tableOf(model, { speed: 150 });
        const well = table.spoil;
        table.before(0, () => {
          table.later(fromMs, () => (table.spoil = () => []));
          table.later(fromMs + forMs, () => (table.spoil = well));
        });
        const outcome = await table.print(sheet('A001', 3));
        await table.pass(fromMs + forMs);
        await outcomeIsTrue(
          table,
          'A001',
          outcome,
          `${model.name}, silent for ${forMs} ms from ${fromMs} ms on`,
        );
        await table.close();
      }
    }
  });

  it('silent when idle, and then the paper ends: nothing is begun, and it is found when it speaks again', async () => {
    if (model.driver.confirmation === 'none') return;
    const table = await tableOf(model);
    const well = table.spoil;
    table.spoil = () => [];
    await table.until(() => table.driver.status.state === 'silent', 'silent');
    expect(await table.print(sheet('A001', 1))).toEqual({
      outcome: 'failed',
      why: 'no-answer',
      bytesSent: 0,
    });
    table.spoil = well;
    await outcomeIsTrue(table, 'A001', { outcome: 'failed', why: 'no-answer', bytesSent: 0 }, model.name);
    await table.close();
  });
});

describe('ordered questions that nobody answers', () => {
  it('do not fill the printer: a weekend without paper leaves it room for a sheet', async () => {
    const table = await tableOf(TABLE_MODELS.find(({ name }) => name === 'GS r only')!);
    table.make('paper-out');
    await table.pass(60 * 3_600_000);
    expect(table.machine.buffered).toBeLessThan(2_500);
    expect(table.driver.status.state).toBe('silent');
    await table.repair();
    await table.ready();
    expect((await table.print(sheet('A001', 1))).outcome).toBe('printed');
    await table.close();
  });
});

describe('on a real port', () => {
  it('silent when idle, and asked again', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault('silent', true);
    await bench.until(() => bench.driver.status.state === 'silent', 'silent');
    const outcome = await bench.driver.print(sheet('A001'));
    expect(outcome).toEqual({ outcome: 'failed', why: 'no-answer', bytesSent: 0 });
    await bench.printer.setFault('silent', false);
    await nextSheetIsWhole(bench);
  });

  it('silent in the middle of a sheet: unconfirmed within ten seconds', async () => {
    await using bench = await startBench({ speed: 300, factor: 5 });
    await introduced(bench);
    const fate = bench.driver.print(sheet('A001', 20));
    await bench.until(() => bench.printer.state().printing, 'printing');
    await bench.printer.setFault('silent', true);
    const bytesSent = sheet('A001', 20).length;
    expect(await fate).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer', bytesSent });
    await bench.printer.setFault('silent', false);
    await bench.until(() => !bench.printer.state().printing, 'printed');
    await isTrue(bench, 'A001', { outcome: 'unconfirmed' });
  });
});

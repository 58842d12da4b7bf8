/** Power that goes and comes back: at every byte and moment of a sheet, on ports that go with it and ports that stay. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startPrinter } from '../../../firmware-sim/index.ts';
import {
  introduced,
  outcomeIsTrue as isTrue,
  sheet,
  startBench,
  startDriver,
  until,
} from '../printer-bench.ts';
import {
  JOB_BYTES,
  TABLE_MODELS,
  afterHalfASheet,
  atEveryByte,
  atEveryMoment,
  outcomeIsTrue,
  tableOf,
  whileClearing,
  whileIdle,
  type TableModel,
} from './printer-table.ts';

const XON = {
  name: 'barrier, says XON',
  driver: { confirmation: 'barrier' },
  machine: { flow: 'xon-xoff' },
} satisfies TableModel;

describe.each(TABLE_MODELS)('on the table: $name', (model) => {
  it('at every third byte, the port goes too', async () => {
    const said = await atEveryByte(model, 'power-off', { stride: 3 });
    expect(said['failed'] ?? 0).toBeLessThanOrEqual(1);
  });

  it('here and there, the port stays', async () => {
    await atEveryByte(model, 'power-off', { line: 'serial', stride: 13 });
  });

  it('at every moment of the printing', async () => {
    await atEveryMoment(model, 'power-off', 60);
    await atEveryMoment(model, 'power-off', 150, { line: 'serial' });
  });

  it('while idle, while a sheet is being given up, with half a sheet hanging there', async () => {
    await whileIdle(model, 'power-off', ['unplugged']);
    await whileClearing(model, 'cover-open', 'power-off');
    await afterHalfASheet(model, 'cover-open', 'power-off', 7);
  });
});

/** Off before a byte of the sheet, and on again after a while, when nobody has noticed yet. */
async function blink(model: TableModel, line: 'serial' | 'serial-cts', offMs: number, stride: number) {
  for (let at = 0; at < JOB_BYTES; at += stride) {
    const table = await tableOf(model, { line });
    table.before(at, () => {
      table.make('power-off');
      table.later(offMs, () => table.machine.setPower('on', table.now));
    });
    const outcome = await table.print(sheet('A001', 1));
    await outcomeIsTrue(
      table,
      'A001',
      outcome,
      `${model.name}, ${line}, off before byte ${at} for ${offMs} ms`,
    );
    await table.close();
  }
}

describe('power that is back before the sheet is over', () => {
  it.each([...TABLE_MODELS, XON])('what came meanwhile is lost: $name', async (model) => {
    for (const offMs of [1, 400, 3_000]) await blink(model, 'serial', offMs, 29);
  });

  // What stands in front of the cut is lost, and the rest is printed: only the late answers give it away, or the XON.
  it.each([...TABLE_MODELS.filter(({ driver }) => driver.status !== 'ordered'), XON])(
    'the line waits for it, and half a sheet comes out: $name',
    async (model) => {
      for (const offMs of [1_000, 3_000]) await blink(model, 'serial-cts', offMs, 17);
    },
  );
});

describe('on real ports', () => {
  it('in the middle of a sheet over TCP', async () => {
    await using bench = await startBench({ speed: 300, factor: 2 });
    await introduced(bench);
    const fate = bench.driver.print(sheet('A001', 30));
    await bench.until(() => bench.printer.currentPaper().text.includes('第3行'), 'third line');
    await bench.printer.setFault('power-off', true);
    expect(await fate).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
    await bench.printer.setFault('power-off', false);
    await isTrue(bench, 'A001', { outcome: 'unconfirmed' });
  });

  it('tells it to report by itself again when it says that it has started', async () => {
    await using bench = await startBench({ flow: 'xon-xoff', port: 'tcp:0', factor: 5 });
    await introduced(bench);
    await bench.printer.setFault('power-off', true);
    await bench.until(() => bench.driver.status.state !== 'ready', 'gone');
    await bench.printer.setFault('power-off', false);
    await introduced(bench);
    await bench.printer.setFault('cover-open', true);
    await bench.until(() => bench.driver.status.fault === 'cover-open', 'reported');
  });
});

describe('the hall PC loses its power in the middle of a sheet, and the printer does not', () => {
  it.each([true, false])(
    'the next run cuts off what hangs there when it knows (%s)',
    async (halfSheetHangs) => {
      const printer = await startPrinter({ port: 'tcp:0', speed: Infinity });
      const before = connect(printer.portNumber!, '127.0.0.1');
      const half = Buffer.from(sheet('A001'));
      before.end(half.subarray(0, half.indexOf('\n', half.indexOf('A001')) + 1));
      await new Promise((resolve) => before.resume().once('close', resolve));
      const { driver, close } = startDriver(printer.port, {}, 10, { halfSheetHangs });
      await until(
        () => driver.status.state === 'ready',
        () => JSON.stringify(driver.status),
      );
      expect((await driver.print(sheet('A002'))).outcome).toBe('printed');
      expect((await driver.print(sheet('A003'))).outcome).toBe('printed');
      const numbers = printer.papers().map(({ text }) => [...new Set(text.match(/A\d{3}/g))]);
      expect(numbers.filter((found) => found.length > 0)).toEqual(
        halfSheetHangs ? [['A001'], ['A002'], ['A003']] : [['A001', 'A002'], ['A003']],
      );
      await close();
      await printer.close();
    },
  );
});

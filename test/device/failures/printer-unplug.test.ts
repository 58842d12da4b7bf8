/** The cable is pulled: at every byte of a sheet, in every state of the driver, on every kind of printer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PrinterOptions } from '../../../firmware-sim/index.ts';
import type { PrintOutcome } from '../../../kiosk-agent/device/driver/interfaces.ts';
import type { PrinterParts } from '../../../kiosk-agent/device/driver/printer.ts';
import { introduced, LOOK_BYTES, outcomeIsTrue as isTrue, sheet, startBench } from '../printer-bench.ts';
import {
  TABLE_MODELS,
  afterHalfASheet,
  atEveryByte,
  atEveryMoment,
  outcomeIsTrue,
  tableOf,
  whileClearing,
  whileIdle,
  type Table,
} from './printer-table.ts';

describe.each(TABLE_MODELS)('on the table: $name', (model) => {
  it('at every byte: never failed, because nobody knows', async () => {
    const said = await atEveryByte(model, 'unplugged');
    // Before the first byte it has failed; after the last it may have been printed.
    expect(said['unconfirmed']).toBeGreaterThan(100);
    expect(said['failed'] ?? 0).toBeLessThanOrEqual(1);
  });

  it('at every moment of the printing', async () => {
    await atEveryMoment(model, 'unplugged', 60);
  });

  it('while idle: refused before the first byte', async () => {
    await whileIdle(model, 'unplugged', ['unplugged']);
  });

  it('while a sheet is being given up', async () => {
    await whileClearing(model, 'paper-out', 'unplugged');
  });

  it('with half a sheet hanging there', async () => {
    await afterHalfASheet(model, 'paper-out', 'unplugged', 7);
    await afterHalfASheet(model, 'unplugged', 'unplugged', 7);
  });
});

/** The words of a sheet that was given up are still to come when the next one is printed. */
describe.each(TABLE_MODELS.filter(({ driver }) => driver.confirmation !== 'none'))(
  'the words of an earlier sheet: $name',
  (model) => {
    it.each([
      ['the cable was out for a moment', async (table: Table) => (table.unplug(), table.plug())],
      ['the agent was restarted', (table: Table) => table.restartAgent()],
    ])('%s: they are not the next sheet’s', async (_what, interrupt) => {
      for (let ms = 0; ms < 6_000; ms += 250) {
        const table = await tableOf(model, { speed: 40 });
        let first: PrintOutcome | undefined;
        void table.driver.print(sheet('A001', 6)).then((fate) => (first = fate));
        await table.pass(400);
        await interrupt(table);
        await table.until(() => first !== undefined && table.driver.status.state === 'ready', 'ready again');
        // Its paper ends while it is on its way, or before, or after.
        table.before(0, () => table.later(ms, () => table.make('paper-out')));
        const outcome = await table.print(sheet('A002', 1));
        await outcomeIsTrue(
          table,
          'A002',
          outcome,
          `${model.name}, the paper ends ${ms} ms after A002 was begun`,
        );
        expect(table.whole('A001')).toBeLessThanOrEqual(1);
        await table.close();
      }
    });
  },
);

type Case = {
  name: string;
  model: Partial<PrinterParts['model']>;
  printer: Partial<PrinterOptions>;
  /** bytes that the driver sends before the sheet */
  look: number;
  stride: { tcp: number; pty: number };
};
const CASES: Case[] = [
  {
    name: 'process id',
    model: { confirmation: 'process-id' },
    printer: {},
    look: LOOK_BYTES,
    stride: { tcp: 1, pty: 1 },
  },
  {
    name: 'barrier only',
    model: { confirmation: 'barrier' },
    printer: { processId: false },
    look: LOOK_BYTES,
    stride: { tcp: 1, pty: 4 },
  },
  {
    name: 'GS r only',
    model: { confirmation: 'barrier', status: 'ordered' },
    printer: { processId: false, realtime: 'none' },
    look: 3,
    stride: { tcp: 9, pty: 19 },
  },
  {
    name: 'write-only',
    model: { confirmation: 'none', status: 'none' },
    printer: { processId: false, realtime: 'none', answers: false },
    look: 0,
    stride: { tcp: 3, pty: 9 },
  },
];

describe.each(CASES)('on real ports: $name', ({ model, printer, look, stride }) => {
  it.each(['tcp', 'pty'] as const)('over %s: the word is true, and the next sheet is whole', async (line) => {
    const folder = mkdtempSync(join(tmpdir(), 'unplug-'));
    const bytes = sheet('A001', 1);
    let next = 1;
    const pullAt = async (at: number, attempt = 1): Promise<void> => {
      const port = line === 'tcp' ? 'tcp:0' : `pty:${join(folder, `p${at}-${attempt}`)}`;
      // Not faster: on a busy computer an answer that is late by its own time is no silence.
      const factor = model.status === 'ordered' ? 10 : 5;
      await using bench = await startBench({ ...printer, model, port, factor });
      await introduced(bench);
      await bench.printer.setFault('unplug-after-bytes', true, { bytes: look + at });
      const outcome = await bench.driver.print(bytes);
      // Refused before the first byte, because this computer was too busy to answer in time: true, but not our subject.
      if (outcome.outcome === 'failed' && outcome.bytesSent === 0 && attempt < 4)
        return pullAt(at, attempt + 1);
      if (model.confirmation === 'none')
        expect(outcome, `at byte ${at}`).toMatchObject({ outcome: 'unconfirmed' });
      else if (outcome.outcome !== 'printed')
        expect(outcome, `at byte ${at}`).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
      await bench.until(() => !bench.printer.plugged, 'the plug to be out');
      await bench.until(() => bench.driver.status.state !== 'ready', 'the driver to know');
      await bench.printer.plug();
      await isTrue(bench, 'A001', outcome);
    };
    // Each waits most of its time for a port to come back.
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (next <= bytes.length) await pullAt((next += stride[line]) - stride[line]);
      }),
    );
    rmSync(folder, { recursive: true });
  });
});

/** A printer whose answers get lost, and its paper stops: that nothing was heard of a sheet does not make it failed. */
import { describe, expect, it } from 'vitest';
import type { PrintOutcome } from '../../../kiosk-agent/device/driver/interfaces.ts';
import type { Transport } from '../../../kiosk-agent/device/transport/transport.ts';
import { seeded } from '../../fuzz/hostile.ts';
import { introduced, nextSheetIsWhole, sheet, startBench, wholeSheets } from '../printer-bench.ts';
import {
  JOB_BYTES,
  TABLE_MODELS,
  Table,
  outcomeIsTrue,
  tableOf,
  type TableModel,
  type Trouble,
} from './printer-table.ts';

const MODELS: readonly TableModel[] = [
  ...TABLE_MODELS,
  {
    name: 'ticket sensor in bit 7',
    driver: { confirmation: 'barrier', ticketBit: true },
    machine: { processId: false, ticketSensor: 'bit7' },
  },
];
const STOPS = ['paper-out', 'cover-open', 'cutter-error', 'paper-jam', 'head-hot'] as const;

/** As `outcomeIsTrue`, and a sheet that is said to have failed is printed again as the agent does it: without 补打. */
async function truthAndReprint(table: Table, outcome: PrintOutcome, where: string): Promise<void> {
  await outcomeIsTrue(table, 'A001', outcome, where);
  if (outcome.outcome !== 'failed') return;
  await table.print(sheet('A001', 1));
  expect(table.whole('A001'), `${where}: papers that look the same`).toBe(1);
}

/** Answers of a printer that come when the test says so. */
async function tableWithLateAnswers(model: TableModel, speed: number) {
  const table = new Table(model, { speed });
  let open: Transport | undefined;
  const attach = table.driver.attach.bind(table.driver);
  table.driver.attach = (transport) => attach((open = transport));
  table.plug();
  await table.ready();
  const late = (ms: number, bytes: Uint8Array) => {
    const to = open;
    table.later(ms, () => to?.onData?.(bytes));
  };
  return { table, late };
}

describe.each(MODELS)('on the table: $name', (model) => {
  it('silent from a byte of the sheet until it is out, and then the paper stops: not failed', async () => {
    for (let at = 0, turn = 0; at < JOB_BYTES; at += 23, turn++) {
      const stop = STOPS[turn % STOPS.length]!;
      const table = await tableOf(model, { speed: 150 });
      const well = table.spoil;
      table.before(at, () => (table.spoil = () => []));
      const fate = table.print(sheet('A001', 1));
      await table.pass(5_000, () => table.whole('A001') === 1);
      expect(table.whole('A001'), `silent from byte ${at} on`).toBe(1);
      table.disarm();
      table.make(stop);
      table.spoil = well;
      const outcome = await fate;
      const where = `${model.name}, silent from byte ${at} on, then ${stop}`;
      expect(outcome.outcome, where).not.toBe('failed');
      await truthAndReprint(table, outcome, where);
      await table.close();
    }
  });

  it('the one answer that says how far the sheet came is lost, and the paper stops behind the cut', async () => {
    if (model.driver.confirmation === 'none') return;
    for (let lost = 1; lost <= 4; lost++) {
      for (const stop of STOPS) {
        const table = await tableOf(model, { speed: 150 });
        const well = table.spoil;
        let count = 0;
        const isWord = ([first = 0xff, second]: Uint8Array) =>
          (first & 0xf0) === 0 || (first === 0x37 && second === 0x22);
        table.spoil = (bytes) => (isWord(bytes) && ++count <= lost ? [] : [bytes]);
        const fate = table.print(sheet('A001', 1));
        await table.pass(8_000, () => table.whole('A001') === 1);
        table.make(stop);
        const outcome = await fate;
        table.spoil = well;
        await truthAndReprint(table, outcome, `${model.name}, ${lost} words lost, then ${stop}`);
        await table.close();
      }
    }
  });

  it('whatever becomes of answers and of the paper: what is said of a sheet is true', async () => {
    const said: Record<string, number> = {};
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const speed = random() < 0.8 ? 150 : Number.POSITIVE_INFINITY;
      const { table, late } = await tableWithLateAnswers(model, speed);
      const well = table.spoil;
      const lostRate = random() < 0.5 ? 0 : 0.3 + 0.7 * random();
      const lateMs = random() < 0.3 ? random() * 900 : 0;
      let silent = false;
      const spoilt = (bytes: Uint8Array) => {
        if (silent || random() < lostRate) return [];
        if (lateMs === 0) return [bytes];
        late(lateMs, bytes);
        return [];
      };
      // Not before: a sheet that is refused proves nothing here.
      table.before(0, () => (table.spoil = spoilt));
      const windows = Math.floor(random() * 3);
      for (let window = 0; window < windows; window++) {
        const forMs = random() * 1_500;
        table.before(Math.floor(random() * JOB_BYTES), () => {
          silent = true;
          table.later(forMs, () => (silent = false));
        });
      }
      const stop: Trouble | null = seed % 6 === 0 ? null : STOPS[seed % STOPS.length]!;
      const atMs = random() * 1_000;
      const mended = random() < 0.3;
      table.before(Math.floor(random() * 200), () => {
        if (stop) table.later(atMs, () => table.make(stop));
        if (stop && mended) table.later(atMs + 200 + random() * 2_000, () => void table.repair());
      });
      const outcome = await table.print(sheet('A001', 1));
      said[outcome.outcome] = (said[outcome.outcome] ?? 0) + 1;
      // What is still on its way comes before the repair.
      await table.pass(1_000);
      table.spoil = well;
      await truthAndReprint(table, outcome, `${model.name}, seed ${seed}, ${stop}`);
      await table.close();
    }
    if (model.driver.confirmation !== 'none')
      expect(said['printed'], JSON.stringify(said)).toBeGreaterThan(2);
    // With certainty, where the printer says that it has thrown away what it held.
    const clears = model.driver.status !== 'ordered' && model.machine.clears !== false;
    if (model.driver.confirmation !== 'none' && clears)
      expect(said['failed'], JSON.stringify(said)).toBeGreaterThan(2);
  });
});

describe('on a real port', () => {
  it('silent while a sheet comes out, and then the paper stops: people are asked', async () => {
    const stops = ['paper-out', 'cover-open', 'cutter-error', 'paper-jam'] as const;
    const all = stops.flatMap((stop) =>
      (['process-id', 'barrier'] as const).map((confirmation) => ({ stop, confirmation })),
    );
    await Promise.all(
      all.map(async ({ stop, confirmation }) => {
        await using bench = await startBench({ confirmation, speed: 300, factor: 5 });
        await introduced(bench);
        const fate = bench.driver.print(sheet('A001'));
        await bench.until(() => bench.printer.currentPaper().text.includes('第1行'), 'first line');
        await bench.printer.setFault('silent', true);
        await bench.until(() => wholeSheets(bench.printer, 'A001') === 1, 'out');
        await bench.printer.setFault(stop, true);
        await bench.printer.setFault('silent', false);
        expect((await fate).outcome, `${confirmation}, ${stop}`).toBe('unconfirmed');
        await bench.printer.setFault(stop, false);
        bench.printer.openCover();
        bench.printer.closeCover();
        await nextSheetIsWhole(bench);
        expect(wholeSheets(bench.printer, 'A001')).toBe(1);
      }),
    );
  });

  it('answers that get lost while the paper stops: nothing that lies there has failed', async () => {
    await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (seed) => {
        const confirmation = seed % 2 === 0 ? 'barrier' : 'process-id';
        await using bench = await startBench({ confirmation, speed: 300, factor: 4, seed });
        await introduced(bench);
        const fate = bench.driver.print(sheet('A001'));
        await bench.until(() => bench.printer.currentPaper().text.includes('第1行'), 'first line');
        await bench.printer.setFault('lost-frames', true, { rate: 0.3 + seed / 10 });
        await bench.until(() => wholeSheets(bench.printer, 'A001') === 1, 'out');
        await bench.printer.setFault('paper-out', true);
        await bench.printer.setFault('lost-frames', false);
        expect((await fate).outcome, `seed ${seed}`).not.toBe('failed');
        bench.printer.loadPaper();
        await nextSheetIsWhole(bench);
        expect(wholeSheets(bench.printer, 'A001')).toBe(1);
      }),
    );
  });
});

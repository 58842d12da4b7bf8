/** The printer's driver against a simulated printer on a real port: what it says of every sheet must be true. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPrinter, type PrinterOptions } from '../../firmware-sim/index.ts';
import { MODELS } from '../../kiosk-agent/device/models.ts';
import { composeReference } from '../../kiosk-agent/paper/ticket.ts';
import { nextSheetIsWhole, sheet, startBench, startDriver, until, wholeSheets } from './printer-bench.ts';

const PROCESS_ID = { outcome: 'printed', confirmedBy: 'process-id' };
const BARRIER = { outcome: 'printed', confirmedBy: 'barrier' };

describe('a printer that is well', () => {
  it('says who it is and that it is ready', async () => {
    await using bench = await startBench({ serial: 'SN42' });
    await bench.until(() => bench.driver.status.serial === 'SN42', 'serial number');
    expect(bench.driver.status).toMatchObject({ state: 'ready', notes: [] });
    expect(bench.driver.status.firmware).toMatch(/\S/);
  });

  it('prints the reference ticket, readable, and says so when it is out', async () => {
    await using bench = await startBench();
    await bench.ready();
    expect(await bench.driver.print(composeReference())).toEqual(PROCESS_ID);
    const [paper] = bench.printer.papers();
    expect(paper!.text).toContain('市政务服务中心');
    expect(paper!.text).toContain('请留意叫号屏和语音提示，过号请重新取号。');
    expect(paper!.qr).toEqual(['https://zw.example.gov.cn/pj?h=XZSP01&n=A001&k=7Qm2x9LfT4bRz']);
    expect(bench.printer.state().commandErrors).toEqual([]);
  });

  it('prints what is asked for at once in order, one after the other', async () => {
    await using bench = await startBench();
    await bench.ready();
    const names = ['A001', 'A002', 'A003', 'A004', 'A005'];
    const outcomes = await Promise.all(names.map((name) => bench.driver.print(sheet(name))));
    expect(outcomes).toEqual(names.map(() => PROCESS_ID));
    expect(bench.printer.papers().map(({ text }) => text.slice(1, 5))).toEqual(names);
    expect(bench.driver.status.counters).toMatchObject({ printed: 5, failed: 0, unconfirmed: 0 });
  });

  it('prints on 58 mm over a serial line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'printer-'));
    try {
      await using bench = await startBench({
        port: `pty:${join(folder, 'printer')}`,
        width: 58,
        confirmation: 'barrier',
      });
      await bench.ready();
      expect(await bench.driver.print(sheet('B001'))).toEqual(BARRIER);
      expect(wholeSheets(bench.printer, 'B001')).toBe(1);
      await bench.printer.unplug();
      await bench.until(() => bench.driver.status.state !== 'ready', 'line gone');
      expect(await bench.driver.print(sheet('B002'))).toMatchObject({ outcome: 'failed', bytesSent: 0 });
      await bench.printer.plug();
      await nextSheetIsWhole(bench);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('waits for a slow print, and the word comes only when the sheet is out', async () => {
    await using bench = await startBench({ speed: 150, factor: 1 });
    await bench.ready();
    const fate = bench.driver.print(sheet('SLOW', 4));
    await bench.until(() => bench.printer.state().printing, 'printing');
    expect(wholeSheets(bench.printer, 'SLOW')).toBe(0);
    expect(await fate).toEqual(PROCESS_ID);
    expect(wholeSheets(bench.printer, 'SLOW')).toBe(1);
  });
});

describe('a model whose firmware does not know the process id', () => {
  it('is found out once, told by the barrier from then on, and says so in its notes', async () => {
    await using bench = await startBench({ processId: false });
    await bench.ready();
    expect(await bench.driver.print(sheet('A001'))).toEqual(BARRIER);
    expect(bench.driver.status.notes).toEqual(['process-id-unanswered']);
    // Twice for one sheet: before its last line, and behind its cut.
    const asked = () => bench.sent().split('1d2848').length - 1;
    const before = asked();
    expect(before).toBe(2);
    expect(await bench.driver.print(sheet('A002'))).toEqual(BARRIER);
    expect(asked()).toBe(before);
  });

  it('is not confused by the late barrier of a sheet that was given up', async () => {
    await using bench = await startBench({ confirmation: 'barrier', factor: 8, speed: 180 });
    await bench.ready();
    // Patience ends while the printer is still printing; its two barriers are still to come.
    const late = await bench.driver.print(sheet('A001', 60));
    expect(late).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer' });
    expect(bench.printer.state().printing).toBe(true);
    const behind = await bench.driver.print(sheet('A002'));
    // Not before the old barriers have answered, and never on their word.
    if (behind.outcome === 'printed') expect(wholeSheets(bench.printer, 'A002')).toBe(1);
    else expect(behind).toEqual({ outcome: 'failed', why: 'no-answer', bytesSent: 0 });
    await bench.until(() => !bench.printer.state().printing, 'worked off');
    await nextSheetIsWhole(bench);
    expect(wholeSheets(bench.printer, 'A001')).toBe(1);
  });
});

describe('trouble before the first byte', () => {
  it.each([
    ['paper-out', 'paper-out'],
    ['cover-open', 'cover-open'],
  ] as const)('%s refuses the sheet, and it does not come out later', async (fault, why) => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault(fault, true);
    // Also when the idle look has not seen it yet: the printer is asked before every sheet.
    expect(await bench.driver.print(sheet('A001'))).toEqual({ outcome: 'failed', why, bytesSent: 0 });
    expect(bench.driver.status).toMatchObject({ state: 'faulted', fault: why });
    await bench.printer.setFault(fault, false);
    await nextSheetIsWhole(bench);
    expect(bench.printer.papers().some(({ text }) => text.includes('A001'))).toBe(false);
  });

  it('a line that brings only nonsense has the wrong settings', async () => {
    const babble = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write(Uint8Array.of(0xff, 0xf0, 0xa7)));
    });
    await new Promise<void>((resolve) => babble.listen(0, '127.0.0.1', resolve));
    const port = (babble.address() as { port: number }).port;
    const { driver, close } = startDriver(
      `tcp:127.0.0.1:${port}`,
      { columns: 48, confirmation: 'barrier' },
      20,
    );
    await until(
      () => driver.status.state === 'wrong-settings',
      () => JSON.stringify(driver.status),
    );
    expect(await driver.print(sheet('A001'))).toEqual({ outcome: 'failed', why: 'no-answer', bytesSent: 0 });
    expect(driver.status.counters.noiseBytes).toBeGreaterThan(0);
    await close();
    babble.close();
  });

  it('without a port nothing is printed, and the reason is the port’s', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.unplug();
    await bench.until(() => bench.driver.status.state !== 'ready', 'gone');
    const outcome = await bench.driver.print(sheet('A001'));
    expect(outcome).toMatchObject({ outcome: 'failed', bytesSent: 0 });
    expect(['unplugged', 'printer-offline']).toContain((outcome as { why: string }).why);
    await bench.printer.plug();
    await nextSheetIsWhole(bench);
  });
});

describe('closing', () => {
  it('settles a sheet on its way, and may be done twice', async () => {
    await using bench = await startBench({ speed: 50, factor: 1 });
    await bench.ready();
    const fate = bench.driver.print(sheet('A001', 30));
    const behind = bench.driver.print(sheet('A002'));
    await bench.until(() => bench.printer.state().printing, 'printing');
    await Promise.all([bench.driver.close(), bench.driver.close()]);
    expect(await fate).toMatchObject({ outcome: 'unconfirmed', why: 'restarted' });
    expect(await behind).toEqual({ outcome: 'failed', why: 'no-printer', bytesSent: 0 });
  });
});

describe('an agent that was killed in the middle of a command', () => {
  it('leaves half a command in the printer, and the next agent still prints whole sheets', async () => {
    const bytes = sheet('A001', 1);
    const qr = Buffer.from(bytes).indexOf(Buffer.from([0x31, 0x50, 0x30]));
    // In the length of the QR code, before and in its data, between the bytes of a character, in a size, in the cut.
    const cuts = [
      1,
      6,
      8,
      10,
      11,
      qr - 5,
      qr - 4,
      qr - 3,
      qr - 2,
      qr - 1,
      qr,
      qr + 2,
      qr + 9,
      bytes.length - 1,
    ];
    const killAt = async (cut: number) => {
      const printer = await startPrinter({ port: 'tcp:0', speed: Infinity, clears: cut % 2 === 0 });
      const before = printer.state().received;
      const killed = connect(printer.portNumber!, '127.0.0.1');
      killed.on('error', () => {});
      killed.write(bytes.subarray(0, cut));
      await until(
        () => printer.state().received === before + cut,
        () => `${cut} bytes of a sheet`,
      );
      killed.destroy();
      await until(
        () => !printer.state().hostPresent,
        () => 'first agent gone',
      );

      const name = `N${cut}`;
      const next = startDriver(printer.port, { confirmation: 'process-id' }, 10);
      await until(
        () => next.driver.status.state === 'ready',
        () => 'second agent ready',
      );
      expect(await next.driver.print(sheet(name)), name).toEqual(PROCESS_ID);
      expect(wholeSheets(printer, name), name).toBe(1);
      await next.close();
      await printer.close();
    };
    await Promise.all(cuts.map(killAt));
  });
});

/** How a simulated printer of each model is made; what a model cannot do, its printer cannot either. */
const PRINTERS: Record<string, Partial<PrinterOptions>> = {
  'escpos-80': {},
  'escpos-80-basic': { processId: false, clears: false },
  'escpos-58': { width: 58, processId: false },
  'epson-80': {},
  'snbc-80': { processId: false },
  'cashino-80': { processId: false, ticketSensor: 'bit7' },
  'custom-80': { processId: false, fullStatus: true, ticketSensor: 'full-status' },
  'star-80': { processId: false, clears: false },
  'escpos-80-ordered': { processId: false, realtime: 'none' },
  'escpos-80-one-way': { processId: false, realtime: 'none', answers: false },
};
const ROWS = MODELS.filter((row) => row.kind === 'printer');

describe('every model of the table', () => {
  it('has a printer here', () => {
    expect(ROWS.map(({ id }) => id).sort()).toEqual(Object.keys(PRINTERS).sort());
  });

  it.each(ROWS)('$id: prints, and its word is the one that it can give', async (model) => {
    await using bench = await startBench({ ...PRINTERS[model.id], model, factor: 10 });
    await bench.ready();
    const outcome = await bench.driver.print(sheet('A001'));
    await bench.until(() => wholeSheets(bench.printer, 'A001') === 1, 'the sheet');
    if (model.confirmation === 'none') {
      expect(outcome).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer' });
      expect(bench.driver.status).toMatchObject({ state: 'ready', notes: ['status-unknown'] });
      // Its cut was its last command: no scrap before the next one.
      await bench.driver.print(sheet('A002'));
      await bench.until(() => wholeSheets(bench.printer, 'A002') === 1, 'the next sheet');
      expect(bench.printer.papers()).toHaveLength(2);
    } else expect(outcome).toEqual({ outcome: 'printed', confirmedBy: model.confirmation });
    expect(bench.printer.state().commandErrors).toEqual([]);
  });

  it.each(ROWS.filter(({ id }) => id === 'cashino-80' || id === 'custom-80'))(
    '$id: a ticket that nobody takes is a note, until it is taken; it is not pulled back',
    async (model) => {
      await using bench = await startBench({ ...PRINTERS[model.id], model });
      await bench.ready();
      expect((await bench.driver.print(sheet('A001'))).outcome).toBe('printed');
      await bench.until(() => bench.driver.status.notes.includes('ticket-not-taken'), 'note');
      expect(bench.driver.status.state).toBe('ready');
      // The next one is printed all the same.
      expect((await bench.driver.print(sheet('A002'))).outcome).toBe('printed');
      bench.printer.takeTicket();
      await bench.until(() => bench.driver.status.notes.length === 0, 'note gone');
      expect(bench.sent()).not.toContain('1d65');
    },
  );

  it('a jam is named by the models that can name it, and is an error of the others', async () => {
    const names: Record<string, string | undefined> = {};
    await Promise.all(
      ROWS.filter(({ status }) => status === 'realtime').map(async (model) => {
        await using bench = await startBench({ ...PRINTERS[model.id], model });
        await bench.ready();
        await bench.printer.setFault('paper-jam', true);
        await bench.until(() => bench.driver.status.state === 'faulted', 'fault');
        await bench.until(() => bench.driver.status.fault !== 'printer-offline', 'named');
        // Also after its own report and the next look.
        const looks = bench.sent().split('100404').length;
        await bench.until(() => bench.sent().split('100404').length > looks + 1, 'looked again');
        names[model.id] = bench.driver.status.fault;
      }),
    );
    const jams = Object.keys(names).filter((id) => names[id] === 'paper-jam');
    expect(jams.sort()).toEqual(['custom-80', 'snbc-80']);
    expect(new Set(Object.values(names))).toEqual(new Set(['paper-jam', 'printer-error']));
  });

  it('full status that is promised and not kept is noted, and the printer is used without it', async () => {
    const model = ROWS.find(({ id }) => id === 'custom-80')!;
    await using bench = await startBench({ ...PRINTERS['custom-80'], fullStatus: false, model, factor: 10 });
    await bench.until(() => bench.driver.status.notes.includes('full-status-unanswered'), 'note');
    expect((await bench.driver.print(sheet('A001'))).outcome).toBe('printed');
  });
});

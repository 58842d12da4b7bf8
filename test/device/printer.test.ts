/** The printer's driver against a simulated printer on a real port: what it says of every sheet must be true. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPrinter } from '../../firmware-sim/index.ts';
import type { PrintOutcome } from '../../kiosk-agent/device/driver/interfaces.ts';
import { composeReference } from '../../kiosk-agent/paper/ticket.ts';
import { sheet, startBench, startDriver, until, wholeSheets, type Bench } from './printer-bench.ts';

const PROCESS_ID = { outcome: 'printed', confirmedBy: 'process-id' };
const BARRIER = { outcome: 'printed', confirmedBy: 'barrier' };

/** DLE EOT 1–4, with which the driver looks before every sheet. */
const LOOK_BYTES = 12;

/** The driver has asked what it asks once, and the printer has worked it off. */
async function introduced(bench: Bench): Promise<void> {
  await bench.until(() => bench.driver.status.serial !== undefined, 'introduced');
  await bench.until(() => bench.sent().endsWith('1d610e'), 'told to report');
  await bench.until(() => bench.printer.state().received === bench.sent().length / 2, 'worked off');
}

/** After whatever happened: the next sheet comes out whole, alone, once. */
async function nextSheetIsWhole(bench: Bench, name = 'NEXT'): Promise<void> {
  await bench.ready();
  expect((await bench.driver.print(sheet(name))).outcome).toBe('printed');
  expect(wholeSheets(bench.printer, name)).toBe(1);
  expect(bench.printer.papers().at(-1)!.text.startsWith(`头${name}`)).toBe(true);
}

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
    // Twice for one sheet: behind its content, and behind its cut.
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

  it('near the end of the roll it still prints, with a note', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault('paper-near-end', true);
    await bench.until(() => bench.driver.status.notes.includes('paper-near-end'), 'note');
    expect(bench.driver.status.state).toBe('ready');
    expect(await bench.driver.print(sheet('A001'))).toEqual(PROCESS_ID);
  });

  it('a printer that says nothing is silent, and is asked again', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault('silent', true);
    await bench.until(() => bench.driver.status.state === 'silent', 'silent');
    expect(await bench.driver.print(sheet('A001'))).toEqual({
      outcome: 'failed',
      why: 'no-answer',
      bytesSent: 0,
    });
    await bench.printer.setFault('silent', false);
    await nextSheetIsWhole(bench);
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

/** What must hold for a sheet, whatever was done to the printer: after the repair and one more sheet. */
async function outcomeIsTrue(bench: Bench, name: string, outcome: { outcome: string }): Promise<void> {
  await nextSheetIsWhole(bench);
  const whole = wholeSheets(bench.printer, name);
  if (outcome.outcome === 'printed') expect(whole).toBe(1);
  // Certain: it is not lying there whole, and it did not come out after the repair.
  if (outcome.outcome === 'failed') expect(whole).toBe(0);
  expect(whole).toBeLessThanOrEqual(1);
}

describe('trouble in the middle of a sheet', () => {
  const length = sheet('A001').length;
  const middles = [
    1,
    3,
    Math.floor(length / 4),
    Math.floor(length / 2),
    length - 5,
    length - 1,
    length,
    length + 8,
  ];

  it.each([
    ['process-id', true],
    ['barrier', true],
    ['process-id', false],
    ['barrier', false],
  ] as const)('paper that runs out at any byte (%s, can clear: %s)', async (confirmation, clears) => {
    const outcomes = new Set<string>();
    for (const bytes of middles) {
      await using bench = await startBench({ confirmation, clears, factor: 10 });
      await introduced(bench);
      await bench.printer.setFault('paper-out-after-bytes', true, { bytes: bytes + LOOK_BYTES });
      const outcome = await bench.driver.print(sheet('A001'));
      expect(outcome, `after ${bytes} bytes`).toMatchObject({ why: 'paper-out' });
      outcomes.add(outcome.outcome);
      bench.printer.loadPaper();
      await outcomeIsTrue(bench, 'A001', outcome);
    }
    // Thrown away early: certainly not whole. Behind the content, or never thrown away: nobody knows.
    expect([...outcomes].sort()).toEqual(clears ? ['failed', 'unconfirmed'] : ['unconfirmed']);
  });

  it.each([
    ['cover-open', 'cover-open'],
    ['paper-out', 'paper-out'],
  ] as const)(
    '%s while it prints: failed with certainty, and nothing comes out after the repair',
    async (fault, why) => {
      await using bench = await startBench({ speed: 300, factor: 2 });
      await bench.ready();
      expect(await bench.driver.print(sheet('A000'))).toEqual(PROCESS_ID);
      const fate = bench.driver.print(sheet('A001', 30));
      await bench.until(() => bench.printer.currentPaper().text.includes('第3行'), 'third line');
      await bench.printer.setFault(fault, true);
      expect(await fate).toMatchObject({ outcome: 'failed', why });
      await bench.printer.setFault(fault, false);
      await outcomeIsTrue(bench, 'A001', { outcome: 'failed' });
    },
  );

  it('a knife that is stuck', async () => {
    await using bench = await startBench();
    await bench.ready();
    await bench.printer.setFault('cutter-error', true);
    const outcome = await bench.driver.print(sheet('A001'));
    expect(outcome).toMatchObject({ why: 'cutter-error' });
    await bench.printer.setFault('cutter-error', false);
    bench.printer.openCover();
    bench.printer.closeCover();
    bench.printer.tearOff();
    await bench.ready();
    expect((await bench.driver.print(sheet('NEXT'))).outcome).toBe('printed');
    expect(wholeSheets(bench.printer, 'NEXT')).toBe(1);
  });

  it('a printer that falls silent: unconfirmed within ten seconds', async () => {
    await using bench = await startBench({ speed: 300, factor: 5 });
    await bench.ready();
    const fate = bench.driver.print(sheet('A001', 20));
    await bench.until(() => bench.printer.state().printing, 'printing');
    await bench.printer.setFault('silent', true);
    expect(await fate).toMatchObject({
      outcome: 'unconfirmed',
      why: 'no-answer',
      bytesSent: sheet('A001', 20).length,
    });
    await bench.printer.setFault('silent', false);
    await bench.until(() => !bench.printer.state().printing, 'printed');
    await outcomeIsTrue(bench, 'A001', { outcome: 'unconfirmed' });
  });

  it('power that goes and comes back', async () => {
    await using bench = await startBench({ speed: 300, factor: 2 });
    await bench.ready();
    const fate = bench.driver.print(sheet('A001', 30));
    await bench.until(() => bench.printer.currentPaper().text.includes('第3行'), 'third line');
    await bench.printer.setFault('power-off', true);
    expect(await fate).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
    await bench.printer.setFault('power-off', false);
    await outcomeIsTrue(bench, 'A001', { outcome: 'unconfirmed' });
  });

  it.each(['noise', 'lost-frames', 'doubled-frames', 'split-frames'] as const)(
    'answers with %s never make a lie',
    async (fault) => {
      for (const confirmation of ['process-id', 'barrier'] as const) {
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
      }
    },
  );

  it('closing settles a sheet on its way, and may be done twice', async () => {
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

describe('a plug that is pulled', () => {
  it.each([
    ['process-id', true],
    ['barrier', false],
  ] as const)(
    'at every byte of a sheet: the word about it is true, and the next one is whole (%s, can clear: %s)',
    async (confirmation, clears) => {
      const bytes = sheet('A001', 1);
      let next = 1;
      const pullEach = async () => {
        while (next <= bytes.length + 20) await pullAt(next++);
      };
      const pullAt = async (at: number) => {
        await using bench = await startBench({ confirmation, clears, factor: 10 });
        await introduced(bench);
        await bench.printer.setFault('unplug-after-bytes', true, { bytes: LOOK_BYTES + at });
        const outcome = await bench.driver.print(bytes);
        if (outcome.outcome !== 'printed') {
          expect(outcome, `at byte ${at}`).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
        }
        await bench.printer.setFault('unplug-after-bytes', false);
        await bench.printer.plug();
        await outcomeIsTrue(bench, 'A001', outcome);
      };
      // Each waits most of its time for a port to come back.
      await Promise.all(Array.from({ length: 6 }, pullEach));
    },
  );
});

describe('an agent that was killed in the middle of a command', () => {
  it('leaves half a command in the printer, and the next agent still prints whole sheets', async () => {
    const printer = await startPrinter({ port: 'tcp:0', speed: Infinity, clears: false });
    const bytes = sheet('A001', 1);
    const qr = Buffer.from(bytes).indexOf(Buffer.from([0x31, 0x50, 0x30]));
    // In the length of the QR code, before and in its data, between the bytes of a character, in a size, in the cut.
    for (const cut of [
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
    ]) {
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
      await until(
        () => !printer.state().hostPresent,
        () => 'second agent gone',
      );
    }
    await printer.close();
  });
});

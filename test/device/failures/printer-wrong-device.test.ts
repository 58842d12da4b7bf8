/** Something else behind the printer's port: an evaluator, a line of text, nothing that prints. */
import { connect, createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEvaluator, startPrinter } from '../../../firmware-sim/index.ts';
import { introduced, nextSheetIsWhole, sheet, startBench, startDriver, until } from '../printer-bench.ts';

const STATES = ['silent', 'wrong-settings'];

describe('an evaluator behind the printer’s port', () => {
  it.each(['process-id', 'barrier'] as const)(
    'is never ready, and gets no sheet (%s)',
    async (confirmation) => {
      const evaluator = await startEvaluator({ port: 'tcp:0' });
      const { driver, close, sent } = startDriver(evaluator.port, { confirmation }, 10);
      const states = new Set<string>();
      driver.on('status', (_from, to) => states.add(to.state));
      await until(
        () => STATES.includes(driver.status.state),
        () => JSON.stringify(driver.status),
      );
      for (const name of ['A001', 'A002']) {
        evaluator.press(1);
        expect(await driver.print(sheet(name))).toEqual({
          outcome: 'failed',
          why: 'no-answer',
          bytesSent: 0,
        });
      }
      expect(states).not.toContain('ready');
      expect(sent()).not.toContain(Buffer.from('A001').toString('hex'));
      await close();
      await evaluator.close();
    },
  );

  it('whose keys are pressed all the time is not taken for a printer without real-time status either', async () => {
    const evaluator = await startEvaluator({ port: 'tcp:0' });
    const { driver, close } = startDriver(evaluator.port, { confirmation: 'barrier', status: 'ordered' }, 10);
    for (let press = 0; press < 10; press++) {
      evaluator.press(1 + (press % 5));
      const outcome = await driver.print(sheet('A001'));
      expect(outcome.outcome).not.toBe('printed');
    }
    await close();
    await evaluator.close();
  });
});

/** Somebody exchanges the plugs: what was a printer's address is an evaluator's, and then a printer's again. */
describe('exchanged while a sheet is on its way', () => {
  it.each([
    ['idle', 0],
    ['sending', 60],
    ['waiting for the word', Infinity],
  ] as const)(
    '%s: the sheet is never called printed, and the printer takes the next one',
    async (state, bytes) => {
      await using bench = await startBench(bytes === Infinity ? { speed: 150, factor: 2 } : { factor: 10 });
      await introduced(bench);
      const port = bench.printer.portNumber!;
      if (state === 'idle') await bench.printer.unplug();
      else if (bytes !== Infinity)
        await bench.printer.setFault('unplug-after-bytes', true, { bytes: 12 + bytes });
      const fate = bench.driver.print(sheet('A001'));
      if (bytes === Infinity) {
        await bench.until(() => bench.printer.currentPaper().text.includes('第1行'), 'the first line');
        await bench.printer.unplug();
      }
      await bench.until(() => !bench.printer.plugged, 'the printer’s plug to be out');
      const evaluator = await startEvaluator({ port: `tcp:${port}` });
      const outcome = await fate;
      expect(['failed', 'unconfirmed']).toContain(outcome.outcome);
      if (state !== 'idle') expect(outcome).toMatchObject({ outcome: 'unconfirmed', why: 'unplugged' });
      await bench.until(() => STATES.includes(bench.driver.status.state), 'the evaluator to be no printer');
      expect(await bench.driver.print(sheet('A002'))).toMatchObject({ outcome: 'failed', bytesSent: 0 });
      await evaluator.close();
      await bench.printer.plug();
      await nextSheetIsWhole(bench);
      expect(bench.printer.papers().some(({ text }) => text.includes('A002'))).toBe(false);
    },
  );
});

describe('things that answer without being a printer', () => {
  const answering = async (
    answer: (bytes: Buffer) => Uint8Array,
  ): Promise<{ server: Server; port: string }> => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => socket.write(answer(bytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, port: `tcp:127.0.0.1:${(server.address() as { port: number }).port}` };
  };

  it.each([
    ['echoes', (bytes: Buffer) => bytes],
    ['babbles', () => Uint8Array.of(0xff, 0xf0, 0xa7)],
    ['speaks HTTP', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['prompts for a password', () => Buffer.from('login: ')],
  ])('one that %s confirms nothing', async (_what, answer) => {
    for (const confirmation of ['process-id', 'barrier'] as const) {
      const { server, port } = await answering(answer);
      const { driver, close } = startDriver(port, { confirmation }, 20);
      const outcomes = [await driver.print(sheet('A001')), await driver.print(sheet('A002'))];
      for (const { outcome } of outcomes) expect(outcome).not.toBe('printed');
      await close();
      server.close();
    }
  });

  it('a second computer on the same printer is turned away, and the first goes on', async () => {
    const printer = await startPrinter({ port: 'tcp:0', speed: Infinity });
    const first = startDriver(printer.port, {}, 10);
    await until(
      () => first.driver.status.state === 'ready',
      () => JSON.stringify(first.driver.status),
    );
    const second = connect(printer.portNumber!, '127.0.0.1');
    second.on('error', () => {});
    await new Promise((resolve) => second.once('close', resolve));
    expect((await first.driver.print(sheet('A001'))).outcome).toBe('printed');
    await first.close();
    await printer.close();
  });
});

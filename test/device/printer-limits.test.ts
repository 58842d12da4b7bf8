/** What the driver promises about time, with a clock that only the test moves, and printers that bend the rules. */
import { describe, expect, it } from 'vitest';
import { EscPosPrinter, type PrinterParts } from '../../kiosk-agent/device/driver/printer.ts';
import type { PrintOutcome } from '../../kiosk-agent/device/driver/interfaces.ts';
import type { Transport } from '../../kiosk-agent/device/transport/transport.ts';
import { ManualClock } from './manual-clock.ts';
import { sheet } from './printer-bench.ts';

/** A port whose other end answers what `answer` says to each piece written; `write` may be made to hang. */
function scriptedPort(answer: (bytes: Uint8Array, at: number) => number[]) {
  const written: Uint8Array[] = [];
  const port = { hangs: false, written };
  const transport: Transport = {
    onData: null,
    onClosed: null,
    write(bytes) {
      written.push(bytes);
      if (port.hangs) return new Promise(() => {});
      const reply = answer(bytes, written.length);
      if (reply.length > 0) setImmediate(() => transport.onData?.(Uint8Array.from(reply)));
      return Promise.resolve({ ok: true });
    },
    close: () => Promise.resolve(),
  };
  return Object.assign(port, { transport });
}

const isLook = (bytes: Uint8Array) => bytes.length === 3 && bytes[0] === 0x10 && bytes[1] === 0x04;
const includes = (bytes: Uint8Array, ...wanted: number[]) => Buffer.from(bytes).includes(Buffer.from(wanted));
/** an answer to each GS r 1 */
const barriers = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .split('1d7201')
    .slice(1)
    .map(() => 0x00);
const well = [0x12, 0x12, 0x12, 0x12];

async function start(
  port: ReturnType<typeof scriptedPort>,
  confirmation: 'process-id' | 'barrier',
  more: Partial<PrinterParts['model']> = {},
) {
  const clock = new ManualClock();
  /** Lets `ms` pass, or less when `done`. */
  const pass = async (ms: number, done: () => boolean = () => false) => {
    for (const end = clock.monotonicMs() + ms; clock.monotonicMs() < end && !done();) {
      await clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const driver = new EscPosPrinter({
    id: 'printer-1',
    model: { columns: 48, confirmation, status: 'realtime', ...more },
    clock,
    random: () => 0,
  });
  driver.attach(port.transport);
  await pass(8_000, () => driver.status.state !== 'opening');
  await pass(3_000);
  /** the fate of a sheet, and how long it took */
  const print = async (bytes = sheet('A001')): Promise<{ outcome: PrintOutcome | undefined; ms: number }> => {
    let outcome: PrintOutcome | undefined;
    const from = clock.monotonicMs();
    void driver.print(bytes).then((fate) => (outcome = fate));
    await pass(60_000, () => outcome !== undefined);
    return { outcome, ms: clock.monotonicMs() - from };
  };
  return { clock, pass, driver, print };
}

describe('limits of time', () => {
  it('a printer that takes everything and confirms nothing: unconfirmed after ten seconds, not later', async () => {
    const port = scriptedPort((bytes) => (isLook(bytes) ? [well[bytes[2]! - 1]!] : []));
    const { print } = await start(port, 'barrier');
    const { outcome, ms } = await print();
    expect(outcome).toEqual({ outcome: 'unconfirmed', why: 'no-answer', bytesSent: sheet('A001').length });
    expect(ms).toBeGreaterThanOrEqual(9_900);
    expect(ms).toBeLessThanOrEqual(10_200);
  });

  it('trouble at the last moment is still answered within the ten seconds', async () => {
    // The paper runs out 9.5 s after the sheet was sent; nobody answers the request to clear.
    let paperOutAt = Infinity;
    let now = () => 0;
    const port = scriptedPort((bytes) => {
      if (!isLook(bytes)) return [];
      return [(now() < paperOutAt ? well : [0x1a, 0x32, 0x12, 0x72])[bytes[2]! - 1]!];
    });
    const { print, clock } = await start(port, 'process-id');
    now = () => clock.monotonicMs();
    paperOutAt = now() + 9_500;
    const { outcome, ms } = await print();
    expect(outcome).toMatchObject({ outcome: 'unconfirmed', why: 'paper-out' });
    expect(ms).toBeLessThanOrEqual(10_200);
  });

  it('data that the line does not take: given up after 15 s, and nothing is piled upon it', async () => {
    const port = scriptedPort((bytes) => (isLook(bytes) ? [well[bytes[2]! - 1]!] : []));
    const { print, pass, driver } = await start(port, 'process-id');
    const begun = print(sheet('A001', 60));
    await pass(0);
    // It hangs with the first piece of the sheet.
    const write = port.transport.write.bind(port.transport);
    port.transport.write = (bytes) => {
      if (includes(bytes, 0x1b, 0x40)) port.hangs = true;
      return write(bytes);
    };
    const { outcome, ms } = await begun;
    expect(outcome).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer' });
    expect((outcome as { bytesSent: number }).bytesSent).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(15_600);
    const pieces = port.written.length;
    await pass(20_000);
    expect(driver.status.state).toBe('silent');
    expect((await print()).outcome).toEqual({ outcome: 'failed', why: 'no-answer', bytesSent: 0 });
    expect(port.written.length).toBe(pieces);
    // The port goes away: everything is settled, and no wait is left behind.
    driver.detached({ kind: 'unplugged', detail: 'gone' });
    await driver.close();
  });

  it('after closing nothing waits any more', async () => {
    const port = scriptedPort((bytes) => (isLook(bytes) ? [well[bytes[2]! - 1]!] : []));
    const { driver, clock } = await start(port, 'process-id');
    expect(clock.pending).toBeGreaterThan(0);
    await driver.close();
    expect(clock.pending).toBe(0);
  });
});

describe('printers that bend the rules', () => {
  it('answers without fixed bits are taken, one for each question', async () => {
    let paper = 0x0c;
    const port = scriptedPort((bytes) => {
      if (isLook(bytes)) return [[0x00, 0x00, 0x00, paper][bytes[2]! - 1]!];
      return barriers(bytes);
    });
    const { driver, print, pass } = await start(port, 'barrier');
    expect(driver.status).toMatchObject({ state: 'ready', notes: ['paper-near-end'] });
    expect((await print()).outcome).toEqual({ outcome: 'printed', confirmedBy: 'barrier' });
    paper = 0x6c;
    await pass(3_000);
    expect(driver.status).toMatchObject({ state: 'faulted', fault: 'paper-out' });
  });

  it('a single byte among noise is not believed to be the barrier', async () => {
    const port = scriptedPort((bytes) => {
      if (isLook(bytes)) return [well[bytes[2]! - 1]!];
      const answers = barriers(bytes);
      // Only among the sheet's: the one that settles is alone.
      return answers.length > 1 ? [0xff, ...answers] : answers;
    });
    const { print } = await start(port, 'barrier');
    expect((await print()).outcome).toMatchObject({ outcome: 'unconfirmed', why: 'no-answer' });
  });

  it('a ticket that has not been torn off is a note, not a fault', async () => {
    const port = scriptedPort((bytes) => (isLook(bytes) ? [[0x92, 0x12, 0x12, 0x12][bytes[2]! - 1]!] : []));
    const { driver } = await start(port, 'barrier', { ticketBit: true });
    expect(driver.status).toMatchObject({ state: 'ready', notes: ['ticket-not-taken'] });
  });

  it('an answer that comes too late is not taken for the next question’s', async () => {
    // The first question of the second look is answered with a "drawer open" 16, but 600 ms late.
    let looks = 0;
    const port = scriptedPort((bytes) => {
      if (!isLook(bytes)) return [];
      if (bytes[2] === 1) looks += 1;
      if (bytes[2] !== 1) return [0x12];
      if (looks !== 2) return [0x16];
      late = true;
      return [];
    });
    let late = false;
    const { driver, pass } = await start(port, 'barrier');
    const states: string[] = [];
    driver.on('status', (_from, to) => states.push(to.fault ?? to.state));
    for (let step = 0; step < 400; step++) {
      await pass(10);
      if (!late) continue;
      late = false;
      await pass(600);
      port.transport.onData?.(Uint8Array.of(0x16));
    }
    expect(looks).toBeGreaterThan(2);
    expect(states).not.toContain('cover-open');
    expect(driver.status.state).toBe('ready');
  });

  it('flow control bytes between and inside answers change nothing', async () => {
    const port = scriptedPort((bytes) => {
      if (isLook(bytes)) return [0x13, well[bytes[2]! - 1]!, 0x11];
      const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0x1d, 0x28, 0x48]));
      return at < 0
        ? []
        : [
            0x37,
            0x13,
            0x22,
            ...bytes.subarray(at + 7, at + 9),
            0x11,
            ...bytes.subarray(at + 9, at + 11),
            0x00,
          ];
    });
    const { print } = await start(port, 'process-id');
    expect((await print()).outcome).toEqual({ outcome: 'printed', confirmedBy: 'process-id' });
  });

  it('reports by itself: a fault is known before the next look', async () => {
    const port = scriptedPort((bytes) => (isLook(bytes) ? [well[bytes[2]! - 1]!] : []));
    const { driver } = await start(port, 'barrier');
    const written = port.written.length;
    port.transport.onData?.(Uint8Array.of(0x38, 0x00, 0x00, 0x00));
    expect(driver.status).toMatchObject({ state: 'faulted', fault: 'cover-open' });
    port.transport.onData?.(Uint8Array.of(0x14, 0x00, 0x00, 0x0f));
    expect(driver.status.state).toBe('ready');
    expect(port.written.length).toBe(written);
  });
});

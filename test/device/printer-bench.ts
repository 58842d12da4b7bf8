/** A driver on a real port with a simulated printer at the other end; time runs faster for the driver's waits. */
import { expect } from 'vitest';
import { startPrinter, type PrinterHandle, type PrinterOptions } from '../../firmware-sim/index.ts';
import type { Clock } from '../../kiosk-agent/device/clock.ts';
import { EscPosPrinter, type PrinterParts } from '../../kiosk-agent/device/driver/printer.ts';
import { PortSession } from '../../kiosk-agent/device/session.ts';
import { serialTransport } from '../../kiosk-agent/device/transport/serial.ts';
import { tcpTransport } from '../../kiosk-agent/device/transport/tcp.ts';
import type { OpenTransport } from '../../kiosk-agent/device/transport/transport.ts';
import { Sheet } from '../../kiosk-agent/paper/sheet.ts';

/** The driver's seconds are `factor` times shorter than the wall's. */
export const fasterClock = (factor: number): Clock => ({
  now: () => new Date(),
  monotonicMs: () => performance.now() * factor,
  after(ms, task) {
    const timer = setTimeout(task, ms / factor);
    return () => clearTimeout(timer);
  },
});

export const quiet = { info() {}, warn() {} };

export function openerFor(port: string): OpenTransport {
  const [kind, ...rest] = port.split(':');
  if (kind === 'tcp') return tcpTransport({ host: rest[0]!, port: Number(rest[1]) });
  return serialTransport(rest.join(':'), { baud: 115_200, data: 8, parity: 'none', stop: 1, rtscts: false });
}

export type Bench = {
  status: 'realtime' | 'ordered' | 'none';
  printer: PrinterHandle;
  driver: EscPosPrinter;
  /** all that the driver has sent, in hex */
  sent(): string;
  /** waits for a condition, 10 s at the most */
  until(condition: () => boolean, what: string): Promise<void>;
  ready(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export function startDriver(
  port: string,
  given: Partial<PrinterParts['model']>,
  factor = 5,
  more: Pick<PrinterParts, 'halfSheetHangs'> = {},
) {
  const model = { columns: 48, confirmation: 'process-id', status: 'realtime', ...given } as const;
  const clock = fasterClock(factor);
  let sent = '';
  const driver = new EscPosPrinter({
    id: 'printer-1',
    model,
    clock,
    random: () => 0.5,
    ...more,
    onFrame(direction, bytes) {
      if (direction === 'sent') sent += Buffer.from(bytes).toString('hex');
    },
  });
  const session = new PortSession({
    device: 'printer-1',
    open: openerFor(port),
    driver,
    clock,
    random: () => 0.5,
    log: quiet,
  });
  return {
    driver,
    sent: () => sent,
    async close() {
      await driver.close();
      await session.close();
    },
  };
}

export async function startBench(
  options: Partial<PrinterOptions> & {
    model?: Partial<PrinterParts['model']>;
    confirmation?: 'process-id' | 'barrier';
    factor?: number;
  } = {},
): Promise<Bench> {
  const { model, confirmation = 'process-id', factor = 5, ...printerOptions } = options;
  const printer = await startPrinter({ port: 'tcp:0', speed: Infinity, ...printerOptions });
  const { driver, close, sent } = startDriver(printer.port, { confirmation, ...model }, factor);
  const bench: Bench = {
    status: model?.status ?? 'realtime',
    printer,
    driver,
    sent,
    until: (condition, what) => until(condition, () => `${what}; driver: ${JSON.stringify(driver.status)}`),
    ready: () => bench.until(() => driver.status.state === 'ready', 'printer ready'),
    async [Symbol.asyncDispose]() {
      await close();
      await printer.close();
    },
  };
  return bench;
}

export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Long enough that half of it swallows a whole sheet's beginning. */
export const codeOf = (name: string) =>
  `https://zw.example.gov.cn/pj?n=${name}&k=7Qm2x9LfT4bRz7Qm2x9LfT4bRz7Qm2x9LfT4bRz`;

/** A sheet that shows at its first and last line whether it is whole. */
export const sheet = (name: string, middle = 6) => {
  const paper = new Sheet(48).centre(`头${name}`, 2).centre(name, 4);
  for (let line = 1; line <= middle; line++) paper.left(`第${line}行`);
  return paper.qr(codeOf(name)).left(`尾${name}`).cut().finish().bytes;
};

/** How often `name` has come out whole and valid: on one sheet, from the first to the last line, with its code. */
export const wholeSheets = (printer: PrinterHandle, name: string) =>
  printer
    .papers()
    .filter(
      (paper) =>
        new RegExp(`头${name}\\n`).test(paper.text) &&
        !paper.text.includes('作废') &&
        new RegExp(`尾${name}(\\n|$)`).test(paper.text) &&
        paper.qr.includes(codeOf(name)),
    ).length;

/** DLE EOT 1–4, with which the driver looks before every sheet. */
export const LOOK_BYTES = 12;

/** The driver has asked what it asks once, and the printer has worked it off. */
export async function introduced(bench: Bench): Promise<void> {
  await bench.ready();
  const worked = () => bench.printer.state().received === bench.sent().length / 2;
  switch (bench.status) {
    case 'realtime':
      await bench.until(() => bench.driver.status.serial !== undefined, 'introduced');
      await bench.until(() => bench.sent().endsWith('1d610e') && worked(), 'told to report');
      return;
    case 'ordered':
      // The first look, the settling of strangers' answers, and the look after it.
      await bench.until(() => bench.sent().split('1d7201').length > 3 && worked(), 'settled');
      return;
    case 'none':
      await bench.until(() => bench.sent().length === 512 && worked(), 'padded');
  }
}

/** After whatever happened: the next sheet comes out whole, alone, once. */
export async function nextSheetIsWhole(bench: Bench, name = 'NEXT'): Promise<void> {
  await bench.ready();
  const { outcome } = await bench.driver.print(sheet(name));
  expect(outcome).toBe(bench.status === 'none' ? 'unconfirmed' : 'printed');
  await bench.until(() => wholeSheets(bench.printer, name) > 0, 'the next sheet');
  expect(wholeSheets(bench.printer, name)).toBe(1);
  expect(bench.printer.papers().at(-1)!.text.startsWith(`头${name}`)).toBe(true);
}

/** What must hold for a sheet, whatever was done to the printer: after the repair and one more sheet. */
export async function outcomeIsTrue(bench: Bench, name: string, outcome: { outcome: string }): Promise<void> {
  await nextSheetIsWhole(bench);
  const whole = wholeSheets(bench.printer, name);
  if (outcome.outcome === 'printed') expect(whole).toBe(1);
  // Certain: it is not lying there whole, and it did not come out after the repair.
  if (outcome.outcome === 'failed') expect(whole).toBe(0);
  expect(whole).toBeLessThanOrEqual(1);
}

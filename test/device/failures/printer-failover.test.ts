/** Two printers in a hall: the second is used when the first refuses before the first byte, and never after it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../../firmware-sim/index.ts';
import { hallYaml, startHall, type Hall } from '../../harness/hall.ts';
import { temporaryFolder, until } from '../../harness/programs.ts';

const folder = temporaryFolder('failover');
let hall: Hall;
let first: PrinterHandle;
let second: PrinterHandle;

beforeAll(async () => {
  first = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  second = await startPrinter({ id: 'printer-2', port: 'tcp:0', width: 58, speed: Number.POSITIVE_INFINITY });
  hall = await startHall(
    folder.path,
    hallYaml(`devices:
  - {id: printer-1, model: snbc-80, port: "${first.port}"}
  - {id: printer-2, model: escpos-58, port: "${second.port}"}
`),
  );
});
afterAll(async () => {
  await hall.close();
  await first.close();
  await second.close();
  folder[Symbol.dispose]();
});
beforeEach(async () => {
  for (const printer of [first, second]) {
    for (const fault of printer.faults()) await printer.setFault(fault, false);
    printer.loadPaper();
    printer.openCover();
    printer.closeCover();
    await printer.plug();
    await stateOf(printer.id, 'ready');
  }
});

async function stateOf(printer: string, wanted: string): Promise<void> {
  await until(`${printer} to be ${wanted}`, async () => {
    const { body } = await hall.as(null)('GET', 'health');
    const devices = body['devices'] as { id: string; state: string; fault?: string }[];
    return devices.some(({ id, state, fault }) => id === printer && (fault ?? state) === wanted);
  });
}
const take = async () => {
  const answer = await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    idempotencyKey: randomUUID(),
  });
  return answer.body as { ticketId: string; number: string; state: string; paperFault?: string };
};
/** Papers that show the number, whole or not, also those that hang in a printer. */
const papersWith = (printer: PrinterHandle, number: string) =>
  [...printer.papers(), printer.currentPaper()].filter(({ text }) => text.includes(number)).length;

describe('the first printer refuses before the first byte', () => {
  it.each([
    ['paper-out', 'paper-out'],
    ['cover-open', 'cover-open'],
    ['cutter-error', 'cutter-error'],
    ['paper-jam', 'paper-jam'],
    ['silent', 'silent'],
  ] as const)('%s: the ticket comes from the second, once', async (fault, state) => {
    await first.setFault(fault, true);
    // Known beforehand, and not yet known: the printer is asked before every sheet.
    const unknown = await take();
    await stateOf('printer-1', state);
    const known = await take();
    for (const { number, state: at } of [unknown, known]) {
      expect(at).toBe('waiting');
      expect(papersWith(first, number)).toBe(0);
      expect(papersWith(second, number)).toBe(1);
    }
    await first.setFault(fault, false);
    first.openCover();
    first.closeCover();
    await stateOf('printer-1', 'ready');
    // What was refused does not come out after the repair, and the next ticket is the first printer's again.
    const next = await take();
    expect([papersWith(first, next.number), papersWith(second, next.number)]).toEqual([1, 0]);
    expect([papersWith(first, unknown.number), papersWith(first, known.number)]).toEqual([0, 0]);
  });

  it('without its port', async () => {
    await first.unplug();
    const { number, state } = await take();
    expect(state).toBe('waiting');
    expect(papersWith(second, number)).toBe(1);
  });
});

describe('the first printer fails after the first byte', () => {
  it.each([
    ['unplug-after-bytes', 'unconfirmed', [1, 40, 120]],
    ['power-off-after-bytes', 'unconfirmed', [60]],
    ['paper-out-after-bytes', 'print-failed', [40]],
    ['cover-open-after-bytes', 'print-failed', [120]],
  ] as const)('%s: the second one is never asked', async (fault, wanted, positions) => {
    for (const bytes of positions) {
      const before = second.papers().length;
      // The four questions before a sheet are twelve bytes; the driver asks them by itself too, every two seconds.
      const asked = first.state().received;
      if (bytes < 12)
        await until('the driver to have asked by itself', () => first.state().received >= asked + 12);
      await first.setFault(fault, true, { bytes: 12 + bytes });
      const { number, state } = await take();
      expect(state, `${bytes} bytes`).toBe(wanted);
      expect(second.papers().length).toBe(before);
      for (const each of first.faults()) await first.setFault(each, false);
      first.loadPaper();
      await first.plug();
      await stateOf('printer-1', 'ready');
      // Nor after the repair.
      await take();
      expect(papersWith(second, number)).toBe(0);
    }
  });
});

describe('both printers refuse', () => {
  it.each([
    ['paper-out', 'cover-open', 'paper-out'],
    ['cover-open', 'paper-out', 'cover-open'],
    ['paper-jam', 'unplugged', 'paper-jam'],
  ] as const)('%s and %s: not printed, for the first one’s reason', async (one, other, why) => {
    await first.setFault(one, true);
    await second.setFault(other, true);
    await stateOf('printer-1', one);
    await until('printer-2 to be away', async () => {
      const { body } = await hall.as(null)('GET', 'health');
      const devices = body['devices'] as { id: string; state: string }[];
      return devices.some(({ id, state }) => id === 'printer-2' && state !== 'ready');
    });
    const { number, state, paperFault } = await take();
    expect({ state, paperFault }).toEqual({ state: 'print-failed', paperFault: why });
    expect([papersWith(first, number), papersWith(second, number)]).toEqual([0, 0]);
  });
});

/** The story of a sheet of paper through the real hub and simulated printers. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('printing');
let hall: Hall;
let first: PrinterHandle;
let second: PrinterHandle;
let yaml: string;
beforeAll(async () => {
  first = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  second = await startPrinter({ id: 'printer-2', port: 'tcp:0', width: 58, speed: Number.POSITIVE_INFINITY });
  await second.unplug();
  yaml = hallYaml(`devices:
  - {id: printer-1, model: escpos-80, port: "${first.port}"}
  - {id: printer-2, model: escpos-58, port: "${second.port}"}
rules: {unclaimedS: 10}
`);
  hall = await startHall(folder.path, yaml);
});
afterAll(async () => {
  await hall.close();
  await first.close();
  await second.close();
  folder[Symbol.dispose]();
});
beforeEach(async () => {
  for (const fault of first.faults()) await first.setFault(fault, false);
  await first.plug();
  await second.unplug();
  await state('printer-1', 'ready');
});

async function state(printer: string, wanted: string): Promise<void> {
  await until(`${printer} to be ${wanted}`, async () =>
    (
      (await hall.as(null)('GET', 'health')).body['devices'] as {
        id: string;
        state: string;
        fault?: string;
      }[]
    ).some((device) => device.id === printer && (device.fault ?? device.state) === wanted),
  );
}
const take = (more: object = {}): Promise<Answer> =>
  hall.as('kiosk')('POST', 'tickets', { service: 'transfer', idempotencyKey: randomUUID(), ...more });
const ticket = async (answer: Answer): Promise<Record<string, unknown>> =>
  (await hall.as('kiosk')('GET', `tickets/${String(answer.body['ticketId'])}`)).body;
const sheetsOf = (number: unknown, printer = first): string[] =>
  printer
    .papers()
    .map((paper) => paper.text)
    .filter((text) => text.includes(String(number)));

describe('a sheet of paper', () => {
  it('comes out with the number on it, and then the number stands in line', async () => {
    const answer = await take();
    expect(answer).toMatchObject({ status: 201, body: { state: 'waiting', printed: true } });
    expect(sheetsOf(answer.body['number'])).toHaveLength(1);
    expect(sheetsOf(answer.body['number'])[0]).toContain('转移登记');
  });

  it('is printed in the language of the visitor, with the priority on it', async () => {
    const answer = await take({ language: 'en', priority: 'elderly' });
    const text = sheetsOf(answer.body['number'])[0];
    expect(text).toContain('Transfer');
    expect(text).toContain('PRIORITY');
  });

  it('is not begun without paper: the number waits outside the line, and goes in by the screen or by new paper', async () => {
    await first.setFault('paper-out', true);
    await state('printer-1', 'paper-out');
    const [onScreen, later] = [await take(), await take()];
    expect(onScreen.body).toMatchObject({ state: 'print-failed', paperFault: 'paper-out', printed: false });
    expect(
      (await hall.as('kiosk')('POST', `tickets/${String(onScreen.body['ticketId'])}/on-screen`)).body,
    ).toMatchObject({ state: 'waiting' });
    await first.setFault('paper-out', false);
    await state('printer-1', 'ready');
    expect(
      (await hall.as('kiosk')('POST', `tickets/${String(later.body['ticketId'])}/reprint`)).body,
    ).toMatchObject({ state: 'waiting', number: later.body['number'] });
    // Nothing of the first sheet can have come out, so this one is the first.
    expect(sheetsOf(later.body['number']).map((text) => text.includes('补打'))).toEqual([false]);
    expect(sheetsOf(onScreen.body['number'])).toHaveLength(0);
  });

  it('that nobody can vouch for is asked about: yes puts it in line', async () => {
    await first.setFault('unplug-after-bytes', true, { bytes: 120 });
    const answer = await take();
    expect(answer.body).toMatchObject({ state: 'unconfirmed', paperFault: 'unplugged', printed: false });
    await first.plug();
    expect(
      (await hall.as('kiosk')('POST', `tickets/${String(answer.body['ticketId'])}/paper`, { out: true }))
        .body,
    ).toMatchObject({ state: 'waiting' });
  });

  it('that nobody can vouch for is asked about: no prints it once more, same number, marked', async () => {
    await first.setFault('unplug-after-bytes', true, { bytes: 120 });
    const answer = await take();
    expect(answer.body).toMatchObject({ state: 'unconfirmed' });
    await first.plug();
    await state('printer-1', 'ready');
    expect(
      (await hall.as('kiosk')('POST', `tickets/${String(answer.body['ticketId'])}/paper`, { out: false }))
        .body,
    ).toMatchObject({ state: 'waiting', number: answer.body['number'] });
    expect(sheetsOf(answer.body['number']).at(-1)).toContain('补打');
  });

  it('is not vouched for by a hub that was stopped in the middle', async () => {
    await first.setFault('silent', true);
    const asked = take().catch(() => null);
    await until('the ticket to be reserved', async () =>
      Object.values(
        ((await hall.as('clerk')('GET', 'queue')).body['tickets'] ?? {}) as Record<string, { state: string }>,
      ).some((each) => each.state === 'printing'),
    );
    await hall.close();
    await asked;
    await first.setFault('silent', false);
    hall = await startHall(folder.path, yaml);
    const tickets = Object.values(
      (await hall.as('clerk')('GET', 'queue')).body['tickets'] as Record<
        string,
        { state: string; paperFault?: string }
      >,
    );
    expect(tickets).toContainEqual(expect.objectContaining({ state: 'unconfirmed' }));
  });

  it('comes from the second printer when the first cannot begin', async () => {
    await second.plug();
    await state('printer-2', 'ready');
    await first.setFault('cover-open', true);
    await state('printer-1', 'cover-open');
    const answer = await take();
    expect(answer.body).toMatchObject({ state: 'waiting' });
    expect(sheetsOf(answer.body['number'])).toHaveLength(0);
    expect(sheetsOf(answer.body['number'], second)).toHaveLength(1);
    await first.setFault('cover-open', false);
    await second.unplug();
    await state('printer-2', 'lost').catch(() => undefined);
  });

  it('never comes twice from two printers when the first failed in the middle', async () => {
    await second.plug();
    await state('printer-2', 'ready');
    await first.setFault('unplug-after-bytes', true, { bytes: 60 });
    const answer = await take();
    expect(answer.body).toMatchObject({ state: 'unconfirmed' });
    expect(sheetsOf(answer.body['number'], second)).toHaveLength(0);
    await first.plug();
    await second.unplug();
  });

  it('that failed and that nobody comes back for is cancelled', async () => {
    await first.setFault('paper-out', true);
    await state('printer-1', 'paper-out');
    const answer = await take();
    expect(answer.body).toMatchObject({ state: 'print-failed' });
    await until(
      'the ticket to be cancelled',
      async () => (await ticket(answer))['state'] === 'cancelled',
      15_000,
    );
    await first.setFault('paper-out', false);
  });

  it('is one for ten impatient taps', async () => {
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        hall.as('kiosk')('POST', 'tickets', { service: 'mortgage', idempotencyKey }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.body['number'])).size).toBe(1);
    expect(sheetsOf(answers[0]?.body['number'])).toHaveLength(1);
  });
});

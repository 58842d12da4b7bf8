/** Visits by the hall's front door, with paper from the kernel's printer driver and keys of every kind of port. */
import assert from 'node:assert/strict';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { EvaluatorId, Hardware, LabEvaluator } from '../hardware.ts';
import { wholePapers, type Front } from '../visit.ts';

export async function checkPaper(front: Front, { printer }: Hardware): Promise<void> {
  await check('a ticket comes out of the USB printer, once, and is confirmed', async () => {
    // The first sheet is slow in the emulated machine (its code is compiled), and a printer whose answers seem to come
    // late is not believed, by design: the technician's test sheet goes first.
    await until(
      'a test sheet to be printed',
      async () =>
        (await front.call('technician', 'POST', 'devices/printer-1/test', { what: 'print' }))['ok'] === true,
      LIMIT_MS,
    );
    const ticket = await front.takeTicket();
    assert.equal(ticket.state, 'waiting', ticket.paperFault);
    const [paper, ...more] = wholePapers(printer, ticket.number);
    assert.deepEqual(more, []);
    assert.match(paper?.text ?? '', /转移登记/);
    assert.equal(paper?.cut, 'partial');
    assert.equal(paper?.qr.length, 1);
    const printed = await front.eventsOf('hall.ticket.printed');
    assert.deepEqual(
      printed.map(({ number, confirmedBy, printer }) => [number, confirmedBy, printer]),
      [[ticket.number, 'process-id', 'printer-1']],
    );
  });
}

/** A visit at the window of each of these evaluators. */
export async function checkRatings(
  front: Front,
  { evaluators }: Hardware,
  ids: readonly EvaluatorId[],
): Promise<void> {
  const rates = async (device: LabEvaluator, key: number): Promise<void> => {
    const session = await front.serve(device.window, 'paper');
    await keysLit(device, session);
    device.sim.press(key);
    const { level, source, window, device: press } = await front.rated(session);
    assert.deepEqual([level, source, window], [6 - key, 'press', device.window]);
    assert.equal(press?.serial, device.sim.serial);
    await front.pressed(device.sim);
  };
  for (const id of ids) {
    const device = evaluators[id];
    await check(`a visit is rated by a key of ${id} (${device.by})`, () =>
      rates(device, 1 + (device.window % 5)),
    );
  }
}

export async function checkKeypad(front: Front, { keypad }: Hardware): Promise<void> {
  await check('a visit is rated by a key of the numeric keypad (USB keyboard, hidraw)', async () => {
    const session = await front.serve(4, 'paper');
    keypad.press('2');
    const { level, keyRaw, window } = await front.rated(session);
    assert.deepEqual([level, keyRaw, window], [2, '2', 4]);
  });
}

export async function checkReading(front: Front, hardware: Hardware): Promise<void> {
  const { reader } = hardware;
  await check('a code is read by the HID POS scanner', () => readsCode(front, hardware, 'scanner-1'));
  await check('a code is read by the serial scanner (a CP2102, ttyUSB)', () =>
    readsCode(front, hardware, 'scanner-2'),
  );
  await check('an identity card is read by the reader (ttyACM), and leaves it masked', async () => {
    let seen: unknown = null;
    const test = front
      .call('technician', 'POST', 'devices/reader-1/test', { what: 'read' })
      .then((answer) => (seen = answer['seen'] ?? answer['why']));
    while (seen === null) {
      reader.putCard('citizen-common');
      await until(
        'the card to be read',
        () => reader.state().card?.step === 'done' || seen !== null,
        LIMIT_MS,
      );
      reader.liftCard();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await test;
    assert.equal(seen, '张** 990***********001X');
  });
}

/** The agent has told the device that it may be pressed. */
export function keysLit({ id, sim }: LabEvaluator, session: number): Promise<unknown> {
  return until(`the keys of ${id} to be lit`, () => sim.state().session?.number === session, LIMIT_MS);
}

/** The technician's test: the next code that is read is shown to him, masked. */
export async function readsCode(
  front: Front,
  { hidScanner, serialScanner }: Hardware,
  id: 'scanner-1' | 'scanner-2',
): Promise<void> {
  const scanner = id === 'scanner-1' ? hidScanner : serialScanner;
  let seen: unknown = null;
  const test = front.call('technician', 'POST', `devices/${id}/test`, { what: 'read' }).then((answer) => {
    seen = answer['seen'] ?? answer['why'];
  });
  // When the agent has begun to listen is not told: the code is held before the scanner until it was read.
  while (seen === null) {
    scanner.scan('LAB-CODE-4711');
    // Two codes that reach a starving agent at once are one: over a line only a silence parts them.
    await Promise.race([test, new Promise((resolve) => setTimeout(resolve, 3000))]);
  }
  await test;
  // Only a HID scanner says what kind of code it was.
  assert.equal(seen, id === 'scanner-1' ? ']Q1 LAB-…11 (13)' : 'LAB-…11 (13)');
}

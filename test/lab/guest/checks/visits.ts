/** Visits by the hall's front door, with paper from the kernel's printer driver and keys of every kind of port. */
import assert from 'node:assert/strict';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Hardware, LabEvaluator } from '../hardware.ts';
import type { Front } from '../visit.ts';

export async function checkVisits(
  front: Front,
  { evaluators, keypad, scanner, printer }: Hardware,
): Promise<void> {
  await check('a ticket comes out of the USB printer, once, and is confirmed', async () => {
    // The first sheet is slow in the emulated machine (its code is compiled), and a printer whose answers seem to come
    // late is not believed, by design: the technician's test sheet goes first, whatever is said of it.
    const test = await front.call('technician', 'POST', 'devices/printer-1/test', { what: 'print' });
    if (test['ok'] !== true) console.log(`  (the test sheet: ${JSON.stringify(test)})`);
    await front.is('printer-1', 'ready');
    const before = printer.sim.papers().length;
    const ticket = await front.takeTicket();
    assert.equal(ticket.state, 'waiting', ticket.paperFault);
    const [paper, ...more] = printer.sim.papers().slice(before);
    assert.deepEqual(more, []);
    assert.match(paper?.text ?? '', new RegExp(`\\b${ticket.number}\\b`));
    assert.match(paper?.text ?? '', /转移登记/);
    assert.equal(paper?.cut, 'partial');
    assert.equal(paper?.qr.length, 1);
    const printed = await front.eventsOf('hall.ticket.printed');
    assert.deepEqual(
      printed.map(({ number, confirmedBy, printer }) => [number, confirmedBy, printer]),
      [[ticket.number, 'process-id', 'printer-1']],
    );
  });

  const rates = async (device: LabEvaluator, key: number): Promise<void> => {
    const session = await front.serve(device.window);
    await keysLit(device, session);
    device.sim.press(key);
    const { level, source, window, device: press } = await front.rated(session);
    assert.deepEqual([level, source, window], [6 - key, 'press', device.window]);
    assert.equal(press?.serial, device.sim.serial);
    await until('the device to say thank you', () => device.sim.state().pressesWaiting === 0, LIMIT_MS);
  };
  const names = [
    'HID evaluator (uhid, hidraw)',
    'evaluator on ttyUSB0 (ftdi_sio)',
    'evaluator on ttyACM0 (cdc_acm)',
  ];
  for (const [at, device] of evaluators.entries())
    await check(`a visit is rated by a key of the ${names[at]}`, () => rates(device, at + 1));

  await check('a visit is rated by a key of the numeric keypad (usb keyboard, hidraw)', async () => {
    const session = await front.serve(4);
    keypad.press(2);
    const { level, keyRaw, window } = await front.rated(session);
    assert.deepEqual([level, keyRaw, window], [2, '2', 4]);
  });

  await check('a code is read by the HID POS scanner', () => readsCode(front, scanner));
}

/** The agent has told the device that it may be pressed. */
export function keysLit({ id, sim }: LabEvaluator, session: number): Promise<unknown> {
  return until(`the keys of ${id} to be lit`, () => sim.state().session?.number === session, LIMIT_MS);
}

/** The technician's test: the next code that is read is shown to him, masked. */
export async function readsCode(front: Front, scanner: Hardware['scanner']): Promise<void> {
  let seen: unknown = null;
  const test = front.call('technician', 'POST', 'devices/scanner-1/test', { what: 'read' }).then((answer) => {
    seen = answer['seen'] ?? answer['why'];
  });
  // When the agent has begun to listen is not told: the code is held before the scanner until it was read.
  while (seen === null) {
    scanner.scan('LAB-CODE-4711');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await test;
  assert.equal(seen, ']Q1 LAB-…11 (13)');
}

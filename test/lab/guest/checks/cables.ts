/** Plugs are pulled at the worst moment and put back: states, and nothing lost, nothing doubled. */
import assert from 'node:assert/strict';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit, readsCode } from './visits.ts';

/** A ticket has some 330 bytes, and the questions before it 12. */
const IN_THE_SHEET_BYTES = 150;

export async function checkCables(front: Front, hardware: Hardware): Promise<void> {
  const { evaluators, keypad, scanner, printer } = hardware;

  await check(
    'the printer is unplugged in the middle of a sheet: nobody claims it, and one whole ticket comes out',
    async () => {
      const before = printer.sim.papers().length;
      await printer.sim.setFault('unplug-after-bytes', true, { bytes: IN_THE_SHEET_BYTES });
      const ticket = await front.takeTicket();
      assert.equal(ticket.state, 'unconfirmed');
      assert.equal(ticket.paperFault, 'unplugged');
      assert.equal(printer.sim.papers().length, before);
      await front.is('printer-1', 'lost', 'missing');
      await printer.plug();
      await front.is('printer-1', 'ready');
      await front.call('kiosk', 'POST', `tickets/${ticket.ticketId}/paper`, { out: false });
      assert.equal((await front.paperFate(ticket.ticketId)).state, 'waiting');
      const whole = printer.sim
        .papers()
        .slice(before)
        .filter(({ text, qr }) => new RegExp(`\\b${ticket.number}\\b`).test(text) && qr.length > 0);
      assert.equal(
        whole.length,
        1,
        JSON.stringify(
          printer.sim
            .papers()
            .slice(before)
            .map(({ text }) => text),
        ),
      );
      assert.match(whole[0]?.text ?? '', /补打/);
    },
  );

  for (const device of evaluators)
    await check(
      `${device.id} is unplugged with its keys lit and pressed meanwhile: rated once, and ready again`,
      async () => {
        const session = await front.serve(device.window);
        await keysLit(device, session);
        await device.unplug();
        await front.is(device.id, 'lost', 'missing');
        // Every message comes twice: a press that is told again is the same press.
        await device.sim.setFault('doubled-frames', true, { rate: 1 });
        device.sim.press(5);
        device.sim.press(1);
        assert.deepEqual(
          (await front.eventsOf('hall.rating.given')).filter((rating) => rating.session === session),
          [],
        );
        await device.plug();
        // The first press counts; the second is kept as one that rates nobody.
        assert.equal((await front.rated(session)).level, 1);
        await until('both presses to be on disk', () => device.sim.state().pressesWaiting === 0, LIMIT_MS);
        await device.sim.setFault('doubled-frames', false);
        const { serial } = await front.is(device.id, 'ready');
        assert.equal(serial, device.sim.serial);
        const ignored = (await front.eventsOf('hall.rating.ignored')).filter(
          (one) => one.session === session,
        );
        assert.deepEqual(
          ignored.map(({ why, level, device: press }) => [why, level, press?.serial]),
          [['already-rated', 5, device.sim.serial]],
        );
      },
    );

  await check('the keypad is unplugged and comes back, and rates', async () => {
    await keypad.unplug();
    await front.is('keypad-4', 'lost', 'missing');
    await keypad.plug();
    await front.is('keypad-4', 'ready');
    const session = await front.serve(4);
    keypad.press(4);
    assert.equal((await front.rated(session)).level, 4);
  });

  await check('the scanner is unplugged and comes back, and reads', async () => {
    await scanner.unplug();
    await front.is('scanner-1', 'lost', 'missing');
    await scanner.plug();
    await front.is('scanner-1', 'ready');
    await readsCode(front, scanner);
  });
}

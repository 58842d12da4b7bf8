/** Plugs are pulled at the worst moment and put back: states, and nothing lost, nothing doubled. */
import assert from 'node:assert/strict';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Hardware, LabEvaluator } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit, readsCode } from './visits.ts';

export async function checkEvaluatorCable(front: Front, device: LabEvaluator): Promise<void> {
  await check(
    `${device.id} (${device.by}) is unplugged with its keys lit and pressed meanwhile: rated once, and ready again`,
    () =>
      ratedOnceAround(front, device, device.unplug, async () => {
        await front.is(device.id, 'lost', 'missing');
        return device.plug;
      }),
  );
}

/** evaluator-1 comes over a network of its own. */
export async function checkServerLink(front: Front, { evaluators, link }: Hardware): Promise<void> {
  const device = evaluators['evaluator-1'];
  await check(
    'the connection to the USB/IP server is cut with keys lit: as unplugged, and attached again by itself',
    async () => {
      const before = await reopened(front, device.id);
      await ratedOnceAround(
        front,
        device,
        async () => assert.ok(link.cut() > 0),
        async () => async () => {
          await until(
            'the port to be opened again',
            async () => (await reopened(front, device.id)) > before,
            LIMIT_MS,
          );
        },
      );
    },
  );
}

async function reopened(front: Front, id: string): Promise<number> {
  return (await front.device(id)).counters['reopened'] ?? 0;
}

/** Keys are lit, the device goes, is pressed twice, and comes back over a line that doubles every message. */
async function ratedOnceAround(
  front: Front,
  device: LabEvaluator,
  pull: () => Promise<void>,
  whileAway: () => Promise<() => Promise<void>>,
): Promise<void> {
  const { sim, id } = device;
  const session = await front.serve(device.window);
  await keysLit(device, session);
  await pull();
  // A press that is told again is the same press.
  await sim.setFault('doubled-frames', true, { rate: 1 });
  sim.press(5);
  sim.press(1);
  const comesBack = await whileAway();
  await comesBack();
  // The first press counts; the second is kept as one that rates nobody.
  assert.equal((await front.rated(session)).level, 1);
  await front.pressed(sim);
  await sim.setFault('doubled-frames', false);
  const { serial } = await front.is(id, 'ready');
  assert.equal(serial, sim.serial);
  const given = (await front.eventsOf('hall.rating.given')).filter((one) => one.session === session);
  assert.equal(given.length, 1);
  const ignored = (await front.eventsOf('hall.rating.ignored')).filter((one) => one.session === session);
  assert.deepEqual(
    ignored.map(({ why, level, device: press }) => [why, level, press?.serial]),
    [['already-rated', 5, sim.serial]],
  );
}

export async function checkKeypadCable(front: Front, { keypad }: Hardware): Promise<void> {
  await check('the keypad is unplugged and comes back, and rates', async () => {
    const session = await front.serve(4);
    await keypad.unplug();
    await front.is('keypad-4', 'lost', 'missing');
    await keypad.plug();
    await front.is('keypad-4', 'ready');
    keypad.press('4');
    assert.equal((await front.rated(session)).level, 4);
  });
}

export async function checkScannerCables(front: Front, hardware: Hardware): Promise<void> {
  const { hidScanner, serialScanner } = hardware;
  const scans = async (id: string): Promise<number> => (await front.device(id)).counters['scans'] ?? 0;

  await check(
    'the HID scanner is unplugged between two reports of one code: half a code is none',
    async () => {
      const before = await scans('scanner-1');
      // A report has 64 bytes, this code has two of them.
      await hidScanner.setFault('unplug-after-bytes', true, { bytes: 64 });
      hidScanner.scan('L'.repeat(90));
      await front.is('scanner-1', 'lost', 'missing');
      await hidScanner.plug();
      await front.is('scanner-1', 'ready');
      assert.equal(await scans('scanner-1'), before);
      await readsCode(front, hardware, 'scanner-1');
    },
  );

  await check(
    'the serial scanner is unplugged in the middle of a code: nothing of it is in the next one',
    async () => {
      // Half a code may stand as a code: over a line without frames the end is a silence, and a pulled port is one too.
      await serialScanner.setFault('unplug-after-bytes', true, { bytes: 5 });
      serialScanner.scan('LAB-CODE-4711');
      await front.is('scanner-2', 'lost', 'missing');
      await serialScanner.plug();
      await front.is('scanner-2', 'ready');
      await readsCode(front, hardware, 'scanner-2');
    },
  );
}

export async function checkReaderCable(front: Front, { reader }: Hardware): Promise<void> {
  await check(
    'the card reader is unplugged in the middle of a card: nobody is read, then the card once',
    async () => {
      const cards = async (): Promise<number> => (await front.device('reader-1')).counters['cardsRead'] ?? 0;
      const before = await cards();
      // A card has 1295 bytes; a question and its answer while no card lies there have some 25.
      await reader.setFault('unplug-after-bytes', true, { bytes: 700 });
      reader.putCard('citizen-two-characters');
      await front.is('reader-1', 'lost', 'missing');
      assert.equal(await cards(), before);
      await reader.plug();
      await front.is('reader-1', 'ready');
      // The card was read as far as the reader knows: whoever laid it must lay it again.
      reader.liftCard();
      await until('the reader to see that it was lifted', () => reader.state().card === null, LIMIT_MS);
      reader.putCard('citizen-two-characters');
      await until('the card to be read', async () => (await cards()) === before + 1, LIMIT_MS);
      reader.liftCard();
    },
  );
}

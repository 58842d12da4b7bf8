/** Bad lines over a real driver: a device on ttyACM that splits, falls silent, and babbles. */
import assert from 'node:assert/strict';
import { check } from '../check.ts';
import type { LabEvaluator } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit } from './visits.ts';

export async function checkBadLine(front: Front, device: LabEvaluator): Promise<void> {
  const { id, sim } = device;
  const rates = async (key: number): Promise<void> => {
    const session = await front.serve(device.window);
    await keysLit(device, session);
    sim.press(key);
    assert.equal((await front.rated(session)).level, 6 - key);
    await front.pressed(sim);
  };

  await check(`${id} (ttyACM) says everything in pieces: a visit is rated once`, async () => {
    await sim.setFault('split-frames', true, { ms: 20 });
    await rates(2);
    await sim.setFault('split-frames', false);
  });

  await check(`${id} (ttyACM) falls silent: it is lost, and ready again when it speaks`, async () => {
    await sim.setFault('silent', true);
    await front.is(id, 'silent', 'lost');
    await front.is(id, 'lost');
    await sim.setFault('silent', false);
    await front.is(id, 'ready');
    await rates(3);
  });

  await check(
    `${id} (ttyACM) babbles: wrong settings, no rating, and ready again when it stops`,
    async () => {
      const before = (await front.eventsOf('hall.rating.given')).length;
      await sim.setFault('silent', true);
      await sim.setFault('babble', true);
      await front.is(id, 'wrong-settings');
      await sim.setFault('babble', false);
      await sim.setFault('silent', false);
      await front.is(id, 'ready');
      const mine = (await front.eventsOf('hall.rating.given')).slice(before);
      assert.deepEqual(
        mine.filter(({ window }) => window === device.window),
        [],
      );
      await rates(4);
    },
  );
}

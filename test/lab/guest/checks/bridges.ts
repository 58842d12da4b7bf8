/** A wrong speed in the configuration, seen through the drivers of real adapters, and put right. */
import assert from 'node:assert/strict';
import type { DeviceView } from '../../../../kiosk-agent/contract/live.ts';
import { check } from '../check.ts';
import { correctSpeeds, type Agent } from '../computer.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';

/** These two stand in hall.yaml with 4800 baud; the device speaks 9600. */
export const AT_WRONG_SPEED = ['evaluator-6', 'evaluator-8'] as const;

export async function checkWrongSpeed(front: Front, { evaluators }: Hardware): Promise<void> {
  for (const id of AT_WRONG_SPEED) {
    const { by, sim } = evaluators[id];
    await check(
      `${id} (${by}) at the wrong speed: the status says wrong settings, and no key is taken`,
      async () => {
        const { advice, detail } = await front.is(id, 'wrong-settings');
        assert.match(advice?.en ?? '', /Compare baud rate/, detail);
        const heard = sim.wire().filter(({ direction }) => direction === 'out');
        assert.equal(heard.at(-1)?.decoded, 'garbage at this baud rate');
        sim.press(5);
        assert.equal(sim.state().pressesAcknowledged, 0);
        // The press stays in the device until somebody understands it.
        assert.equal(sim.state().pressesWaiting, 1);
      },
    );
  }
}

/** Ends the agent and starts it again with the speeds put right. */
export async function checkRightSpeed(
  front: Front,
  { evaluators }: Hardware,
  agents: { first: Agent; start: () => Promise<Agent> },
): Promise<Agent> {
  const before = (await front.events()).length;
  await check('the agent ends when it is told to, without an error', async () => {
    assert.equal(await agents.first.end(), 0);
    assert.doesNotMatch(agents.first.said(), /"level":[56]0/);
  });
  correctSpeeds();
  const agent = await agents.start();
  front.turnTo(agent);
  await check('it is started again, knows all that was, and every device is ready', async () => {
    assert.ok((await front.events()).length >= before);
    for (const { id } of await front.devices()) await front.is(id, 'ready');
  });
  for (const id of AT_WRONG_SPEED)
    await check(`${id} at the right speed: the press that waited rates nobody, and is on disk`, async () => {
      const { serial }: DeviceView = await front.is(id, 'ready');
      assert.equal(serial, evaluators[id].sim.serial);
      await front.pressed(evaluators[id].sim);
      const ignored = await front.eventsOf('hall.rating.ignored');
      assert.equal(ignored.filter(({ device }) => device?.serial === serial).length, 1);
    });
  return agent;
}

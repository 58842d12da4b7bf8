/** At the end of the day: what the agent has on disk is what the devices know, and it ends in order. */
import assert from 'node:assert/strict';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Agent } from '../computer.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';

export async function checkAccounts(
  front: Front,
  { evaluators, printer }: Hardware,
  agent: Agent,
): Promise<void> {
  await check('every press of every evaluator is on disk once, with what was pressed', async () => {
    const events = await front.events();
    const presses = events.flatMap((event) =>
      (event.type === 'hall.rating.given' || event.type === 'hall.rating.ignored') && event.data.device
        ? [event.data.device]
        : [],
    );
    for (const { sim } of evaluators) {
      await until('no press to wait', () => sim.state().pressesWaiting === 0, LIMIT_MS);
      const own = presses.filter(({ serial }) => serial === sim.serial).map(({ seq }) => seq);
      assert.deepEqual(
        own.sort((a, b) => a - b),
        Array.from({ length: sim.state().pressesAcknowledged }, (_, at) => at + 1),
        sim.serial,
      );
      assert.equal(sim.state().pressesRefused, 0);
    }
  });

  await check('every ticket has its own number and lies on paper once', async () => {
    const numbers = (await front.eventsOf('hall.ticket.reserved')).map(({ number }) => number);
    assert.equal(new Set(numbers).size, numbers.length);
    const papers = printer.sim.papers().filter(({ qr }) => qr.length > 0);
    const onPaper = numbers.map(
      (number) => papers.filter(({ text }) => new RegExp(`\\b${number}\\b`).test(text)).length,
    );
    assert.deepEqual(
      onPaper,
      numbers.map(() => 1),
    );
    assert.equal(printer.sim.state().commandErrors.length, 0);
  });

  await check('the log says of every device that it was attached, lost and there again', async () => {
    const ids = [...evaluators.map(({ id }) => id), 'keypad-4', 'scanner-1', 'printer-1'];
    const told = async (type: 'hall.device.attached' | 'hall.device.lost' | 'hall.device.recovered') =>
      new Set((await front.eventsOf(type)).map(({ device }) => device));
    for (const type of ['hall.device.attached', 'hall.device.lost', 'hall.device.recovered'] as const)
      assert.deepEqual([...(await told(type))].sort(), [...ids].sort(), type);
  });

  await check('the agent ends when it is told to, without an error', async () => {
    assert.equal(await agent.end(), 0);
    assert.doesNotMatch(agent.said(), /"level":[56]0/);
  });
}

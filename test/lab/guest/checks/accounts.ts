/** At the end of the day: what the agent has on disk is what the devices know, and it ends in order. */
import assert from 'node:assert/strict';
import { check } from '../check.ts';
import type { Agent } from '../computer.ts';
import type { Hardware } from '../hardware.ts';
import { kernelLog } from '../programs.ts';
import type { Front } from '../visit.ts';
import { AT_WRONG_SPEED } from './bridges.ts';
import { isComplaint } from './bus.ts';

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
    for (const { sim } of Object.values(evaluators)) {
      await front.pressed(sim);
      const own = presses.filter(({ serial }) => serial === sim.serial).map(({ seq }) => seq);
      assert.deepEqual(
        own.sort((a, b) => a - b),
        Array.from({ length: sim.state().pressesAcknowledged }, (_, at) => at + 1),
        sim.serial,
      );
      assert.equal(sim.state().pressesRefused, 0);
    }
  });

  await check(
    'every ticket has its own number, and lies on paper once unless the visitor wanted it on his screen',
    async () => {
      const tickets = await front.eventsOf('hall.ticket.reserved');
      const numbers = tickets.filter(({ delivery }) => delivery === 'paper').map(({ number }) => number);
      assert.equal(new Set(tickets.map(({ number }) => number)).size, tickets.length);
      const papers = printer.papers().filter(({ qr }) => qr.length > 0);
      const onPaper = numbers.map(
        (number) => papers.filter(({ text }) => new RegExp(`\\b${number}\\b`).test(text)).length,
      );
      assert.deepEqual(
        onPaper,
        numbers.map(() => 1),
      );
      assert.equal(printer.state().commandErrors.length, 0);
    },
  );

  await check('the log says of every device that it was attached, lost and there again', async () => {
    const told = async (type: 'hall.device.attached' | 'hall.device.lost' | 'hall.device.recovered') =>
      [...new Set((await front.eventsOf(type)).map(({ device }) => device))].sort();
    const all = (await front.devices()).map(({ id }) => id).sort();
    assert.deepEqual(await told('hall.device.attached'), all);
    const pulled = all.filter((id) => !AT_WRONG_SPEED.some((other) => other === id));
    for (const id of pulled) {
      assert.ok((await told('hall.device.lost')).includes(id), `${id} was lost`);
      assert.ok((await told('hall.device.recovered')).includes(id), `${id} recovered`);
    }
  });

  await check(
    'nothing in the kernel’s log complains of a descriptor, after all plugging and pulling',
    async () => {
      assert.deepEqual(
        (await kernelLog()).filter(
          (line) => isComplaint(line) && /descriptor|config|endpoint|bogus|invalid/i.test(line),
        ),
        [],
      );
    },
  );

  await check('the agent ends when it is told to, without an error', async () => {
    assert.equal(await agent.end(), 0);
    assert.doesNotMatch(agent.said(), /"level":[56]0/);
  });
}

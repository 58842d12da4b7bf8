/** A binding follows the socket: the adapter says no serial number of its own and gets another name. */
import assert from 'node:assert/strict';
import { constants, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit } from './visits.ts';

export async function checkNames(front: Front, { evaluators, adapter }: Hardware): Promise<void> {
  const device = evaluators['evaluator-5'];

  await check('a port that is bound by its socket is found again under another name, and rates', async () => {
    await front.bind(device.id, '/dev/ttyUSB0');
    assert.equal((await front.is(device.id, 'ready')).bound?.path, '/dev/ttyUSB0');

    // As long as somebody has the old port open, its name is not free.
    // Not synchronously: the kernel opens one terminal at a time, and may be waiting for a device in this program.
    const old = await open('/dev/ttyUSB0', constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    await device.unplug();
    await front.is(device.id, 'lost', 'missing');
    await device.plug();
    const { bound, serial } = await front.is(device.id, 'ready');
    assert.match(bound?.path ?? '', /^\/dev\/ttyUSB[1-9]$/);
    assert.equal(serial, device.sim.serial);
    assert.equal(existsSync('/dev/ttyUSB0'), false);
    await old.close();

    const session = await front.serve(device.window);
    await keysLit(device, session);
    device.sim.press(3);
    assert.equal((await front.rated(session)).level, 3);
  });

  await check('one just like it at another socket is proposed and never taken', async () => {
    await adapter.unplug();
    await front.is(device.id, 'lost', 'missing');
    await adapter.plug(2);
    const proposed = await until(
      'the agent to see it at the other socket',
      async () => {
        const { state, detail } = await front.is(device.id, 'missing');
        return state === 'missing' && /one just like it is at another socket/.test(detail ?? '');
      },
      LIMIT_MS,
    );
    assert.ok(proposed);
    await adapter.unplug();
    await adapter.plug(1);
    await front.is(device.id, 'ready');
  });
}

/** A binding follows the socket: the adapter says no serial number of its own and gets another name. */
import assert from 'node:assert/strict';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import type { FoundView } from '../../../../kiosk-agent/contract/live.ts';
import { until } from '../../../harness/programs.ts';
import { check, LIMIT_MS } from '../check.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit } from './visits.ts';

export async function checkNames(front: Front, { evaluators, adapter }: Hardware): Promise<void> {
  const device = evaluators[1]!;

  await check('a port that is bound by its socket is found again as /dev/ttyUSB1, and rates', async () => {
    const { found } = (await front.call('technician', 'GET', 'devices/found')) as unknown as {
      found: FoundView[];
    };
    const port = found.find(({ path }) => path === '/dev/ttyUSB0');
    await front.call('technician', 'PUT', `devices/${device.id}/binding`, { key: port?.key });
    assert.equal((await front.is(device.id, 'ready')).bound?.path, '/dev/ttyUSB0');

    // As long as somebody has the old port open, its name is not free.
    const old = openSync('/dev/ttyUSB0', constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    await device.unplug();
    await front.is(device.id, 'lost', 'missing');
    await device.plug();
    const { bound, serial } = await front.is(device.id, 'ready');
    assert.deepEqual([bound?.path, serial], ['/dev/ttyUSB1', 'FTDI-LAB-2']);
    assert.equal(existsSync('/dev/ttyUSB0'), false);
    closeSync(old);

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

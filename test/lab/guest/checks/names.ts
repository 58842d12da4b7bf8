/** A binding follows the socket: the adapter says no serial number of its own and gets another name. */
import assert from 'node:assert/strict';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import type { FoundView } from '../../../../kiosk-agent/contract/live.ts';
import { check } from '../check.ts';
import type { Hardware } from '../hardware.ts';
import type { Front } from '../visit.ts';
import { keysLit } from './visits.ts';

export async function checkNames(front: Front, { evaluators }: Hardware): Promise<void> {
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
}

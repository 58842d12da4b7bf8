/** The calls that break devices, and mend them. */
import { Router } from 'express';
import { z } from 'zod';
import type { FaultOptions } from '../faults/faults.ts';
import { type Device, kinds } from './devices.ts';
import type { FaultDiary } from './fault-diary.ts';
import { actionsOf, findDevice, type Hall, readBody } from './lookup.ts';
import { sendProblem } from './problem.ts';

const body = z.strictObject({
  on: z.boolean(),
  rate: z.number().min(0).max(1).optional(),
  bytes: z.int().min(0).max(10_000_000).optional(),
  key: z.int().min(0).max(255).optional(),
  ms: z.int().min(0).max(86_400_000).optional(),
  address: z.int().min(0).max(255).optional(),
  forMs: z.int().min(1).max(86_400_000).optional(),
});
type SetFault = (name: string, on: boolean, options?: FaultOptions) => Promise<unknown>;
const setFault = async (device: Device, name: string, on: boolean, options: FaultOptions = {}) =>
  (device.setFault as SetFault)(name, on, options);

export function faultApi(
  hall: Hall,
  diary: FaultDiary,
  ownFaults: (device: Device) => readonly string[],
): Router {
  const router = Router();

  /** Every fault off, and the cable in again. */
  async function mend(device: Device) {
    const own = ownFaults(device);
    for (const name of device.faults()) if (!own.includes(name)) await setFault(device, name, false);
    await device.plug();
  }

  router.post('/devices/:id/faults/:name', async (request, response) => {
    const device = findDevice(hall, request.params.id, kinds, response);
    const read = device && readBody(body, request.body, response);
    if (!device || !read) return;
    const { on, ...given } = read;
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const name = request.params.name;
    if (!(device.faultNames as readonly string[]).includes(name)) {
      return sendProblem(
        response,
        404,
        'no-fault',
        'No such fault',
        `${device.id} has no fault "${name}"; it has: ${device.faultNames.join(', ')}`,
      );
    }
    await setFault(device, name, on, options);
    if (on) diary.asked(device, name, options);
    response.json(hall.describe(device));
  });
  actionsOf(router, hall)('faults-off', kinds, mend);
  router.post('/faults-off', async (_request, response) => {
    for (const device of hall.devices) await mend(device);
    response.json(hall.devices.map(hall.describe));
  });
  return router;
}

/** What every call about devices needs: the device that it names, and a body that fits. */
import { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { Device } from './devices.ts';
import { sendProblem } from './problem.ts';

/** The panel's devices, as its calls see them. */
export type Hall = {
  devices: readonly Device[];
  /** what is said of one */
  describe: (device: Device) => object;
};

/** Reads the body by its schema; answers 400 with the field's path and returns undefined when it does not fit. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown, response: Response): T | undefined {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const detail = result.error.issues
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
  sendProblem(response, 400, 'bad-body', 'The body does not fit', detail);
  return undefined;
}

/** Finds the device of a call among the wanted kinds; answers 404 or 409 and returns undefined when it is none of them. */
export function findDevice<Kind extends Device['kind']>(
  { devices }: Hall,
  id: unknown,
  wanted: readonly Kind[],
  response: Response,
): Extract<Device, { kind: Kind }> | undefined {
  const device = devices.find((one) => one.id === id);
  if (device && wanted.includes(device.kind as Kind)) return device as Extract<Device, { kind: Kind }>;
  if (device)
    sendProblem(response, 409, 'wrong-kind', 'Not this kind of device', `${device.id} is a ${device.kind}`);
  else
    sendProblem(
      response,
      404,
      'no-device',
      'No such device',
      `There is no device "${String(id)}"; there are: ${devices.map((one) => one.id).join(', ') || 'none'}`,
    );
  return undefined;
}

const nothing = z.strictObject({});

/** Adds POSTs without fields to a router. */
export function actionsOf(router: Router, hall: Hall) {
  return function action<Kind extends Device['kind']>(
    path: string,
    wanted: readonly Kind[],
    act: (device: Extract<Device, { kind: Kind }>) => unknown,
  ) {
    const handler: RequestHandler = async (request, response) => {
      const device = findDevice(hall, request.params['id'], wanted, response);
      if (!device || !readBody(nothing, request.body, response)) return;
      await act(device);
      response.json(hall.describe(device));
    };
    router.post(`/devices/:id/${path}`, handler);
  };
}

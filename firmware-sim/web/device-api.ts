import { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { CableHandle } from '../cable.ts';
import type { EvaluatorHandle } from '../evaluator-line/evaluator.ts';
import { cableFaults, evaluatorFaults, printerFaults } from '../faults/faults.ts';
import type { PrinterHandle } from '../printer/printer.ts';
import { sendProblem } from './problem.ts';

export type Device = EvaluatorHandle | PrinterHandle | CableHandle;

const pressBody = z.union([
  z.strictObject({ key: z.int().min(1).max(5) }),
  z.strictObject({ level: z.int().min(1).max(5) }),
]);
const faultBody = z.strictObject({
  on: z.boolean(),
  rate: z.number().min(0).max(1).optional(),
  bytes: z.int().min(0).max(10_000_000).optional(),
  key: z.int().min(1).max(5).optional(),
});
const nothing = z.strictObject({});
const known = { evaluator: evaluatorFaults, printer: printerFaults, cable: cableFaults };

/** What `GET /api/devices` says of one device. */
export function describeDevice(device: Device) {
  return {
    id: device.id,
    kind: device.kind,
    port: device.port,
    plugged: device.plugged,
    faults: device.faults(),
    faultNames: known[device.kind],
    ...('serial' in device ? { serial: device.serial, model: device.model } : {}),
    ...('width' in device ? { width: device.width } : {}),
    state: device.state(),
  };
}

/** Reads the body by its schema; answers 400 with the field's path and returns undefined when it does not fit. */
function readBody<T>(schema: z.ZodType<T>, body: unknown, response: Response): T | undefined {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const detail = result.error.issues
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
  sendProblem(response, 400, 'bad-body', 'The body does not fit', detail);
  return undefined;
}

/** The HTTP calls under `/api`. */
export function deviceApi(devices: Device[]): Router {
  const router = Router();
  const find = <Kind extends Device['kind']>(id: unknown, kinds: Kind[], response: Response) => {
    const device = devices.find((one) => one.id === id);
    if (!device)
      sendProblem(
        response,
        404,
        'no-device',
        'No such device',
        `There is no device "${id}"; there are: ${devices.map((one) => one.id).join(', ') || 'none'}`,
      );
    else if (!kinds.includes(device.kind as Kind))
      sendProblem(response, 409, 'wrong-kind', 'Not this kind of device', `${device.id} is a ${device.kind}`);
    else return device as Extract<Device, { kind: Kind }>;
    return undefined;
  };
  /** A POST without fields. */
  function action<Kind extends Device['kind']>(
    path: string,
    kinds: Kind[],
    act: (device: Extract<Device, { kind: Kind }>) => unknown,
  ) {
    const handler: RequestHandler = async (request, response) => {
      const device = find(request.params.id, kinds, response);
      if (!device || !readBody(nothing, request.body, response)) return;
      await act(device);
      response.json(describeDevice(device));
    };
    router.post(`/devices/:id/${path}`, handler);
  }

  router.get('/health', (_request, response) => {
    response.json({ status: 'ok', devices: devices.length });
  });
  router.get('/devices', (_request, response) => {
    response.json(devices.map(describeDevice));
  });
  router.get('/devices/:id', (request, response) => {
    const device = find(request.params.id, ['evaluator', 'printer', 'cable'], response);
    if (device) response.json(describeDevice(device));
  });
  action('plug', ['evaluator', 'printer', 'cable'], (device) => device.plug());
  action('unplug', ['evaluator', 'printer', 'cable'], (device) => device.unplug());
  action('power-cycle', ['evaluator'], (device) => device.powerCycle());
  action('load-paper', ['printer'], (device) => device.loadPaper());
  action('open-cover', ['printer'], (device) => device.openCover());
  action('close-cover', ['printer'], (device) => device.closeCover());
  action('tear-off', ['printer'], (device) => device.tearOff());

  router.post('/devices/:id/faults/:name', async (request, response) => {
    const device = find(request.params.id, ['evaluator', 'printer', 'cable'], response);
    const body = device && readBody(faultBody, request.body, response);
    if (!device || !body) return;
    const { on, ...options } = body;
    const name = request.params.name;
    if (!(known[device.kind] as readonly string[]).includes(name)) {
      return sendProblem(
        response,
        404,
        'no-fault',
        'No such fault',
        `${device.id} has no fault "${name}"; it has: ${known[device.kind].join(', ')}`,
      );
    }
    await device.setFault(name, on, options);
    response.json(describeDevice(device));
  });
  router.post('/devices/:id/press', (request, response) => {
    const device = find(request.params.id, ['evaluator'], response);
    const body = device && readBody(pressBody, request.body, response);
    if (!device || !body) return;
    const taken = device.press('key' in body ? body.key : 6 - body.level);
    response.json({ taken, ...describeDevice(device) });
  });
  router.get('/devices/:id/wire', (request, response) => {
    const device = find(request.params.id, ['evaluator', 'printer'], response);
    if (device) response.json(device.wire());
  });
  router.get('/devices/:id/papers', (request, response) => {
    const device = find(request.params.id, ['printer'], response);
    if (device) response.json(device.papers());
  });
  router.get('/devices/:id/papers/current', (request, response) => {
    const device = find(request.params.id, ['printer'], response);
    if (device) response.json(device.currentPaper());
  });
  router.get('/devices/:id/papers/:file', (request, response) => {
    const device = find(request.params.id, ['printer'], response);
    if (!device) return;
    const number = /^(\d{1,9}|current)\.svg$/.exec(request.params.file)?.[1];
    const svg = number && device.svg(number === 'current' ? device.currentPaper().n : Number(number));
    if (!svg)
      return sendProblem(
        response,
        404,
        'no-paper',
        'No such paper',
        `${device.id} has no paper ${request.params.file}`,
      );
    response.type('image/svg+xml').send(svg);
  });
  router.use((request, response) => {
    sendProblem(
      response,
      404,
      'no-call',
      'No such call',
      `${request.method} ${request.originalUrl} is not there`,
    );
  });
  return router;
}

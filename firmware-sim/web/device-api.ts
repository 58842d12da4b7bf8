import { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { readKey } from '../key-line/key-words.ts';
import {
  type Device,
  describeDevice,
  kinds,
  kindsWithWire,
  layCard,
  samplePersonIds,
  unitAt,
} from './devices.ts';
import { sendProblem } from './problem.ts';

const pressBody = z.union([
  z.strictObject({ key: z.int().min(1).max(5) }),
  z.strictObject({ level: z.int().min(1).max(5) }),
]);
/** A key of a line: by its word (key-words.ts) or its code, after a digit that was typed or after none. */
const keyBody = z.strictObject({
  address: z.int().min(0).max(255),
  key: z.union([z.int().min(0).max(255), z.string().min(1).max(20)]),
  digit: z.int().min(0).max(9).optional(),
});
const cardBody = z.strictObject({
  person: z.enum(samplePersonIds),
});
const scanBody = z.strictObject({ text: z.string().min(1).max(4096) });
const faultBody = z.strictObject({
  on: z.boolean(),
  rate: z.number().min(0).max(1).optional(),
  bytes: z.int().min(0).max(10_000_000).optional(),
  key: z.int().min(0).max(255).optional(),
  ms: z.int().min(0).max(86_400_000).optional(),
  address: z.int().min(0).max(255).optional(),
  forMs: z.int().min(1).max(86_400_000).optional(),
});
const nothing = z.strictObject({});

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
  const find = <Kind extends Device['kind']>(id: unknown, wanted: readonly Kind[], response: Response) => {
    const device = devices.find((one) => one.id === id);
    if (!device)
      sendProblem(
        response,
        404,
        'no-device',
        'No such device',
        `There is no device "${id}"; there are: ${devices.map((one) => one.id).join(', ') || 'none'}`,
      );
    else if (!wanted.includes(device.kind as Kind))
      sendProblem(response, 409, 'wrong-kind', 'Not this kind of device', `${device.id} is a ${device.kind}`);
    else return device as Extract<Device, { kind: Kind }>;
    return undefined;
  };
  /** A POST without fields. */
  function action<Kind extends Device['kind']>(
    path: string,
    wanted: readonly Kind[],
    act: (device: Extract<Device, { kind: Kind }>) => unknown,
  ) {
    const handler: RequestHandler = async (request, response) => {
      const device = find(request.params.id, wanted, response);
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
    const device = find(request.params.id, kinds, response);
    if (device) response.json(describeDevice(device));
  });
  action('plug', kinds, (device) => device.plug());
  action('unplug', kinds, (device) => device.unplug());
  action('power-cycle', ['evaluator', 'sign-line'], (device) => device.powerCycle());
  action('load-paper', ['printer'], (device) => device.loadPaper());
  action('open-cover', ['printer'], (device) => device.openCover());
  action('close-cover', ['printer'], (device) => device.closeCover());
  action('tear-off', ['printer'], (device) => device.tearOff());
  action('take-ticket', ['printer'], (device) => device.takeTicket());
  action('lift', ['reader'], (device) => device.liftCard());

  router.post('/devices/:id/faults/:name', async (request, response) => {
    const device = find(request.params.id, kinds, response);
    const body = device && readBody(faultBody, request.body, response);
    if (!device || !body) return;
    const { on, ...options } = body;
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
    const { setFault }: { setFault: (name: string, on: boolean, how: typeof options) => Promise<unknown> } =
      device;
    await setFault(name, on, options);
    response.json(describeDevice(device));
  });
  router.post('/devices/:id/press', (request, response) => {
    const device = find(request.params.id, ['evaluator'], response);
    const body = device && readBody(pressBody, request.body, response);
    if (!device || !body) return;
    const taken = device.press('key' in body ? body.key : 6 - body.level);
    response.json({ taken, ...describeDevice(device) });
  });
  router.post('/devices/:id/key', (request, response) => {
    const device = find(request.params.id, ['ff68-bus', 'ub485-bus'], response);
    const body = device && readBody(keyBody, request.body, response);
    if (!device || !body) return;
    const unit = unitAt(device, body.address);
    if (!unit)
      return sendProblem(
        response,
        404,
        'no-address',
        'No such address',
        `${device.id} has nothing at address ${body.address}`,
      );
    const { key, digit = body.digit } =
      typeof body.key === 'number' ? { key: body.key } : readKey(unit, body.key);
    if (device.kind === 'ff68-bus') device.press(body.address, key, digit);
    else if (digit === undefined) device.press(body.address, key);
    else
      return sendProblem(
        response,
        400,
        'bad-body',
        'The body does not fit',
        'digit: this panel has no digits',
      );
    response.json(describeDevice(device));
  });
  router.post('/devices/:id/card', (request, response) => {
    const device = find(request.params.id, ['reader'], response);
    const body = device && readBody(cardBody, request.body, response);
    if (!device || !body) return;
    layCard(device, body.person);
    response.json(describeDevice(device));
  });
  router.post('/devices/:id/scan', (request, response) => {
    const device = find(request.params.id, ['scanner'], response);
    const body = device && readBody(scanBody, request.body, response);
    if (!device || !body) return;
    device.scan(body.text);
    response.json(describeDevice(device));
  });
  router.get('/devices/:id/wire', (request, response) => {
    const device = find(request.params.id, kindsWithWire, response);
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

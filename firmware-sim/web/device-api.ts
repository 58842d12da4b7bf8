/** The calls of hands on devices: plugs, keys, cards, codes. */
import { Router } from 'express';
import { z } from 'zod';
import { readKey } from '../key-line/key-words.ts';
import { captureText, captureType } from './capture.ts';
import {
  type Device,
  kinds,
  kindsWithWire,
  layCard,
  type Model,
  samplePersonIds,
  unitAt,
} from './devices.ts';
import { actionsOf, findDevice, type Hall, readBody } from './lookup.ts';
import { sendProblem } from './problem.ts';

const keyOrLevel = z.union([
  z.strictObject({ key: z.int().min(1).max(5) }),
  z.strictObject({ level: z.int().min(1).max(5) }),
]);
/** What stands on a key of a keypad. */
const keypadKey = z.strictObject({ key: z.string().min(1).max(10) });
/** A key of a line: by its word (key-words.ts) or its code, after a digit that was typed or after none. */
const keyBody = z.strictObject({
  address: z.int().min(0).max(255),
  key: z.union([z.int().min(0).max(255), z.string().min(1).max(20)]),
  digit: z.int().min(0).max(9).optional(),
});
const cardBody = z.strictObject({ person: z.enum(samplePersonIds) });
const scanBody = z.strictObject({ text: z.string().min(1).max(4096) });

export function deviceApi(hall: Hall, modelOf: (device: Device) => Model, now: () => number): Router {
  const router = Router();
  const action = actionsOf(router, hall);

  router.get('/health', (_request, response) => {
    response.json({ status: 'ok', devices: hall.devices.length });
  });
  router.get('/devices', (_request, response) => {
    response.json(hall.devices.map(hall.describe));
  });
  router.get('/devices/:id', (request, response) => {
    const device = findDevice(hall, request.params.id, kinds, response);
    if (device) response.json(hall.describe(device));
  });
  action('plug', kinds, (device) => device.plug());
  action('unplug', kinds, (device) => device.unplug());
  action('power-cycle', ['evaluator', 'sign-line'], (device) => device.powerCycle());
  action('lift', ['reader'], (device) => device.liftCard());

  router.post('/devices/:id/press', (request, response) => {
    const device = findDevice(hall, request.params.id, ['evaluator', 'ascii-evaluator', 'keypad'], response);
    if (!device) return;
    if (device.kind === 'keypad') {
      const body = readBody(keypadKey, request.body, response);
      if (!body) return;
      device.press(body.key);
      return response.json({ taken: true, ...hall.describe(device) });
    }
    const body = readBody(keyOrLevel, request.body, response);
    if (!body) return;
    const taken = device.press('key' in body ? body.key : 6 - body.level) ?? true;
    response.json({ taken, ...hall.describe(device) });
  });
  router.post('/devices/:id/key', (request, response) => {
    const device = findDevice(hall, request.params.id, ['ff68-bus', 'ub485-bus'], response);
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
    response.json(hall.describe(device));
  });
  router.post('/devices/:id/card', (request, response) => {
    const device = findDevice(hall, request.params.id, ['reader'], response);
    const body = device && readBody(cardBody, request.body, response);
    if (!device || !body) return;
    layCard(device, body.person);
    response.json(hall.describe(device));
  });
  router.post('/devices/:id/scan', (request, response) => {
    const device = findDevice(hall, request.params.id, ['scanner'], response);
    const body = device && readBody(scanBody, request.body, response);
    if (!device || !body) return;
    device.scan(body.text);
    response.json(hall.describe(device));
  });
  router.get('/devices/:id/wire', (request, response) => {
    const device = findDevice(hall, request.params.id, kindsWithWire, response);
    if (device) response.json(device.wire());
  });
  router.get('/devices/:id/capture', (request, response) => {
    const device = findDevice(hall, request.params.id, kindsWithWire, response);
    const model = device && modelOf(device);
    if (!device || !model) return;
    const { id, port } = device;
    response.attachment(`${id}.ndjson`).type(captureType);
    response.send(captureText({ device: id, model, port }, device.wire(), now()));
  });
  return router;
}

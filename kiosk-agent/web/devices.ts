/** `/devices`: what a technician sees and does with the machines of this computer. */
import { Router, type Request } from 'express';
import { z } from 'zod';
import { freeText, ratingLevel } from '../contract/events.ts';
import type { Access } from './access.ts';
import { DEVICE_TESTS, type AgentParts } from './parts.ts';
import { body } from './problems.ts';

const key = z.strictObject({ key: z.string().min(1).max(256) });
const waiting = z.strictObject({ seconds: z.int().min(5).max(120) });
const settings = z.strictObject({
  note: freeText.nullable().optional(),
  keyMap: z
    .record(z.string().regex(/^(?!__proto__$)[\x21-\x7e]{1,16}$/), ratingLevel)
    .refine((map) => Object.keys(map).length <= 16, 'at most 16 keys')
    .nullable()
    .optional(),
});
const CAPTURE_WAITING_BYTES = 8 * 1024 * 1024;
const captureWish = z.object({ seconds: z.coerce.number().int().min(1).max(3600).default(600) });

export function deviceRoutes({ devices }: Pick<AgentParts, 'devices'>, access: Access): Router {
  const router = Router();
  router.use(access.allow('technician'));
  const id = (request: Request): string => String(request.params['id']);

  router.get('/', (_request, response) => {
    response.json(devices.list());
  });
  router.get('/found', async (_request, response) => {
    response.json(await devices.found());
  });
  router.get('/:id', (request, response) => {
    response.json(devices.view(id(request)));
  });
  router.put('/:id/binding', async (request, response) => {
    response.json(await devices.bind(id(request), body(key, request.body).key));
  });
  router.delete('/:id/binding', async (request, response) => {
    response.json(await devices.unbind(id(request)));
  });
  router.post('/:id/bind-by-key', async (request, response) => {
    const { seconds } = body(waiting, request.body);
    // A page that is closed has nobody left who presses the key.
    const gone = (): void => {
      if (!response.writableEnded) devices.stopBindByKey();
    };
    response.once('close', gone);
    response.json(await devices.bindByKey(id(request), seconds));
  });
  router.delete('/:id/bind-by-key', (request, response) => {
    devices.view(id(request));
    devices.stopBindByKey();
    response.status(204).end();
  });
  router.post('/:id/learn-keys', async (request, response) => {
    const { seconds } = body(waiting, request.body);
    response.json({ code: await devices.nextKey(id(request), seconds) });
  });
  router.put('/:id/settings', async (request, response) => {
    const { note, keyMap } = body(settings, request.body);
    response.json(
      await devices.set(id(request), {
        ...(note !== undefined && { note }),
        ...(keyMap !== undefined && { keyMap }),
      }),
    );
  });
  router.get('/:id/frames', (request, response) => {
    response.json(devices.frames(id(request)));
  });
  /** Lines of JSON until the reader goes away or the time is up; docs/captures.md. */
  router.get('/:id/capture', (request, response) => {
    const { seconds } = body(captureWish, request.query);
    response.set({
      'content-type': 'application/x-ndjson',
      'content-disposition': `attachment; filename="hall-capture-${id(request)}.ndjson"`,
      'cache-control': 'no-store',
    });
    const stop = devices.capture(id(request), (line) => {
      response.write(line);
      // Nobody reads at the other end: what waits would grow for ever.
      if (response.writableLength > CAPTURE_WAITING_BYTES) response.destroy();
    });
    const end = setTimeout(() => response.end(), seconds * 1000);
    response.once('close', () => {
      clearTimeout(end);
      stop();
    });
  });
  router.post('/:id/test', async (request, response) => {
    const { what } = body(z.strictObject({ what: z.enum(DEVICE_TESTS) }), request.body);
    response.json(await devices.test(id(request), what));
  });
  return router;
}

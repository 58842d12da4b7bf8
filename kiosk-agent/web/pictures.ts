/** `/hall/map` and `/services/{id}/forms/{n}`: the pictures that the configuration names, for the query terminal. */
import { createHash } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import type { Config } from '../config.ts';
import { readPicture } from '../config/pictures.ts';
import type { ServiceView } from '../contract/live.ts';
import { HallError } from '../contract/problem.ts';

/** Where screens find the plan; null where the hall has given none. */
export function mapAddress({ hall }: Config): string | null {
  return hall.map ? '/api/v1/hall/map' : null;
}

/** A service's sample forms and where their pictures are, counted from 0; empty for one that is not here. */
export function formsOf({ services }: Config, id: string): NonNullable<ServiceView['forms']> {
  const forms = services.find((each) => each.id === id)?.forms ?? [];
  return forms.map(({ name, where, file }, n) => ({
    name,
    ...(where && { where }),
    ...(file !== undefined && { picture: `/api/v1/services/${encodeURIComponent(id)}/forms/${n}` }),
  }));
}

export function pictureRoutes({ hall, services }: Config): Router {
  const router = Router();
  router.get('/hall/map', (request, response) => send(request, response, hall.map?.file));
  router.get('/services/:id/forms/:n', (request, response) => {
    const { id, n } = request.params;
    send(request, response, services.find((each) => each.id === id)?.forms[Number(n)]?.file);
  });
  return router;
}

/** Read anew each time: what was drawn again is seen without a restart. */
function send(request: Request, response: Response, file: string | undefined): void {
  const read = file === undefined ? null : readPicture(file);
  if (!read?.ok) throw new HallError('not-found', read ? read.why : 'This hall has given no such picture.');
  const { type, bytes } = read.picture;
  response
    .set({
      'cache-control': 'no-cache',
      etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
      // A drawing may hold a script: opened by itself it runs none.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
      'x-content-type-options': 'nosniff',
    })
    .type(type);
  if (request.fresh) response.status(304).end();
  else response.send(bytes);
}

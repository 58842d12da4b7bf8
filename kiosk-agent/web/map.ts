/** `/hall/map`: the picture of the hall's plan, as the configuration gives it. */
import { createHash } from 'node:crypto';
import { Router } from 'express';
import type { Config } from '../config.ts';
import { readMap } from '../config/map.ts';
import { HallError } from '../contract/problem.ts';

/** Where screens find the plan; null where the hall has given none. */
export function mapAddress({ hall }: Config): string | null {
  return hall.map ? '/api/v1/hall/map' : null;
}

export function mapRoutes({ hall }: Config): Router {
  const router = Router();
  router.get('/hall/map', (request, response) => {
    // Asked anew each time: a plan that was drawn again is seen without a restart.
    const read = hall.map ? readMap(hall.map.file) : null;
    if (!read?.ok) throw new HallError('not-found', read ? read.why : 'This hall has given no plan.');
    const { type, bytes } = read.map;
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
  });
  return router;
}

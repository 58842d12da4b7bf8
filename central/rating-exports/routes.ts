/** `/api/v1/rating-exports`: how the regions' exports of ratings stand, what was refused, and to let it go again. */
import express, { type Router } from 'express';
import { z } from 'zod';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { Database } from '../database.ts';
import { read } from '../reading.ts';
import type { RatingExports } from './exports.ts';
import { ratingExports, refusedRecords, retryRefused } from './standing.ts';

export const retryBody = z.strictObject({
  /** ids of records; all that were refused when it is not given */
  records: z.array(z.string().min(1).max(300)).min(1).max(200).optional(),
});

export function ratingExportRoutes({
  database,
  exports,
  clock,
}: {
  database: Database;
  exports: RatingExports;
  clock: () => Date;
}): Router {
  const router = express.Router();
  const known = (id: unknown): string => {
    const wanted = exports.list.find((one) => one.id === id);
    if (!wanted) throw new HallError('not-found', `there is no export ${String(id).slice(0, 64)}`);
    return wanted.id;
  };
  router.get('/', async (_request, response) => {
    response.json({
      time: clock().toISOString(),
      exports: await ratingExports(database, exports.list, clock()),
    });
  });
  router.get('/:id/refused', async (request, response) => {
    response.json({ records: await refusedRecords(database, known(request.params.id)) });
  });
  router.post('/:id/retry', express.json({ limit: '64kb' }), async (request, response) => {
    const id = known(request.params.id);
    const { records } = read(retryBody, request.body ?? {});
    const again = await retryRefused(database, id, records);
    exports.look();
    response.json({ again });
  });
  return router;
}

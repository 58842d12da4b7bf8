/** `/statistics`: numbers over days, from the closed days and today. */
import { Router } from 'express';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { localDate } from '../contract/words.ts';
import { localDay } from '../hall/day.ts';
import { GROUPS, statistics } from '../hall/totals/statistics.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';

const span = z.strictObject({
  from: localDate.optional(),
  to: localDate.optional(),
  by: z.enum(GROUPS).default('hall'),
});

export function statisticsRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  /** Without days: today. With one: that day to today, or that day. */
  router.get('/statistics', access.allow('manager', 'integrator'), (request, response) => {
    const { from, to, by } = body(span, request.query);
    const today = localDay(parts.clock(), parts.rules.timeZone);
    const first = from ?? to ?? today;
    const last = to ?? today;
    if (first > last) throw new HallError('bad-request', 'from: lies after to', { field: 'from' });
    response.json({ from: first, to: last, by, ...statistics(parts.state, first, last, by) });
  });
  return router;
}

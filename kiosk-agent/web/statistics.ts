/** `/statistics`: numbers over days, from the closed days and today. */
import { Router } from 'express';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { localDate } from '../contract/words.ts';
import { localDay } from '../hall/day.ts';
import { GROUPS, statistics, statisticsByDay } from '../hall/totals/statistics.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body } from './problems.ts';

const span = z.strictObject({
  from: localDate.optional(),
  to: localDate.optional(),
  by: z.enum(GROUPS).default('hall'),
});
const oneOf = span.extend({ key: z.string().min(1).max(64).optional() });

export function statisticsRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  const daysOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }) => {
    const today = localDay(parts.clock(), parts.rules.timeZone);
    const first = from ?? to ?? today;
    const last = to ?? today;
    if (first > last) throw new HallError('bad-request', 'from: lies after to', { field: 'from' });
    return { first, last };
  };
  /** Without days: today. With one: that day to today, or that day. */
  router.get('/statistics', access.allow('manager', 'integrator'), (request, response) => {
    const { by, ...days } = body(span, request.query);
    const { first, last } = daysOf(days);
    response.json({ from: first, to: last, by, ...statistics(parts.state, first, last, by) });
  });
  /** The same days one by one, of the hall or of one service, window or staff number. */
  router.get('/statistics/days', access.allow('manager', 'integrator'), (request, response) => {
    const { by, key, ...days } = body(oneOf, request.query);
    const { first, last } = daysOf(days);
    if (by !== 'hall' && key === undefined)
      throw new HallError('bad-request', `key: which ${by} is meant`, { field: 'key' });
    const head = { from: first, to: last, by, ...(key === undefined ? {} : { key }) };
    response.json({ ...head, ...statisticsByDay(parts.state, first, last, by, key ?? 'hall') });
  });
  return router;
}

/** `/calls/played`: a board tells that it has announced a call, or why not. */
import { Router } from 'express';
import { playedReport } from '../contract/announcements.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';

export function announcementRoutes({ executor }: Pick<AgentParts, 'executor'>, access: Access): Router {
  const router = Router();
  router.post('/played', access.allow('board'), async (request, response) => {
    const outcome = await executor.execute({
      name: 'call.announced',
      report: body(playedReport, request.body),
    });
    if (!outcome.ok) throw refused(outcome.refusal);
    response.status(204).end();
  });
  return router;
}

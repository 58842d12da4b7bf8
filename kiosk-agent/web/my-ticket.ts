/** `/my-ticket/{id}`: what the QR on the paper leads to. The id cannot be guessed and names nobody. */
import { Router } from 'express';
import { HallError } from '../contract/problem.ts';
import type { AgentParts } from './parts.ts';
import { findTicket } from './views.ts';

export function myTicketRoutes(parts: AgentParts): Router {
  const router = Router();
  router.get('/:id', (request, response) => {
    const found = findTicket(parts, String(request.params.id));
    if (!found) throw new HallError('unknown-ticket', 'This ticket is not of today.');
    const { number, service, state, ahead, waitMinS, waitMaxS, area, window } = found;
    response.set('cache-control', 'no-store').json({
      number,
      service,
      state,
      ahead,
      waitMinS,
      waitMaxS,
      area,
      ...(window === undefined ? {} : { window }),
    });
  });
  return router;
}

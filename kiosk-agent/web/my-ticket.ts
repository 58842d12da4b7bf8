/** `/my-ticket/{id}`: what the QR on the paper leads to. The id cannot be guessed and names nobody. */
import { Router } from 'express';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { mayLeave } from '../hall/tickets.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import { findTicket } from './views.ts';

export function myTicketRoutes(parts: AgentParts): Router {
  const router = Router();
  const view = (ticketId: string): object => {
    const found = findTicket(parts, ticketId);
    const ticket = found && parts.state.tickets[ticketId];
    if (!ticket) throw new HallError('unknown-ticket', 'This ticket is not of today.');
    const { number, service, state, ahead, waitMinS, waitMaxS, area, window, further, done } = found;
    return {
      number,
      service,
      state,
      ahead,
      waitMinS,
      waitMaxS,
      area,
      ...(window === undefined ? {} : { window }),
      ...(further === undefined ? {} : { further }),
      ...(done === undefined ? {} : { done }),
      mayLeave: mayLeave(ticket),
    };
  };

  router.get('/:id', (request, response) => {
    response.set('cache-control', 'no-store').json(view(String(request.params.id)));
  });

  /** The visitor leaves the line. Whoever holds the paper may: nobody else can know its id. */
  router.delete('/:id', async (request, response) => {
    body(z.strictObject({}), request.body);
    const ticketId = String(request.params.id);
    const outcome = await parts.executor.execute({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    if (!outcome.ok) throw refused(outcome.refusal);
    response.set('cache-control', 'no-store').json(view(ticketId));
  });
  return router;
}

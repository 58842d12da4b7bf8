/** `/my-ticket/{key}`: what the QR on the paper leads to. The key cannot be guessed, names nobody, and stands on the paper only. */
import { Router } from 'express';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { mayLeave } from '../hall/tickets.ts';
import type { AgentParts } from './parts.ts';
import { body, refused } from './problems.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { findTicket } from './views.ts';

export function myTicketRoutes(parts: AgentParts, keys: TicketKeys): Router {
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

  router.get('/:key', (request, response) => {
    response.set('cache-control', 'no-store').json(view(keys.ticketOf(parts.state, request.params.key)));
  });

  /** The visitor leaves the line. Whoever holds the paper may: nobody else can know its key. */
  router.delete('/:key', async (request, response) => {
    body(z.strictObject({}), request.body);
    const ticketId = keys.ticketOf(parts.state, String(request.params.key));
    const outcome = await parts.executor.execute({ name: 'ticket.cancel', ticketId, by: 'visitor' });
    if (!outcome.ok) throw refused(outcome.refusal);
    response.set('cache-control', 'no-store').json(view(ticketId));
  });
  return router;
}

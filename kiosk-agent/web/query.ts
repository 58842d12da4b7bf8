/** `/query`: what a visitor may know of their own, behind the one-time key of the card that was read. */
import { Router } from 'express';
import { HallError } from '../contract/problem.ts';
import { findTicket } from './views.ts';
import type { Access } from './access.ts';
import type { AgentParts } from './parts.ts';

/** The one-time key travels in this header: an address would stand in logs and histories. */
export const ID_CARD_HEADER = 'x-id-card';
/** The visitor waits at the terminal no longer than this, ms. */
const DEADLINE_MS = 8000;

export function queryRoutes(parts: AgentParts, access: Access): Router {
  const router = Router();
  router.get('/case', access.allow('kiosk'), async (request, response) => {
    const visitor = parts.identity.desk.look(request.get(ID_CARD_HEADER) ?? '');
    if (!visitor)
      throw new HallError('identity-needed', 'Lay the card again: it was read too long ago, or not at all.', {
        field: ID_CARD_HEADER,
      });
    const { hash, year } = visitor.person;
    const answer = await parts.platform.cases({ hash, year }, DEADLINE_MS);
    if (!answer.ok) {
      if (answer.why === 'not-configured')
        throw new HallError('not-configured', 'This hall is not connected to a registration platform.');
      throw new HallError('platform-away', 'The registration platform does not answer now.', {
        why: answer.why,
      });
    }
    const { cases, asOf, fromCache } = answer;
    response.set('cache-control', 'no-store').json({ cases, asOf, fromCache });
  });

  /** Place in line of a number of today, which the board shows to everybody; nothing else of its ticket. */
  router.get('/tickets/:number', access.allow('kiosk'), (request, response) => {
    const wanted = String(request.params['number']).toUpperCase();
    const found = Object.values(parts.state.tickets).find(({ number }) => number === wanted);
    const ticket = found && findTicket(parts, found.ticketId);
    if (!ticket) throw new HallError('unknown-ticket', `There is no ticket ${wanted.slice(0, 8)} today.`);
    const { number, service, state, ahead, waitMinS, waitMaxS, area, window } = ticket;
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

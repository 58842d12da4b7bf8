/** The card on the reader at a window against the holder of the ticket there: staff see "matches" or "does not match". */
import type { Decision } from './commands.ts';
import { accept, happened, NOTHING_NEW, refuse, ticketRef } from './decision.ts';
import type { Ticket } from './state.ts';

/**
 * Decides a read card; `hashes` are by this year's and last year's key. A card that does not match leaves a trace each time;
 * one that matches again is nothing new.
 */
export function decideMatch(
  ticket: Ticket,
  at: { window: number; staff: string },
  card: { hashes: readonly string[]; masked: string },
  time: string,
): Decision {
  if (!ticket.person)
    return refuse('wrong-state', `Ticket ${ticket.number} names no holder.`, {
      state: ticket.state,
      holder: null,
    });
  const result = card.hashes.includes(ticket.person.hash) ? ('match' as const) : ('no-match' as const);
  if (result === 'match' && ticket.match === 'match') return NOTHING_NEW;
  const { ticketId, number } = ticket;
  const matched = happened('hall.ticket.matched', ticketId, time, {
    ...ticketRef(ticket),
    ...at,
    result,
    masked: card.masked,
  });
  if (result === 'match') return accept(matched);
  const reason = `the card ${card.masked} is not the holder's`;
  return accept(
    matched,
    happened('hall.trace.recorded', ticketId, time, {
      action: 'match-failed',
      reason,
      ...at,
      ticketId,
      number,
    }),
  );
}

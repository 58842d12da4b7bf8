/** Priority: claimed at the kiosk, looked at by staff (card, certificate), or given by them with a reason. */
import type { Decision, TicketCommand } from './commands.ts';
import { accept, givenReason, happened, notInThisState, NOTHING_NEW, refuse, ticketRef } from './decision.ts';
import type { Ticket } from './state.ts';
import { REASON_NEEDED } from './windows.ts';

type PriorityCommand = Extract<TicketCommand, { name: 'ticket.priority' }>;

/** Decides what staff say of a ticket that waits or is at a window; to deny or to give needs a reason. */
export function decidePriority(ticket: Ticket, command: PriorityCommand, time: string): Decision {
  const { decision, staff, window } = command;
  if (!['waiting', 'called', 'serving'].includes(ticket.state)) return notInThisState(ticket);
  const priority = decision === 'given' ? command.priority : ticket.priority;
  if (priority === undefined)
    return decision === 'given'
      ? refuse('bad-request', 'priority: which one is given', { field: 'priority' })
      : refuse('wrong-state', `Ticket ${ticket.number} claims no priority.`, { state: ticket.state });
  // Given by hand is more than confirmed; a denial may be taken back by a confirmation, and the other way round.
  const said = ticket.priorityDecision;
  if (said === decision && ticket.priority === priority) return NOTHING_NEW;
  if (decision === 'confirmed' && said === 'given') return NOTHING_NEW;

  const reason = givenReason(command.reason);
  if (reason === null && decision !== 'confirmed') return REASON_NEEDED;
  const { ticketId, number } = ticket;
  const at = window === undefined ? {} : { window };
  const looked = happened('hall.ticket.priority', ticketId, time, {
    ...ticketRef(ticket),
    decision,
    priority,
    staff,
    ...at,
    ...(reason === null ? {} : { reason }),
  });
  if (decision === 'confirmed' || reason === null) return accept(looked);
  const action = decision === 'given' ? ('priority-given' as const) : ('priority-denied' as const);
  return accept(
    looked,
    happened('hall.trace.recorded', ticketId, time, { action, reason, staff, ...at, ticketId, number }),
  );
}

/** Whatever leaves the order needs a reason and makes a trace, in the same write. */
import type { EventData, EventDraft } from '../../kiosk-agent/contract/events.ts';

type Action = EventData<'hall.trace.recorded'>['action'];

/** The trace that an event must have beside it; null for what is in order. */
function traceOf(event: EventDraft): Action | null {
  switch (event.type) {
    case 'hall.ticket.called':
      return event.data.outOfTurn ? 'call-out-of-turn' : null;
    case 'hall.ticket.requeued':
      return event.data.why === 'call-taken-back' ? 'call-taken-back' : null;
    case 'hall.ticket.transferred':
      return 'transfer';
    case 'hall.ticket.parked':
      return 'park';
    case 'hall.ticket.cancelled':
      return event.data.by === 'staff' ? 'cancel' : null;
    case 'hall.ticket.printed':
      return event.data.confirmedBy === 'staff' ? 'confirm-paper' : null;
    case 'hall.ticket.priority':
      return event.data.decision === 'confirmed'
        ? null
        : event.data.decision === 'given'
          ? 'priority-given'
          : 'priority-denied';
    case 'hall.ticket.matched':
      return event.data.result === 'match' ? null : 'match-failed';
    case 'hall.window.paused':
      return 'pause';
    case 'hall.window.closed':
      return event.data.reason === undefined ? null : 'close-early';
    case 'hall.surge.started':
    case 'hall.surge.changed':
    case 'hall.surge.ended':
      return 'surge';
    case 'hall.appointment.cancelled':
      return event.data.by === 'staff' ? 'appointment-cancelled' : null;
    case 'hall.callback.sampled':
      return 'callback-sample';
    case 'hall.opinion.closed':
      return 'opinion-closed';
    default:
      return null;
  }
}

export function everyExitHasItsTrace(events: readonly EventDraft[]): void {
  const traces = events.filter((event) => event.type === 'hall.trace.recorded');
  for (const { data } of traces)
    if (data.reason.trim() === '') throw new Error(`broken: a trace has a reason: ${JSON.stringify(data)}`);
  for (const event of events) {
    const action = traceOf(event);
    if (action === null) continue;
    const { ticketId, window } = event.data as { ticketId?: string; window?: number };
    const found = traces.some(
      ({ data }) =>
        data.action === action &&
        (ticketId === undefined || data.ticketId === ticketId) &&
        (window === undefined || data.window === undefined || data.window === window),
    );
    if (!found) throw new Error(`broken: this leaves the order without a trace: ${JSON.stringify(event)}`);
  }
}

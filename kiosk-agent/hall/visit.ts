/**
 * The end of one service: the evaluation of it, and where the visitor goes then: home, back to the window that sent them, or on to
 * the next service of the same visit. One service, one rating.
 */
import type { EventData } from '../contract/events.ts';
import type { HallRules, HallState, Ticket } from './state.ts';

type Next = Pick<EventData<'hall.ticket.continued'>, 'next' | 'why'>;

/** Where the ticket goes when its service at the window is done; null: the visit is over. */
export function nextOf(state: HallState, rules: HallRules, ticket: Ticket): Next | null {
  const { comeBackTo, further } = ticket;
  if (comeBackTo) {
    const { service, window } = comeBackTo;
    const there =
      rules.windows.some(({ number }) => number === window) &&
      (state.windows[window]?.state ?? 'closed') !== 'closed';
    return { next: { service, ...(there ? { window } : {}) }, why: 'return' };
  }
  const service = further[0];
  return service === undefined ? null : { next: { service }, why: 'further-service' };
}

/**
 * The stage that this service is rated as: its id, or '' when the visit has only this one. Null when it is not to be rated now: it
 * goes on at the window that sent the visitor, or was rated before and had only been come back to.
 */
export function stageOf(ticket: Ticket, next: Next | null): string | null {
  if (next?.next.service === ticket.service || ticket.done.includes(ticket.service)) return null;
  return next === null && ticket.done.length === 0 ? '' : ticket.service;
}

/** What `hall.ticket.continued` does to the ticket besides leaving the window: the next service, with its earlier place. */
export function goOn(ticket: Ticket, { next, why }: Next): void {
  if (next.service !== ticket.service) markDone(ticket);
  if (why === 'return') ticket.comeBackTo = null;
  ticket.further = ticket.further.filter((service) => service !== next.service);
  ticket.service = next.service;
  ticket.onlyWindow = next.window ?? null;
}

/** The ticket's service is done. */
export function markDone(ticket: Ticket): void {
  if (!ticket.done.includes(ticket.service)) ticket.done.push(ticket.service);
}

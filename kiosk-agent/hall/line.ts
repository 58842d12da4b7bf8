/** Who comes next. One line by time: a priority or appointment ticket counts as having come earlier, so nobody starves. */
import type { TicketClass } from '../contract/events.ts';
import type { HallRules, HallState, Ticket } from './state.ts';

/** A ticket's place in line, ms since 1970: when it came, minus its head start. */
export function placeOf(ticket: Pick<Ticket, 'arrivedAt' | 'class'>, rules: HallRules): number {
  return Date.parse(ticket.arrivedAt) - headStartMs(ticket.class, rules);
}

/** How much earlier a class stands than it came, ms. */
export function headStartMs(ticketClass: TicketClass, rules: HallRules): number {
  return ticketClass === 'normal' ? 0 : rules.priorityHeadStartMin * 60_000;
}

/**
 * The waiting tickets of these services, first one first. With `window`: those that this window may call: without the
 * ones that were transferred to another window, and with those transferred to it whatever their service.
 */
export function lineOf(state: HallState, rules: HallRules, services: string[], window?: number): Ticket[] {
  const wanted = new Set(services);
  return inOrder(rules, state, (ticket) => {
    if (window === undefined || ticket.onlyWindow === null) return wanted.has(ticket.service);
    return ticket.onlyWindow === window;
  });
}

/** How many wait for each window that is configured, by its number: as many as {@link lineOf} has, counted in one pass. */
export function waitingAtWindows(state: HallState, rules: HallRules): Map<number, number> {
  const byService = new Map<string, number>();
  const onlyAt = new Map<number, number>();
  for (const ticket of Object.values(state.tickets)) {
    if (ticket.state !== 'waiting') continue;
    if (ticket.onlyWindow === null) byService.set(ticket.service, (byService.get(ticket.service) ?? 0) + 1);
    else onlyAt.set(ticket.onlyWindow, (onlyAt.get(ticket.onlyWindow) ?? 0) + 1);
  }
  return new Map(
    rules.windows.map(({ number, services }) => [
      number,
      [...new Set(services)].reduce(
        (sum, service) => sum + (byService.get(service) ?? 0),
        onlyAt.get(number) ?? 0,
      ),
    ]),
  );
}

/** How many of its own service stand before this ticket; null when it does not wait. */
export function ahead(state: HallState, rules: HallRules, ticketId: string): number | null {
  const own = state.tickets[ticketId];
  if (own?.state !== 'waiting') return null;
  const place = placeOf(own, rules);
  let before = 0;
  for (const other of Object.values(state.tickets)) {
    if (other.state !== 'waiting' || other.service !== own.service || other.ticketId === ticketId) continue;
    if (compare(placeOf(other, rules), other, place, own) < 0) before++;
  }
  return before;
}

/** {@link ahead} for every waiting ticket at once, by ticketId. */
export function aheadOfEach(state: HallState, rules: HallRules): Map<string, number> {
  const counted = new Map<string, number>();
  const places = new Map<string, number>();
  for (const ticket of inOrder(rules, state, () => true)) {
    const before = counted.get(ticket.service) ?? 0;
    places.set(ticket.ticketId, before);
    counted.set(ticket.service, before + 1);
  }
  return places;
}

/** How many would stand before a new ticket of this service and class that comes at `time`. */
export function aheadOfNew(
  state: HallState,
  rules: HallRules,
  service: string,
  ticketClass: TicketClass,
  time: string,
): number {
  const place = placeOf({ arrivedAt: time, class: ticketClass }, rules);
  let before = 0;
  for (const other of Object.values(state.tickets))
    if (other.state === 'waiting' && other.service === service && placeOf(other, rules) <= place) before++;
  return before;
}

function inOrder(rules: HallRules, state: HallState, wanted: (ticket: Ticket) => boolean): Ticket[] {
  const line: { place: number; ticket: Ticket }[] = [];
  for (const ticket of Object.values(state.tickets))
    if (ticket.state === 'waiting' && wanted(ticket)) line.push({ place: placeOf(ticket, rules), ticket });
  line.sort((a, b) => compare(a.place, a.ticket, b.place, b.ticket));
  return line.map(({ ticket }) => ticket);
}

/**
 * By place; at the same place whoever came first, then by number, and by id, so that the order never depends on how the
 * state was built.
 */
function compare(placeA: number, a: Ticket, placeB: number, b: Ticket): number {
  return (
    placeA - placeB ||
    Date.parse(a.reservedAt) - Date.parse(b.reservedAt) ||
    a.running - b.running ||
    (a.ticketId < b.ticketId ? -1 : a.ticketId > b.ticketId ? 1 : 0)
  );
}

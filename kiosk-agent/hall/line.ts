/** Who comes next. One line by time: a priority or appointment ticket counts as having come earlier, so nobody starves. */
import type { TicketClass } from '../contract/events.ts';
import type { HallRules, HallState, Ticket } from './state.ts';
import { servicesNow, windowsNow } from './surge/windows.ts';

/** What a place in line depends on. */
export type Standing = Pick<Ticket, 'arrivedAt' | 'class'> & Partial<Pick<Ticket, 'priorityDecision'>>;

/** A ticket's place in line, ms since 1970: when it came (an appointment: when its slot begins), minus its head start. */
export function placeOf(ticket: Standing, rules: HallRules): number {
  return Date.parse(ticket.arrivedAt) - headStartMs(ticket, rules);
}

/**
 * How much earlier a ticket stands than it came, ms. Of two head starts the longer one counts: who has an appointment and a
 * priority that staff have seen stands where either would put it.
 */
export function headStartMs(ticket: Omit<Standing, 'arrivedAt'>, rules: HallRules): number {
  const seen = ticket.priorityDecision === 'confirmed' || ticket.priorityDecision === 'given';
  const byPriority = ticket.class === 'priority' || seen ? rules.priorityHeadStartMin : 0;
  const byAppointment = ticket.class === 'appointment' ? rules.appointmentHeadStartMin : 0;
  return Math.max(byPriority, byAppointment) * 60_000;
}

/** The only window that may call this ticket; null: any that takes its service, also when that window has closed meanwhile. */
export function onlyWindowOf(state: HallState, rules: HallRules, { onlyWindow }: Ticket): number | null {
  if (onlyWindow === null) return null;
  const open = (state.windows[onlyWindow]?.state ?? 'closed') !== 'closed';
  return open && rules.windows.some(({ number }) => number === onlyWindow) ? onlyWindow : null;
}

/**
 * The waiting tickets of these services, first one first. With `window`: those that this window may call: without the
 * ones that were transferred to another window, and with those transferred to it whatever their service.
 */
export function lineOf(state: HallState, rules: HallRules, services: string[], window?: number): Ticket[] {
  const wanted = new Set(services);
  return inOrder(rules, state, (ticket) => {
    const only = window === undefined ? null : onlyWindowOf(state, rules, ticket);
    return only === null ? wanted.has(ticket.service) : only === window;
  });
}

/** The tickets that this window may call now, in the order in which `call-next` calls them. */
export function lineAt(state: HallState, rules: HallRules, window: number): Ticket[] {
  return lineOf(state, rules, servicesNow(state, rules, window), window);
}

/** How many wait for each window that is configured, by its number: as many as {@link lineAt} has, counted in one pass. */
export function waitingAtWindows(state: HallState, rules: HallRules): Map<number, number> {
  const counts = new Counts(state, rules);
  for (const ticket of Object.values(state.tickets)) if (ticket.state === 'waiting') counts.add(ticket);
  return new Map(rules.windows.map(({ number }) => [number, counts.callableAt(number)]));
}

/**
 * How many stand before this ticket, null when it does not wait: of its own service, and those sent to a window that takes this
 * service. For one that was sent to a window: all that this window would call before it.
 */
export function ahead(state: HallState, rules: HallRules, ticketId: string): number | null {
  const own = Object.hasOwn(state.tickets, ticketId) ? state.tickets[ticketId] : undefined;
  if (own?.state !== 'waiting') return null;
  const place = placeOf(own, rules);
  const before = new Counts(state, rules);
  for (const other of Object.values(state.tickets))
    if (other.state === 'waiting' && compare(placeOf(other, rules), other, place, own) < 0) before.add(other);
  return before.before(own);
}

/** {@link ahead} for every waiting ticket at once, by ticketId. */
export function aheadOfEach(state: HallState, rules: HallRules): Map<string, number> {
  const before = new Counts(state, rules);
  const places = new Map<string, number>();
  for (const ticket of inOrder(rules, state, () => true)) {
    places.set(ticket.ticketId, before.before(ticket));
    before.add(ticket);
  }
  return places;
}

/** How many would stand before a new ticket of this service and class whose place counts from `time`. */
export function aheadOfNew(
  state: HallState,
  rules: HallRules,
  service: string,
  ticketClass: TicketClass,
  time: string,
): number {
  const place = placeOf({ arrivedAt: time, class: ticketClass }, rules);
  const before = new Counts(state, rules);
  for (const other of Object.values(state.tickets))
    if (other.state === 'waiting' && placeOf(other, rules) <= place) before.add(other);
  return before.ofService(service);
}

/** Tickets counted by who may call them: the windows of a service, or one window only. */
class Counts {
  readonly #state: HallState;
  readonly #rules: HallRules;
  readonly #services: Map<number, string[]>;
  readonly #free = new Map<string, number>();
  readonly #only = new Map<number, number>();

  constructor(state: HallState, rules: HallRules) {
    this.#state = state;
    this.#rules = rules;
    this.#services = new Map(windowsNow(state, rules).map(({ number, services }) => [number, services]));
  }

  add(ticket: Ticket): void {
    const only = onlyWindowOf(this.#state, this.#rules, ticket);
    if (only === null) this.#free.set(ticket.service, (this.#free.get(ticket.service) ?? 0) + 1);
    else this.#only.set(only, (this.#only.get(only) ?? 0) + 1);
  }

  before(ticket: Ticket): number {
    const only = onlyWindowOf(this.#state, this.#rules, ticket);
    return only === null ? this.ofService(ticket.service) : this.callableAt(only);
  }

  callableAt(window: number): number {
    const services = new Set(this.#services.get(window));
    let sum = this.#only.get(window) ?? 0;
    for (const service of services) sum += this.#free.get(service) ?? 0;
    return sum;
  }

  ofService(service: string): number {
    let sum = this.#free.get(service) ?? 0;
    for (const [window, count] of this.#only) if (this.#services.get(window)?.includes(service)) sum += count;
    return sum;
  }
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

/**
 * The line, told without the program's own: who may be called at a window, who came before whom, and that a person has one
 * live ticket for a service. It keeps what the events said, and knows the rules of docs/rules.md.
 */
import type { EventDraft, TicketClass } from '../../kiosk-agent/contract/events.ts';
import type { TicketState } from '../../kiosk-agent/contract/live.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';

type Place = {
  service: string;
  class: TicketClass;
  seen: boolean;
  arrivedMs: number;
  only: number | null;
  person: string | undefined;
  further: string[];
  back: string | null;
};
type Around = {
  inTurn: boolean;
  openWindows: ReadonlySet<number>;
  states: ReadonlyMap<string, { state: TicketState }>;
};
const MINUTE = 60_000;

export class LineWitness {
  readonly #rules: HallRules;
  readonly #places = new Map<string, Place>();
  #surge: { window: number; services: string[] }[] = [];

  constructor(rules: HallRules) {
    this.#rules = rules;
  }

  see(event: EventDraft, together: readonly EventDraft[], around: Around): void {
    switch (event.type) {
      case 'hall.ticket.reserved': {
        const { ticketId, service, person, further = [], arrivedAt, offline } = event.data;
        const place: Place = {
          service,
          class: event.data.class,
          seen: false,
          arrivedMs: Date.parse(arrivedAt ?? event.time),
          only: null,
          person: person?.hash,
          further,
          back: null,
        };
        const another = this.#liveTicketOf(place, around);
        const traced = together.some(
          ({ type, data }) => type === 'hall.trace.recorded' && data.action === 'second-live-ticket',
        );
        const ofToday = !together.some(
          ({ type, data }) =>
            type === 'hall.ticket.cancelled' && data.ticketId === ticketId && data.by === 'day-end',
        );
        if (another !== null && !(offline && (traced || !ofToday)))
          this.#broken(`${another} is live: one live ticket per person and service`, event);
        this.#places.set(ticketId, place);
        return;
      }
      case 'hall.ticket.called':
        if (around.inTurn) this.#nobodyWasBefore(event, around);
        this.#mayCall(event, around);
        return;
      case 'hall.ticket.priority': {
        const place = this.#of(event.data.ticketId);
        place.seen = event.data.decision !== 'denied';
        if (place.class !== 'appointment') place.class = place.seen ? 'priority' : 'normal';
        return;
      }
      case 'hall.ticket.requeued':
        this.#of(event.data.ticketId).arrivedMs = Date.parse(event.data.arrivedAt);
        return;
      case 'hall.ticket.transferred': {
        const place = this.#of(event.data.ticketId);
        const { to, comeBack, service } = event.data;
        if (comeBack) place.back = service;
        place.service = to.service ?? place.service;
        place.only = to.window ?? null;
        place.further = place.further.filter((each) => each !== place.service);
        return;
      }
      case 'hall.ticket.continued': {
        const place = this.#of(event.data.ticketId);
        const { next, why } = event.data;
        if (why === 'return') place.back = null;
        place.service = next.service;
        place.only = next.window ?? null;
        place.further = place.further.filter((each) => each !== next.service);
        return;
      }
      case 'hall.surge.started':
      case 'hall.surge.changed':
        this.#surge = event.data.measures.windows ?? [];
        return;
      case 'hall.surge.ended':
        this.#surge = [];
        return;
      case 'hall.day.opened':
        for (const [ticketId] of this.#places)
          if (!['called', 'serving'].includes(around.states.get(ticketId)?.state ?? ''))
            this.#places.delete(ticketId);
        return;
      default:
        return;
    }
  }

  /** Head starts: the longer of priority (claimed where that counts, or seen by staff) and appointment. */
  #placeMs(place: Place): number {
    const byPriority = place.class === 'priority' || place.seen ? this.#rules.priorityHeadStartMin : 0;
    const byAppointment = place.class === 'appointment' ? this.#rules.appointmentHeadStartMin : 0;
    return place.arrivedMs - Math.max(byPriority, byAppointment) * MINUTE;
  }

  #takes(window: number): Set<string> {
    const configured = this.#rules.windows.find(({ number }) => number === window);
    const given = this.#surge.filter((each) => each.window === window).flatMap(({ services }) => services);
    return new Set([...(configured?.temporary ? [] : (configured?.services ?? [])), ...given]);
  }

  /** Sent to one window: only that one calls it, unless it has closed. */
  #isFor(place: Place, window: number, { openWindows }: Around): boolean {
    return place.only !== null && openWindows.has(place.only)
      ? place.only === window
      : this.#takes(window).has(place.service);
  }

  #mayCall(event: Extract<EventDraft, { type: 'hall.ticket.called' }>, around: Around): void {
    if (!this.#isFor(this.#of(event.data.ticketId), event.data.window, around))
      this.#broken('a window calls only whom it may serve', event);
  }

  #nobodyWasBefore(event: Extract<EventDraft, { type: 'hall.ticket.called' }>, around: Around): void {
    const called = this.#of(event.data.ticketId);
    const most = Math.max(this.#rules.priorityHeadStartMin, this.#rules.appointmentHeadStartMin) * MINUTE;
    for (const [ticketId, { state }] of around.states) {
      if (state !== 'waiting' || ticketId === event.data.ticketId) continue;
      const other = this.#of(ticketId);
      if (!this.#isFor(other, event.data.window, around)) continue;
      if (this.#placeMs(other) < this.#placeMs(called)) this.#broken(`${ticketId} was before it`, event);
      if (other.arrivedMs < called.arrivedMs - most)
        this.#broken(`${ticketId} was overtaken by more than the longest head start`, event);
    }
  }

  #liveTicketOf(wanted: Place, { states }: Around): string | null {
    if (wanted.person === undefined) return null;
    const toCome = (place: Place) => [
      place.service,
      ...place.further,
      ...(place.back === null ? [] : [place.back]),
    ];
    for (const [ticketId, { state }] of states) {
      // A missed number that the hall no longer honours is as good as gone; which ones, the rule for missed numbers says.
      if (['finished', 'cancelled', 'missed'].includes(state)) continue;
      const other = this.#places.get(ticketId);
      if (other?.person !== wanted.person) continue;
      if (toCome(other).some((service) => toCome(wanted).includes(service))) return ticketId;
    }
    return null;
  }

  #of(ticketId: string): Place {
    const place = this.#places.get(ticketId);
    if (!place) throw new Error(`the line does not know ${ticketId}`);
    return place;
  }

  #broken(promise: string, event: EventDraft): never {
    throw new Error(`broken: ${promise}: ${JSON.stringify(event)}`);
  }
}

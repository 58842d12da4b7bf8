/**
 * A witness who reads the log and knows the rules of the page, not the program: what must never happen, in its own words.
 * It throws at the first event that breaks a promise.
 */
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';
import type { TicketState } from '../../kiosk-agent/contract/live.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';
import { LedgerWitness } from './witness-ledgers.ts';
import { LineWitness } from './witness-line.ts';
import { SatelliteWitness } from './witness-satellites.ts';
import { everyExitHasItsTrace } from './witness-traces.ts';

/** docs/rules.md, the table of a ticket's states: event → state before → state after. */
const LIFE: Record<string, Partial<Record<TicketState, TicketState>>> = {
  'hall.ticket.printed': {
    reserved: 'waiting',
    printing: 'waiting',
    'print-failed': 'waiting',
    unconfirmed: 'waiting',
  },
  'hall.ticket.print-failed': { printing: 'print-failed' },
  'hall.ticket.unconfirmed': { printing: 'unconfirmed' },
  'hall.ticket.reprinted': {
    'print-failed': 'printing',
    unconfirmed: 'printing',
    waiting: 'waiting',
    called: 'called',
  },
  'hall.ticket.called': { waiting: 'called', missed: 'called' },
  'hall.ticket.recalled': { called: 'called' },
  'hall.ticket.started': { called: 'serving' },
  'hall.ticket.finished': { serving: 'finished' },
  'hall.ticket.continued': { serving: 'waiting' },
  'hall.ticket.missed': { called: 'missed' },
  'hall.ticket.requeued': { missed: 'waiting', called: 'waiting' },
  'hall.ticket.transferred': { serving: 'waiting' },
  'hall.ticket.parked': { serving: 'parked' },
  'hall.ticket.resumed': { parked: 'waiting', missed: 'waiting' },
  'hall.ticket.priority': { waiting: 'waiting', called: 'called', serving: 'serving' },
  'hall.ticket.matched': { called: 'called', serving: 'serving' },
  'hall.ticket.cancelled': {
    reserved: 'cancelled',
    'print-failed': 'cancelled',
    unconfirmed: 'cancelled',
    waiting: 'cancelled',
    missed: 'cancelled',
    parked: 'cancelled',
  },
};
const HELD: TicketState[] = ['called', 'serving'];

export class Witness {
  /** every ticket that can still matter today, with its state */
  readonly tickets = new Map<
    string,
    { number: string; state: TicketState; announced: number; offline: boolean }
  >();
  /** window → the ticket it holds */
  readonly holds = new Map<number, string>();
  readonly openWindows = new Set<number>();
  #day = '';
  #numbers = new Set<string>();
  #asked = new Map<
    number,
    { ticketId: string; window: number; state: 'open' | 'rated' | 'lapsed'; day: string }
  >();
  #presses = new Set<string>();
  /** services that were evaluated, ticket and service: one service, one rating */
  #evaluated = new Set<string>();
  readonly line: LineWitness;
  readonly ledgers: LedgerWitness;
  readonly satellites = new SatelliteWitness();

  constructor(rules: HallRules) {
    this.line = new LineWitness(rules);
    this.ledgers = new LedgerWitness(rules);
  }

  /** What one command has brought, in its order. `inTurn`: nobody was named, whoever comes next was called. */
  seeAll(events: readonly EventDraft[], inTurn: boolean): void {
    everyExitHasItsTrace(events);
    for (const event of events) {
      this.line.see(event, events, { inTurn, openWindows: this.openWindows, states: this.tickets });
      this.ledgers.see(event, events);
      this.satellites.see(event);
      this.#see(event);
    }
  }

  #see(event: EventDraft): void {
    if (event.type in LIFE) this.#ticketLives(event);
    switch (event.type) {
      case 'hall.day.opened':
        this.#must(event.data.day > this.#day, event, 'a day opens once, later than the one before');
        this.#day = event.data.day;
        for (const [ticketId, { state }] of this.tickets)
          if (!HELD.includes(state)) this.tickets.delete(ticketId);
        // A ticket that is still at a window keeps its number from everybody else.
        this.#numbers = new Set([...this.tickets.values()].map(({ number }) => number));
        return;
      case 'hall.ticket.reserved': {
        const { ticketId, number, delivery, arrivedAt, offline } = event.data;
        this.#must(!this.tickets.has(ticketId), event, 'a ticket is reserved once');
        // A paper of an earlier day that comes in late has a number of that day; nobody is called with it.
        const ofThisDay = !offline || (arrivedAt ?? event.time).slice(0, 10) >= this.#day;
        this.#must(!ofThisDay || !this.#numbers.has(number), event, 'a number is given once a day');
        if (ofThisDay) this.#numbers.add(number);
        // An id that was used on an earlier day means another visit.
        for (const visit of this.#evaluated)
          if (visit.startsWith(`${ticketId} `)) this.#evaluated.delete(visit);
        this.satellites.numberGiven(event, this.#day);
        this.tickets.set(ticketId, {
          number,
          state: delivery === 'paper' ? 'printing' : 'reserved',
          announced: 0,
          offline: offline !== undefined,
        });
        return;
      }
      case 'hall.ticket.called':
      case 'hall.ticket.recalled': {
        const { window, ticketId, call } = event.data;
        const ticket = this.tickets.get(ticketId);
        if (event.type === 'hall.ticket.called') {
          this.#must(this.openWindows.has(window), event, 'only an open window calls');
          this.#must(!this.holds.has(window), event, 'a window has one visitor at a time');
          this.#must(![...this.holds.values()].includes(ticketId), event, 'one window wins a ticket');
          for (const session of this.#asked.values())
            this.#must(
              session.window !== window || session.state !== 'open',
              event,
              'a call ends the evaluation',
            );
          this.holds.set(window, ticketId);
        }
        this.#must(this.holds.get(window) === ticketId, event, 'only the window that has it recalls');
        this.#must(
          ticket !== undefined && call > ticket.announced,
          event,
          'no announcement has the number of another',
        );
        if (ticket) ticket.announced = call;
        return;
      }
      case 'hall.ticket.started':
        this.#must(
          this.holds.get(event.data.window) === event.data.ticketId,
          event,
          'only that window starts',
        );
        return;
      case 'hall.ticket.finished':
      case 'hall.ticket.continued':
      case 'hall.ticket.missed':
      case 'hall.ticket.transferred':
      case 'hall.ticket.parked':
        this.#must(
          this.holds.get(event.data.window) === event.data.ticketId,
          event,
          'only that window lets go',
        );
        this.holds.delete(event.data.window);
        return;
      case 'hall.ticket.requeued':
        if (event.data.why === 'call-taken-back' && event.data.window !== undefined)
          this.holds.delete(event.data.window);
        return;
      case 'hall.window.opened':
        this.openWindows.add(event.data.window);
        return;
      case 'hall.window.closed':
        this.#must(!this.holds.has(event.data.window), event, 'nobody closes with a visitor at the window');
        this.openWindows.delete(event.data.window);
        return;
      case 'hall.rating.requested': {
        const { session, ticketId, window, service } = event.data;
        // Numbers are drawn from four thousand million; one may come again when nobody can still press in the first.
        const before = this.#asked.get(session);
        this.#must(
          before === undefined || (before.state !== 'open' && before.day < this.#day),
          event,
          'a session is asked once',
        );
        this.#must(!this.#evaluated.has(`${ticketId} ${service}`), event, 'one service is rated once');
        this.#evaluated.add(`${ticketId} ${service}`);
        this.#asked.set(session, { ticketId, window, state: 'open', day: this.#day });
        this.ledgers.asked(session);
        return;
      }
      case 'hall.rating.given': {
        const session = this.#asked.get(event.data.session);
        this.#must(
          session?.ticketId === event.data.ticketId,
          event,
          'a rating belongs to the service that asked',
        );
        this.#must(session?.state !== 'rated', event, 'a session is rated once');
        const late = event.data.flags.includes('arrived-late');
        const lapsed = session?.state === 'lapsed' && event.data.source === 'press';
        this.#must(late === lapsed, event, 'late is a press that came after the lapse');
        this.#must(
          session?.state === 'open' || event.data.source === 'press' || event.data.source === 'qr',
          event,
          'only a press or the phone rates after the lapse',
        );
        if (session) session.state = 'rated';
        this.#pressed(event, event.data.device);
        return;
      }
      case 'hall.rating.lapsed': {
        const session = this.#asked.get(event.data.session);
        this.#must(session?.state === 'open', event, 'only an open evaluation lapses');
        if (session) session.state = 'lapsed';
        return;
      }
      case 'hall.rating.ignored':
        this.#pressed(event, event.data.device);
        return;
      default:
        return;
    }
  }

  #ticketLives(event: EventDraft): void {
    const { ticketId } = event.data as { ticketId: string };
    const ticket = this.tickets.get(ticketId);
    if (!ticket) throw new Error(`${event.type} about an unknown ticket ${ticketId}`);
    const cancelled = event.type === 'hall.ticket.cancelled' ? event.data.by : null;
    const cancelledByTheDay = cancelled === 'day-end';
    // The hub's own ticket of a tap that got one at a kiosk that was cut off: nobody has a paper of it.
    const superseded = cancelled === 'superseded' && ticket.state === 'printing';
    const to =
      cancelledByTheDay || superseded
        ? 'cancelled'
        : (this.#lateWord(event.type, ticket) ?? LIFE[event.type]?.[ticket.state]);
    this.#must(to !== undefined, event, `a ticket that is ${ticket.state} does not go this way`);
    if (cancelledByTheDay)
      this.#must(
        ![...HELD, 'finished', 'cancelled'].includes(ticket.state),
        event,
        'the day ends what is open',
      );
    ticket.state = to ?? ticket.state;
  }

  /** What a kiosk that was cut off says of the paper of its own ticket counts also after somebody here has said something. */
  #lateWord(type: string, ticket: { state: TicketState; offline: boolean }): TicketState | undefined {
    if (!ticket.offline || !['printing', 'print-failed', 'unconfirmed'].includes(ticket.state))
      return undefined;
    if (type === 'hall.ticket.print-failed') return 'print-failed';
    return type === 'hall.ticket.unconfirmed' ? 'unconfirmed' : undefined;
  }

  /** A device that draws the same boot number twice counts from 1 again: then the session tells two presses apart. */
  #pressed(
    event: Extract<EventDraft, { type: 'hall.rating.given' | 'hall.rating.ignored' }>,
    device: { serial: string; boot: string; seq: number } | null,
  ): void {
    if (!device) return;
    const press = `${device.serial}/${device.boot}/${device.seq}/${event.data.session}`;
    this.#must(!this.#presses.has(press), event, 'a press has one effect');
    this.#presses.add(press);
  }

  #must(holds: boolean, event: EventDraft, promise: string): void {
    if (!holds) throw new Error(`broken: ${promise}: ${JSON.stringify(event)}`);
  }
}

/** Appointments, surge, what follows a rating, opinions: what must never happen to them. */
import { createHash } from 'node:crypto';
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';
import type { HallRules } from '../../kiosk-agent/hall/state.ts';

type Life = 'booked' | 'checked-in' | 'without-ticket' | 'cancelled' | 'lapsed';

export class LedgerWitness {
  readonly #rules: HallRules;
  readonly #appointments = new Map<string, { state: Life; to: string; day: string; ticketId?: string }>();
  #surge: string | null = null;
  /** session → the level given, at the window or by phone */
  readonly #rated = new Map<number, number>();
  readonly #followed = new Map<number, string[]>();
  readonly #reasons = new Set<number>();
  readonly #toCall = new Set<number>();
  readonly #opinions = new Map<string, 'filed' | 'assigned' | 'answered' | 'closed'>();

  constructor(rules: HallRules) {
    this.#rules = rules;
  }

  /** A session number that is drawn again after a long time means another visit. */
  asked(session: number): void {
    this.#rated.delete(session);
    this.#reasons.delete(session);
    this.#followed.delete(session);
  }

  see(event: EventDraft, together: readonly EventDraft[]): void {
    const must = (holds: boolean, promise: string): void => {
      if (!holds) throw new Error(`broken: ${promise}: ${JSON.stringify(event)}`);
    };
    switch (event.type) {
      case 'hall.appointment.booked': {
        const { appointment, day, to } = event.data;
        must(
          !['checked-in', 'without-ticket'].includes(this.#appointments.get(appointment)?.state ?? ''),
          'what was used is not moved',
        );
        this.#appointments.set(appointment, { state: 'booked', day, to });
        return;
      }
      case 'hall.appointment.checked-in': {
        const { appointment, ticketId, punctual } = event.data;
        const known = this.#appointments.get(appointment);
        const was = known?.state;
        must(
          was === 'booked' || was === 'lapsed' || was === 'without-ticket',
          'an appointment becomes one ticket; another only when that was cancelled',
        );
        if (known) Object.assign(known, { state: 'checked-in', ticketId });
        const ticket = together.find((each) => each.type === 'hall.ticket.reserved');
        must(ticket?.data.ticketId === ticketId, 'the check-in and its ticket are one write');
        must(ticket?.data.appointment === appointment, 'the ticket says what it is for');
        must(
          (ticket?.data.class === 'appointment') === (punctual !== 'too-late'),
          'an appointment counts in its slot and its grace only',
        );
        return;
      }
      case 'hall.ticket.cancelled':
        for (const known of this.#appointments.values())
          if (known.state === 'checked-in' && known.ticketId === event.data.ticketId)
            known.state = 'without-ticket';
        return;
      case 'hall.appointment.cancelled':
      case 'hall.appointment.lapsed': {
        const known = this.#appointments.get(event.data.appointment);
        must(known?.state === 'booked', 'only what is booked is cancelled or lapses');
        if (event.type === 'hall.appointment.lapsed')
          must(event.time.slice(0, 10) >= (known?.day ?? ''), 'nobody is late before the day');
        if (known) known.state = event.type === 'hall.appointment.lapsed' ? 'lapsed' : 'cancelled';
        return;
      }
      case 'hall.surge.started':
        must(this.#surge === null, 'one surge at a time');
        this.#surge = event.data.surge;
        return;
      case 'hall.surge.changed':
        must(this.#surge === event.data.surge, 'a surge that runs is changed');
        return;
      case 'hall.surge.ended':
        must(this.#surge === event.data.surge, 'a surge that runs is ended');
        this.#surge = null;
        return;
      case 'hall.day.opened':
        must(this.#surge === null, 'a surge ends with its day');
        // What was used goes with its day; the far end may give its code again.
        for (const [code, { state }] of this.#appointments)
          if (state === 'checked-in' || state === 'without-ticket') this.#appointments.delete(code);
        return;
      case 'hall.rating.given': {
        const { session, level } = event.data;
        must(!this.#rated.has(session), 'a service is rated once');
        this.#rated.set(session, level);
        const opened = together.some(
          (each) =>
            each.type === 'hall.rating.followed-up' &&
            each.data.session === session &&
            each.data.step === 'opened',
        );
        must(
          opened === level <= this.#rules.followUp.badThrough,
          'a bad rating, and no other, is followed at once',
        );
        return;
      }
      case 'hall.rating.reason-given': {
        const { session, level } = event.data;
        must(this.#rated.get(session) === level, 'a reason is for a rating that was given, as it was given');
        must(!this.#reasons.has(session), 'the reason is asked once');
        this.#reasons.add(session);
        return;
      }
      case 'hall.rating.followed-up': {
        const { session, step } = event.data;
        const done = this.#followed.get(session) ?? [];
        must(
          step === 'opened' ? done.length === 0 : done[0] === 'opened',
          'a clock begins once, with the rating',
        );
        must(!done.includes('closed'), 'what is closed is done');
        for (const once of ['appealed', 'appeal-decided', 'rated-again', 'closed'] as const)
          must(step !== once || !done.includes(once), `${once} happens once`);
        must(
          step !== 'appeal-decided' || done.includes('appealed'),
          'an appeal is decided after it was made',
        );
        this.#followed.set(session, [...done, step]);
        return;
      }
      case 'hall.callback.sampled': {
        const { seed, sessions, visits, population } = event.data;
        must(sessions.length <= population, 'no more are drawn than there are');
        must(
          visits === undefined || visits.every(({ session }, index) => session === sessions[index]),
          'the visits are those that were drawn',
        );
        // docs/ratings.md: SHA-256 of seed, colon and session, in hex, gives the order.
        const keys = sessions.map((session) =>
          createHash('sha256').update(`${seed}:${session}`).digest('hex'),
        );
        must(
          keys.every((key, index) => index === 0 || keys[index - 1]! < key),
          'anybody can draw the sample again',
        );
        for (const session of sessions) this.#toCall.add(session);
        return;
      }
      case 'hall.callback.recorded':
        must(this.#toCall.has(event.data.session), 'only who was drawn is called back');
        return;
      case 'hall.opinion.filed':
        must(!this.#opinions.has(event.data.opinion), 'a ledger number is given once');
        must(/^Y\d{8}-\d{3,}$/.test(event.data.opinion), 'a ledger number has its day');
        this.#opinions.set(event.data.opinion, 'filed');
        return;
      case 'hall.opinion.assigned':
      case 'hall.opinion.answered': {
        const was = this.#opinions.get(event.data.opinion);
        must(was !== undefined && was !== 'closed', 'what is struck off is not handled');
        this.#opinions.set(
          event.data.opinion,
          event.type === 'hall.opinion.assigned' ? 'assigned' : 'answered',
        );
        return;
      }
      case 'hall.opinion.closed':
        must(!['closed', undefined].includes(this.#opinions.get(event.data.opinion)), 'struck off once');
        this.#opinions.set(event.data.opinion, 'closed');
        return;
      case 'hall.opinion.reopened': {
        const was = this.#opinions.get(event.data.opinion);
        must(was === 'closed' || was === 'answered', 'only what was answered or struck off is opened again');
        this.#opinions.set(event.data.opinion, 'assigned');
        return;
      }
      default:
        return;
    }
  }
}

/** Where a visitor is at the kiosk, as one closed union, and which page an answer of the hub leads to. Pure. */
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import type { Priority } from '../../kiosk-agent/contract/events.ts';
import type { MyTicket, Trouble } from '../api.ts';
import type { Appointment, Slot } from './calls.ts';

/** One wish for a ticket: its key stays the same through every retry. */
export type Intent = {
  /** take: a new number; the others make an appointment a ticket */
  what: 'take' | 'by-card' | 'by-code';
  service: string;
  priority?: Priority;
  /** services of the same visit that come after the first */
  further?: string[];
  /** one-time key of a card or a typed number */
  idCard?: string;
  /** the appointment's, scanned or typed */
  code?: string;
  typed?: boolean;
  /** screen: chosen when there is no printer that prints */
  delivery: 'paper' | 'screen';
  idempotencyKey: string;
};

export type Step =
  | { at: 'home' }
  | { at: 'help' }
  /** who comes by appointment: card, code or number */
  | { at: 'arrival' }
  | { at: 'code' }
  /** which of several */
  | { at: 'which'; appointments: Appointment[]; intent: Intent }
  | { at: 'service'; service: string }
  /** what else is to be done on the same visit */
  | { at: 'further'; service: string }
  /** a ticket that needs a name, or an appointment that may have one */
  | { at: 'identity'; intent: Intent; late: boolean }
  /** a slot on another day, or later today */
  | { at: 'slots'; service: string }
  | { at: 'booking'; service: string; slot: Slot }
  | { at: 'booked'; appointment: Appointment; printed: boolean }
  /** the paper of a ticket was held before the scanner */
  | { at: 'where'; ticket: MyTicket }
  /** this person stands in line already */
  | { at: 'already'; number: string; ticketId: string | null; intent: Intent; asking: boolean }
  /** nothing is known of the ticket yet, or its paper is under way */
  | { at: 'printing'; intent: Intent; ticket: TicketView | null; since: number }
  | { at: 'done'; ticket: TicketView; onScreen: boolean }
  /** no paper came out: on the screen, once more, or leave */
  | { at: 'failed'; ticket: TicketView; intent: Intent; asking: boolean; trouble: Trouble | null }
  /** nobody knows whether paper came out: the visitor is asked */
  | { at: 'unconfirmed'; ticket: TicketView; intent: Intent; asking: boolean; trouble: Trouble | null }
  /** the printer is silent for too long: staff have to look */
  | { at: 'too-long'; ticket: TicketView }
  | { at: 'cancelled' }
  /** `intent` null: what was refused cannot simply be asked again */
  | { at: 'refused'; trouble: Trouble; intent: Intent | null };

/** A ticket that is still printing after this time is one for the desk. */
export const printingLimitMs = 40_000;

/** The page for a ticket as the hub has it now. `onScreen`: the visitor took it without paper. */
export function stepFor(
  ticket: TicketView,
  intent: Intent,
  since: number,
  now: number,
  onScreen: boolean,
): Step {
  switch (ticket.state) {
    case 'reserved':
    case 'printing':
      return now - since > printingLimitMs
        ? { at: 'too-long', ticket }
        : { at: 'printing', intent, ticket, since };
    case 'print-failed':
      return { at: 'failed', ticket, intent, asking: false, trouble: null };
    case 'unconfirmed':
      return { at: 'unconfirmed', ticket, intent, asking: false, trouble: null };
    case 'cancelled':
      return { at: 'cancelled' };
    case 'waiting':
    case 'called':
    case 'serving':
    case 'missed':
    case 'parked':
    case 'transferred':
    case 'finished':
      return { at: 'done', ticket, onScreen };
  }
}

/** The page for a refusal: some only ask for something more, and go on. */
export function stepForRefusal(trouble: Trouble, intent: Intent): Step {
  const { code, facts } = trouble;
  if (code === 'identity-needed') return { at: 'identity', intent, late: intent.idCard !== undefined };
  if (code === 'already-has-ticket' && typeof facts.number === 'string') {
    const ticketId = typeof facts.ticketId === 'string' ? facts.ticketId : null;
    return { at: 'already', number: facts.number, ticketId, intent, asking: false };
  }
  if (code === 'several-appointments' && Array.isArray(facts.appointments))
    return { at: 'which', appointments: facts.appointments as Appointment[], intent };
  return { at: 'refused', trouble, intent };
}

/** Seconds with nobody touching after which a page goes home by itself; null: never (something is under way). */
export function idleSeconds(step: Step): number | null {
  switch (step.at) {
    case 'home':
    case 'printing':
    case 'booking':
      return null;
    case 'done':
    case 'where':
    case 'already':
    case 'booked':
      return 20;
    case 'failed':
    case 'unconfirmed':
      return step.asking ? null : 60;
    case 'identity':
    case 'arrival':
    case 'code':
    case 'slots':
      return 60;
    case 'help':
    case 'service':
    case 'further':
    case 'which':
    case 'too-long':
    case 'cancelled':
    case 'refused':
      return 30;
  }
}

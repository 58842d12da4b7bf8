/** Where a visitor is at the kiosk, as one closed union, and which page an answer of the hub leads to. Pure. */
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import type { Priority } from '../../kiosk-agent/contract/events.ts';
import type { Trouble } from '../api.ts';

/** One tap on "take a ticket": its key stays the same through every retry. */
export type Intent = {
  service: string;
  priority?: Priority;
  /** screen: chosen when there is no printer that prints */
  delivery: 'paper' | 'screen';
  idempotencyKey: string;
};

export type Step =
  | { at: 'home' }
  | { at: 'help' }
  | { at: 'service'; service: string }
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
  | { at: 'refused'; trouble: Trouble; intent: Intent };

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

/** Seconds with nobody touching after which a page goes home by itself; null: never (something is under way). */
export function idleSeconds(step: Step): number | null {
  switch (step.at) {
    case 'home':
    case 'printing':
      return null;
    case 'done':
      return 20;
    case 'failed':
    case 'unconfirmed':
      return step.asking ? null : 60;
    case 'help':
    case 'service':
    case 'too-long':
    case 'cancelled':
    case 'refused':
      return 30;
  }
}

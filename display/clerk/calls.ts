/** Calls that only the clerk's page makes. */
import type { Priority, RatingLevel } from '../../kiosk-agent/contract/events.ts';
import type { TicketView } from '../../kiosk-agent/contract/live.ts';
import { call, freshKey } from '../api.ts';

/** An appointment of the day as staff see it; whose it is only masked. Times are HH:mm. */
export type Appointment = {
  appointment: string;
  service: string;
  from: string;
  to: string;
  state: string;
  masked?: string;
};
export const appointments = {
  ofToday: () => call<{ day: string; appointments: Appointment[] }>('GET', '/appointments'),
  /** Its ticket, on paper, as from the kiosk. */
  checkIn: (code: string, language: 'zh' | 'en') =>
    call<TicketView>('POST', `/appointments/${encodeURIComponent(code)}/check-in`, {
      language,
      by: 'number',
      idempotencyKey: freshKey(),
    }),
};

/** A priority that staff give by hand; it needs a reason. */
export const givePriority = (ticketId: string, priority: Priority, reason: string) =>
  call<TicketView>('POST', `/tickets/${encodeURIComponent(ticketId)}/priority`, {
    decision: 'given',
    priority,
    reason,
  });

/** Sums of the own ratings over closed days; `from` null: too few yet to show any. */
export type OwnTotals = {
  staff: string;
  from: string | null;
  through: string | null;
  served: number;
  asked: number;
  lapsed: number;
  ratings: Record<`${RatingLevel}`, number>;
};
export const ownTotals = () => call<OwnTotals>('GET', '/ratings/mine');

/** The questions that an action asks first. Pure. */
import type { TicketView, WindowView } from '../../kiosk-agent/contract/live.ts';
import { whyNot, whyNotCall, type ClerkAction, type Situation, type Why } from './actions.ts';

/** What leaves the queue's order or stops service needs a reason. */
export const NEEDS_REASON = ['take-back', 'transfer', 'park', 'pause', 'close'] as const;
export type ReasonAction = (typeof NEEDS_REASON)[number] | 'call' | 'cancel' | 'deny' | 'give';
export type Asking = {
  action: ReasonAction;
  /** whom it is about; null: the window itself */
  ticket: Pick<TicketView, 'ticketId' | 'number'> | null;
};

/** Whether an action asks for its reason first. */
export function needsReason(action: ClerkAction): action is (typeof NEEDS_REASON)[number] {
  return (NEEDS_REASON as readonly string[]).includes(action);
}

/** Which of the hall's lists (rules.reasons) stands behind a question. */
export const LIST_OF: Record<ReasonAction, string> = {
  'take-back': 'call-taken-back',
  transfer: 'transfer',
  park: 'park',
  pause: 'pause',
  close: 'close-early',
  call: 'call-out-of-turn',
  cancel: 'cancel',
  deny: 'priority-denied',
  give: 'priority-given',
};

/** Whom a question of the window is about: its visitor, or nobody. */
export function subjectOf(action: ReasonAction, window: WindowView | undefined): Asking['ticket'] {
  const ticket = window?.ticket;
  return ticket && action !== 'pause' && action !== 'close'
    ? { ticketId: ticket.ticketId, number: ticket.number }
    : null;
}

/**
 * Why an open question is no longer one: the pad, another page or the hub was quicker. `gone`: its ticket is no longer
 * where it was. Null: it can still be answered.
 */
export function outdated({ action, ticket }: Asking, situation: Situation): Why | 'gone' | null {
  const { view, window } = situation;
  if (situation.cut) return 'cut';
  const still = { ...situation, busy: false };
  switch (action) {
    case 'take-back':
    case 'transfer':
    case 'park':
    case 'deny':
      if (window?.ticket?.ticketId !== ticket?.ticketId) return 'gone';
      return whyNot(action === 'deny' ? 'deny-priority' : action, still);
    case 'pause':
    case 'close':
      return whyNot(action, still);
    case 'call': {
      const now = view?.tickets[ticket?.ticketId ?? ''];
      if (!now || now.state === 'called' || now.state === 'serving') return 'gone';
      return whyNotCall(now, still);
    }
    case 'cancel':
    case 'give': {
      const now = view?.tickets[ticket?.ticketId ?? ''];
      return !now || now.state === 'called' || now.state === 'serving' ? 'gone' : null;
    }
  }
}

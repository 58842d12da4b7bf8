/** What a clerk can do now, and why not. The hub has the last word; this only spares a refused call. Pure. */
import type { StaffView, TicketView, WindowView } from '../../kiosk-agent/contract/live.ts';
import type { WindowAction } from '../api.ts';

/** What acts on the window itself. */
export type DeskAction = Exclude<WindowAction, 'call'>;
export type ClerkAction =
  DeskAction | 'confirm-priority' | 'deny-priority' | 'find' | 'check-in' | 'mine' | 'keys';
/** Key of the reason in messages, `clerk.why.…`: what stands in the way and what would make it possible. */
export type Why =
  | 'loading'
  | 'busy'
  | 'cut'
  | 'journal'
  | 'closed'
  | 'open'
  | 'paused'
  | 'notPaused'
  | 'stillCalled'
  | 'stillServing'
  | 'noTicket'
  | 'alreadyServing'
  | 'notServing'
  | 'nobodyWaiting'
  | 'otherStaff'
  | 'ownElsewhere'
  | 'noClaim'
  | 'alreadySaid'
  | 'otherWindow';

export type Situation = {
  view: StaffView | null;
  window: WindowView | undefined;
  staff: string | null;
  /** a supervisor may help out at a window that somebody else has opened */
  helps: boolean;
  busy: boolean;
  cut: boolean;
};

const inLine = (ticket: TicketView): boolean => ticket.state === 'waiting' || ticket.state === 'transferred';

/** Whether `window` may call this ticket: sent to it, or to no window and of its services. */
export function mayCall(ticket: TicketView, window: WindowView): boolean {
  return ticket.window === undefined
    ? window.services.includes(ticket.service)
    : ticket.window === window.window;
}

/** Tickets in line that `window` may call, in the hub's order: by people ahead, then by age. */
export function callable(view: StaffView, window: WindowView): TicketView[] {
  return Object.values(view.tickets)
    .filter((ticket) => inLine(ticket) && mayCall(ticket, window))
    .sort((a, b) => (a.ahead ?? 0) - (b.ahead ?? 0) || byAge(a, b));
}
const byAge = (a: TicketView, b: TicketView): number =>
  a.reservedAt === b.reservedAt ? 0 : a.reservedAt < b.reservedAt ? -1 : 1;

/** Another window that stands open under the same staff number; undefined when there is none. */
export function ownWindowElsewhere({ view, window, staff }: Situation): WindowView | undefined {
  if (staff === null) return undefined;
  return Object.values(view?.windows ?? {}).find(
    (other) => other.window !== window?.window && other.state !== 'closed' && other.staff === staff,
  );
}

/** Why `action` cannot be done now; null when it can. */
export function whyNot(action: ClerkAction, situation: Situation): Why | null {
  const { view, window, staff, helps, busy, cut } = situation;
  if (action === 'keys') return null;
  if (!view || !window) return 'loading';
  if (cut) return 'cut';
  if (action === 'mine') return null;
  if (busy) return 'busy';
  if (view.day.journal === 'unwritable') return 'journal';
  if (action === 'find' || action === 'check-in') return null;
  if (window.state !== 'closed' && window.staff !== null && window.staff !== staff && !helps)
    return 'otherStaff';
  if (action === 'open') {
    if (window.state !== 'closed') return 'open';
    return ownWindowElsewhere(situation) ? 'ownElsewhere' : null;
  }
  if (window.state === 'closed') return 'closed';
  const busyWith = window.state === 'called' ? 'stillCalled' : 'stillServing';
  const atWindow = window.state === 'called' || window.state === 'serving';
  switch (action) {
    case 'resume':
      return window.state === 'paused' ? null : 'notPaused';
    case 'call-next':
      if (window.state === 'paused') return 'paused';
      if (atWindow) return busyWith;
      // A ticket sent to this window may be of any service; only an empty hall is certain.
      return Object.values(view.tickets).some(inLine) ? null : 'nobodyWaiting';
    case 'pause':
      if (window.state === 'paused') return 'paused';
      return atWindow ? busyWith : null;
    case 'close':
      return atWindow ? busyWith : null;
    case 'recall':
    case 'take-back':
    case 'start':
    case 'missed':
      return window.state === 'called' ? null : window.state === 'serving' ? 'alreadyServing' : 'noTicket';
    case 'finish':
    case 'transfer':
    case 'park':
      return window.state === 'serving' ? null : window.state === 'called' ? 'notServing' : 'noTicket';
    case 'confirm-priority':
    case 'deny-priority': {
      if (!atWindow) return 'noTicket';
      const ticket = view.tickets[window.ticket?.ticketId ?? ''];
      if (!ticket?.priority) return 'noClaim';
      const said = ticket.priorityDecision;
      if (action === 'deny-priority') return said === 'denied' ? 'alreadySaid' : null;
      return said === 'confirmed' || said === 'given' ? 'alreadySaid' : null;
    }
  }
}

/** Why a certain ticket cannot be called to this window now, in its turn or out of it; null when it can. */
export function whyNotCall(ticket: TicketView, situation: Situation): Why | null {
  const why = whyNot('call-next', situation);
  if (why !== null && why !== 'nobodyWaiting') return why;
  return situation.window && !mayCall(ticket, situation.window) ? 'otherWindow' : null;
}

/** Tickets that need somebody: paper unknown, not printed, missed, parked; the most urgent kind first, then by age. */
export function needingHand(view: StaffView): TicketView[] {
  const urgency: Partial<Record<TicketView['state'], number>> = {
    unconfirmed: 0,
    'print-failed': 1,
    missed: 2,
    parked: 3,
  };
  return Object.values(view.tickets)
    .filter((ticket) => urgency[ticket.state] !== undefined)
    .sort((a, b) => (urgency[a.state] ?? 9) - (urgency[b.state] ?? 9) || byAge(a, b));
}

/** The action that comes next in the usual course; null where there is none. */
export function usualAction(window: WindowView | undefined): DeskAction | null {
  switch (window?.state) {
    case 'closed':
      return 'open';
    case 'idle':
      return 'call-next';
    case 'called':
      return 'start';
    case 'serving':
      return 'finish';
    case 'paused':
      return 'resume';
    default:
      return null;
  }
}

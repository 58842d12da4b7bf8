/** What a clerk can do now, and why not. The hub has the last word; this only spares a refused call. Pure. */
import type { StaffView, TicketView, WindowView } from '../../kiosk-agent/contract/live.ts';
import type { WindowAction } from '../api.ts';

export type ClerkAction = Exclude<WindowAction, 'call'>;
/** Key of the reason in messages, `clerk.why.…`. */
export type Why =
  | 'loading'
  | 'busy'
  | 'cut'
  | 'journal'
  | 'closed'
  | 'open'
  | 'paused'
  | 'notPaused'
  | 'hasTicket'
  | 'noTicket'
  | 'notCalled'
  | 'notServing'
  | 'nobodyWaiting'
  | 'otherStaff';

/** Actions with their keys, in the order of the buttons. F1, F5, F11 and F12 stay with the browser. */
export const actionKeys: readonly { action: ClerkAction; key: string; shift?: boolean }[] = [
  { action: 'call-next', key: 'F2' },
  { action: 'recall', key: 'F3' },
  { action: 'start', key: 'F4' },
  { action: 'finish', key: 'F8' },
  { action: 'missed', key: 'F9' },
  { action: 'transfer', key: 'F6' },
  { action: 'park', key: 'F7' },
  { action: 'take-back', key: 'F3', shift: true },
  { action: 'pause', key: 'F10' },
  { action: 'resume', key: 'F10' },
  { action: 'open', key: 'F2' },
  { action: 'close', key: 'F10', shift: true },
];

export type Situation = {
  view: StaffView | null;
  window: WindowView | undefined;
  staff: string | null;
  busy: boolean;
  cut: boolean;
};

const inLine = (ticket: TicketView): boolean => ticket.state === 'waiting' || ticket.state === 'transferred';

/** Tickets in line that `window` may call, in the hub's order: by people ahead, then by age. */
export function callable(view: StaffView, window: WindowView): TicketView[] {
  return Object.values(view.tickets)
    .filter(
      (ticket) =>
        inLine(ticket) &&
        (ticket.window === undefined
          ? window.services.includes(ticket.service)
          : ticket.window === window.window),
    )
    .sort((a, b) => (a.ahead ?? 0) - (b.ahead ?? 0) || a.reservedAt.localeCompare(b.reservedAt));
}

/** Why `action` cannot be done now; null when it can. */
export function whyNot(action: ClerkAction, { view, window, staff, busy, cut }: Situation): Why | null {
  if (!view || !window) return 'loading';
  if (cut) return 'cut';
  if (busy) return 'busy';
  if (view.day.journal === 'unwritable') return 'journal';
  if (window.state !== 'closed' && window.staff !== null && window.staff !== staff) return 'otherStaff';
  if (action === 'open') return window.state === 'closed' ? null : 'open';
  if (window.state === 'closed') return 'closed';
  switch (action) {
    case 'resume':
      return window.state === 'paused' ? null : 'notPaused';
    case 'call-next':
      if (window.state === 'paused') return 'paused';
      if (window.ticket && window.state !== 'idle') return 'hasTicket';
      // A ticket sent to this window may be of any service; only an empty hall is certain.
      return Object.values(view.tickets).some(inLine) ? null : 'nobodyWaiting';
    case 'pause':
      if (window.state === 'paused') return 'paused';
      return window.state === 'idle' ? null : 'hasTicket';
    case 'close':
      return window.state === 'called' || window.state === 'serving' ? 'hasTicket' : null;
    case 'recall':
    case 'take-back':
    case 'start':
    case 'missed':
      return window.state === 'called' ? null : window.state === 'serving' ? 'notCalled' : 'noTicket';
    case 'finish':
    case 'transfer':
    case 'park':
      return window.state === 'serving' ? null : window.state === 'called' ? 'notServing' : 'noTicket';
  }
}

/** The action that a key means now: of those on the same key the possible one, else the first. */
export function actionForKey(key: string, shift: boolean, situation: Situation): ClerkAction | null {
  const sameKey = actionKeys.filter((one) => one.key === key && (one.shift ?? false) === shift);
  const possible = sameKey.find((one) => whyNot(one.action, situation) === null);
  return (possible ?? sameKey[0])?.action ?? null;
}

/** Of actions on one key only one is shown: open before the window is open, resume while it is paused. */
export function shownActions(window: WindowView | undefined): typeof actionKeys {
  const hidden: ClerkAction[] =
    window?.state === 'closed'
      ? ['call-next', 'resume']
      : window?.state === 'paused'
        ? ['open', 'pause']
        : ['open', 'resume'];
  return actionKeys.filter((one) => !hidden.includes(one.action));
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
    .sort(
      (a, b) => (urgency[a.state] ?? 9) - (urgency[b.state] ?? 9) || a.reservedAt.localeCompare(b.reservedAt),
    );
}

/** Actions that leave the queue's order or stop service: they need a reason. */
export const needsReason: readonly (WindowAction | 'cancel')[] = [
  'take-back',
  'transfer',
  'park',
  'pause',
  'close',
  'call',
  'cancel',
];

/** What can be done for one ticket in a list. Pure. */
import type { TicketView } from '../../kiosk-agent/contract/live.ts';

/** Key of the words, `clerk.hands.…`. */
export type Hand = 'call' | 'reprint' | 'cameOut' | 'onScreen' | 'give' | 'back' | 'cancel';

/** The keys of the list of found tickets. */
export const HAND_KEYS: Record<Hand, string> = {
  call: 'F2',
  reprint: 'F3',
  cameOut: 'F4',
  onScreen: 'F6',
  give: 'F7',
  back: 'F8',
  cancel: 'F9',
};

/** The hands that a ticket in this state allows, the likeliest first. */
export function handsFor({ state }: TicketView): Hand[] {
  switch (state) {
    case 'unconfirmed':
      return ['cameOut', 'reprint', 'onScreen', 'cancel'];
    case 'print-failed':
      return ['reprint', 'onScreen', 'cancel'];
    case 'missed':
      return ['call', 'back', 'cancel'];
    case 'parked':
      return ['back', 'cancel'];
    case 'waiting':
    case 'transferred':
      return ['call', 'give', 'cancel'];
    default:
      return [];
  }
}

/** Tickets whose number begins with, or holds, what was typed; the exact one first, then the shortest. At most `limit`. */
export function found(tickets: TicketView[], typed: string, limit: number): TicketView[] {
  const wanted = typed.trim().toUpperCase();
  if (wanted === '') return [];
  const rank = ({ number }: TicketView): number =>
    number === wanted ? 0 : number.startsWith(wanted) ? 1 : number.endsWith(wanted) ? 2 : 3;
  return tickets
    .filter((one) => one.number.includes(wanted) && handsFor(one).length > 0)
    .sort((a, b) => rank(a) - rank(b) || (a.number < b.number ? -1 : 1))
    .slice(0, limit);
}

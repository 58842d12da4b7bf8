/** Whether a call was heard in the hall, for the clerk who waits for the visitor. */
import type { HallState, Ticket } from '../state.ts';

/** A board has chimed and spoken within this time, also behind two calls that came before; afterwards nobody was told, s. */
const HEARD_WITHIN_S = 45;
/** A hall whose boards have not reported for so long has none that speaks, and nothing is said about its calls, days. */
const BOARDS_GONE_DAYS = 3;

/** played: said aloud; silent: shown, but no board said it; not-heard: no board has reported it in time. */
export type Announced = 'played' | 'silent' | 'not-heard';

/** For a called ticket at `time`; undefined while it is too early to tell, and in halls without boards. */
export function announcedOf(
  { announcements }: HallState,
  ticket: Ticket,
  time: string,
): Announced | undefined {
  if (ticket.state !== 'called' || ticket.calledAt === null || announcements.lastAt === null)
    return undefined;
  const boards = Object.values(announcements.heard[ticket.ticketId]?.[ticket.calls] ?? {});
  if (boards.some((how) => how === 'speech' || how === 'clips')) return 'played';
  if (boards.length > 0) return 'silent';
  const now = Date.parse(time);
  if (now - Date.parse(announcements.lastAt) > BOARDS_GONE_DAYS * 24 * 3600_000) return undefined;
  return now - Date.parse(ticket.calledAt) > HEARD_WITHIN_S * 1000 ? 'not-heard' : undefined;
}

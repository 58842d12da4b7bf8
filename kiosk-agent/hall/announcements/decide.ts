/** A board's report of a call: kept once for each call and board, and only of calls that were made. */
import type { PlayedReport } from '../../contract/announcements.ts';
import type { Decision } from '../commands.ts';
import { accept, happened, NOTHING_NEW, refuse, ticketRef } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { ticketOf } from '../tickets.ts';
import { unknownWindow } from '../windows.ts';

export type AnnouncementCommand = { name: 'call.announced'; report: PlayedReport };

/** More boards than any hall has; whatever reports more for one call is not a board. */
const BOARDS_AT_MOST = 16;

/** Decides a report at `time`; the same one again has no second effect. */
export function decideAnnouncement(
  state: HallState,
  { report }: AnnouncementCommand,
  time: string,
  rules: HallRules,
): Decision {
  const { ticketId, ...outcome } = report;
  const ticket = ticketOf(state, ticketId);
  if (!ticket) return refuse('unknown-ticket', 'This hall has no such ticket today.');
  if (!rules.windows.some(({ number }) => number === outcome.window)) return unknownWindow(outcome.window);
  if (outcome.call > ticket.calls)
    return refuse('wrong-state', `Ticket ${ticket.number} has been called ${ticket.calls} times.`, {
      state: ticket.state,
      calls: ticket.calls,
    });
  const boards = state.announcements.heard[ticketId]?.[outcome.call] ?? {};
  if (Object.hasOwn(boards, outcome.screen) || Object.keys(boards).length >= BOARDS_AT_MOST)
    return NOTHING_NEW;
  return accept(happened('hall.call.announced', ticketId, time, { ...ticketRef(ticket), ...outcome }));
}

/**
 * What waiting times are learnt from: how long a call keeps a window, how long clerks take to the next call, and by how much the
 * intervals that were promised were wrong. The rule that uses it is in ../wait.ts.
 */
import type { EventDraft } from '../../contract/events.ts';
import type { HallState } from '../state.ts';

export type Pace = {
  /** time of the latest event; '' before the first */
  lastAt: string;
  /** service → seconds from a call until its window was free again, whatever became of the visitor; newest last, at most {@link KEPT} */
  occupied: Record<string, number[]>;
  /** seconds from a free window to its next call while somebody waited; newest last, at most {@link KEPT} */
  gaps: number[];
  /** window → the call that keeps it */
  busy: Record<number, { service: string; since: string }>;
  /** window → since when it has been free; gone when it pauses or closes */
  free: Record<number, string>;
  /** how far an interval reaches below and above the expected wait, in units of its spread */
  reach: { low: number; high: number };
};

const KEPT = 40;
/** Of ten waits one may be shorter than promised and one longer. */
const OUTSIDE = 0.1;
/** How much one wait teaches, in units of the spread. */
const STEP = 0.08;
const REACH = { least: -0.8, most: 2.5 };

export function noPace(): Pace {
  return { lastAt: '', occupied: {}, gaps: [], busy: {}, free: {}, reach: { low: 1.2, high: 1.2 } };
}

/** Learns from one event; `state` is the hall before it. */
export function learnPace(state: HallState, event: EventDraft): void {
  const { pace } = state.totals;
  pace.lastAt = event.time;
  switch (event.type) {
    case 'hall.ticket.called': {
      const { ticketId, window, service, waitedS, call, outOfTurn } = event.data;
      const ticket = state.tickets[ticketId];
      const since = pace.free[window];
      // A window that had nobody to call was not slow.
      if (since !== undefined && ticket?.waitingSince && Date.parse(ticket.waitingSince) <= Date.parse(since))
        pace.gaps = [...pace.gaps, secondsBetween(since, event.time)].slice(-KEPT);
      delete pace.free[window];
      pace.busy[window] = { service, since: event.time };
      if (call === 1 && !outOfTurn && ticket) learnReach(pace, ticket, waitedS);
      return;
    }
    case 'hall.ticket.finished':
    case 'hall.ticket.continued':
    case 'hall.ticket.missed':
    case 'hall.ticket.parked':
    case 'hall.ticket.transferred':
      return becomesFree(pace, event.data.window, event.time);
    case 'hall.ticket.requeued':
      if (event.data.why === 'call-taken-back' && event.data.window !== undefined)
        delete pace.busy[event.data.window];
      return;
    case 'hall.window.paused':
    case 'hall.window.closed':
      delete pace.free[event.data.window];
      delete pace.busy[event.data.window];
      return;
    default:
      return;
  }
}

function becomesFree(pace: Pace, window: number, time: string): void {
  const busy = pace.busy[window];
  if (!busy) return;
  delete pace.busy[window];
  pace.free[window] = time;
  const before = Object.hasOwn(pace.occupied, busy.service) ? (pace.occupied[busy.service] ?? []) : [];
  pace.occupied[busy.service] = [...before, secondsBetween(busy.since, time)].slice(-KEPT);
}

/**
 * Each side moves out by a little when a wait lies beyond it and in by a ninth of that when it does not: in the long run one of
 * ten lies beyond each, whatever the service times are like (quantile tracking). A lower end of 0 teaches nothing.
 */
function learnReach(
  { reach }: Pace,
  promised: { waitMinS: number | null; waitMaxS: number | null },
  waitedS: number,
): void {
  const { waitMinS, waitMaxS } = promised;
  if (waitMinS === null || waitMaxS === null) return;
  const moved = (side: number, beyond: boolean): number =>
    Math.min(REACH.most, Math.max(REACH.least, side + STEP * (beyond ? 1 - OUTSIDE : -OUTSIDE)));
  if (waitMinS > 0) reach.low = moved(reach.low, waitedS < waitMinS);
  reach.high = moved(reach.high, waitedS > waitMaxS);
}

/** Whole seconds, never negative: a clock that was set back makes no negative time. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}

/** What becomes of a number that was called and did not come: the hall's policy, the same text on ticket, kiosk and board. */
import { localTime } from './day.ts';
import { headStartMs, lineAt, lineOf, onlyWindowOf, placeOf } from './line.ts';
import type { HallRules, HallState, Ticket } from './state.ts';

/** Whether a missed ticket may still be called or put back into line at `time`. */
export function stillHonoured(state: HallState, rules: HallRules, ticket: Ticket, time: string): boolean {
  const { missed } = rules;
  switch (missed.policy) {
    case 'void':
      return false;
    case 'back':
      return true;
    case 'keep-calls':
      // "Kept for n calls": n others of its service may be called meanwhile.
      return (state.callsMade[ticket.service] ?? 0) - ticket.callsAtMiss <= missed.calls;
    case 'keep-minutes':
      return (
        ticket.missedAt !== null && Date.parse(time) - Date.parse(ticket.missedAt) <= missed.minutes * 60_000
      );
  }
}

/**
 * The arrival time (RFC 3339) that puts a missed ticket `places` behind the head of its service's line, or at the end of
 * a shorter one: a millisecond after the one it stands behind. Never earlier than it came.
 */
export function arrivalAfterMiss(state: HallState, rules: HallRules, ticket: Ticket, places: number): string {
  const only = onlyWindowOf(state, rules, ticket);
  const line = only === null ? lineOf(state, rules, [ticket.service]) : lineAt(state, rules, only);
  const before = line[Math.min(places, line.length) - 1];
  if (!before) return ticket.arrivedAt;
  const place = Math.max(placeOf(before, rules) + 1, placeOf(ticket, rules));
  return localTime(new Date(place + headStartMs(ticket, rules)), rules.timeZone);
}

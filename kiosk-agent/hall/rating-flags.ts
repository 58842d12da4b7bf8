/** What makes a rating remarkable. A flag stands beside the rating and goes into reports; it never drops one. */
import type { EventData, RatingFlag, RatingLevel } from '../contract/events.ts';
import { localTime } from './day.ts';
import type { HallRules, HallState, RatingSession } from './state.ts';

type Given = EventData<'hall.rating.given'>;

/** The longest run and the largest burst that the settings can name need no more. */
const LATEST_KEPT = 40;
const CLOSING_MIN = 60;

/** Flags that come from the visit and from the ratings before it at that window; `atMs`: when it was judged, by the hall's clock. */
export function flagsOfHistory(
  state: HallState,
  rules: HallRules,
  session: RatingSession,
  level: RatingLevel,
  atMs: number,
): RatingFlag[] {
  const { shortServiceS, runLength, burstCount, burstMinutes } = rules.rating.flags;
  const before = state.latestRatings[session.window] ?? [];
  const flags: RatingFlag[] = [];
  if (session.servedS < shortServiceS) flags.push('short-service');
  const run = before.slice(1 - runLength);
  if (run.length === runLength - 1 && run.every((each) => each.level === level)) flags.push('long-run');
  const since = atMs - burstMinutes * 60_000;
  const near = before.filter(({ at }) => Date.parse(at) > since && Date.parse(at) <= atMs);
  if (near.length + 1 >= burstCount && closesSoon(rules, atMs)) flags.push('closing-burst');
  return flags;
}

/** Notes a rating for the flags of those that come after it. Changes `state.latestRatings`. */
export function rememberRating(state: HallState, data: Given, time: string): void {
  const latest = (state.latestRatings[data.window] ??= []);
  // Presses that a cable kept back come all at once: what counts is when they were made, unless that clock is wrong.
  const at = data.flags.includes('time-doubtful')
    ? time
    : new Date(Date.parse(data.pressedAt) - data.clockOffsetMs).toISOString();
  latest.push({ level: data.level, at });
  if (latest.length > LATEST_KEPT) latest.shift();
}

function closesSoon({ opening, timeZone }: HallRules, atMs: number): boolean {
  if (!opening) return false;
  const minute = minuteOf(localTime(new Date(atMs), timeZone).slice(11, 16));
  const closing = minuteOf(opening.to);
  return minute >= closing - CLOSING_MIN && minute <= closing;
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

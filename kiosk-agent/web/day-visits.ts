/** The evaluated visits of a day, read from the log between its opening and its closing. */
import type { HallEvent } from '../contract/events.ts';
import { HallError } from '../contract/problem.ts';
import type { SampledVisit } from '../hall/follow-up/commands.ts';
import type { AgentParts } from './parts.ts';

type Type = 'hall.rating.requested' | 'hall.rating.given';
/** More visits than any hall has on a day. */
const VISITS_MOST = 20_000;
/** A press or a rating from the phone may come days later; the log has no more records in that time. */
const LATER_RECORDS = 50_000;

/** Every visit whose evaluation was asked for on `day` (yyyy-MM-dd), with its rating if it has one. Throws `not-found` for a day that the log no longer has. */
export async function visitsOf(parts: AgentParts, day: string): Promise<SampledVisit[]> {
  const { after, through } = await dayInLog(parts, day);
  const visits = new Map<number, SampledVisit>();
  for (const { data, time } of await all(parts, 'hall.rating.requested', after, through)) {
    const { session, ticketId, number, service, window } = data;
    visits.set(session, { session, ticketId, number, service, window, at: time, level: null });
  }
  for (const { data } of await all(parts, 'hall.rating.given', after, through + LATER_RECORDS)) {
    const visit = visits.get(data.session);
    if (visit) visit.level = data.level;
  }
  return [...visits.values()];
}

async function dayInLog(
  { state, journal }: AgentParts,
  day: string,
): Promise<{ after: number; through: number }> {
  const closed = state.totals.days.find((each) => each.day === day);
  const found =
    closed ?? (state.day === day ? { fromSeq: state.totals.fromSeq, throughSeq: journal.durableSeq } : null);
  if (found && found.fromSeq > 0) {
    // After a repair the numbers begin anew: then this record is another day's, or is none.
    const [opening] = await journal.read(found.fromSeq - 1, 1);
    if (opening?.type === 'hall.day.opened' && opening.data.day === day)
      return { after: found.fromSeq, through: found.throughSeq };
  }
  throw new HallError('not-found', `The log has no day ${day}, or no longer.`, { day });
}

type EventOf<T extends Type> = Extract<HallEvent, { type: T }>;

async function all<T extends Type>(
  { journal }: AgentParts,
  type: T,
  after: number,
  through: number,
): Promise<EventOf<T>[]> {
  const events: EventOf<T>[] = [];
  let from: number | null = after;
  while (from !== null && from < through && events.length < VISITS_MOST) {
    const page: Awaited<ReturnType<typeof journal.find<T>>> = await journal.find(
      type,
      from,
      VISITS_MOST - events.length,
    );
    for (const { event } of page.found) if ((event as HallEvent).seq <= through) events.push(event);
    from = page.next;
  }
  return events;
}

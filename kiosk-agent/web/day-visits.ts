/** The days that the log still has, and the evaluated visits of one, read between its opening and its closing. */
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

async function dayInLog(parts: AgentParts, day: string): Promise<Span> {
  const found = placesOfDays(parts).find((each) => each.day === day);
  if (found && (await stillThere(parts, found))) return found;
  throw new HallError('not-found', `The log has no day ${day}, or no longer.`, { day });
}

type Span = { after: number; through: number };
type PlaceOfDay = Span & { day: string };

/** The days that the log still has, newest first; days on which the hall did not open are not among them. */
export async function daysInLog(parts: AgentParts): Promise<PlaceOfDay[]> {
  const there: PlaceOfDay[] = [];
  for (const place of placesOfDays(parts)) {
    // Records go oldest first: what is before a day that is gone is gone too.
    if (!(await stillThere(parts, place))) break;
    there.push(place);
  }
  return there;
}

/**
 * The records from the opening of day `from` until the day after `through` opens, both yyyy-MM-dd, as far as the log has
 * them; null when it has none of these days.
 */
export async function spanOfDays(parts: AgentParts, from: string, through: string): Promise<Span | null> {
  const there = await daysInLog(parts);
  const wanted = there.filter(({ day }) => day >= from && day <= through);
  const first = wanted.at(-1);
  if (!first) return null;
  // What happened between two days belongs to the one before.
  const next = there.findLast(({ day }) => day > through);
  return { after: first.after - 1, through: next ? next.after - 1 : parts.journal.durableSeq };
}

/** Where each day that the state remembers stands in the log, newest first. */
function placesOfDays({ state, journal }: AgentParts): PlaceOfDay[] {
  const { days, fromSeq } = state.totals;
  const today = { day: state.day, after: fromSeq, through: journal.durableSeq };
  const closed = days.map((each) => ({ day: each.day, after: each.fromSeq, through: each.throughSeq }));
  const all = closed.some(({ day }) => day === today.day) ? closed : [...closed, today];
  return all.filter(({ after }) => after > 0).reverse();
}

/** After a repair the numbers begin anew: then that record is another day's, or is none. */
async function stillThere({ journal }: AgentParts, { day, after }: PlaceOfDay): Promise<boolean> {
  const [opening] = await journal.read(after - 1, 1);
  return opening?.type === 'hall.day.opened' && opening.data.day === day;
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

/** Who takes numbers and gives them back: persons by their keyed hash, only those with a cancelled ticket lately. */
import type { PersonRef } from '../contract/events.ts';
import { stillHonoured } from './missed.ts';
import type { HallRules, HallState, Ticket } from './state.ts';

export type RealNameRules = {
  /** so many cancellations within so many days by one person are flagged (take and cancel, 黄牛倒号) */
  takeAndCancel: { times: number; days: number };
};

export type PeopleState = {
  /** hash → local times of cancelled tickets, oldest first, of the last 90 days */
  cancelled: Record<string, string[]>;
};

export function noPeople(): PeopleState {
  return { cancelled: {} };
}

/** The longest that a hall may look back (rules.realName.takeAndCancel.days), and the most that it may count. */
const KEPT_DAYS = 90;
const TIMES_KEPT = 50;
/** So many persons are remembered; whoever cancelled last longest ago is forgotten first. */
const PERSONS_KEPT = 2000;
const DAY_MS = 24 * 3600_000;

/**
 * Who stands on a ticket for these services: the person, where one of them keeps names; undefined where none does or nobody said;
 * `needed` where one of them requires it and nobody said.
 */
export function holderOf(
  rules: HallRules,
  services: readonly string[],
  person: PersonRef | undefined,
): PersonRef | 'needed' | undefined {
  const modes = rules.services.filter(({ id }) => services.includes(id)).map(({ realName }) => realName);
  if (modes.every((mode) => mode === 'off')) return undefined;
  if (person === undefined) return modes.includes('required') ? 'needed' : undefined;
  return { hash: person.hash, year: person.year, masked: person.masked };
}

/** The person's live ticket for one of these services; undefined when there is none. */
export function liveTicketOf(
  state: HallState,
  rules: HallRules,
  time: string,
  person: PersonRef | 'needed',
  services: readonly string[],
): Ticket | undefined {
  if (person === 'needed') return undefined;
  return Object.values(state.tickets).find(
    (ticket) =>
      ticket.person?.hash === person.hash &&
      isLive(state, rules, ticket, time) &&
      stillToCome(ticket).some((service) => services.includes(service)),
  );
}

/** A missed number that the policy honours no longer is as good as gone: its holder may take a new one. */
function isLive(state: HallState, rules: HallRules, ticket: Ticket, time: string): boolean {
  if (ticket.state === 'missed') return stillHonoured(state, rules, ticket, time);
  return ticket.state !== 'finished' && ticket.state !== 'cancelled';
}

function stillToCome({ service, further, comeBackTo }: Ticket): string[] {
  return [service, ...further, ...(comeBackTo ? [comeBackTo.service] : [])];
}

/** How many tickets this person has given back within the days that count, at `time`. */
export function cancelledLately(state: HallState, rules: HallRules, hash: string, time: string): number {
  const since = Date.parse(time) - rules.realName.takeAndCancel.days * DAY_MS;
  const times = Object.hasOwn(state.people.cancelled, hash) ? state.people.cancelled[hash] : undefined;
  return (times ?? []).filter((at) => Date.parse(at) > since).length;
}

/**
 * Whether giving this ticket back counts: it stood in line, and its holder, or staff for them, gave it back. One whose paper
 * never came, or that ended with the day, says nothing of anybody.
 */
export function givesBack(ticket: Ticket, by: string): boolean {
  return ticket.person !== undefined && ticket.waitingSince !== null && (by === 'visitor' || by === 'staff');
}

/** Remembers a ticket given back at `time`; bounded in persons, times and days. */
export function rememberGivenBack(people: PeopleState, hash: string, time: string): void {
  const times = [...(Object.hasOwn(people.cancelled, hash) ? (people.cancelled[hash] ?? []) : []), time];
  // At the end again: the order of the record is the order of forgetting.
  delete people.cancelled[hash];
  people.cancelled[hash] = times.slice(-TIMES_KEPT);
  const [oldest] = Object.keys(people.cancelled);
  if (oldest !== undefined && Object.keys(people.cancelled).length > PERSONS_KEPT)
    delete people.cancelled[oldest];
}

/** A new day: what no setting counts any more is forgotten. */
export function forgetOldPeople(people: PeopleState, time: string): void {
  const since = Date.parse(time) - KEPT_DAYS * DAY_MS;
  for (const [hash, times] of Object.entries(people.cancelled)) {
    const kept = times.filter((at) => Date.parse(at) > since);
    if (kept.length > 0) people.cancelled[hash] = kept;
    else delete people.cancelled[hash];
  }
}

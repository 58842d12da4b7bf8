/** The line played forward: when each who waits, and who comes next, would be called if every window goes on at its pace. */
import { lineOf, onlyWindowOf } from './line.ts';
import type { HallRules, HallState, Ticket } from './state.ts';
import { windowsNow } from './surge/windows.ts';
import { secondsBetween } from './totals/pace.ts';

/** Seconds from now, and the variance (s²) that the visits before have put together until then. */
export type Moment = { seconds: number; variance: number };
/** An open window: what it takes, when it is free, and how unsure that is. */
export type Desk = { number: number; services: string[] } & Moment;
/** How long a call keeps a window until the next call there. */
export type Turn = { meanS: number; varianceS2: number };

export type LineAhead = {
  /** by ticketId; tickets that no open window takes are not in it */
  calls: Map<string, Moment>;
  /** the open windows when all who wait now are done */
  desks: Desk[];
  /** when somebody of this service with `ahead` before them would be called; null when no open window takes it */
  callOf(service: string, ahead: number): Moment | null;
};

/** The configured time counts as much as so many measured ones. */
const CONFIGURED_COUNTS = 3;

/** Answers for a state as it is: screens ask for every ticket in line. A state changes by events only, and each has a new seq. */
const answers = new WeakMap<HallState, { seq: number; rules: HallRules; lines: Map<string, LineAhead> }>();
/** Two moments are asked for at a time: that of the last event, and now. */
const ANSWERS_KEPT = 4;

/** Plays the line of `state` forward from `time` (RFC 3339; '' when nothing has happened yet). */
export function lineAhead(state: HallState, rules: HallRules, time: string): LineAhead {
  let known = answers.get(state);
  if (known?.seq !== state.seq || known.rules !== rules || known.lines.size > ANSWERS_KEPT) {
    known = { seq: state.seq, rules, lines: new Map() };
    answers.set(state, known);
  }
  let line = known.lines.get(time);
  if (!line) {
    line = playForward(state, rules, desksOpen(state, rules, time));
    known.lines.set(time, line);
  }
  return line;
}

/** Plays the line forward with these windows. */
export function playForward(state: HallState, rules: HallRules, open: Desk[]): LineAhead {
  const turns = new Map(rules.services.map(({ id }) => [id, turnOf(state, rules, id)]));
  const desks = open.map((desk) => ({ ...desk }));
  const takers = (service: string): Desk[] => desks.filter(({ services }) => services.includes(service));
  const waiting = lineOf(state, rules, [...turns.keys()]);
  const onlyAt = new Map(waiting.map((ticket) => [ticket, onlyWindowOf(state, rules, ticket)]));
  const queues = inQueues(waiting, onlyAt);
  const calls = new Map<string, Moment>();
  const going = new Set(desks);
  while (going.size > 0) {
    let desk: Desk | undefined;
    for (const each of going) if (!desk || each.seconds < desk.seconds) desk = each;
    if (!desk) break;
    const next = firstFor(desk, queues);
    if (!next) {
      going.delete(desk);
      continue;
    }
    const turn = turns.get(next.service) ?? { meanS: 0, varianceS2: 0 };
    calls.set(next.ticketId, momentAt(desk, takers(next.service).length));
    desk.seconds += turn.meanS;
    desk.variance += turn.varianceS2;
  }
  const lineBefore = (service: string, windows: Desk[]): Ticket[] =>
    waiting.filter((ticket) => {
      const only = onlyAt.get(ticket) ?? null;
      return only === null ? ticket.service === service : windows.some(({ number }) => number === only);
    });
  const lines = new Map<string, Ticket[]>();
  return {
    calls,
    desks,
    callOf(service, ahead) {
      const open = takers(service);
      if (open.length === 0) return null;
      const line = lines.get(service) ?? lineBefore(service, open);
      lines.set(service, line);
      // Whoever stands there now would be called in that moment; one sent to a single window says nothing of the others.
      const inPlace = line.slice(ahead).find((ticket) => onlyAt.get(ticket) === null);
      const call = inPlace && calls.get(inPlace.ticketId);
      if (call) return call;
      const first = open.reduce((one, other) => (other.seconds < one.seconds ? other : one));
      const last = momentAt(first, open.length);
      const beyond = Math.max(0, ahead - line.length);
      const { meanS, varianceS2 } = turns.get(service) ?? { meanS: 0, varianceS2: 0 };
      return {
        seconds: last.seconds + (beyond * meanS) / open.length,
        variance: last.variance + (beyond * varianceS2) / open.length ** 2,
      };
    },
  };
}

/** The windows that are neither closed nor paused, with what is left of the visit there. */
export function desksOpen(state: HallState, rules: HallRules, time: string): Desk[] {
  const desks: Desk[] = [];
  for (const { number, services } of windowsNow(state, rules)) {
    const now = state.windows[number]?.state ?? 'closed';
    if (now === 'closed' || now === 'paused') continue;
    desks.push({
      number,
      services,
      ...(now === 'idle' ? { seconds: 0, variance: 0 } : restOfVisit(state, rules, number, time)),
    });
  }
  return desks;
}

/** From a call at a window to the next call there: measured and configured times together, and the clerk's way between two visitors. */
export function turnOf(state: HallState, rules: HallRules, service: string): Turn {
  const { occupied, gaps } = state.totals.pace;
  const measured = Object.hasOwn(occupied, service) ? (occupied[service] ?? []) : [];
  const configuredS = (rules.services.find(({ id }) => id === service)?.minutes ?? 0) * 60;
  const weight = CONFIGURED_COUNTS + measured.length;
  const meanS = (CONFIGURED_COUNTS * configuredS + sum(measured)) / weight;
  const squares = sum(measured.map((each) => (each - meanS) ** 2));
  const varianceS2 = (CONFIGURED_COUNTS * (configuredS / 2) ** 2 + squares) / weight;
  return { meanS: meanS + (gaps.length === 0 ? 0 : sum(gaps) / gaps.length), varianceS2 };
}

/** What is left of the visit at this window: what the measured ones that took longer than it has taken so far still took. */
function restOfVisit(state: HallState, rules: HallRules, number: number, time: string): Moment {
  const { busy, occupied } = state.totals.pace;
  const at = busy[number];
  if (!at) return { seconds: 0, variance: 0 };
  const turn = turnOf(state, rules, at.service);
  const elapsedS = secondsBetween(at.since, time);
  const longer = (Object.hasOwn(occupied, at.service) ? (occupied[at.service] ?? []) : []).filter(
    (each) => each > elapsedS,
  );
  const left = Math.max(turn.meanS - elapsedS, turn.meanS / 4);
  const seconds =
    (CONFIGURED_COUNTS * left + sum(longer.map((each) => each - elapsedS))) /
    (CONFIGURED_COUNTS + longer.length);
  return { seconds, variance: turn.varianceS2 / 2 };
}

/** Several windows that take the same line even out each other's long visits. */
function momentAt({ seconds, variance }: Moment, windows: number): Moment {
  return { seconds, variance: variance / Math.max(1, windows) };
}

type Queue = { tickets: { place: number; ticket: Ticket }[]; at: number };
/** One queue a service, and one a window for those who were sent to it alone. */
type Queues = Map<string | number, Queue>;

function inQueues(line: Ticket[], onlyAt: Map<Ticket, number | null>): Queues {
  const queues: Queues = new Map();
  line.forEach((ticket, place) => {
    const key = onlyAt.get(ticket) ?? ticket.service;
    const queue = queues.get(key) ?? { tickets: [], at: 0 };
    queues.set(key, queue);
    queue.tickets.push({ place, ticket });
  });
  return queues;
}

/** Takes the first whom this window may call out of its queue. */
function firstFor(desk: Desk, queues: Queues): Ticket | undefined {
  let first: Queue | undefined;
  for (const key of [desk.number, ...desk.services]) {
    const queue = queues.get(key);
    const head = queue?.tickets[queue.at];
    const best = first?.tickets[first.at];
    if (queue && head && (!best || head.place < best.place)) first = queue;
  }
  const next = first?.tickets[first.at]?.ticket;
  if (first) first.at++;
  return next;
}

function sum(values: number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

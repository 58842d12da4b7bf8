/** Which service would help at which window: the line played forward once more with that window, and compared. */
import { onlyWindowOf } from './line.ts';
import { desksOpen, playForward, turnOf, type LineAhead } from './line-ahead.ts';
import type { HallRules, HallState } from './state.ts';
import { servicesNow, windowsNow } from './surge/windows.ts';

export type Suggestion = {
  service: string;
  window: number;
  /** what stands in its way: a closed window has to be opened, a paused one resumed; an idle one only takes the service besides */
  state: 'idle' | 'paused' | 'closed';
  /** the service is not among those that the window takes now: a surge can give it */
  diverted: boolean;
  waiting: number;
  /** expected wait of the last one who waits for the service, s; null while no open window takes it */
  waitBeforeS: number | null;
  waitAfterS: number;
};
export type Loads = {
  services: {
    service: string;
    waiting: number;
    windowsOpen: number;
    /** work that stands in line for each open window of the service, s; null while there is none */
    workPerWindowS: number | null;
    /** expected wait of the last one who waits, s */
    waitS: number | null;
  }[];
  windows: {
    window: number;
    state: string;
    services: string[];
    /** people in line whom it may call */
    waiting: number;
    servedToday: number;
    /** at this window today, s */
    busyS: number;
    /** when it would have nobody left to call, s from now; null when it is not open */
    busyForS: number | null;
  }[];
};

/** A suggestion must save the last one in line so much, s … */
const WORTH_S = 300;
/** … and so large a part of the wait. */
const WORTH_SHARE = 0.2;
const AT_MOST = 5;

/**
 * At most five, best first (people × time saved), for windows that have nobody to call, are paused or closed. One for each
 * window: two services at the same window would be counted on the same clerk.
 */
export function suggestions(state: HallState, rules: HallRules, time: string): Suggestion[] {
  const open = desksOpen(state, rules, time);
  const now = playForward(state, rules, open);
  const found: (Suggestion & { gain: number })[] = [];
  for (const { number } of rules.windows) {
    const at = state.windows[number]?.state ?? 'closed';
    if (at !== 'idle' && at !== 'paused' && at !== 'closed') continue;
    const own = servicesNow(state, rules, number);
    // An idle window with somebody to call needs no advice.
    if (at === 'idle' && waitingFor(state, rules, own, number) > 0) continue;
    const others = open.filter((desk) => desk.number !== number);
    for (const { id } of rules.services) {
      const waiting = waitingFor(state, rules, [id]);
      if (waiting === 0 || (at === 'idle' && own.includes(id))) continue;
      const services = [...new Set([...own, id])];
      const then = playForward(state, rules, [...others, { number, services, seconds: 0, variance: 0 }]);
      const before = lastCall(state, rules, now, id);
      const after = lastCall(state, rules, then, id);
      if (after === null) continue;
      const savedS = before === null ? Number.POSITIVE_INFINITY : before - after;
      if (savedS < WORTH_S || (before !== null && savedS < WORTH_SHARE * before)) continue;
      found.push({
        service: id,
        window: number,
        state: at,
        diverted: !own.includes(id),
        waiting,
        waitBeforeS: before === null ? null : Math.round(before),
        waitAfterS: Math.round(after),
        gain: waiting * savedS,
      });
    }
  }
  // Among equals the window that already takes the service, then the one that is nearer to being open.
  const READY = { idle: 0, paused: 1, closed: 2 };
  found.sort(
    (a, b) =>
      (a.gain === b.gain ? 0 : b.gain - a.gain) ||
      Number(a.diverted) - Number(b.diverted) ||
      READY[a.state] - READY[b.state] ||
      a.window - b.window,
  );
  const windows = new Set<number>();
  return found
    .filter(({ window }) => !windows.has(window) && windows.add(window))
    .slice(0, AT_MOST)
    .map(({ gain: _gain, ...suggestion }) => suggestion);
}

/** How busy each service and each window is. */
export function loads(state: HallState, rules: HallRules, time: string): Loads {
  const open = desksOpen(state, rules, time);
  const line = playForward(state, rules, open);
  return {
    services: rules.services.map(({ id }) => {
      const takers = open.filter(({ services }) => services.includes(id)).length;
      const waiting = waitingFor(state, rules, [id]);
      const workS = waiting * turnOf(state, rules, id).meanS;
      const waitS = lastCall(state, rules, line, id);
      return {
        service: id,
        waiting,
        windowsOpen: takers,
        workPerWindowS: takers === 0 ? null : Math.round(workS / takers),
        waitS: waitS === null ? null : Math.round(waitS),
      };
    }),
    windows: windowsNow(state, rules).map(({ number, services }) => {
      const desk = line.desks.find((each) => each.number === number);
      const tallies = state.totals.today.windows;
      const today = Object.hasOwn(tallies, String(number)) ? tallies[String(number)] : undefined;
      return {
        window: number,
        state: state.windows[number]?.state ?? 'closed',
        services,
        waiting: waitingFor(state, rules, services, number),
        servedToday: today?.served ?? 0,
        busyS: today?.atWindow.sumS ?? 0,
        busyForS: desk ? Math.round(desk.seconds) : null,
      };
    }),
  };
}

/** When the last one who waits for the service would be called, s; null when nobody waits or no open window takes all of them. */
function lastCall(state: HallState, rules: HallRules, line: LineAhead, service: string): number | null {
  let last: number | null = null;
  for (const ticket of Object.values(state.tickets)) {
    if (ticket.state !== 'waiting' || ticket.service !== service) continue;
    if (onlyWindowOf(state, rules, ticket) !== null) continue;
    const call = line.calls.get(ticket.ticketId);
    if (!call) return null;
    last = Math.max(last ?? 0, call.seconds);
  }
  return last;
}

/** Those in line for these services; with `window` also those sent to it alone. */
function waitingFor(state: HallState, rules: HallRules, services: string[], window?: number): number {
  const wanted = new Set(services);
  return Object.values(state.tickets).filter((ticket) => {
    if (ticket.state !== 'waiting') return false;
    const only = onlyWindowOf(state, rules, ticket);
    return only === null ? wanted.has(ticket.service) : only === window;
  }).length;
}

/** The registration platform as the hub knows it: how far a person's cases are (docs/platform.md). */
import type { WorkCalendar } from '../hall/calendar.ts';
import { localTime } from '../hall/day.ts';
import { platformFault } from './address.ts';
import { caseNumber as caseNumberForm } from './answer.ts';
import { ask, type Clock, type Failure, type Line, type Outcome, type Trouble } from './ask.ts';
import { type CaseView, caseView } from './case-view.ts';
import { type KeptAnswer, keptAnswers } from './kept-answers.ts';

/** As it stands in the configuration, the token read. */
export type PlatformSettings = {
  url: string;
  token: string;
  /** limit of one call, ms */
  timeoutMs: number;
  /** how many more calls after the first, 0 … */
  retries: number;
  /** how long an answer is given again without asking, s */
  cacheS: number;
};
export type PlatformOptions = {
  /** null: the hall has none */
  settings: PlatformSettings | null;
  calendar: WorkCalendar;
  timeZone: string;
  fetch: typeof fetch;
  clock: Clock;
  /** [0…1) */
  random: () => number;
  /** Called when the platform's state changes, with a sentence for the log that holds nothing personal. */
  onChange?: (state: PlatformState, sentence: string) => void;
};

/** The keyed hash of who is asked about: 64 small hex digits, and the year of its key. */
export type Person = { year: number; hash: string };
export type CasesResult =
  | {
      ok: true;
      cases: CaseView[];
      /** when this was true, RFC 3339 in the hall's time */
      asOf: string;
      fromCache: boolean;
    }
  | { ok: false; why: 'not-configured' | Trouble };
export type PlatformState = 'not-configured' | 'not-asked-yet' | 'answering' | Trouble;
export type Platform = {
  /**
   * A person's cases, or the one named; answers within `deadlineMs` [0…600 000], also when the platform never does. Never
   * rejects, but for a person or case number of the wrong form (RangeError).
   */
  cases(person: Person, deadlineMs: number, caseNumber?: string): Promise<CasesResult>;
  /** what the last call found */
  state(): PlatformState;
  /** Ends every call that is under way (their callers get `away`) and forgets all answers. May be called twice. */
  close(): void;
};

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
const LONGEST_WAIT_MS = 600_000;

/** A call that all who ask the same wait for. */
type Flight = {
  outcome: Promise<Outcome>;
  stop: AbortController;
  waiting: number;
  /** when the last of them stops waiting, in monotonic ms */
  until: number;
  /** what came of the tries so far */
  soFar: Failure | null;
};

/** Makes the connector; asks nobody yet. Throws RangeError when `platformFault` finds something. */
export function createPlatform(options: PlatformOptions): Platform {
  const { settings, calendar, timeZone, clock } = options;
  const fault = settings && platformFault(settings.url);
  if (fault) throw new RangeError(fault);
  const kept = keptAnswers(clock);
  const flights = new Map<string, Flight>();
  let state: PlatformState = settings ? 'not-asked-yet' : 'not-configured';
  let closed = false;

  function found(now: Outcome): void {
    const next = now.ok ? 'answering' : now.why;
    if (next === state || closed) return;
    state = next;
    options.onChange?.(next, now.ok ? 'the registration platform answers' : sentence(now));
  }

  function view({ cases, at }: KeptAnswer, fromCache: boolean): CasesResult {
    const views = cases.map((one) => caseView(one, clock.now(), timeZone, calendar));
    return { ok: true, cases: views, asOf: localTime(at, timeZone), fromCache };
  }

  /** Takes part in the call that is under way for `key`, or starts it. Answers by the deadline. */
  function join(key: string, line: Line, body: string, deadlineMs: number): Promise<Outcome> {
    const flight = flights.get(key) ?? start(key, line, body);
    flight.waiting += 1;
    flight.until = Math.max(flight.until, clock.monotonicMs() + deadlineMs);
    return new Promise((resolve) => {
      let over = false;
      const settle = (outcome: Outcome) => {
        if (over) return;
        over = true;
        cancel();
        flight.waiting -= 1;
        if (flight.waiting === 0) leave(key, flight);
        resolve(outcome);
      };
      const cancel = clock.after(deadlineMs, () => settle(flight.soFar ?? tooLate(deadlineMs)));
      void flight.outcome.then(settle);
    });
  }

  function start(key: string, line: Line, body: string): Flight {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const stop = new AbortController();
    const flight: Flight = { outcome: promise, stop, waiting: 0, until: -Infinity, soFar: null };
    flights.set(key, flight);
    void tries(flight, line, body).then((outcome) => {
      if (outcome.ok && !stop.signal.aborted) kept.put(key, outcome.cases);
      // Whoever refuses does not want shown what it said before.
      if (!outcome.ok && outcome.why === 'refused') kept.drop(key);
      leave(key, flight);
      resolve(outcome);
    });
    return flight;
  }

  function leave(key: string, flight: Flight): void {
    flight.stop.abort();
    if (flights.get(key) === flight) flights.delete(key);
  }

  async function tries(flight: Flight, line: Line, body: string): Promise<Outcome> {
    const { retries = 0 } = settings ?? {};
    const { signal } = flight.stop;
    for (let again = 0; ; again += 1) {
      const outcome = await ask(line, body, signal);
      if (outcome.ok || !outcome.again || again >= retries || signal.aborted) return outcome;
      flight.soFar = outcome;
      const ms = outcome.afterMs ?? pauseMs(again, options.random());
      if (clock.monotonicMs() + ms >= flight.until) return outcome;
      await pause(clock, ms, signal);
    }
  }

  return {
    async cases(person, deadlineMs, caseNumber) {
      const body = bodyOf(person, caseNumber);
      if (!settings) return { ok: false, why: 'not-configured' };
      if (closed) return { ok: false, why: 'away' };
      const key = body;
      const fresh = kept.get(key, settings.cacheS * 1000);
      if (fresh) return view(fresh, true);
      const line = { ...settings, fetch: options.fetch, clock };
      const outcome = await join(key, line, body, Math.min(Math.max(0, deadlineMs), LONGEST_WAIT_MS));
      found(outcome);
      if (outcome.ok) return view(kept.get(key) ?? { cases: outcome.cases, at: clock.now() }, false);
      const earlier = kept.get(key);
      return earlier ? view(earlier, true) : { ok: false, why: outcome.why };
    },
    state: () => state,
    close() {
      closed = true;
      for (const [key, flight] of flights) leave(key, flight);
      kept.clear();
    },
  };
}

/** The call's body, which is also the key of its answer: the same person and case number are the same text. */
function bodyOf({ year, hash }: Person, caseNumber?: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash) || !Number.isInteger(year) || year < 2000 || year > 2999)
    throw new RangeError('a person is a year and 64 small hex digits');
  if (caseNumber !== undefined && !caseNumberForm.safeParse(caseNumber).success)
    throw new RangeError('a case number is 1 to 40 letters, digits and hyphens');
  return JSON.stringify({ person: { scheme: 'hmac-sha256', year, hash }, caseNumber });
}

/** 200 ms doubling to 2 s, each half to whole, so that many halls do not knock in step. */
function pauseMs(again: number, random: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** again, LONGEST_PAUSE_MS) * (0.5 + random / 2);
}

function pause(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stop.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    stop.addEventListener('abort', end, { once: true });
  });
}

function tooLate(deadlineMs: number): Failure {
  return { ok: false, why: 'timeout', detail: `no answer in ${deadlineMs} ms`, again: false };
}

function sentence({ why, detail }: Failure): string {
  return `the registration platform gives no cases: ${why} (${detail}); see docs/platform.md`;
}

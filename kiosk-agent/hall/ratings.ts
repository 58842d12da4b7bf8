/** One service, one rating (docs/rules.md, "A rating"). Every press is kept; at most one in a session counts. */
import type { CloseReason, EventData, EventDraft, RatingFlag, RatingLevel } from '../contract/events.ts';
import type { Decision, RatingCommand } from './commands.ts';
import { localTime } from './day.ts';
import { accept, happened, NOTHING_NEW, refuse, windowSubject } from './decision.ts';
import { openFollowUp } from './follow-up/open.ts';
import { isKnownPress } from './presses.ts';
import { flagsOfHistory } from './rating-flags.ts';
import type { HallRules, HallState, RatingSession } from './state.ts';

type Press = Extract<RatingCommand, { name: 'rating.press' }>;
type Touch = Extract<RatingCommand, { name: 'rating.touch' }>;
type FromPhone = Extract<RatingCommand, { name: 'rating.from-phone' }>;
/** The moment of the decision: what every rule below is given. */
type Moment = { state: HallState; rules: HallRules; time: string };
type WhyIgnored = EventData<'hall.rating.ignored'>['why'];

/** Sooner than this after the prompt nobody has judged a service: flagged, never dropped. */
const AT_ONCE_MS = 1000;
/** A late press may seem to lie this much before its prompt: its age is counted in steps of 100 ms, and the way takes time. */
const BEFORE_PROMPT_MS = 2000;

/** Decides a press, a touch on the screen or the end of an evaluation at `time` (RFC 3339, the hall's offset). */
export function decideRating(
  state: HallState,
  command: RatingCommand,
  time: string,
  rules: HallRules,
): Decision {
  const moment = { state, rules, time };
  switch (command.name) {
    case 'rating.press':
      return press(moment, command);
    case 'rating.touch':
      return touch(moment, command);
    case 'rating.from-phone':
      return fromPhone(moment, command);
    case 'rating.lapse': {
      const session = state.sessions[command.session];
      return session?.state === 'open' ? accept(lapsed(session, command.why, time)) : NOTHING_NEW;
    }
  }
}

/** The evaluation ended without a press. Not rated stays not rated. */
export function lapsed(session: RatingSession, why: CloseReason, time: string): EventDraft {
  const { ticketId, number, service, window } = session;
  const data = { session: session.session, ticketId, number, service, window, why };
  return happened('hall.rating.lapsed', ticketId, time, data);
}

function press(moment: Moment, command: Press): Decision {
  const { state, time } = moment;
  // Taken before: no event, but the device hears its acknowledgement again.
  if (isKnownPress(state, command.device, command.session)) return NOTHING_NEW;
  const { level, session: number, keyRaw, device, pressedAt, clockOffsetMs } = command;
  if (level === null) return ignored(command, 'unknown-key', time);
  if (number === null) return ignored(command, 'no-session', time);
  const session = state.sessions[number];
  if (!session) return ignored(command, 'unknown-session', time);
  if (session.state === 'rated') return ignored(command, 'already-rated', time);
  const late = session.state === 'lapsed';
  if (late && pressedAfter(session, command)) return ignored(command, 'outside-session', time);

  const flags: RatingFlag[] = late ? ['arrived-late'] : [];
  const afterPromptMs = hubTime(command) - Date.parse(session.promptedAt);
  // A number that was drawn at the prompt cannot be named before it: then it is the device's clock that is wrong.
  if (afterPromptMs < -BEFORE_PROMPT_MS) flags.push('time-doubtful');
  else if (afterPromptMs < AT_ONCE_MS) flags.push('pressed-at-once');
  const source = 'press' as const;
  const judgement = { level, keyRaw, source, device, pressedAt, clockOffsetMs, flags };
  // A clock that is wrong about the prompt says nothing about bursts either.
  const judgedMs = flags.includes('time-doubtful') ? Date.parse(time) : hubTime(command);
  return accept(...given(moment, session, judgement, judgedMs));
}

function touch(moment: Moment, command: Touch): Decision {
  const { state, time } = moment;
  const session = state.sessions[command.session];
  if (session?.state !== 'open')
    return refuse('no-evaluation', 'This evaluation is not open.', { state: session?.state ?? 'unknown' });
  if (session.window !== command.window)
    return refuse('not-this-window', `This evaluation is open at window ${session.window}.`, {
      window: session.window,
    });
  const atOnce = Date.parse(time) - Date.parse(session.promptedAt) < AT_ONCE_MS;
  const flags: RatingFlag[] = atOnce ? ['pressed-at-once'] : [];
  return accept(...given(moment, session, onScreen(command.level, 'screen', time, flags), Date.parse(time)));
}

/** Who did not press at the window rates the last visit of the ticket from the phone; the lapse is superseded. */
function fromPhone(moment: Moment, { ticketId, level }: FromPhone): Decision {
  const { state, rules, time } = moment;
  const session = lastSession(state, ticketId);
  const closed = ratedFromPhone(session, rules, time);
  if (session === undefined || closed !== null)
    return refuse('no-evaluation', WHY_NOT_FROM_PHONE[closed ?? 'unknown'], { state: closed ?? 'unknown' });
  return accept(...given(moment, session, onScreen(level, 'qr', time, []), Date.parse(time)));
}

const WHY_NOT_FROM_PHONE = {
  unknown: 'There is no visit of this ticket to rate.',
  open: 'This visit can be rated at the window now.',
  rated: 'This visit has been rated.',
  over: 'The time to rate this visit is over.',
};

/** The visit of a ticket that was evaluated last; undefined when the hall no longer knows one. */
export function lastSession(state: HallState, ticketId: string): RatingSession | undefined {
  return Object.values(state.sessions)
    .filter((session) => session.ticketId === ticketId)
    .sort((a, b) => Date.parse(a.promptedAt) - Date.parse(b.promptedAt))
    .at(-1);
}

/** Why this visit cannot be rated from the phone at `time`; null when it can. */
export function ratedFromPhone(
  session: RatingSession | undefined,
  rules: HallRules,
  time: string,
): keyof typeof WHY_NOT_FROM_PHONE | null {
  if (!session) return 'unknown';
  if (session.state !== 'lapsed') return session.state;
  const sinceMs = Date.parse(time) - Date.parse(session.promptedAt);
  return sinceMs > rules.followUp.reasonHours * 3600_000 ? 'over' : null;
}

function onScreen(level: RatingLevel, source: 'screen' | 'qr', time: string, flags: RatingFlag[]): Judgement {
  return { level, keyRaw: null, source, device: null, pressedAt: time, clockOffsetMs: 0, flags };
}

/** The cable was out and the device's keys were still lit: whoever pressed then was another visitor. */
function pressedAfter(session: RatingSession, command: Press): boolean {
  return hubTime(command) > Date.parse(session.closedAt ?? session.openUntil);
}

/** When it was pressed by the hall's clock, ms: only to compare; what is recorded is not rewritten. */
function hubTime({ pressedAt, clockOffsetMs }: Press): number {
  return Date.parse(pressedAt) - clockOffsetMs;
}

type Judgement = {
  level: RatingLevel;
  keyRaw: string | null;
  source: 'press' | 'screen' | 'qr';
  device: Press['device'] | null;
  pressedAt: string;
  clockOffsetMs: number;
  flags: RatingFlag[];
};

/** The rating; a bad one is followed up in the same breath. */
function given(
  { state, rules, time }: Moment,
  session: RatingSession,
  judgement: Judgement,
  judgedMs: number,
): EventDraft[] {
  const { ticketId, number, service, stage, window, staff, promptedAt } = session;
  const { level } = judgement;
  const reasonUntil = new Date(Date.parse(time) + rules.followUp.reasonHours * 3600_000);
  const rating = happened('hall.rating.given', ticketId, time, {
    session: session.session,
    ticketId,
    number,
    service,
    stage,
    window,
    staff,
    promptedAt,
    ...judgement,
    flags: [...judgement.flags, ...flagsOfHistory(state, rules, session, level, judgedMs)],
    reasonUntil: localTime(reasonUntil, rules.timeZone),
  });
  return [rating, ...openFollowUp(session, level, time, rules)];
}

function ignored(command: Press, why: WhyIgnored, time: string): Decision {
  const { session, window, keyRaw, level, device, pressedAt } = command;
  const data = { session, window, keyRaw, level, source: 'press' as const, device, pressedAt, why };
  return accept(happened('hall.rating.ignored', windowSubject(window), time, data));
}

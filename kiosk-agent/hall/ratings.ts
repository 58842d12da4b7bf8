/** One service, one rating (docs/rules.md, "A rating"). Every press is kept; at most one in a session counts. */
import type { CloseReason, EventData, EventDraft, RatingFlag, RatingLevel } from '../contract/events.ts';
import type { Decision, RatingCommand } from './commands.ts';
import { accept, happened, NOTHING_NEW, refuse, windowSubject } from './decision.ts';
import { isKnownPress } from './presses.ts';
import type { HallRules, HallState, RatingSession } from './state.ts';

type Press = Extract<RatingCommand, { name: 'rating.press' }>;
type Touch = Extract<RatingCommand, { name: 'rating.touch' }>;
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
  void rules;
  switch (command.name) {
    case 'rating.press':
      return press(state, command, time);
    case 'rating.touch':
      return touch(state, command, time);
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

function press(state: HallState, command: Press, time: string): Decision {
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
  return accept(given(session, { level, keyRaw, source, device, pressedAt, clockOffsetMs, flags }, time));
}

function touch(state: HallState, command: Touch, time: string): Decision {
  const session = state.sessions[command.session];
  if (session?.state !== 'open')
    return refuse('no-evaluation', 'This evaluation is not open.', { state: session?.state ?? 'unknown' });
  if (session.window !== command.window)
    return refuse('not-this-window', `This evaluation is open at window ${session.window}.`, {
      window: session.window,
    });
  const atOnce = Date.parse(time) - Date.parse(session.promptedAt) < AT_ONCE_MS;
  return accept(
    given(
      session,
      {
        level: command.level,
        keyRaw: null,
        source: 'screen',
        device: null,
        pressedAt: time,
        clockOffsetMs: 0,
        flags: atOnce ? ['pressed-at-once'] : [],
      },
      time,
    ),
  );
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
  source: 'press' | 'screen';
  device: Press['device'] | null;
  pressedAt: string;
  clockOffsetMs: number;
  flags: RatingFlag[];
};

function given(session: RatingSession, judgement: Judgement, time: string): EventDraft {
  const { ticketId, number, service, stage, window, staff, promptedAt } = session;
  return happened('hall.rating.given', ticketId, time, {
    session: session.session,
    ticketId,
    number,
    service,
    stage,
    window,
    staff,
    promptedAt,
    ...judgement,
  });
}

function ignored(command: Press, why: WhyIgnored, time: string): Decision {
  const { session, window, keyRaw, level, device, pressedAt } = command;
  const data = { session, window, keyRaw, level, source: 'press' as const, device, pressedAt, why };
  return accept(happened('hall.rating.ignored', windowSubject(window), time, data));
}

/** The ledger of opinions: each one numbered, assigned, answered, struck off with its reason. */
import { addDays, addWorkingDays } from '../calendar.ts';
import type { Decision } from '../commands.ts';
import { accept, givenReason, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { unknownWindow } from '../windows.ts';
import type { OpinionCommand } from './commands.ts';
import type { Opinion } from './state.ts';

type File = Extract<OpinionCommand, { name: 'opinion.file' }>;
type Handling = Exclude<OpinionCommand, File>;

/** From which states each step can come. */
const MAY_COME_FROM: Record<Handling['name'], Opinion['state'][]> = {
  'opinion.assign': ['filed', 'assigned'],
  'opinion.answer': ['filed', 'assigned'],
  'opinion.close': ['filed', 'assigned', 'answered'],
  'opinion.reopen': ['answered', 'closed'],
};
/** Nobody can have settled or explained something without an answer. */
const NEEDS_ANSWER = ['resolved', 'explained'];

/** Decides at `time` (RFC 3339, the hall's offset). */
export function decideOpinion(
  state: HallState,
  command: OpinionCommand,
  time: string,
  rules: HallRules,
): Decision {
  if (command.name === 'opinion.file') return file(state, command, time, rules);
  const { known } = state.opinions;
  const opinion = Object.hasOwn(known, command.opinion) ? known[command.opinion] : undefined;
  if (!opinion) return refuse('not-found', `The ledger has no ${command.opinion}.`);
  if (!MAY_COME_FROM[command.name].includes(opinion.state))
    return refuse('wrong-state', `${opinion.opinion} is ${opinion.state}.`, { state: opinion.state });
  return handle(opinion, command, time, rules);
}

/** Overdue is what has no answer after its day. Computed, never stored. `today`: local day. */
export function isOverdue({ state, dueDay }: Opinion, today: string): boolean {
  return (state === 'filed' || state === 'assigned') && dueDay < today;
}

function file(state: HallState, command: File, time: string, rules: HallRules): Decision {
  const { name: _name, ...said } = command;
  const { known, keys, running } = state.opinions;
  const earlier = Object.hasOwn(keys, command.idempotencyKey) ? keys[command.idempotencyKey] : undefined;
  if (earlier !== undefined)
    return known[earlier]?.text === command.text && known[earlier]?.kind === command.kind
      ? NOTHING_NEW
      : refuse('key-reused', 'This key belongs to another opinion.', { opinion: earlier });
  if (command.window !== undefined && !rules.windows.some(({ number }) => number === command.window))
    return unknownWindow(command.window);
  const wrong = command.session === undefined ? null : wrongSession(state, command.session, command.channel);
  if (wrong) return wrong;
  const number = String(running + 1).padStart(3, '0');
  const opinion = `Y${state.day.replaceAll('-', '')}-${number}`;
  const dueDay = addWorkingDays(state.day, rules.opinions.dueWorkingDays, rules.calendar);
  return accept(happened('hall.opinion.filed', opinion, time, { ...said, opinion, dueDay }));
}

/** It must come from a rating that the hall still knows; and a rating brings one opinion by the visitor's own phone. */
function wrongSession(state: HallState, session: number, channel: File['channel']): Decision | null {
  if (!state.followUps.bad[session] && !state.followUps.reasons[session])
    return refuse('not-found', 'The hall has no such rating, or no longer.', { session });
  const twice = Object.values(state.opinions.known).find(
    (each) => each.session === session && each.channel === channel && channel === 'phone-page',
  );
  return twice
    ? refuse('wrong-state', 'An opinion has been filed for this rating.', { opinion: twice.opinion })
    : null;
}

function handle(opinion: Opinion, command: Handling, time: string, rules: HallRules): Decision {
  const { opinion: number, dueDay } = opinion;
  const { by } = command;
  const today = time.slice(0, 10);
  if (command.name === 'opinion.assign')
    return accept(
      happened('hall.opinion.assigned', number, time, { opinion: number, to: command.to, by, dueDay }),
    );
  if (command.name === 'opinion.answer') {
    const text = command.text.trim();
    if (text === '') return refuse('bad-request', 'text: what the answer is', { field: 'text' });
    return accept(happened('hall.opinion.answered', number, time, { opinion: number, text, by }));
  }
  const reason = givenReason(command.reason);
  if (reason === null) return refuse('reason-needed', 'Say why.');
  if (command.name === 'opinion.reopen') {
    const newDueDay = addWorkingDays(today, rules.opinions.dueWorkingDays, rules.calendar);
    const data = { opinion: number, reason, by, dueDay: newDueDay };
    return accept(happened('hall.opinion.reopened', number, time, data));
  }
  const { outcome } = command;
  if (NEEDS_ANSWER.includes(outcome) && opinion.state !== 'answered')
    return refuse('wrong-state', `"${outcome}" comes after an answer.`, { state: opinion.state });
  const keepUntil = addDays(today, rules.opinions.keepDays);
  return accept(
    happened('hall.opinion.closed', number, time, { opinion: number, outcome, reason, by, keepUntil }),
    happened('hall.trace.recorded', number, time, {
      action: 'opinion-closed',
      // Cut between characters, never through one.
      reason: `${number} ${outcome}: ${reason}`
        .slice(0, 200)
        .replace(/[\ud800-\udbff]$/, '')
        .trim(),
      staff: by,
      ...(opinion.window === undefined ? {} : { window: opinion.window }),
    }),
  );
}

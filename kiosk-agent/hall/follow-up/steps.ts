/** Handling a bad rating: which step may follow which, and what an appeal does to the clock. */
import type { EventData, EventDraft } from '../../contract/events.ts';
import {
  FOLLOW_UP_OUTCOMES,
  FOLLOW_UP_STEPS,
  type ClockStep,
  type FollowUpStep,
} from '../../contract/follow-up.ts';
import { addDays, addWorkingDays, workingDaysBetween } from '../calendar.ts';
import type { Decision } from '../commands.ts';
import { accept, givenReason, happened, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import type { FollowUpCommand } from './commands.ts';
import { dayOf, isDone, stepsLeft } from './standing.ts';
import type { FollowUp } from './state.ts';

type Step = Extract<FollowUpCommand, { name: 'follow-up.step' }>;
type Data = EventData<'hall.rating.followed-up'>;
/** What the staff do, in its order. */
const WORK = ['contacted', 'rectified', 'answered'] as const;
/** Steps that end with one of several outcomes. */
const OUTCOMES: Partial<Record<FollowUpStep, readonly NonNullable<Step['outcome']>[]>> = {
  'appeal-decided': ['upheld', 'refused'],
  closed: FOLLOW_UP_OUTCOMES,
};

/** Decides one step at `time` (RFC 3339, the hall's offset). */
export function decideStep(state: HallState, command: Step, time: string, rules: HallRules): Decision {
  const followUp = state.followUps.bad[command.session];
  if (!followUp) return refuse('not-found', 'No bad rating of this session is being handled.');
  const why = whyNot(followUp, command, time.slice(0, 10), rules);
  if (why !== null)
    return refuse('wrong-state', why, {
      state: followUp.state,
      steps: followUp.steps.map(({ step }) => step),
    });
  if (command.step === 'appeal-decided' && command.staff === followUp.staff)
    return refuse('not-allowed', 'An appeal is decided by somebody else than who was rated.');
  const missing = whatIsMissing(command);
  if (missing) return refuse('bad-request', missing.detail, { field: missing.field });
  const reason = givenReason(command.text);
  const traced = leavesTheOrder(followUp, command);
  if (traced && reason === null) return refuse('reason-needed', 'Say why; it stands in the trace.');
  const events = [step(followUp, command, time, rules)];
  if (traced && reason !== null) events.push(trace(followUp, command, reason, time));
  return accept(...events);
}

/** A step that can come now, with the outcomes that it may have (none: it has no outcome). */
export type PossibleStep = { step: Step['step']; outcomes: NonNullable<Step['outcome']>[] };

/** The steps that can come on local day `today`, in the order of the contract: what a supervisor is offered. */
export function possibleSteps(followUp: FollowUp, today: string, rules: HallRules): PossibleStep[] {
  const possible: PossibleStep[] = [];
  for (const step of FOLLOW_UP_STEPS) {
    if (step === 'opened') continue;
    const outcomes = OUTCOMES[step] ?? [];
    const may = (outcome?: Step['outcome']): boolean =>
      whyNot(followUp, { step, ...(outcome && { outcome }) }, today, rules) === null;
    const left = outcomes.filter((outcome) => may(outcome));
    if (outcomes.length > 0 ? left.length > 0 : may()) possible.push({ step, outcomes: left });
  }
  return possible;
}

/** The last local day on which the staff may appeal. */
export function appealUntil({ givenAt }: FollowUp, { followUp, calendar }: HallRules): string {
  return addWorkingDays(givenAt.slice(0, 10), followUp.appealWorkingDays, calendar);
}

/** Why this step cannot come now; null when it can. */
function whyNot(
  followUp: FollowUp,
  { step, outcome }: Pick<Step, 'step' | 'outcome'>,
  today: string,
  rules: HallRules,
): string | null {
  const { state, steps } = followUp;
  if (state === 'closed') return 'This rating has been handled.';
  if (isDone(steps, step)) return `"${step}" has been done.`;
  if (state === 'appealed') return step === 'appeal-decided' ? null : 'First the appeal is decided.';
  switch (step) {
    case 'contacted':
    case 'rectified':
    case 'answered': {
      const place = WORK.indexOf(step);
      if (WORK.slice(place + 1).some((later) => isDone(steps, later)))
        return `It is too late for "${step}": a later step has been done.`;
      const skipped = stepsLeft(followUp).find((left) => WORK.slice(0, place).some((each) => each === left));
      return skipped ? `First comes "${skipped}".` : null;
    }
    case 'appealed': {
      const last = appealUntil(followUp, rules);
      return today > last ? `An appeal was possible through ${last}.` : null;
    }
    case 'appeal-decided':
      return 'There is no appeal.';
    case 'rated-again':
      return isDone(steps, 'rectified') || isDone(steps, 'answered')
        ? null
        : 'A second rating comes after it was rectified or answered.';
    case 'closed': {
      const left = stepsLeft(followUp).filter((each) => each !== 'closed');
      return left.length > 0 && outcome !== 'unreachable' ? `Not done yet: ${left.join(', ')}.` : null;
    }
  }
}

/** A field that the step needs and does not have, or has and must not. */
function whatIsMissing({ step, outcome, level }: Step): { field: string; detail: string } | null {
  const allowed = OUTCOMES[step];
  if (allowed ? !outcome || !allowed.includes(outcome) : outcome !== undefined)
    return {
      field: 'outcome',
      detail: allowed ? `outcome: one of ${allowed.join(', ')}` : `outcome: "${step}" has none`,
    };
  if ((step === 'rated-again') !== (level !== undefined))
    return {
      field: 'level',
      detail: step === 'rated-again' ? 'level: the second rating' : `level: "${step}" has none`,
    };
  return null;
}

/** A rating taken off somebody's account, or closed with its clock's steps undone. */
function leavesTheOrder(followUp: FollowUp, { step, outcome }: Step): boolean {
  if (step === 'appeal-decided') return outcome === 'upheld';
  return step === 'closed' && stepsLeft(followUp).some((left) => left !== 'closed');
}

function step(followUp: FollowUp, command: Step, time: string, rules: HallRules): EventDraft {
  const { session, step, staff, text, outcome, level } = command;
  const today = time.slice(0, 10);
  const data: Data = { session, step, staff };
  if (text) data.text = text;
  if (outcome) data.outcome = outcome;
  if (level !== undefined) data.level = level;
  if (step === 'appeal-decided' && outcome === 'refused') data.due = movedDue(followUp, today, rules);
  if (step === 'closed' || outcome === 'upheld') data.keepUntil = addDays(today, rules.followUp.keepDays);
  return happened('hall.rating.followed-up', followUp.ticketId, time, data);
}

/** The clock stood still while the appeal was open: what is left is due so many working days later. */
function movedDue(followUp: FollowUp, today: string, { calendar }: HallRules): FollowUp['due'] {
  const stood = workingDaysBetween(dayOf(followUp, 'appealed') ?? today, today, calendar);
  const due: Partial<Record<ClockStep, string>> = { ...followUp.due };
  for (const left of stepsLeft(followUp)) {
    const day = followUp.due[left];
    // A clock that was set back makes no step due earlier.
    if (day !== undefined) due[left] = addWorkingDays(day, Math.max(0, stood), calendar);
  }
  return due;
}

function trace(
  { ticketId, number, window }: FollowUp,
  command: Step,
  reason: string,
  time: string,
): EventDraft {
  const data = { action: 'follow-up' as const, reason, staff: command.staff, window, ticketId, number };
  return happened('hall.trace.recorded', ticketId, time, data);
}

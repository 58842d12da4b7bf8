/** What follows a rating: the visitor's reason, the handling of a bad one, the call-back beside it. */
import type { EventData } from '../../contract/events.ts';
import type { Decision } from '../commands.ts';
import { accept, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import type { FollowUpCommand } from './commands.ts';
import { draw } from './sample.ts';
import { decideStep } from './steps.ts';

type Reason = Extract<FollowUpCommand, { name: 'rating.give-reason' }>;
type Sample = Extract<FollowUpCommand, { name: 'callback.sample' }>;
type Recorded = Extract<FollowUpCommand, { name: 'callback.record' }>;

/** Decides at `time` (RFC 3339, the hall's offset). */
export function decideFollowUp(
  state: HallState,
  command: FollowUpCommand,
  time: string,
  rules: HallRules,
): Decision {
  switch (command.name) {
    case 'rating.give-reason':
      return giveReason(state, command, time, rules);
    case 'follow-up.step':
      return decideStep(state, command, time, rules);
    case 'callback.sample':
      return sample(state, command, time);
    case 'callback.record':
      return record(state, command, time, rules);
  }
}

/** Whether a reason may still come by the link: open until its time, used once. */
export function reasonState(
  { until, used }: { until: string; used: boolean },
  time: string,
): 'open' | 'given' | 'expired' {
  if (used) return 'given';
  return Date.parse(time) > Date.parse(until) ? 'expired' : 'open';
}

function giveReason(state: HallState, command: Reason, time: string, rules: HallRules): Decision {
  const { session, by, options, text } = command;
  const bad = state.followUps.bad[session];
  const link = state.followUps.reasons[session];
  const rated = by === 'qr' ? link : bad;
  if (!rated) return refuse('not-found', 'No rating waits for a reason here.');
  if (by === 'qr' && link) {
    const standing = reasonState(link, time);
    if (standing !== 'open')
      return refuse('wrong-state', WHY_NO_REASON[standing], { state: standing, until: link.until });
  }
  if (bad?.reason || link?.used) return refuse('wrong-state', WHY_NO_REASON.given, { state: 'given' });
  const wrong = unknownOption(options, rules);
  if (wrong) return wrong;
  if (options.length === 0 && !text)
    return refuse('reason-needed', 'Choose an option, or write what was wrong.');
  const { ticketId, number, service, window, level } = rated;
  const data = { session, ticketId, number, service, window, level, options, by, givenAt: time };
  return accept(happened('hall.rating.reason-given', ticketId, time, { ...data, ...(text ? { text } : {}) }));
}

const WHY_NO_REASON = {
  given: 'The reason of this rating has been given.',
  expired: 'The time to give a reason is over.',
};

function unknownOption(options: string[], { followUp }: HallRules): Decision | null {
  const wrong = options.find((code, at) => !followUp.options.includes(code) || options.indexOf(code) !== at);
  return wrong === undefined
    ? null
    : refuse('bad-request', `options: ${wrong} is not one of the hall's options, or stands there twice.`, {
        field: 'options',
      });
}

function sample(state: HallState, command: Sample, time: string): Decision {
  const { day, seed, size, staff } = command;
  const visits = new Map(command.visits.map((visit) => [visit.session, visit]));
  const sessions = draw(seed, [...visits.keys()], size);
  // The same draw once more is the same sample: nothing is asked twice.
  const same = state.followUps.samples.find((each) => each.day === day && each.seed === seed);
  if (same && String(same.sessions) === String(sessions)) return NOTHING_NEW;
  const by = staff === undefined ? {} : { staff };
  const reason = `${day}: ${sessions.length} of ${visits.size}, seed ${seed}`;
  return accept(
    happened('hall.callback.sampled', day, time, {
      day,
      seed,
      population: visits.size,
      sessions,
      visits: sessions.flatMap((session) => visits.get(session) ?? []),
      ...by,
    }),
    happened('hall.trace.recorded', day, time, { action: 'callback-sample', reason, ...by }),
  );
}

function record(state: HallState, command: Recorded, time: string, rules: HallRules): Decision {
  const { name: _name, ...said } = command;
  const callBack = state.followUps.callBacks[command.session];
  if (!callBack) return refuse('not-found', 'This visit is in none of the latest samples.');
  // Nobody answered: it may be tried again. What a visitor has said is written once.
  if (callBack.result && callBack.result.outcome !== 'not-reached')
    return refuse('wrong-state', 'The result of this call-back has been written.', {
      state: callBack.result.outcome,
    });
  const wrong = unknownOption(command.options ?? [], rules);
  if (wrong) return wrong;
  if (command.outcome !== 'reached' && (command.level !== undefined || (command.options ?? []).length > 0))
    return refuse('bad-request', 'outcome: only who was reached can rate or give a reason.', {
      field: 'outcome',
    });
  return accept(
    happened('hall.callback.recorded', callBack.ticketId, time, said as EventData<'hall.callback.recorded'>),
  );
}

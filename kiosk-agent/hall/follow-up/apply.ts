/** What follows a rating. What its events change. */
import type { EventData } from '../../contract/events.ts';
import type { AppliedEvent } from '../apply.ts';
import { addDays } from '../calendar.ts';
import type { HallState } from '../state.ts';
import {
  BAD_KEPT,
  CALL_BACKS_KEPT,
  REASONS_KEPT,
  SAMPLES_KEPT,
  UPHELD_DAYS,
  type FollowUp,
  type FollowUpState,
} from './state.ts';

export function applyFollowUp({ followUps }: HallState, event: AppliedEvent): void {
  switch (event.type) {
    case 'hall.day.opened':
      return openDay(followUps, event.data.day, event.time);
    case 'hall.rating.given':
      return rated(followUps, event.data, event.time);
    case 'hall.rating.followed-up':
      return event.data.step === 'opened'
        ? opened(followUps, event.data)
        : stepDone(followUps, event.data, event.time);
    case 'hall.rating.reason-given': {
      const { session, options, text, by, givenAt } = event.data;
      const link = followUps.reasons[session];
      if (link) link.used = true;
      const bad = followUps.bad[session];
      if (bad) bad.reason = { options: [...options], ...(text ? { text } : {}), at: givenAt, by };
      return;
    }
    case 'hall.callback.sampled':
      return sampled(followUps, event.data, event.time);
    case 'hall.callback.recorded': {
      const { session, options, ...said } = event.data;
      const callBack = followUps.callBacks[session];
      if (callBack)
        callBack.result = { ...said, ...(options ? { options: [...options] } : {}), at: event.time };
      return;
    }
    default:
      return;
  }
}

/** What time has made useless goes. */
function openDay(followUps: FollowUpState, day: string, time: string): void {
  for (const { session, until } of Object.values(followUps.reasons))
    if (Date.parse(until) < Date.parse(time)) delete followUps.reasons[session];
  const latest = Object.values(followUps.reasons).sort((a, b) => (a.givenAt < b.givenAt ? 1 : -1));
  for (const { session } of latest.slice(REASONS_KEPT)) delete followUps.reasons[session];
  for (const { session, keepUntil } of Object.values(followUps.bad))
    if (keepUntil !== null && keepUntil < day) delete followUps.bad[session];
  const since = addDays(day, -UPHELD_DAYS);
  followUps.upheld = followUps.upheld.filter((each) => each.day >= since);
}

function rated(followUps: FollowUpState, data: EventData<'hall.rating.given'>, time: string): void {
  const { session, ticketId, number, service, window, staff, level, reasonUntil } = data;
  const visit = { session, ticketId, number, service, window, staff, level, givenAt: time };
  followUps.reasons[session] = { ...visit, until: reasonUntil ?? time, used: false };
  // It was drawn as not rated, and the press came late.
  const callBack = followUps.callBacks[session];
  if (callBack) callBack.level = level;
}

function opened(followUps: FollowUpState, data: EventData<'hall.rating.followed-up'>): void {
  const rating = followUps.reasons[data.session];
  if (!rating) return;
  const { until: _until, used: _used, ...visit } = rating;
  followUps.bad[data.session] = {
    ...visit,
    reason: null,
    steps: [{ step: 'opened', at: visit.givenAt }],
    due: { ...data.due },
    state: 'open',
    upheld: false,
    keepUntil: null,
  };
  if (Object.keys(followUps.bad).length > BAD_KEPT) makeRoom(followUps);
}

/** The oldest closed one goes; when all are open, the oldest, and the hall's list says that there are more. */
function makeRoom(followUps: FollowUpState): void {
  let first: FollowUp | undefined;
  for (const each of Object.values(followUps.bad)) if (!first || goesBefore(each, first)) first = each;
  if (!first) return;
  if (first.state !== 'closed') followUps.leftOpen++;
  delete followUps.bad[first.session];
}

function goesBefore(one: FollowUp, other: FollowUp): boolean {
  const closed = one.state === 'closed';
  return closed === (other.state === 'closed') ? one.givenAt < other.givenAt : closed;
}

function stepDone(followUps: FollowUpState, data: EventData<'hall.rating.followed-up'>, time: string): void {
  const { session, due, keepUntil, ...step } = data;
  const followUp = followUps.bad[session];
  if (!followUp) return;
  followUp.steps.push({ ...step, at: time });
  if (due) followUp.due = { ...due };
  if (step.step === 'appealed') followUp.state = 'appealed';
  if (step.step === 'appeal-decided') followUp.state = step.outcome === 'upheld' ? 'closed' : 'open';
  if (step.step === 'closed') followUp.state = 'closed';
  if (followUp.state === 'closed') followUp.keepUntil = keepUntil ?? time.slice(0, 10);
  if (step.outcome !== 'upheld') return;
  followUp.upheld = true;
  const { staff, level, givenAt } = followUp;
  followUps.upheld.push({ session, staff, day: givenAt.slice(0, 10), level });
}

function sampled(followUps: FollowUpState, data: EventData<'hall.callback.sampled'>, time: string): void {
  const { day, seed, population, sessions, visits } = data;
  followUps.samples.push({ day, seed, population, sessions: [...sessions], at: time });
  // Drawn twice: what its visitor has said stays.
  for (const visit of visits ?? []) followUps.callBacks[visit.session] ??= { ...visit, day, result: null };
  const kept = (): number => followUps.samples.reduce((sum, each) => sum + each.sessions.length, 0);
  while (followUps.samples.length > SAMPLES_KEPT || kept() > CALL_BACKS_KEPT) followUps.samples.shift();
  const still = new Set(followUps.samples.flatMap((each) => each.sessions));
  for (const { session } of Object.values(followUps.callBacks))
    if (!still.has(session)) delete followUps.callBacks[session];
}

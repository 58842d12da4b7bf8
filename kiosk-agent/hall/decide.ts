/**
 * The hall's one question: may this happen, and what has then happened? Pure: the state is not changed, and clock,
 * disk and randomness stay outside.
 */
import { apply } from './apply.ts';
import { decideAtWindow } from './calls.ts';
import type { Command, Decision } from './commands.ts';
import { dayChange, localTime } from './day.ts';
import { accept } from './decision.ts';
import { decideAnnouncement } from './announcements/decide.ts';
import { decideAppointment } from './appointments/decide.ts';
import { due } from './due.ts';
import { decideFollowUp } from './follow-up/decide.ts';
import { decideNotice } from './notices/decide.ts';
import { decideOpinion } from './opinions/decide.ts';
import { decideRating } from './ratings.ts';
import { decideSatellite } from './satellites/decide.ts';
import type { HallRules, HallState } from './state.ts';
import { decideSurge } from './surge/decide.ts';
import { decideTicket } from './tickets.ts';
import { decideWindow } from './windows.ts';

/**
 * Decides one command at `now`. The first command of a later local day begins that day: its events come first, and the
 * command is judged by the hall as they leave it. A refusal has no events, not even these.
 */
export function decide(state: HallState, command: Command, now: Date, rules: HallRules): Decision {
  const time = localTime(now, rules.timeZone);
  const newDay = dayChange(state, time.slice(0, 10), time);
  if (newDay.length === 0) return answer(state, command, time, rules);

  const thisDay = structuredClone(state);
  for (const event of newDay) apply(thisDay, { ...event, seq: thisDay.seq + 1 });
  const decision = answer(thisDay, command, time, rules);
  return decision.ok ? { ok: true, events: [...newDay, ...decision.events] } : decision;
}

function answer(state: HallState, command: Command, time: string, rules: HallRules): Decision {
  switch (command.name) {
    case 'ticket.reserve':
    case 'ticket.printed':
    case 'ticket.print-failed':
    case 'ticket.unconfirmed':
    case 'ticket.confirm-paper':
    case 'ticket.reprint':
    case 'ticket.take-on-screen':
    case 'ticket.cancel':
    case 'ticket.resume':
    case 'ticket.priority':
      return decideTicket(state, command, time, rules);
    case 'window.open':
    case 'window.pause':
    case 'window.resume':
    case 'window.close':
      return decideWindow(state, command, time, rules);
    case 'window.call-next':
    case 'window.call':
    case 'window.recall':
    case 'window.take-back':
    case 'window.start':
    case 'window.finish':
    case 'window.missed':
    case 'window.transfer':
    case 'window.park':
    case 'window.match':
      return decideAtWindow(state, command, time, rules);
    case 'rating.press':
    case 'rating.touch':
    case 'rating.from-phone':
    case 'rating.lapse':
      return decideRating(state, command, time, rules);
    case 'call.announced':
      return decideAnnouncement(state, command, time, rules);
    case 'appointment.book':
    case 'appointment.take':
    case 'appointment.check-in':
    case 'appointment.cancel':
      return decideAppointment(state, command, time, rules);
    case 'rating.give-reason':
    case 'follow-up.step':
    case 'callback.sample':
    case 'callback.record':
      return decideFollowUp(state, command, time, rules);
    case 'opinion.file':
    case 'opinion.assign':
    case 'opinion.answer':
    case 'opinion.close':
    case 'opinion.reopen':
      return decideOpinion(state, command, time, rules);
    case 'notice.post':
    case 'notice.withdraw':
      return decideNotice(state, command, time);
    case 'surge.start':
    case 'surge.change':
    case 'surge.end':
      return decideSurge(state, command, time, rules);
    case 'satellite.join':
    case 'satellite.leave':
    case 'satellite.take':
    case 'block.lease':
      return decideSatellite(state, command, time, rules);
    case 'day.check':
      return accept(...due(state, time, rules));
  }
}

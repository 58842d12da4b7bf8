/** The ledger of opinions. What its events change. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';
import { OPINIONS_KEPT, type Filed, type Opinion, type OpinionState } from './state.ts';

export function applyOpinion({ opinions }: HallState, event: AppliedEvent): void {
  const { time } = event;
  switch (event.type) {
    case 'hall.day.opened':
      opinions.keys = {};
      opinions.running = 0;
      for (const { opinion, keepUntil } of Object.values(opinions.known))
        if (keepUntil !== null && keepUntil < event.data.day) delete opinions.known[opinion];
      return;
    case 'hall.opinion.filed':
      return filed(opinions, event.data, time);
    case 'hall.opinion.assigned':
      return onOpinion(opinions, event.data.opinion, (opinion) => {
        opinion.state = 'assigned';
        opinion.assignedTo = event.data.to;
      });
    case 'hall.opinion.answered':
      return onOpinion(opinions, event.data.opinion, (opinion) => {
        opinion.state = 'answered';
        opinion.answer = { text: event.data.text, by: event.data.by, at: time };
      });
    case 'hall.opinion.closed': {
      const { outcome, reason, by, keepUntil } = event.data;
      return onOpinion(opinions, event.data.opinion, (opinion) => {
        opinion.state = 'closed';
        opinion.closed = { outcome, reason, by, at: time };
        opinion.keepUntil = keepUntil ?? time.slice(0, 10);
      });
    }
    case 'hall.opinion.reopened': {
      const { reason, by, dueDay } = event.data;
      return onOpinion(opinions, event.data.opinion, (opinion) => {
        opinion.state = opinion.assignedTo === null ? 'filed' : 'assigned';
        opinion.closed = null;
        opinion.keepUntil = null;
        opinion.dueDay = dueDay;
        opinion.reopened = { times: (opinion.reopened?.times ?? 0) + 1, reason, by, at: time };
      });
    }
    default:
      return;
  }
}

function filed(opinions: OpinionState, data: Filed, time: string): void {
  const { opinion, kind, channel, text, window, session, codeHash, dueDay } = data;
  opinions.keys[data.idempotencyKey] = opinion;
  opinions.running++;
  opinions.known[opinion] = {
    opinion,
    kind,
    channel,
    text,
    ...(window === undefined ? {} : { window }),
    ...(session === undefined ? {} : { session }),
    codeHash,
    filedAt: time,
    dueDay,
    state: 'filed',
    assignedTo: null,
    answer: null,
    closed: null,
    reopened: null,
    keepUntil: null,
  };
  if (Object.keys(opinions.known).length > OPINIONS_KEPT) makeRoom(opinions);
}

/** The oldest struck-off one goes; when all are open, the oldest, and the list says that there are more. */
function makeRoom(opinions: OpinionState): void {
  let first: Opinion | undefined;
  for (const each of Object.values(opinions.known)) if (!first || goesBefore(each, first)) first = each;
  if (!first) return;
  if (first.state !== 'closed') opinions.leftOpen++;
  delete opinions.known[first.opinion];
}

function goesBefore(one: Opinion, other: Opinion): boolean {
  const closed = one.state === 'closed';
  return closed === (other.state === 'closed') ? one.filedAt < other.filedAt : closed;
}

function onOpinion(opinions: OpinionState, number: string, change: (opinion: Opinion) => void): void {
  const opinion = Object.hasOwn(opinions.known, number) ? opinions.known[number] : undefined;
  if (opinion) change(opinion);
}

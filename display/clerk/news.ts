/** What has become of the window, told from two views of it: by a pad, another page, or a supervisor. Pure. */
import type { StaffView, WindowView } from '../../kiosk-agent/contract/live.ts';

/** Key of the sentence, `clerk.news.…`. */
export type NewsKind =
  | 'opened'
  | 'closed'
  | 'paused'
  | 'resumed'
  | 'called'
  | 'recalled'
  | 'started'
  | 'finished'
  | 'missed'
  | 'parked'
  | 'transferred'
  | 'takenBack';
export type News = { kind: NewsKind; number: string };

/** Two views with the same answer are the same to the clerk; only then is a change one's own doing. */
export function signature({ state, ticket, staff }: WindowView): string {
  return `${state} ${staff} ${ticket?.ticketId} ${ticket?.state} ${ticket?.call}`;
}

/** What happened between `before` and `after`, the last of it where it was more; null when nothing did. */
export function newsOf(before: WindowView, after: WindowView, tickets: StaffView['tickets']): News | null {
  const [old, now] = [before.ticket, after.ticket];
  if (now && old?.ticketId !== now.ticketId && after.state === 'called')
    return { kind: 'called', number: now.number };
  if (now && after.state === 'serving' && before.state !== 'serving')
    return { kind: 'started', number: now.number };
  if (now && old?.ticketId === now.ticketId && now.call > old.call)
    return { kind: 'recalled', number: now.number };
  if (old && !now) return { kind: whereItWent(before, after, tickets), number: old.number };
  if (before.state === after.state) return null;
  if (after.state === 'closed') return { kind: 'closed', number: '' };
  if (before.state === 'closed') return { kind: 'opened', number: '' };
  if (after.state === 'paused') return { kind: 'paused', number: '' };
  return before.state === 'paused' ? { kind: 'resumed', number: '' } : null;
}

function whereItWent(before: WindowView, after: WindowView, tickets: StaffView['tickets']): NewsKind {
  // Only the end of a service begins an evaluation.
  if (after.evaluation && after.evaluation.session !== before.evaluation?.session) return 'finished';
  const ticket = tickets[before.ticket?.ticketId ?? ''];
  if (ticket?.state === 'parked') return 'parked';
  if (ticket?.state === 'missed') return 'missed';
  if (before.state === 'serving') return ticket ? 'transferred' : 'finished';
  // A missed ticket may be void, or stand in line again behind others; one that was taken back is next.
  return ticket && ticket.ahead === 0 ? 'takenBack' : 'missed';
}

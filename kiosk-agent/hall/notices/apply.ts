/** Notices. What their events change. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function applyNotice(state: HallState, event: AppliedEvent): void {
  const { notices } = state;
  if (event.type === 'hall.notice.posted') {
    // What is over goes when the next one comes: the list stays short.
    const now = Date.parse(event.time);
    notices.posted = notices.posted.filter(({ until }) => Date.parse(until) > now);
    notices.posted.push(structuredClone(event.data));
  } else if (event.type === 'hall.notice.withdrawn')
    notices.posted = notices.posted.filter(({ notice }) => notice !== event.data.notice);
}

/** Announcements. What their event changes, and what a day leaves behind. */
import type { AppliedEvent } from '../apply.ts';
import type { HallState } from '../state.ts';

export function applyAnnouncement(state: HallState, event: AppliedEvent): void {
  if (event.type === 'hall.day.opened') {
    state.announcements.heard = {};
    return;
  }
  if (event.type !== 'hall.call.announced') return;
  const { ticketId, call, screen, how } = event.data;
  const calls = (state.announcements.heard[ticketId] ??= {});
  (calls[call] ??= {})[screen] ??= how;
  state.announcements.lastAt = event.time;
}

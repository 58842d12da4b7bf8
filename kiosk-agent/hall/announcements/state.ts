/** What boards have told of today's calls, as far as something is still decided by it. */
import type { AnnouncedHow } from '../../contract/announcements.ts';

/** ticketId → its latest announced call → board → how: a report that comes again changes nothing. */
export type AnnouncementState = {
  heard: Record<string, Record<number, Record<string, AnnouncedHow>>>;
  /** when a board last told of a call; null: none ever has, and nobody can say that a call was not heard */
  lastAt: string | null;
};

export function noAnnouncements(): AnnouncementState {
  return { heard: {}, lastAt: null };
}

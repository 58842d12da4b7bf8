/** Proof of play: what a board says of a call that it announced. */
import { z } from 'zod';
import { id, ticketRef, timestamp, windowNumber } from './words.ts';

/**
 * speech: the browser's own voice; clips: the recorded words; chime-only: no voice, but the chime was heard; silent: the board
 * showed the call and no sound came out.
 */
export const ANNOUNCED_HOW = ['speech', 'clips', 'chime-only', 'silent'] as const;
export type AnnouncedHow = (typeof ANNOUNCED_HOW)[number];

/**
 * Why a call was not said aloud. blocked: the browser lets no sound out before somebody has touched the screen; no-voice: it has no
 * voice and the clips did not load; no-chime: the chime did not load; over: the visitor was at the window before its turn came;
 * late: the board heard of the call too long after it; closed: the page was closed while it spoke.
 */
export const ANNOUNCED_WHY = ['blocked', 'no-voice', 'no-chime', 'over', 'late', 'closed'] as const;
export type AnnouncedWhy = (typeof ANNOUNCED_WHY)[number];

const outcome = {
  window: windowNumber,
  /** the call's own count, as in `hall.ticket.called` and `recalled` */
  call: z.int().min(1),
  how: z.enum(ANNOUNCED_HOW),
  startedAt: timestamp,
  endedAt: timestamp,
  why: z.enum(ANNOUNCED_WHY).optional(),
};
/** A board's name for itself: given in its address, else drawn once and kept by its browser. */
export const screenName = z.string().regex(/^[0-9A-Za-z-]{1,36}$/, '1 to 36 letters, digits and hyphens');

/** Body of `POST /calls/played`. */
export const playedReport = z.strictObject({ ticketId: id, screen: screenName, ...outcome });
export type PlayedReport = z.infer<typeof playedReport>;

export const announcementEvents = {
  /** one for each call and board; the times are the hub's clock as the board keeps it */
  'hall.call.announced': z.object({ ...ticketRef, screen: screenName, ...outcome }),
} as const;

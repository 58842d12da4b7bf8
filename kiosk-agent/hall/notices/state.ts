/** Notices that a central office has put up. */
import type { PostedNotice } from '../../contract/office.ts';

export type NoticeState = {
  /** those whose time is not over, oldest first; at most {@link NOTICES_MAX} */
  posted: PostedNotice[];
};

/** More than these nobody reads at the foot of a board. */
export const NOTICES_MAX = 30;

export function noNotices(): NoticeState {
  return { posted: [] };
}

/** Those that are shown at `at` (ms since 1970). */
export function noticesNow({ posted }: NoticeState, at: number): PostedNotice[] {
  return posted.filter(({ from, until }) => Date.parse(from) <= at && at < Date.parse(until));
}

/** Notices of a central office: put up once, taken down once. */
import type { Decision } from '../commands.ts';
import { accept, happened, NOTHING_NEW, refuse } from '../decision.ts';
import type { HallState } from '../state.ts';
import type { NoticeCommand } from './commands.ts';
import { NOTICES_MAX } from './state.ts';

/** Decides at `time` (RFC 3339). The same notice again, or one that hangs no more taken down, changes nothing. */
export function decideNotice(state: HallState, command: NoticeCommand, time: string): Decision {
  const { posted } = state.notices;
  if (command.name === 'notice.withdraw') {
    const { notice } = command;
    if (!posted.some((each) => each.notice === notice)) return NOTHING_NEW;
    return accept(happened('hall.notice.withdrawn', notice, time, { notice }));
  }
  const { notice } = command;
  const now = Date.parse(time);
  if (posted.some((each) => each.notice === notice.notice)) return NOTHING_NEW;
  if (Date.parse(notice.until) <= now)
    return refuse('too-late', `The notice was to be shown until ${notice.until}.`);
  if (posted.filter((each) => Date.parse(each.until) > now).length >= NOTICES_MAX)
    return refuse('too-many-notices', `${NOTICES_MAX} notices are up; take one down first.`);
  return accept(happened('hall.notice.posted', notice.notice, time, notice));
}

/** What a central office can ask about notices. */
import type { PostedNotice } from '../../contract/office.ts';

export type NoticeCommand =
  { name: 'notice.post'; notice: PostedNotice } | { name: 'notice.withdraw'; notice: string };

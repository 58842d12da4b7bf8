/** Link command `notice`: what a central office puts up on the screens of the hall, or takes down. */
import type { LinkCommand } from '../contract/link.ts';
import { noticeCommand } from '../contract/office.ts';
import type { Executor } from '../executor.ts';

/** Answers when it is on this disk; the rules' code when they refuse. A notice that comes again is the same notice. */
export function takeNotices(
  executor: Executor,
): (command: LinkCommand) => Promise<{ ok: true } | { refused: string; why: string }> {
  return async ({ data }) => {
    const read = noticeCommand.safeParse(data);
    if (!read.success) {
      const issue = read.error.issues[0];
      return { refused: 'bad-command', why: `data.${issue?.path.join('.')}: ${issue?.message}` };
    }
    const { step: _step, ...wish } = read.data;
    const outcome = await executor.execute(
      'text' in wish
        ? { name: 'notice.post', notice: wish }
        : { name: 'notice.withdraw', notice: wish.notice },
    );
    return outcome.ok ? { ok: true } : { refused: outcome.refusal.code, why: outcome.refusal.detail };
  };
}

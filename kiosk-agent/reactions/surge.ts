/** Link command `surge`: the central server starts, changes or ends one; the hall's own rules decide whether that can be. */
import type { LinkCommand } from '../contract/link.ts';
import { surgeWish } from '../contract/surge.ts';
import type { Executor } from '../executor.ts';
import type { SurgeCommand } from '../hall/surge/commands.ts';

/** Answers when it is on this disk; the rules' code when they refuse. A start that comes again is the same surge. */
export function takeSurge(
  executor: Executor,
): (command: LinkCommand) => Promise<{ ok: true } | { refused: string; why: string }> {
  return async ({ id, data }) => {
    const read = surgeWish.safeParse(data);
    if (!read.success) {
      const issue = read.error.issues[0];
      return { refused: 'bad-command', why: `data.${issue?.path.join('.')}: ${issue?.message}` };
    }
    const wish = read.data;
    const by = 'central' as const;
    const command: SurgeCommand =
      wish.step === 'start'
        ? { name: 'surge.start', by, surge: id, reason: wish.reason, measures: wish.measures }
        : wish.step === 'change'
          ? { name: 'surge.change', by, reason: wish.reason, measures: wish.measures }
          : { name: 'surge.end', by, reason: wish.reason };
    const outcome = await executor.execute(command);
    return outcome.ok ? { ok: true } : { refused: outcome.refusal.code, why: outcome.refusal.detail };
  };
}

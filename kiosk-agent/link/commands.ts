/** Commands from the far end: checked, in time, known, and done once. */
import { linkCommand, type LinkCommand } from '../contract/link.ts';
import type { Clock } from '../executor.ts';
import type { LinkCommandAnswer } from './binding.ts';

/** Does the command; `refused` is a stable code. Throwing is answered as refused `failed`. */
export type CommandHandler = (
  command: LinkCommand,
) => Promise<{ ok: true; data?: Record<string, unknown> } | { refused: string; why?: string }>;

/** Answers that are remembered, for a command that comes again because its answer was lost. */
const REMEMBERED = 200;

/** Answers each command id once; the same id again gets the same answer and has no second effect. */
export class CommandDesk {
  readonly #handlers: Map<string, CommandHandler>;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Promise<LinkCommandAnswer>>();

  constructor(handlers: Record<string, CommandHandler>, clock: Clock) {
    this.#handlers = new Map(Object.entries(handlers));
    this.#clock = clock;
  }

  /** Takes a command as it came over the wire. Never rejects. */
  take(raw: unknown): Promise<LinkCommandAnswer> {
    const read = linkCommand.safeParse(raw);
    if (!read.success) {
      const issue = read.error.issues[0];
      return Promise.resolve({
        id: '',
        refused: 'bad-command',
        why: `${issue?.path.join('.')}: ${issue?.message}`,
      });
    }
    const known = this.#answers.get(read.data.id);
    if (known) return known;
    const answer = this.#answer(read.data);
    this.#answers.set(read.data.id, answer);
    if (this.#answers.size > REMEMBERED) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  async #answer(command: LinkCommand): Promise<LinkCommandAnswer> {
    const { id, name, deadline, sentAt } = command;
    const now = sentAt === undefined ? this.#clock().getTime() : Date.parse(sentAt);
    if (Date.parse(deadline) <= now)
      return { id, refused: 'past-deadline', why: `its deadline was ${deadline}` };
    const handler = this.#handlers.get(name);
    if (!handler) return { id, refused: 'unknown-command', why: `this agent has no command ${name}` };
    try {
      return { id, ...(await handler(command)) };
    } catch (error) {
      return { id, refused: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  }
}

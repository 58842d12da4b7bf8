/** Questions to an agent that is connected to another server: told with everything else, answered the same way. */
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import type { Intake } from '../link/intake.ts';

export type Answer = Awaited<ReturnType<Intake['command']>>;
export type Ask = { agentId: string; command: LinkCommand; withinMs: number };

export class Asks {
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  /** Resolves with what `answered` is told of this command, or with `no-answer` after its time; never rejects. */
  async expect({ agentId, command: { id }, withinMs }: Ask): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const why = `${agentId} has not answered in ${Math.ceil(withinMs / 1000)} s; whether it was done is not known`;
    const timer = setTimeout(resolve, withinMs, { id, refused: 'no-answer', why });
    this.#waiting.set(id, resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  answered(answers: Answer[]): void {
    for (const answer of answers) this.#waiting.get(answer.id)?.(answer);
  }

  close(): void {
    for (const [id, answer] of this.#waiting)
      answer({ id, refused: 'no-answer', why: 'this server is stopping' });
  }
}

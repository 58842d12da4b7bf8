/** Commands to an evaluator: one at a time, in order, repeated until answered or given up. */
import type { HostMessage } from '../codec/elp.ts';
import type { Clock } from '../clock.ts';
import type { CommandResult } from './interfaces.ts';

/** "repeated up to 3 times when unanswered for 400 ms" (ELP/1): sent four times in all. */
const ANSWER_MS = 400;
const REPEATS = 3;
const MAX_QUEUED = 16;

type Numbered = Exclude<HostMessage, { type: 'ACK' }>;
/** A command before it has its number. */
export type EvaluatorCommand = Numbered extends infer M ? (M extends Numbered ? Omit<M, 'n'> : never) : never;

type Waiting = { command: EvaluatorCommand; settle: (result: CommandResult) => void };

export type EvaluatorCommandsParts = {
  clock: Clock;
  send: (message: Numbered) => void;
  /** a command is sent once more */
  onRepeat: () => void;
  /** a command was given up, and everything behind it with it */
  onSilent: (command: EvaluatorCommand['type']) => void;
  /** [0…65535] */
  firstNumber: number;
};

export class EvaluatorCommands {
  readonly #parts: EvaluatorCommandsParts;
  readonly #queue: Waiting[] = [];
  #current: (Waiting & { message: Numbered; cancel: () => void }) | null = null;
  #next: number;

  constructor(parts: EvaluatorCommandsParts) {
    this.#parts = parts;
    // A device takes a number that it has just seen for a repeat, also when the agent was restarted in between.
    this.#next = parts.firstNumber;
  }

  get busy(): boolean {
    return this.#current !== null;
  }

  /** Queues a command; settles with the device's answer, `silent`, or whatever `drop` says. */
  ask(command: EvaluatorCommand): Promise<CommandResult> {
    if (command.type === 'OPEN') this.#forgetOlderOpens();
    if (this.#queue.length >= MAX_QUEUED) return Promise.resolve({ ok: false, why: 'busy' });
    return new Promise((settle) => {
      this.#queue.push({ command, settle });
      this.#sendNext();
    });
  }

  /** OK or NO with number n; an answer to anything else than the command in flight is late and means nothing. */
  answer(n: number, result: CommandResult): void {
    if (this.#current?.message.n === n && this.#current.message.type !== 'WHO') this.#finish(result);
  }

  /** HI: the answer to WHO, without its number. */
  hello(): void {
    if (this.#current?.message.type === 'WHO') this.#finish({ ok: true });
  }

  /** Settles everything that waits. */
  drop(why: 'away' | 'silent'): void {
    const dropped = this.#queue.splice(0);
    const current = this.#current;
    this.#current = null;
    current?.cancel();
    current?.settle({ ok: false, why });
    for (const waiting of dropped) waiting.settle({ ok: false, why });
  }

  /** An evaluation that has not been opened yet is pointless when a newer one waits: the newer replaces it anyway. */
  #forgetOlderOpens(): void {
    for (let at = this.#queue.length - 1; at >= 0; at--) {
      const waiting = this.#queue[at];
      if (waiting?.command.type !== 'OPEN') continue;
      this.#queue.splice(at, 1);
      waiting.settle({ ok: false, why: 'session' });
    }
  }

  #sendNext(): void {
    if (this.#current) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    const message = { ...waiting.command, n: this.#next } as Numbered;
    this.#next = (this.#next + 1) % 65_536;
    this.#current = { ...waiting, message, cancel: () => {} };
    this.#send(REPEATS);
  }

  #send(repeatsLeft: number): void {
    const current = this.#current;
    if (!current) return;
    current.cancel = this.#parts.clock.after(ANSWER_MS, () => {
      if (repeatsLeft > 0) {
        this.#parts.onRepeat();
        this.#send(repeatsLeft - 1);
        return;
      }
      // Nobody answers: what waits behind would only wait longer.
      this.drop('silent');
      this.#parts.onSilent(current.message.type);
    });
    this.#parts.send(current.message);
  }

  #finish(result: CommandResult): void {
    const current = this.#current;
    this.#current = null;
    current?.cancel();
    current?.settle(result);
    this.#sendNext();
  }
}

/** One agent's stream over HTTP as this server knows it: its long poll, the commands that wait for it, and whether it is there. */
import type { ServerResponse } from 'node:http';
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import { HallError } from '../../kiosk-agent/contract/problem.ts';
import type { Joined, Line } from './intake.ts';

/** Without a request for so long the agent is away, ms: a cable that was pulled is noticed after one long poll and this. */
const SILENT_MS = 20_000;
/** After a long poll that was broken off: time to begin another, ms. */
const BROKEN_OFF_MS = 3_000;

type Poll = { end: (command: LinkCommand | null) => void; fail: (error: HallError) => void };
type Asked = { answer: (said: unknown) => void; gone: (error: Error) => void };

export class HttpStream {
  readonly joined: Joined;
  readonly #forget: () => void;
  /** sent by nobody yet */
  readonly #commands: LinkCommand[] = [];
  readonly #asked = new Map<string, Asked>();
  #poll: Poll | null = null;
  #away: NodeJS.Timeout | undefined;
  #over = false;

  /** `forget` is called once, when the connection is over. */
  constructor(join: (line: Line) => Joined, forget: () => void) {
    this.#forget = forget;
    this.joined = join({
      command: (command, timeoutMs) => this.#command(command, timeoutMs),
      close: () => this.over('superseded'),
    });
    this.heard();
  }

  /** A request has come. While a long poll is open, that is enough. */
  heard(quietMs = SILENT_MS): void {
    clearTimeout(this.#away);
    if (this.#over || this.#poll) return;
    this.#away = setTimeout(() => this.over('stopping'), quietMs).unref();
  }

  /** The next command, or null after `waitMs` or when a newer poll has come. Rejects with HallError when the connection is over. */
  async next(waitMs: number, response: ServerResponse): Promise<LinkCommand | null> {
    if (this.#over) throw new HallError('stopping', 'this connection is over; begin another');
    this.#poll?.end(null);
    const waiting = this.#commands.shift();
    if (waiting) return waiting;
    const { promise, resolve, reject } = Promise.withResolvers<LinkCommand | null>();
    const poll: Poll = {
      end: (command) => {
        if (this.#poll === poll) this.#poll = null;
        resolve(command);
      },
      fail: reject,
    };
    const timer = setTimeout(() => poll.end(null), waitMs);
    let quietMs = SILENT_MS;
    const brokenOff = () => {
      quietMs = BROKEN_OFF_MS;
      poll.end(null);
    };
    response.once('close', brokenOff);
    this.#poll = poll;
    this.heard();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      response.off('close', brokenOff);
      this.heard(quietMs);
    }
  }

  /** Whether somebody here waited for it. */
  answered(id: string, said: unknown): boolean {
    const asked = this.#asked.get(id);
    asked?.answer(said);
    return asked !== undefined;
  }

  /** The connection is over. May be called twice. */
  over(code: 'superseded' | 'stopping'): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#away);
    this.#forget();
    this.joined.leave();
    const why =
      code === 'superseded'
        ? 'a newer connection of this agent has taken its place'
        : 'the connection is over';
    this.#poll?.fail(new HallError(code, why));
    for (const { gone } of this.#asked.values()) gone(new Error(why));
  }

  async #command(command: LinkCommand, timeoutMs: number): Promise<unknown> {
    if (this.#over) throw new Error('the connection is over');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error('no answer')), timeoutMs);
    const asked: Asked = { answer: resolve, gone: reject };
    this.#asked.set(command.id, asked);
    if (this.#poll) this.#poll.end(command);
    else this.#commands.push(command);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      if (this.#asked.get(command.id) === asked) this.#asked.delete(command.id);
      const waiting = this.#commands.indexOf(command);
      if (waiting >= 0) this.#commands.splice(waiting, 1);
    }
  }
}

/**
 * Looks at the halls every quarter of a minute and tells whom the rules name. One server of several does it at a time; any of
 * them sends what is on its way.
 */
import { randomUUID } from 'node:crypto';
import type { HallBoard } from '../board.ts';
import { withLease } from '../lease.ts';
import { sendDue, type Parts } from './deliveries.ts';
import { evaluate } from './evaluate.ts';
import { readFacts, type FactSource } from './facts.ts';
import { messageData } from './message.ts';
import { forget, inOneRound } from './store.ts';

const EVERY_MS = 15_000;
const SEND_EVERY_MS = 5_000;
/** A server that died is followed by another after that. */
const LEASE_MS = 60_000;
const FORGET_EVERY_MS = 6 * 3_600_000;

export class AlertWatch {
  readonly #parts: Parts & { board: HallBoard; sources: FactSource[] };
  readonly #holder = randomUUID();
  readonly #ending = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #forgotAt = -Infinity;

  constructor(parts: Parts & { board: HallBoard; sources: FactSource[] }) {
    this.#parts = parts;
  }

  /** Begins, where there is a channel; without one nobody is to be told anything. */
  start(): void {
    if (Object.keys(this.#parts.settings.channels).length === 0) return;
    this.#loops.push(
      this.#every(EVERY_MS, () => this.round()),
      this.#every(SEND_EVERY_MS, () => sendDue(this.#parts, this.#ending.signal)),
    );
  }

  /** Waits for the message that is being sent. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#loops);
  }

  /** Looks once, unless another server does. Rejects with the database's error; then nothing of it has happened. */
  async round(): Promise<void> {
    const { database, board, settings, names, clock, sources } = this.#parts;
    await withLease(database, 'alerts', this.#holder, LEASE_MS, clock, async () => {
      const now = clock();
      const facts = await readFacts(database, board, now, sources);
      await inOneRound(database, now, (alerts) => {
        const { rules, timeZone } = settings;
        const given = { rules, facts, alerts, now: now.getTime(), timeZone, newId: () => randomUUID() };
        const { messages, ...changes } = evaluate(given);
        return {
          ...changes,
          messages: messages.map((message) => ({
            data: messageData(message, names, now, timeZone),
            channels: message.channels,
          })),
        };
      });
      if (now.getTime() - this.#forgotAt < FORGET_EVERY_MS) return;
      await forget(database, now);
      this.#forgotAt = now.getTime();
    });
  }

  async #every(ms: number, work: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await work().catch((error: unknown) =>
        this.#parts.log.error({ err: error }, 'alerts could not be looked at or sent; tried again'),
      );
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        if (signal.aborted) done();
        else signal.addEventListener('abort', done);
      });
    }
  }
}

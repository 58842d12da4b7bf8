/**
 * Commands for agents that may be away: kept in the database, delivered when the agent is there, in order, each until it is
 * answered or past its deadline.
 *
 * An answer that was lost is asked for again under the same id, and the agent gives it again. An agent that could not do
 * it just now (`failed`: its disk refuses) is asked again under a new one. Any number of servers may share the database:
 * each delivers to the agents that are connected to it.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { LinkCommand } from '../kiosk-agent/contract/link.ts';
import type { Database } from './database.ts';

/** An answer that takes longer than this is taken for lost, ms. */
const ANSWER_MS = 10_000;
/** Pause before the same command is tried again, ms: doubled each time up to the longest. */
const AGAIN_MS = { first: 200, longest: 60_000 };
/** What another server has put here, and what is past its deadline, is noticed at this interval, ms. */
const LOOK_MS = 15_000;
/** What has been answered is kept so long after its deadline, ms. */
const KEPT_MS = 400 * 24 * 3_600_000;

export type OutboxState = 'queued' | 'delivered' | 'refused' | 'expired';
export type OutboxRow = {
  id: string;
  agentId: string;
  key: string;
  name: string;
  subject: string;
  data: Record<string, unknown>;
  deadline: Date;
  queuedAt: Date;
  state: OutboxState;
  failures: number;
  refused: string | null;
  why: string | null;
  answeredAt: Date | null;
};
export type Wish = Pick<OutboxRow, 'agentId' | 'key' | 'name' | 'subject' | 'data' | 'deadline'>;

type Answer = { ok?: true | undefined; refused?: string | undefined; why?: string | undefined };
/** The way to an agent: `away` and `no-answer` are refusals like any other (Intake.command). */
export type Line = {
  command(agentId: string, command: LinkCommand, withinMs: number): Promise<Answer>;
  connected(agentId: string): boolean;
};

const COLUMNS = `id, agent_id AS "agentId", key, name, subject, data, deadline, queued_at AS "queuedAt", state, failures,
  refused, why, answered_at AS "answeredAt"`;

export class Outbox {
  readonly #database: Database;
  readonly #line: Line;
  readonly #clock: () => Date;
  readonly #log: Logger;
  /** agent → its delivery under way */
  readonly #working = new Map<string, Promise<void>>();
  /** agents for which there may be something new since their delivery began */
  readonly #again = new Set<string>();
  /** agents whose next try waits: what ends the waiting */
  readonly #pauses = new Map<string, () => void>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(database: Database, line: Line, clock: () => Date, log: Logger) {
    this.#database = database;
    this.#line = line;
    this.#clock = clock;
    this.#log = log;
    this.#timer = setInterval(() => this.#run('', () => this.#look()), LOOK_MS).unref();
    this.#run('', () => this.#look());
  }

  /**
   * Keeps a command and begins to deliver it. The same key for this agent again is the command that is here already.
   * Resolves when it is on disk, with the command as it stands.
   */
  async put({ agentId, key, name, subject, data, deadline }: Wish): Promise<OutboxRow> {
    await this.#database.query(
      `INSERT INTO outbox (id, agent_id, key, name, subject, data, deadline, queued_at)
       VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8) ON CONFLICT (agent_id, key) DO NOTHING`,
      [randomUUID(), agentId, key, name, subject, JSON.stringify(data), deadline, this.#clock()],
    );
    this.wake(agentId);
    return (await this.byKey(agentId, key))!;
  }

  /** Keeps many at once, as {@link put} does one. Resolves when they are on disk. */
  async putAll(wishes: Wish[]): Promise<void> {
    const now = this.#clock();
    for (let from = 0; from < wishes.length; from += 500) {
      const some = wishes.slice(from, from + 500);
      await this.#database.query(
        `INSERT INTO outbox (id, agent_id, key, name, subject, data, deadline, queued_at)
         SELECT id, agent_id, key, name, subject, data, deadline, $2
         FROM jsonb_to_recordset($1::jsonb) AS batch(
           id text, agent_id text, key text, name text, subject text, data jsonb, deadline timestamptz)
         ON CONFLICT (agent_id, key) DO NOTHING`,
        [JSON.stringify(some.map((wish) => ({ ...wish, id: randomUUID(), agent_id: wish.agentId }))), now],
      );
      for (const { agentId } of some) this.wake(agentId);
    }
  }

  /** Takes back what has not been answered yet. One that is on its way in this moment may still be done. */
  async takeBack(agentIds: string[], name: string, subject: string, why: string): Promise<void> {
    await this.#database.query(
      `UPDATE outbox SET state = 'expired', why = $4, answered_at = $5
       WHERE agent_id = ANY($1) AND name = $2 AND subject = $3 AND state = 'queued'`,
      [agentIds, name, subject, why, this.#clock()],
    );
  }

  async byKey(agentId: string, key: string): Promise<OutboxRow | undefined> {
    const sql = `SELECT ${COLUMNS} FROM outbox WHERE agent_id = $1 AND key = $2`;
    return (await this.#database.query<OutboxRow>(sql, [agentId, key]))[0];
  }

  /** All commands of this name about one thing, in their order. */
  about(agentId: string, name: string, subject: string): Promise<OutboxRow[]> {
    return this.#database.query<OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox WHERE agent_id = $1 AND name = $2 AND subject = $3 ORDER BY place`,
      [agentId, name, subject],
    );
  }

  /** The agent is there, or there may be something for it. */
  wake(agentId: string): void {
    this.#pauses.get(agentId)?.();
    if (this.#working.has(agentId)) this.#again.add(agentId);
    else this.#run(agentId, () => this.#deliver(agentId));
  }

  /** Delivers no more. What was sent and not answered stays queued. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    for (const end of this.#pauses.values()) end();
    await Promise.all(this.#working.values());
  }

  #run(name: string, work: () => Promise<void>): void {
    if (this.#closing.signal.aborted || this.#working.has(name)) return;
    const done = work()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          this.#log.error({ agentId: name, err: error }, 'commands could not be delivered; tried again');
      })
      .then(() => {
        this.#working.delete(name);
        if (this.#again.delete(name)) this.wake(name);
      });
    this.#working.set(name, done);
  }

  /** Ends what is past its deadline, forgets what is old, and delivers what waits for agents that are connected here. */
  async #look(): Promise<void> {
    const now = this.#clock();
    await this.#database.query(
      `UPDATE outbox SET state = 'expired', why = 'past its deadline', answered_at = $1
       WHERE state = 'queued' AND deadline <= $1`,
      [now],
    );
    await this.#database.query(`DELETE FROM outbox WHERE state <> 'queued' AND deadline < $1`, [
      new Date(now.getTime() - KEPT_MS),
    ]);
    const waiting = await this.#database.query<{ agentId: string }>(
      `SELECT DISTINCT agent_id AS "agentId" FROM outbox WHERE state = 'queued'`,
    );
    for (const { agentId } of waiting) if (this.#line.connected(agentId)) this.wake(agentId);
  }

  async #deliver(agentId: string): Promise<void> {
    let again = AGAIN_MS.first;
    while (!this.#closing.signal.aborted) {
      const [next] = await this.#database.query<OutboxRow>(
        `SELECT ${COLUMNS} FROM outbox WHERE agent_id = $1 AND state = 'queued' ORDER BY place LIMIT 1`,
        [agentId],
      );
      if (!next) return;
      if (next.deadline <= this.#clock()) {
        await this.#settle(next, 'expired', undefined, 'past its deadline');
        continue;
      }
      const answer = await this.#ask(next);
      if (answer === null || answer.refused === 'away') return;
      if (answer.refused === undefined) await this.#settle(next, 'delivered');
      else if (answer.refused === 'past-deadline') await this.#settle(next, 'expired', undefined, answer.why);
      else if (answer.refused !== 'no-answer' && answer.refused !== 'failed')
        await this.#settle(next, 'refused', answer.refused, answer.why);
      else {
        if (answer.refused === 'failed')
          await this.#database.query('UPDATE outbox SET failures = failures + 1, why = $2 WHERE id = $1', [
            next.id,
            answer.why ?? null,
          ]);
        await this.#pause(agentId, again);
        again = Math.min(again * 2, AGAIN_MS.longest);
        continue;
      }
      again = AGAIN_MS.first;
    }
  }

  /** The agent's answer; null when this server closes before it comes. */
  async #ask({ id, agentId, name, data, deadline, failures }: OutboxRow): Promise<Answer | null> {
    const command: LinkCommand = {
      id: failures === 0 ? id : `${id}.${failures}`,
      name,
      deadline: deadline.toISOString(),
      data,
    };
    const { signal } = this.#closing;
    const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
    const closed = () => resolve(null);
    signal.addEventListener('abort', closed);
    this.#line.command(agentId, command, ANSWER_MS).then(resolve, reject);
    return promise.finally(() => signal.removeEventListener('abort', closed));
  }

  /** Waits, but not longer than until the next wake or the end. */
  async #pause(agentId: string, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#pauses.set(agentId, resolve);
    await promise;
    clearTimeout(timer);
    this.#pauses.delete(agentId);
  }

  async #settle({ id }: OutboxRow, state: OutboxState, refused?: string, why?: string): Promise<void> {
    await this.#database.query(
      `UPDATE outbox SET state = $2, refused = $3, why = $4, answered_at = $5 WHERE id = $1 AND state = 'queued'`,
      [id, state, refused ?? null, why?.slice(0, 1000) ?? null, this.#clock()],
    );
  }
}

/**
 * The link's far side, whatever the wire: lets agents in, takes their batches one after another, answers after the commit, and
 * knows who is there. A binding (socketio, http, mqtt) carries it over one wire and decides nothing.
 */
import type { Logger } from 'pino';
import {
  linkAuth,
  linkCommandAnswer,
  type LinkAuth,
  type LinkCommand,
  type Receipt,
  type Welcome,
} from '../../kiosk-agent/contract/link.ts';
import { isToken, type Agents } from '../agents.ts';
import type { StreamName } from '../batch.ts';
import type { Database } from '../database.ts';
import { checkEnd, takeBatch, through, type Taken } from '../store.ts';

/** A batch may have 256 KiB; what is larger than this a binding need not read to its end. */
export const MESSAGE_MAX_BYTES = 1024 * 1024;
/** Batches that wait for the database over all agents (256 MiB at the most). Then agents are asked to come back later. */
const WAITING_MAX = 1_000;

/** `end`: where its log ended when it connected, or the last event taken since. */
export type Presence = { connected: boolean; since: string; end?: { epoch: string; seq: number } };
export type IntakeEvents = {
  committed: (agentId: string, changed: NonNullable<Taken['changed']>) => void;
  presence: (agentId: string) => void;
};
/** An agent that was let in. */
export type Passport = { stream: StreamName; region: string; end: LinkAuth['last'] };
/** Not let in; `code` is stable: bad-auth, not-let-in, stopping. */
export type NotLetIn = { code: 'bad-auth' | 'not-let-in' | 'stopping'; why: string };
/** The way down to an agent over one connection. */
export type Line = {
  /** the agent's answer as it came; rejects when none came within `timeoutMs`, or the line is gone */
  command(command: LinkCommand, timeoutMs: number): Promise<unknown>;
  close(): void;
};
/** One connection of one stream, from `join` until `leave`. */
export type Joined = {
  /** Compares the ends of the two logs and says from where to go on. Rejects with the database's error. */
  welcome(): Promise<Welcome>;
  /** Takes a batch in its turn; the receipt comes after the commit. Never rejects. */
  take(batch: unknown): Promise<Receipt>;
  /** The connection is over. May be called twice. */
  leave(): void;
};

export class Intake {
  readonly #database: Database;
  readonly #agents: Agents;
  readonly #on: IntakeEvents;
  readonly #clock: () => Date;
  readonly #log: Logger;
  /** agent → epoch → its newest connection, in the order of connecting */
  readonly #lines = new Map<string, Map<string, Line>>();
  readonly #presence = new Map<string, Presence>();
  readonly #work = new Set<Promise<unknown>>();
  #waiting = 0;
  #closed = false;

  constructor(database: Database, agents: Agents, clock: () => Date, log: Logger, on: IntakeEvents) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
    this.#on = on;
    this.#log = log;
  }

  /** Whether the agent is connected to this server, and since when it is or is not; undefined when it never was. */
  presence(agentId: string): Presence | undefined {
    return this.#presence.get(agentId);
  }

  /** Checks what an agent says of itself, unchecked as it came over the wire. Never rejects. */
  async admit(raw: unknown): Promise<{ passport: Passport } | { notLetIn: NotLetIn }> {
    const no = (code: NotLetIn['code'], why: string) => ({ notLetIn: { code, why } });
    if (this.#closed) return no('stopping', 'the far end is stopping');
    const auth = linkAuth.safeParse(raw);
    if (!auth.success) return no('bad-auth', 'auth must be {agentId, epoch, token}');
    const { agentId, epoch, token, last } = auth.data;
    try {
      const agent = await this.#agents.find(agentId);
      // The same answer for both, so that nobody learns which agents there are.
      if (agent && isToken(token, agent.tokenHash))
        return { passport: { stream: { agentId, epoch }, region: agent.region, end: last } };
    } catch {
      return no('stopping', 'the list of agents cannot be read');
    }
    return no('not-let-in', `agent ${agentId} is not let in with this token; see "hall-central agent add"`);
  }

  /** A connection of an agent that was let in. The older one of the same stream is closed: a leftover, or a copy of the machine. */
  join({ stream, region, end }: Passport, line: Line): Joined {
    const { agentId, epoch } = stream;
    const epochs = this.#lines.get(agentId) ?? new Map<string, Line>();
    this.#lines.set(agentId, epochs);
    // It stands in its place before the old one goes: an agent without any connection is forgotten.
    const before = epochs.get(epoch);
    epochs.set(epoch, line);
    before?.close();
    this.#present(agentId, true);
    const here = this.#presence.get(agentId);
    if (here && end) here.end = { epoch, seq: end.seq };

    let taken: Promise<unknown> = Promise.resolve();
    return {
      welcome: () => this.#track(this.#welcome(stream, end)),
      take: (batch) => {
        const receipt = this.#inTurn(taken, () => this.#take(stream, region, batch));
        taken = receipt;
        return receipt;
      },
      leave: () => {
        if (epochs.get(epoch) === line) epochs.delete(epoch);
        if (epochs.size > 0 || this.#lines.get(agentId) !== epochs) return;
        this.#lines.delete(agentId);
        this.#present(agentId, false);
      },
    };
  }

  /**
   * Sends a command to an agent and resolves with its answer, or a refusal when it is away or silent until the deadline, or for
   * `withinMs` when that is sooner.
   */
  async command(
    agentId: string,
    command: LinkCommand,
    withinMs = Number.POSITIVE_INFINITY,
  ): Promise<{
    id: string;
    ok?: true | undefined;
    refused?: string | undefined;
    why?: string | undefined;
    data?: Record<string, unknown> | undefined;
  }> {
    const { id, deadline } = command;
    const line = [...(this.#lines.get(agentId)?.values() ?? [])].at(-1);
    if (!line) return { id, refused: 'away', why: `${agentId} is not connected` };
    const now = this.#clock();
    const ms = Math.max(1, Math.min(withinMs, Date.parse(deadline) - now.getTime()));
    try {
      return linkCommandAnswer.parse(await line.command({ ...command, sentAt: now.toISOString() }, ms));
    } catch {
      return {
        id,
        refused: 'no-answer',
        why: `${agentId} has not answered in ${Math.ceil(ms / 1000)} s; whether it was done is not known`,
      };
    }
  }

  /** Lets nobody in any more, and resolves when what was being stored has been stored and answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#work);
  }

  #inTurn(before: Promise<unknown>, work: () => Promise<Receipt>): Promise<Receipt> {
    if (this.#waiting >= WAITING_MAX || this.#closed) {
      const why = this.#closed ? 'the far end is stopping' : 'too many batches are waiting';
      return Promise.resolve({ through: 0, refused: { code: 'store-failed', why } });
    }
    this.#waiting += 1;
    return this.#track(before.then(work).finally(() => (this.#waiting -= 1)));
  }

  async #welcome(stream: StreamName, end: LinkAuth['last']): Promise<Welcome> {
    if (end && (await checkEnd(this.#database, stream, end))) {
      this.#log.error({ ...stream, end }, "the agent's log is not the one that this server has a copy of");
      this.#on.committed(stream.agentId, { halls: [], alarms: 1 });
    }
    return { through: await through(this.#database, stream) };
  }

  async #take(stream: StreamName, region: string, batch: unknown): Promise<Receipt> {
    try {
      const { receipt, changed } = await takeBatch(this.#database, stream, region, batch);
      if (changed) this.#on.committed(stream.agentId, changed);
      if (changed?.alarms)
        this.#log.error({ ...stream, through: receipt.through }, 'the chain of the log is broken');
      if (receipt.refused) this.#log.warn({ ...stream, ...receipt.refused }, 'batch refused');
      return receipt;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error({ ...stream, why }, 'batch not stored');
      return { through: 0, refused: { code: 'store-failed', why } };
    }
  }

  #present(agentId: string, connected: boolean): void {
    if (this.#presence.get(agentId)?.connected === connected) return;
    this.#log.info({ agentId }, connected ? 'agent connected' : 'agent away');
    this.#presence.set(agentId, { connected, since: this.#clock().toISOString() });
    this.#on.presence(agentId);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    void work.catch(() => undefined).then(() => this.#work.delete(work));
    return work;
  }
}

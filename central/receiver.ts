/** The link's far side over Socket.IO: lets agents in, takes their batches in order, answers after the commit. */
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import {
  linkAuth,
  linkCommandAnswer,
  LINK_PATH,
  type LinkAuth,
  type LinkCommand,
  type Receipt,
} from '../kiosk-agent/contract/link.ts';
import { isToken, type Agents } from './agents.ts';
import type { StreamName } from './batch.ts';
import type { Database } from './database.ts';
import { checkEnd, takeBatch, through, type Taken } from './store.ts';

/** A batch may have 256 KiB; what is larger than this is cut off with its connection before it is read. */
const MESSAGE_MAX_BYTES = 1024 * 1024;
/** Batches that wait for the database over all agents (256 MiB at the most). Then agents are asked to come back later. */
const WAITING_MAX = 1_000;

/** `end`: where its log ended when it connected, or the last event taken since. */
export type Presence = { connected: boolean; since: string; end?: { epoch: string; seq: number } };
export type ReceiverEvents = {
  committed: (agentId: string, changed: NonNullable<Taken['changed']>) => void;
  presence: (agentId: string) => void;
};
type Passport = { stream: StreamName; region: string; end: LinkAuth['last'] };

/** Receives for all agents until it is closed. Takes its place on `http` at once. */
export class Receiver {
  readonly #io: Server;
  readonly #database: Database;
  readonly #agents: Agents;
  readonly #on: ReceiverEvents;
  readonly #clock: () => Date;
  readonly #log: Logger;
  /** agent → epoch → its newest connection, in the order of connecting */
  readonly #sockets = new Map<string, Map<string, Socket>>();
  readonly #presence = new Map<string, Presence>();
  readonly #work = new Set<Promise<void>>();
  #waiting = 0;
  #closed: Promise<void> | null = null;

  constructor(
    http: HttpServer,
    database: Database,
    agents: Agents,
    clock: () => Date,
    log: Logger,
    on: ReceiverEvents,
  ) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
    this.#on = on;
    this.#log = log;
    this.#io = new Server(http, {
      path: LINK_PATH,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MESSAGE_MAX_BYTES,
      destroyUpgrade: false,
    });
    this.#io.use((socket, next) => {
      this.#letIn(socket).then(
        () => next(),
        (error: Error & { data?: { code?: string } }) => {
          log.warn(
            { code: error.data?.code, from: socket.handshake.address },
            'connection refused: %s',
            error.message,
          );
          next(error);
        },
      );
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
  }

  /** Whether the agent is connected to this server, and since when it is or is not; undefined when it never was. */
  presence(agentId: string): Presence | undefined {
    return this.#presence.get(agentId);
  }

  /**
   * Sends a command to an agent and resolves with its answer, or a refusal when it is away or silent until the deadline, or for
   * `withinMs` when that is sooner.
   */
  async command(
    agentId: string,
    command: LinkCommand,
    withinMs = Number.POSITIVE_INFINITY,
  ): Promise<{ id: string; ok?: true; refused?: string; why?: string }> {
    const { id, deadline } = command;
    const socket = [...(this.#sockets.get(agentId)?.values() ?? [])].at(-1);
    if (!socket) return { id, refused: 'away', why: `${agentId} is not connected` };
    const ms = Math.max(1, Math.min(withinMs, Date.parse(deadline) - this.#clock().getTime()));
    const { promise: left, reject: leave } = Promise.withResolvers<never>();
    socket.once('disconnect', leave);
    try {
      const answer = socket.timeout(ms).emitWithAck('command', command);
      return linkCommandAnswer.parse(await Promise.race([answer, left]));
    } catch {
      return {
        id,
        refused: 'no-answer',
        why: `${agentId} has not answered in ${Math.ceil(ms / 1000)} s; whether it was done is not known`,
      };
    } finally {
      socket.off('disconnect', leave);
    }
  }

  /** Takes no more, and resolves when what was being stored has been stored and answered. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const socket of this.#io.sockets.sockets.values()) socket.removeAllListeners('events');
      await Promise.allSettled(this.#work);
      // Closes the connections; the HTTP server is its owner's.
      this.#io.disconnectSockets(true);
      this.#io.engine.close();
    })();
    return this.#closed;
  }

  async #letIn(socket: Socket): Promise<void> {
    if (this.#closed) throw refusal('stopping', 'the far end is stopping');
    const auth = linkAuth.safeParse(socket.handshake.auth);
    if (!auth.success) throw refusal('bad-auth', 'auth must be {agentId, epoch, token}');
    const { agentId, epoch, token, last } = auth.data;
    const agent = await this.#agents.find(agentId).catch(() => {
      throw refusal('stopping', 'the list of agents cannot be read');
    });
    // The same answer for both, so that nobody learns which agents there are.
    if (!agent || !isToken(token, agent.tokenHash)) {
      throw refusal(
        'not-let-in',
        `agent ${agentId} is not let in with this token; see "hall-central agent add"`,
      );
    }
    socket.data = { stream: { agentId, epoch }, region: agent.region, end: last } satisfies Passport;
  }

  #connected(socket: Socket): void {
    const { stream, end } = socket.data as Passport;
    const { agentId, epoch } = stream;
    const epochs = this.#sockets.get(agentId) ?? new Map<string, Socket>();
    this.#sockets.set(agentId, epochs);
    // The newest connection of a stream is the living one; the older one is a leftover or a copy of the machine.
    // It stands in its place before the old one goes: an agent without any connection is forgotten.
    const before = epochs.get(epoch);
    epochs.set(epoch, socket);
    before?.disconnect(true);
    this.#present(agentId, true);
    const here = this.#presence.get(agentId);
    if (here && end) here.end = { epoch, seq: end.seq };

    let taken: Promise<void> = Promise.resolve();
    socket.on('events', (batch: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      if (this.#waiting >= WAITING_MAX) {
        answer({
          through: 0,
          refused: { code: 'store-failed', why: 'too many batches are waiting' },
        } satisfies Receipt);
        return;
      }
      this.#waiting += 1;
      taken = taken.then(async () => {
        answer(await this.#take(socket, batch));
        this.#waiting -= 1;
      });
      this.#track(taken);
    });
    socket.on('disconnect', () => {
      if (epochs.get(epoch) === socket) epochs.delete(epoch);
      if (epochs.size > 0) return;
      this.#sockets.delete(agentId);
      this.#present(agentId, false);
    });
    this.#track(this.#welcome(socket, stream, end));
  }

  async #welcome(socket: Socket, stream: StreamName, end: LinkAuth['last']): Promise<void> {
    try {
      if (end && (await checkEnd(this.#database, stream, end))) {
        this.#log.error({ ...stream, end }, "the agent's log is not the one that this server has a copy of");
        this.#on.committed(stream.agentId, { halls: [], alarms: 1 });
      }
      socket.emit('welcome', { through: await through(this.#database, stream) });
    } catch {
      socket.disconnect(true);
    }
  }

  async #take(socket: Socket, batch: unknown): Promise<Receipt> {
    const { stream, region } = socket.data as Passport;
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

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { data: { code } });
}

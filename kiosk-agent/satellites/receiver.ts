/**
 * The hub's side of the satellites' link: lets them in, takes their batches in order, answers after the commit; commands downward.
 *
 * Each event is one `satellite.take` command. Taking it in and what follows from it are one append of the journal, so it does not
 * matter where a crash or a cut falls: the receipt names what is on disk, and what comes again has no second effect.
 */
import { randomUUID } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import type { z } from 'zod';
import type { HallEvent } from '../contract/events.ts';
import {
  LINK_PATH,
  linkAuth,
  linkCommandAnswer,
  satelliteReport,
  type LinkAuth,
  type LinkCommand,
  type Receipt,
  type satelliteCommands,
  type SatelliteCommandName,
  type SatelliteReport,
} from '../contract/link.ts';
import type { Clock, Executor, Outcome } from '../executor.ts';
import { standingOf } from '../hall/satellites/state.ts';
import { checkBatch, type StreamName } from './batch.ts';
import type { SatelliteRegister } from './register.ts';

/** A batch may have 256 KiB; what is larger than this is cut off with its connection before it is read. */
const MESSAGE_MAX_BYTES = 1024 * 1024;
/** Batches that wait for the disk over all satellites. Then they are asked to come back later. */
const WAITING_MAX = 200;
const PING_MS = 5_000;

/** `away`: nothing was sent; `no-answer`: it was sent, and whether it was done is not known; else the satellite's own refusal. */
export type CommandAnswer = { ok: true } | { ok: false; refused: string; why: string };
export type CommandData<N extends SatelliteCommandName> = z.input<(typeof satelliteCommands)[N]>;
export type ReceiverEvents = {
  /** a connection of this agent begins; `trouble`: its log is not the one that was taken in */
  joined: (agent: string, epoch: string, trouble: 'set-back' | null) => void;
  left: (agent: string) => void;
  reported: (agent: string, report: SatelliteReport) => Record<string, unknown>;
  /** taken for the first time, and on disk with `followed` */
  taken: (agent: string, event: HallEvent, followed: HallEvent[]) => void;
};

type Passport = { stream: StreamName; token: string; last: LinkAuth['last'] };

/** Receives for all satellites of `hall` until it is closed. Takes its place on `http` at once. */
export class SatelliteReceiver {
  readonly #io: Server;
  readonly #hall: string;
  readonly #executor: Executor;
  readonly #register: SatelliteRegister;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #on: ReceiverEvents;
  /** agent → epoch → its newest connection, in the order of connecting */
  readonly #sockets = new Map<string, Map<string, Socket>>();
  readonly #work = new Set<Promise<void>>();
  #waiting = 0;
  #closed: Promise<void> | null = null;

  constructor(options: {
    http: HttpServer;
    hall: string;
    executor: Executor;
    register: SatelliteRegister;
    clock: Clock;
    log: Logger;
    on: ReceiverEvents;
  }) {
    this.#hall = options.hall;
    this.#executor = options.executor;
    this.#register = options.register;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#on = options.on;
    this.#io = new Server(options.http, {
      path: LINK_PATH,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MESSAGE_MAX_BYTES,
      destroyUpgrade: false,
      // Within 10 s a pulled cable is known at both ends: a kiosk must give its own numbers then, and sheets must not wait.
      pingInterval: PING_MS,
      pingTimeout: PING_MS,
    });
    this.#io.use((socket, next) => {
      this.#letIn(socket).then(
        () => next(),
        (error: Error & { data?: { code?: string } }) => {
          const { code } = error.data ?? {};
          this.#log.warn({ code, from: socket.handshake.address }, 'satellite refused: %s', error.message);
          next(error);
        },
      );
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
  }

  /**
   * Sends a command and resolves with its answer, at the latest `waitMs` from now. After `deadlineMs` the satellite does not begin
   * it any more. Never rejects.
   */
  async command<N extends SatelliteCommandName>(
    agent: string,
    name: N,
    data: CommandData<N>,
    deadlineMs: number,
    waitMs = deadlineMs,
  ): Promise<CommandAnswer> {
    const socket = [...(this.#sockets.get(agent)?.values() ?? [])].at(-1);
    if (!socket?.connected || this.#closed)
      return { ok: false, refused: 'away', why: `${agent} is not connected` };
    const deadline = new Date(this.#clock().getTime() + deadlineMs).toISOString();
    const command: LinkCommand = { id: randomUUID(), name, deadline, data };
    const { promise: cut, resolve } = Promise.withResolvers<never>();
    const onCut = (): void => resolve(undefined as never);
    socket.once('disconnect', onCut);
    try {
      const answer = linkCommandAnswer.safeParse(
        await Promise.race([socket.timeout(waitMs).emitWithAck('command', command), cut]),
      );
      if (!answer.success) return unknown(agent);
      if (answer.data.ok) return { ok: true };
      return { ok: false, refused: answer.data.refused ?? 'failed', why: answer.data.why ?? '' };
    } catch {
      return unknown(agent);
    } finally {
      socket.off('disconnect', onCut);
    }
  }

  /** Ends the connections of an agent, for a token that has ended. */
  drop(agent: string): void {
    for (const socket of this.#sockets.get(agent)?.values() ?? []) socket.disconnect(true);
  }

  /** Takes no more, and resolves when what was on its way to the disk is there and answered. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      for (const socket of this.#io.sockets.sockets.values()) socket.removeAllListeners('events');
      await Promise.allSettled(this.#work);
      // The HTTP server is its owner's.
      this.#io.disconnectSockets(true);
      this.#io.engine.close();
    })();
    return this.#closed;
  }

  async #letIn(socket: Socket): Promise<void> {
    if (this.#closed) throw refusal('stopping', 'the hub is stopping');
    const auth = linkAuth.safeParse(socket.handshake.auth);
    if (!auth.success) throw refusal('bad-auth', 'auth must be {agentId, epoch, token}');
    const { agentId: agent, epoch, token, last } = auth.data;
    const owner = await this.#register.agentOf(token).catch((error: unknown) => {
      this.#log.error({ error }, 'the register of satellites cannot be read');
      throw refusal('stopping', 'the register of satellites cannot be read');
    });
    if (owner !== agent)
      throw refusal('not-let-in', `agent ${agent} is not let in with this token; see "hall satellite add"`);
    socket.data = { stream: { agent, epoch }, token, last } satisfies Passport;
  }

  #connected(socket: Socket): void {
    const { stream, last } = socket.data as Passport;
    const { agent, epoch } = stream;
    const epochs = this.#sockets.get(agent) ?? new Map<string, Socket>();
    this.#sockets.set(agent, epochs);
    // The newest connection of a stream is the living one; the older one is a leftover or a copy of the machine. It ends when
    // the new one has its place, so that the satellite is never away in between.
    const older = epochs.get(epoch);
    epochs.delete(epoch);
    epochs.set(epoch, socket);
    older?.disconnect(true);
    // An older epoch that is still being delivered beside it is the same satellite, and nothing new about its devices.
    const comes = epochs.size === 1;

    let before: Promise<void> = Promise.resolve();
    socket.on('events', (batch: unknown, answer: unknown) => {
      if (typeof answer !== 'function') return;
      if (this.#waiting >= WAITING_MAX) {
        const refused = { code: 'store-failed', why: 'too many batches are waiting' } as const;
        answer({ through: this.#through(stream), refused } satisfies Receipt);
        return;
      }
      this.#waiting += 1;
      before = before.then(async () => {
        answer((await this.#isStillLetIn(socket)) ? await this.#take(stream, batch) : this.#notTaken(stream));
        this.#waiting -= 1;
      });
      this.#track(before);
    });
    socket.on('report', (report: unknown, answer: unknown) => {
      const read = satelliteReport.safeParse(report);
      const said = read.success
        ? { ok: true, ...this.#on.reported(agent, read.data) }
        : { ok: false, why: read.error.issues[0]?.message ?? 'not a report' };
      if (typeof answer === 'function') answer(said);
    });
    socket.on('disconnect', () => {
      if (epochs.get(epoch) === socket) epochs.delete(epoch);
      if (epochs.size > 0 || this.#sockets.get(agent) !== epochs) return;
      this.#sockets.delete(agent);
      this.#on.left(agent);
    });
    socket.emit('welcome', { through: this.#through(stream) });
    const trouble = this.#isSetBack(stream, last) ? 'set-back' : null;
    if (comes) this.#on.joined(agent, epoch, trouble);
  }

  /** Nothing is taken from an agent whose token has ended; its connection ends too. */
  async #isStillLetIn(socket: Socket): Promise<boolean> {
    const { stream, token } = socket.data as Passport;
    const owner = await this.#register.agentOf(token).catch(() => null);
    if (owner === stream.agent) return true;
    socket.disconnect(true);
    return false;
  }

  #notTaken(stream: StreamName): Receipt {
    const why = `${stream.agent} is let in no longer`;
    return { through: this.#through(stream), refused: { code: 'store-failed', why } };
  }

  /** Up to here the stream is on disk. */
  #through({ agent, epoch }: StreamName): number {
    return standingOf(this.#executor.state.satellites, agent, epoch)?.through ?? 0;
  }

  /** The satellite's log is shorter than what was taken in of it, or ends with another record. */
  #isSetBack({ agent, epoch }: StreamName, last: LinkAuth['last']): boolean {
    const standing = standingOf(this.#executor.state.satellites, agent, epoch);
    if (!standing || !last || standing.through === 0) return false;
    const other =
      last.seq < standing.through || (last.seq === standing.through && last.hash !== standing.hash);
    if (other) this.#log.error({ agent, epoch, last, through: standing.through }, 'a satellite was set back');
    return other;
  }

  async #take(stream: StreamName, batch: unknown): Promise<Receipt> {
    const { agent, epoch } = stream;
    const checked = this.#check(stream, batch);
    if ('refused' in checked) {
      this.#log.warn({ ...stream, ...checked.refused }, 'batch of a satellite refused');
      return { through: this.#through(stream), refused: checked.refused };
    }
    const { events } = checked;
    const standing = standingOf(this.#executor.state.satellites, agent, epoch);
    const through = standing?.through ?? 0;
    const known = events.findIndex(({ event }) => event.seq === through);
    if (standing && known >= 0 && events[known]?.hash !== standing.hash) {
      const why =
        `event ${through} is not the one that this hub has under the same epoch and seq: ` +
        'the journal was set back or changed; start it with a new epoch';
      this.#log.error({ ...stream, through }, 'the journal of a satellite is another one');
      return { through, refused: { code: 'chain-broken', index: known, why } };
    }
    // All are decided in one turn and share a flush; each is on disk with what follows from it, or not at all. A gap is refused
    // by the rules, and the receipt says where to go on.
    const fresh = events.filter(({ event }) => event.seq > through);
    const outcomes = await Promise.allSettled(
      fresh.map(({ event, hash }) =>
        this.#executor.execute({ name: 'satellite.take', agent, epoch, event, hash }),
      ),
    );
    let failed: unknown = null;
    outcomes.forEach((outcome, index) => {
      const event = fresh[index]?.event;
      if (outcome.status === 'rejected') failed ??= outcome.reason;
      else if (event) this.#tell(agent, event, outcome.value);
    });
    const now = this.#through(stream);
    if (failed === null) return { through: now };
    const why = failed instanceof Error ? failed.message : String(failed);
    return { through: now, refused: { code: 'store-failed', why } };
  }

  #check(stream: StreamName, batch: unknown): ReturnType<typeof checkBatch> {
    try {
      return checkBatch(stream, this.#hall, batch);
    } catch (error) {
      // Nested deeper than any event is.
      return { refused: { code: 'bad-event', why: error instanceof Error ? error.message : String(error) } };
    }
  }

  #tell(agent: string, event: HallEvent, outcome: Outcome): void {
    if (!outcome.ok || outcome.events.length === 0) return;
    for (const { type, data } of outcome.events)
      if (type === 'hall.trace.recorded' && data.action === 'satellite-chain-broken')
        this.#log.error({ agent, seq: event.seq }, 'the chain of a satellite is broken');
    this.#on.taken(agent, event, outcome.events);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }
}

function unknown(agent: string): CommandAnswer {
  return {
    ok: false,
    refused: 'no-answer',
    why: `${agent} has not answered; whether it was done is not known`,
  };
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { data: { code } });
}

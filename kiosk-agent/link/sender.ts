/**
 * A link to the next hop: older epochs first, one after another, then the epoch being written; commands downward.
 * An older epoch that the far end refuses does not hold up today's ratings: it is offered again while the others go on.
 */
import type { Clock } from '../executor.ts';
import { agentId as agentIdSchema, linkAuth, type LinkState, type LinkStatus } from '../contract/link.ts';
import {
  bindingFor,
  type Dial,
  type EventSource,
  type EventStream,
  type LinkConnection,
  type MqttPlace,
} from './binding.ts';
import { CommandDesk, type CommandHandler } from './commands.ts';
import { RETRY, StreamSender, type RetryTimes } from './stream.ts';

/** A welcome, or the next receipt, that does not come within 10 s is taken for lost; see window.ts for slow lines. */
const ANSWER_TIMEOUT_MS = 10_000;
/** Figures are told at most this often; a change of state at once. */
const FIGURES_EVERY_MS = 500;

export type LinkSenderOptions = {
  /** the link's name in the configuration; the journal keeps its cursor under it */
  name: string;
  /** `socketio:http://host:port` */
  url: string;
  token: string;
  agentId: string;
  source: EventSource;
  clock: Clock;
  /** gives [0…1) */
  random: () => number;
  /** what the far end may ask for, by name */
  commands?: Record<string, CommandHandler>;
  /** The far end knows another history of `epoch` than this journal has: it was set back, and needs a new epoch. */
  onSetBack?: (epoch: string, why: string) => void;
  /** the far end has let the epoch being written in (again) */
  onConnected?: () => void;
  timeoutMs?: number;
  retry?: RetryTimes;
  /** another way over the wire than the address's own */
  dial?: Dial;
  /** for links over MQTT */
  mqtt?: MqttPlace | undefined;
};

/** Sends the journal to the next hop until it is closed. Throws RangeError or ZodError for an address, id or token that cannot be one. */
export class LinkSender {
  readonly name: string;
  readonly #options: LinkSenderOptions;
  readonly #dial: Dial;
  readonly #url: string;
  readonly #desk: CommandDesk;
  readonly #listeners = new Set<(status: LinkStatus) => void>();
  #streams: StreamSender[] = [];
  #running: Promise<unknown> | null = null;
  #closed = false;
  #told: LinkStatus;
  #figuresTimer: NodeJS.Timeout | null = null;
  /** of the epoch being written */
  #connection: LinkConnection | null = null;

  constructor(options: LinkSenderOptions) {
    this.name = options.name;
    this.#options = options;
    const binding = options.dial ? { dial: options.dial, url: options.url } : bindingFor(options.url);
    this.#dial = binding.dial;
    this.#url = binding.url;
    agentIdSchema.parse(options.agentId);
    linkAuth.shape.token.parse(options.token);
    this.#desk = new CommandDesk(options.commands ?? {}, options.clock);
    this.#told = this.status;
  }

  /** Begins; returns at once. */
  start(): void {
    if (this.#running || this.#closed) return;
    const { source } = this.#options;
    this.#running = this.#run(source.sealed ?? [], source);
  }

  /** Something new is on disk. */
  wake(): void {
    for (const stream of this.#streams) stream.wake();
  }

  /** Whether there is a connection now; a cable that was pulled is noticed by the heartbeat of the transport. */
  get connected(): boolean {
    return this.#connection !== null;
  }

  /** Tells the far end what is not kept; its answer, or null when there is no connection or no answer within `timeoutMs`. */
  async report(
    name: string,
    data: unknown,
    timeoutMs = this.#options.timeoutMs ?? ANSWER_TIMEOUT_MS,
  ): Promise<unknown> {
    return (await this.#connection?.report(name, data, timeoutMs)) ?? null;
  }

  get status(): LinkStatus {
    const streams = this.#streams;
    const current = streams.find((stream) => stream.epoch === this.#options.source.epoch);
    // The worst of the streams is the link's state: a refused older epoch must be seen.
    const worst = WORST_FIRST.map((state) => streams.find((stream) => stream.state === state)).find(Boolean);
    return {
      name: this.name,
      state: worst?.state ?? 'connecting',
      ackedSeq: current?.ackedSeq ?? 0,
      lagEvents: streams.reduce((sum, stream) => sum + stream.lag, 0),
      ...(worst?.why === undefined ? {} : { why: worst.why }),
    };
  }

  /** Tells every change of the status; returns how to stop it. */
  onStatus(listener: (status: LinkStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the connection and waits until the cursor is written. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#figuresTimer) clearTimeout(this.#figuresTimer);
    this.#listeners.clear();
    for (const stream of this.#streams) stream.close();
    await this.#running;
  }

  async #run(sealed: readonly EventStream[], current: EventStream): Promise<void> {
    this.#streams = [...sealed, current].map((stream) => this.#sender(stream, stream !== current));
    await Promise.all(this.#streams.map((stream) => stream.load()));
    const ends: Promise<void>[] = [];
    for (const stream of this.#streams) {
      if (this.#closed) break;
      const end = stream.run();
      ends.push(end);
      if (stream.epoch !== current.epoch) await Promise.race([end, stream.stuck]);
    }
    await Promise.all(ends);
  }

  #sender(stream: EventStream, sealed: boolean): StreamSender {
    const { name, token, agentId, random, retry = RETRY, timeoutMs = ANSWER_TIMEOUT_MS } = this.#options;
    return new StreamSender({
      stream,
      link: name,
      sealed,
      timeoutMs,
      retry,
      random,
      changed: () => this.#changed(),
      setBack: (why) => this.#options.onSetBack?.(stream.epoch, why),
      dial: async (signal) => {
        const dialled = await this.#dial({
          url: this.#url,
          auth: { agentId, epoch: stream.epoch, token, ...(stream.last && { last: stream.last }) },
          timeoutMs,
          signal,
          onCommand: (raw) => this.#desk.take(raw),
          mqtt: this.#options.mqtt,
        });
        if (!sealed && 'connection' in dialled) this.#connected(dialled.connection);
        return dialled;
      },
    });
  }

  #connected(connection: LinkConnection): void {
    this.#connection = connection;
    void connection.ended.then(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    this.#options.onConnected?.();
  }

  #changed(): void {
    const { state, why } = this.status;
    const atWork = (one: LinkState) => one === 'level' || one === 'sending';
    if (state === this.#told.state && why === this.#told.why) return this.#figuresLater();
    if (atWork(state) && atWork(this.#told.state)) return this.#figuresLater();
    this.#tell();
  }

  #figuresLater(): void {
    if (this.#closed) return;
    this.#figuresTimer ??= setTimeout(() => this.#tell(), FIGURES_EVERY_MS).unref();
  }

  #tell(): void {
    if (this.#figuresTimer) clearTimeout(this.#figuresTimer);
    this.#figuresTimer = null;
    const status = this.status;
    if (JSON.stringify(status) === JSON.stringify(this.#told)) return;
    this.#told = status;
    for (const listener of this.#listeners) listener(status);
  }
}

const WORST_FIRST: LinkState[] = ['refused', 'away', 'sending', 'connecting', 'level'];

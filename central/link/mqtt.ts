/**
 * The far side of the link over an MQTT broker (docs/link-mqtt.md). Batches and greetings are shared among the servers of one
 * group; presence and answers reach each of them, so that each knows who is there and can ask. What is not sealed with the key
 * of the agent that its topic names is not from that agent, whoever the broker has let in.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import {
  connectBroker,
  type Broker,
  type BrokerAccess,
  type Outgoing,
} from '../../kiosk-agent/contract/broker.ts';
import type { LinkAuth } from '../../kiosk-agent/contract/link.ts';
import {
  answerMessage,
  batchMessage,
  HEARTBEAT_MS,
  helloMessage,
  open,
  peek,
  placeOf,
  presenceMessage,
  seal,
  topicOf,
  unsealed,
  type Leaf,
  type Place,
  type ThroughMessage,
} from '../../kiosk-agent/contract/mqtt.ts';
import { MESSAGE_MAX_BYTES, type Intake, type NotLetIn, type Passport } from './intake.ts';
import type { MqttSettings } from './mqtt-settings.ts';
import { Station } from './mqtt-station.ts';

/** Consecutive batches may go to different servers: so long the one before may take to be committed by the other. */
const PATIENCE_MS = 500;
/** An agent says every 30 s that it is there; what stays retained of one that went while the broker was down ends so. */
const SILENT_MS = 3 * HEARTBEAT_MS + 10_000;
const LOOK_MS = 15_000;
/** A greeting comes at once, or its agent has given up. */
const CHALLENGE_MS = 30_000;
const CHALLENGES_MAX = 20_000;
const RETAINED_EXPIRES_MS = 30 * 86_400_000;
const CONNECT_WITHIN_MS = 10_000;
const RETRY = { firstMs: 500, capMs: 15_000 };
/** Messages with a wrong seal are counted, and named at most so often. */
const COMPLAIN_MS = 10_000;

export type BrokerState = { state: 'connecting' | 'connected' | 'away'; since: string; why?: string };
type Challenge = { place: Place; session: string; key: string; passport: Passport; untilMs: number };
type Known = { key: string; passport: Passport; message: unknown };

export class MqttReceiver {
  readonly #settings: MqttSettings;
  readonly #access: BrokerAccess;
  readonly #intake: Intake;
  readonly #clock: () => Date;
  readonly #log: Logger;
  /** names this server since its start, in greetings and commands */
  readonly #id = randomBytes(12).toString('base64url');
  readonly #closing = new AbortController();
  /** stream → its station */
  readonly #stations = new Map<string, Station>();
  readonly #challenges = new Map<string, Challenge>();
  /** stream → what is being done with its last message: they are looked at one after another */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #sweep: NodeJS.Timeout;
  readonly #running: Promise<void>;
  #broker: Broker | null = null;
  #state: BrokerState;
  #stopped = false;
  #unproved = 0;
  #complainedMs = -Infinity;

  /** Begins at once; a broker that is away is tried for ever. */
  constructor(
    { settings, access }: { settings: MqttSettings; access: BrokerAccess },
    parts: { intake: Intake; clock: () => Date; random: () => number; log: Logger },
  ) {
    this.#settings = settings;
    this.#access = access;
    this.#intake = parts.intake;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#state = { state: 'connecting', since: parts.clock().toISOString() };
    this.#sweep = setInterval(() => this.#forgetTheSilent(), LOOK_MS).unref();
    this.#running = this.#run(parts.random);
  }

  /** For health: whether the broker is there, since when, and why not. */
  get state(): BrokerState {
    return this.#state;
  }

  /** Takes no more batches: the other servers of the group get them. What is being stored is answered before `close`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#broker?.unsubscribe(this.#shared(this.#broker));
  }

  async close(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    const broker = this.#broker;
    this.#closing.abort();
    await broker?.leave();
    await this.#running;
  }

  async #run(random: () => number): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const reached = await this.#connect();
      if ('broker' in reached) {
        failures = 0;
        this.#tell('connected');
        const why = await reached.broker.ended;
        this.#broker = null;
        for (const station of this.#stations.values()) station.leave();
        this.#stations.clear();
        if (!this.#closing.signal.aborted) this.#tell('away', why);
      } else this.#tell('away', reached.failed);
      failures += 1;
      await this.#pause(random() * Math.min(RETRY.capMs, RETRY.firstMs * 2 ** Math.min(failures, 30)));
    }
  }

  async #connect(): Promise<{ broker: Broker } | { failed: string }> {
    const clientId = `${this.#settings.clientId}-${this.#id}`;
    const within = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CONNECT_WITHIN_MS)]);
    const reached = await connectBroker(this.#access, { clientId, receiveMaximum: 1_000 }, within);
    if ('failed' in reached) return reached;
    const { broker } = reached;
    this.#broker = broker;
    broker.onMessage((topic, payload) => this.#heard(topic, payload));
    const topics = [...['presence', 'answers'].map(everywhere), ...this.#shared(broker)];
    const denied = await broker.subscribe(Object.fromEntries(topics.map((topic) => [topic, {}])));
    if (denied === undefined) return reached;
    broker.cut(denied);
    this.#broker = null;
    return { failed: denied };
  }

  /** Without shared subscriptions every server of the group takes every batch, which is only more work. */
  #shared(broker: Broker): string[] {
    const { group, sharedPrefix } = this.#settings;
    const prefix = sharedPrefix ?? (broker.shares ? `$share/${group}/` : '');
    return ['hello', 'events'].map((leaf) => prefix + everywhere(leaf));
  }

  #heard(topic: string, payload: Buffer): void {
    const named = placeOf(topic);
    // An empty one is somebody clearing what was retained.
    if (!named || payload.length === 0) return;
    if (payload.length > MESSAGE_MAX_BYTES) return this.#complain(topic, `it has ${payload.length} bytes`);
    const { place, leaf } = named;
    const stream = nameOf(place);
    const turn = (this.#turns.get(stream) ?? Promise.resolve())
      .then(() => this.#take(place, leaf, topic, payload))
      .catch((error: unknown) => this.#log.error({ topic, err: error }, 'a message was not dealt with'));
    this.#turns.set(stream, turn);
    void turn.then(() => this.#turns.get(stream) === turn && this.#turns.delete(stream));
  }

  #take(place: Place, leaf: Leaf, topic: string, payload: Buffer): Promise<void> | void {
    switch (leaf) {
      case 'hello':
        return this.#hello(place, topic, payload);
      case 'presence':
        return this.#presence(place, topic, payload);
      case 'events':
        return this.#events(place, topic, payload);
      case 'answers':
        return this.#answers(place, topic, payload);
      case 'through':
      case 'commands':
        return;
    }
  }

  /** An agent asks for a welcome. What it asks may be a recording: it is welcomed when it has answered a number of ours. */
  async #hello(place: Place, topic: string, payload: Buffer): Promise<void> {
    if (this.#stopped) return;
    const asked = helloMessage.safeParse(peek(payload));
    if (!asked.success) return this.#complain(topic, 'it cannot be read');
    const { session, beat } = asked.data;
    const known = await this.#known(place, topic, payload, beat === undefined);
    if ('notLetIn' in known) {
      this.#complain(topic, known.notLetIn.why);
      if (beat === undefined) this.#refuse(place, session, known.notLetIn);
      return;
    }
    if (beat !== undefined) {
      const station = this.#stations.get(nameOf(place)) ?? this.#join(place, session, known, undefined);
      if (station.session !== session) return;
      station.heard(this.#clock());
      // A database that does not answer is silence: the agent comes again.
      void station.standing().then(
        (through) => this.#say(place, known.key, { kind: 'beat', session, beat, through }, {}),
        () => undefined,
      );
      return;
    }
    if (this.#challenges.size >= CHALLENGES_MAX)
      return this.#refuse(place, session, { code: 'stopping', why: 'too many agents greet at once' });
    const challenge = randomBytes(16).toString('base64url');
    const untilMs = this.#clock().getTime() + CHALLENGE_MS;
    this.#challenges.set(challenge, { place, session, key: known.key, passport: known.passport, untilMs });
    this.#say(place, known.key, { kind: 'challenge', session, server: this.#id, challenge }, {});
  }

  #answers(place: Place, topic: string, payload: Buffer): void {
    const read = answerMessage.safeParse(peek(payload));
    // Each server hears the answers to all.
    if (!read.success || read.data.server !== this.#id) return;
    const said = read.data;
    if (said.kind === 'answer') {
      const station = this.#stations.get(nameOf(place));
      if (station?.session !== said.session) return;
      if (open(station.key, 'up', topic, payload) === undefined)
        return this.#complain(topic, 'its seal is wrong');
      return station.answered(said.number, said.answer);
    }
    const challenge = this.#challenges.get(said.challenge);
    if (!challenge || challenge.session !== said.session || nameOf(challenge.place) !== nameOf(place)) return;
    if (open(challenge.key, 'up', topic, payload) === undefined)
      return this.#complain(topic, 'its seal is wrong');
    this.#challenges.delete(said.challenge);
    void this.#welcome(challenge, said.last);
  }

  async #welcome({ place, session, key, passport }: Challenge, last: LinkAuth['last']): Promise<void> {
    const standing = this.#stations.get(nameOf(place));
    const station =
      standing?.session === session ? standing : this.#join(place, session, { key, passport }, last);
    try {
      const { through } = await station.welcome(last);
      this.#say(place, key, { kind: 'welcome', session, through }, { retain: true });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#say(place, key, { kind: 'refused', session, code: 'stopping', why: why.slice(0, 300) }, {});
    }
  }

  async #presence(place: Place, topic: string, payload: Buffer): Promise<void> {
    const claimed = presenceMessage.safeParse(peek(payload));
    if (!claimed.success) return this.#complain(topic, 'it cannot be read');
    const { session, online, last } = claimed.data;
    // A server that starts hears of all who have left, ever.
    if (!online && this.#stations.get(nameOf(place))?.session !== session) return;
    const known = await this.#known(place, topic, payload, false);
    if ('notLetIn' in known) return this.#complain(topic, known.notLetIn.why);
    const station = this.#stations.get(nameOf(place));
    if (station?.session === session) {
      if (online) return station.heard(this.#clock());
      this.#stations.delete(nameOf(place));
      return station.leave();
    }
    if (online) this.#join(place, session, known, last);
  }

  async #events(place: Place, topic: string, payload: Buffer): Promise<void> {
    if (this.#stopped) return;
    const known = await this.#known(place, topic, payload, false);
    if ('notLetIn' in known) return this.#complain(topic, known.notLetIn.why);
    const read = batchMessage.safeParse(known.message);
    if (!read.success) return this.#complain(topic, 'it is no batch');
    const { session, batch, events } = read.data;
    const station = this.#stations.get(nameOf(place)) ?? this.#join(place, session, known, undefined);
    // The next message of the stream is looked at meanwhile; the intake keeps the order.
    void station.take(events, PATIENCE_MS).then((receipt) => {
      const message = { kind: 'receipt', session, batch, ...receipt } as const;
      this.#say(place, known.key, message, { retain: !receipt.refused });
    });
  }

  /** What the message says, when its seal is that of the agent that its topic names. `anew`: the list of agents is asked in any case. */
  async #known(
    place: Place,
    topic: string,
    payload: Buffer,
    anew: boolean,
  ): Promise<Known | { notLetIn: NotLetIn }> {
    const station = this.#stations.get(nameOf(place));
    if (station && !anew) {
      const message = open(station.key, 'up', topic, payload);
      if (message !== undefined) return { key: station.key, passport: station.passport, message };
    }
    let key = '';
    let message: unknown;
    const { agentId, epoch } = place;
    const admitted = await this.#intake.admitBy({ agentId, epoch }, (tokenHash) => {
      key = tokenHash;
      message = open(tokenHash, 'up', topic, payload);
      return message !== undefined;
    });
    return 'notLetIn' in admitted ? admitted : { key, passport: admitted.passport, message };
  }

  /** The stream's newest connection; the one before it is over. */
  #join(
    place: Place,
    session: string,
    { key, passport }: Pick<Known, 'key' | 'passport'>,
    end: LinkAuth['last'],
  ): Station {
    const stream = nameOf(place);
    const station = new Station(
      { session, key, passport, place, server: this.#id, heardAt: this.#clock() },
      {
        publish: (topic, payload, outgoing) => this.#broker?.publish(topic, payload, outgoing) ?? false,
        closed: (why) => {
          if (this.#stations.get(stream) !== station) return;
          this.#stations.delete(stream);
          this.#say(place, key, { kind: 'ended', session, why }, {});
          station.leave();
        },
        now: this.#clock,
      },
    );
    const before = this.#stations.get(stream);
    this.#stations.set(stream, station);
    station.join(this.#intake, end);
    before?.leave();
    return station;
  }

  #refuse(place: Place, session: string, { code, why }: NotLetIn): void {
    const topic = topicOf(place, 'through');
    const message = { kind: 'refused', session, code, why: why.slice(0, 300) } satisfies ThroughMessage;
    this.#broker?.publish(topic, unsealed(message), { expiresMs: CHALLENGE_MS });
  }

  #say(place: Place, key: string, message: ThroughMessage, { retain = false }: Outgoing): void {
    const topic = topicOf(place, 'through');
    const expiresMs = retain ? RETAINED_EXPIRES_MS : CHALLENGE_MS;
    this.#broker?.publish(topic, seal(key, 'down', topic, message), { retain, expiresMs });
  }

  #forgetTheSilent(): void {
    const nowMs = this.#clock().getTime();
    for (const [challenge, { untilMs }] of this.#challenges)
      if (untilMs <= nowMs) this.#challenges.delete(challenge);
    for (const [stream, station] of this.#stations) {
      if (nowMs - station.heardAt.getTime() < SILENT_MS) continue;
      this.#stations.delete(stream);
      station.leave();
    }
  }

  /** Somebody at the broker who is no agent, or an agent with an old token. */
  #complain(topic: string, why: string): void {
    this.#unproved += 1;
    const nowMs = this.#clock().getTime();
    if (nowMs - this.#complainedMs < COMPLAIN_MS) return;
    this.#complainedMs = nowMs;
    this.#log.warn({ topic, messages: this.#unproved }, 'message not believed: %s', why);
  }

  #tell(state: BrokerState['state'], why?: string): void {
    if (this.#closing.signal.aborted) return;
    const { state: before, why: whyBefore } = this.#state;
    if (before === state && whyBefore === why) return;
    const since = before === state ? this.#state.since : this.#clock().toISOString();
    this.#state = { state, since, ...(why === undefined ? {} : { why }) };
    if (state === 'connected') this.#log.info({ broker: this.#settings.url }, 'MQTT broker connected');
    else this.#log.warn({ broker: this.#settings.url, why }, 'MQTT broker away; it is tried for ever');
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      signal.addEventListener('abort', over);
    });
  }
}

const nameOf = ({ agentId, epoch }: Place): string => `${agentId}/${epoch}`;
const everywhere = (leaf: string): string => `hall/+/+/+/+/${leaf}`;

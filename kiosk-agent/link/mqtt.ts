/**
 * The link over an MQTT broker. The broker's acknowledgement says nothing about the far end: only a sealed message on
 * `…/through` that names this connection is believed. Reconnecting is the sender's; nothing is queued in the library.
 */
import { randomBytes } from 'node:crypto';
import { connectBroker, type Broker } from '../contract/broker.ts';
import type { HallEvent } from '../contract/events.ts';
import type { Receipt } from '../contract/link.ts';
import {
  commandMessage,
  HEARTBEAT_MS,
  MQTT_MESSAGE_MAX_BYTES,
  MQTT_PACKET_BYTES,
  open,
  peek,
  seal,
  sealingKey,
  throughMessage,
  topicOf,
  type Leaf,
  type Place,
  type ThroughMessage,
} from '../contract/mqtt.ts';
import type { Dial, DialOptions, DialResult, LinkConnection, SendResult } from './binding.ts';

/** A batch that reaches nobody within this time is asked for again anyway. */
const BATCH_EXPIRES_MS = 60_000;
/** What others leave of us on the broker goes by itself. */
const RETAINED_EXPIRES_MS = 30 * 86_400_000;

/** Connects to the broker and waits for the far end's welcome behind it. Never throws. */
export const dialMqtt: Dial = async (options) => {
  const { url, auth, mqtt, timeoutMs, signal } = options;
  if (!mqtt) return { failed: `${url}: a link over MQTT needs the hall and its region`, refused: true };
  const place = { region: mqtt.region, hall: mqtt.hall, agentId: auth.agentId, epoch: auth.epoch };
  const key = sealingKey(auth.token);
  const session = randomBytes(16).toString('base64url');
  const presence = topicOf(place, 'presence');
  const tooLate = AbortSignal.timeout(timeoutMs);
  const patience = AbortSignal.any([signal, tooLate]);

  const reached = await connectBroker(
    { ...mqtt, url },
    {
      clientId: `hall-${auth.agentId}-${auth.epoch}`,
      receiveMaximum: 50,
      will: {
        topic: presence,
        payload: seal(key, 'up', presence, { session, online: false }),
        qos: 1,
        retain: true,
      },
    },
    patience,
  );
  if ('failed' in reached) return reached;
  const { broker } = reached;
  if (broker.largest !== undefined && broker.largest < MQTT_PACKET_BYTES) {
    broker.cut('closed');
    const failed = `${url}: the broker takes packets of ${broker.largest} bytes at the most, a batch may need ${MQTT_PACKET_BYTES}: raise its limit`;
    return { failed, refused: true };
  }
  const talk = new Conversation(broker, place, key, session, options);
  const late = new Promise<string>((resolve) => {
    const over = () =>
      resolve(
        tooLate.aborted
          ? `no welcome within ${timeoutMs / 1000} s: the broker is there, a far end behind it is not`
          : 'closed',
      );
    patience.addEventListener('abort', over);
    if (patience.aborted) over();
  });
  const welcomed = await Promise.race([
    talk.greet(),
    late.then((why): DialResult => ({ failed: why, refused: false })),
    broker.ended.then((why): DialResult => ({ failed: why, refused: false })),
  ]);
  if ('failed' in welcomed) {
    talk.close();
    return { failed: `${url}: ${welcomed.failed}`, refused: welcomed.refused };
  }
  return welcomed;
};

type Pending = { answer: SendResult | null; settle: (result: SendResult) => void };

/** One connection of one epoch, from the greeting to its end. */
class Conversation implements LinkConnection {
  through = 0;
  readonly ended: Promise<string>;
  readonly #broker: Broker;
  readonly #place: Place;
  readonly #key: string;
  readonly #session: string;
  readonly #options: DialOptions;
  readonly #welcomed = Promise.withResolvers<DialResult>();
  /** in the order of sending, which is the order in which receipts are told */
  readonly #pending = new Map<number, Pending>();
  /** server → the number of its newest command */
  readonly #commanded = new Map<string, number>();
  #state: 'greeting' | 'challenged' | 'welcomed' = 'greeting';
  #batches = 0;
  #beats = 0;
  #beatAnswered = true;
  #heartbeat: NodeJS.Timeout | undefined;
  /** what the far end has named last */
  #named = 0;
  #namedAtBeat = 0;

  constructor(broker: Broker, place: Place, key: string, session: string, options: DialOptions) {
    this.#broker = broker;
    this.#place = place;
    this.#key = key;
    this.#session = session;
    this.#options = options;
    this.ended = broker.ended;
    broker.onMessage((topic, payload) => this.#heard(topic, payload));
    broker.onNobody(() => broker.cut('the broker is there, a far end behind it is not'));
    void broker.ended.then((lost) => {
      clearInterval(this.#heartbeat);
      for (const { settle } of this.#pending.values()) settle({ lost });
      this.#pending.clear();
    });
  }

  /** Asks for the welcome and resolves with what came of it, if anything comes. */
  async greet(): Promise<DialResult> {
    const retained = this.#broker.version === 5 ? { rh: 2 } : {};
    const denied = await this.#broker.subscribe({
      [topicOf(this.#place, 'through')]: retained,
      [topicOf(this.#place, 'commands')]: retained,
    });
    if (denied !== undefined) return { failed: denied, refused: true };
    this.#sayPresence();
    this.#say('hello', { session: this.#session }, this.#options.timeoutMs);
    return this.#welcomed.promise;
  }

  readonly send = (events: readonly HallEvent[]): Promise<SendResult> => {
    this.#batches += 1;
    const batch = this.#batches;
    const message = this.#sealed('events', { session: this.#session, batch, events });
    const result = new Promise<SendResult>((settle) => this.#pending.set(batch, { answer: null, settle }));
    if (message.length > MQTT_MESSAGE_MAX_BYTES)
      this.#broker.cut(`a batch of ${message.length} bytes is more than the far end reads`);
    else this.#broker.publish(topicOf(this.#place, 'events'), message, { expiresMs: BATCH_EXPIRES_MS });
    return Promise.race([result, this.ended.then((lost) => ({ lost }))]);
  };

  /** Satellites alone report, and theirs is another wire. */
  async report(): Promise<unknown> {
    return null;
  }

  /** Without a good-bye: so the broker publishes the last will. */
  close(): void {
    this.#broker.cut('closed');
  }

  #heard(topic: string, payload: Buffer): void {
    if (payload.length > MQTT_MESSAGE_MAX_BYTES) return;
    if (topic === topicOf(this.#place, 'through')) return this.#heardThrough(topic, payload);
    if (topic === topicOf(this.#place, 'commands')) return this.#heardCommand(topic, payload);
  }

  #heardThrough(topic: string, payload: Buffer): void {
    const sealed = throughMessage.safeParse(open(this.#key, 'down', topic, payload));
    if (sealed.success) {
      if (sealed.data.session === this.#session) this.#take(sealed.data);
      return;
    }
    // A far end that has no key for us can seal nothing. Believing it costs a slow next attempt, and no event.
    const bare = throughMessage.safeParse(peek(payload));
    if (!bare.success || bare.data.kind !== 'refused' || bare.data.session !== this.#session) return;
    if (this.#state === 'greeting') this.#take(bare.data);
  }

  #take(message: ThroughMessage): void {
    switch (message.kind) {
      case 'challenge': {
        if (this.#state !== 'greeting') return;
        this.#state = 'challenged';
        const { server, challenge } = message;
        const { last } = this.#options.auth;
        const greeting = { kind: 'greeting', session: this.#session, server, challenge };
        return this.#say('answers', { ...greeting, ...(last && { last }) }, this.#options.timeoutMs);
      }
      case 'welcome':
        if (this.#state !== 'challenged') return;
        this.#state = 'welcomed';
        this.through = this.#named = message.through;
        this.#heartbeat = setInterval(() => this.#beat(), this.#options.mqtt?.heartbeatMs ?? HEARTBEAT_MS);
        return this.#welcomed.resolve({ connection: this });
      case 'refused': {
        const failed = `refused: ${message.why} (${message.code})`;
        return this.#welcomed.resolve({ failed, refused: message.code !== 'stopping' });
      }
      case 'receipt': {
        const { kind: _kind, session: _session, batch, ...receipt } = message;
        return this.#answer(batch, { receipt });
      }
      case 'beat':
        if (message.beat !== this.#beats) return;
        this.#beatAnswered = true;
        if (message.through < this.#namedAtBeat)
          this.#broker.cut(`the far end was set back, from ${this.#namedAtBeat} to ${message.through}`);
        return;
      case 'ended':
        return this.#broker.cut(message.why);
    }
  }

  /** With several servers at the far end receipts may overtake each other; they are told in the order of sending. */
  #answer(batch: number, answer: SendResult): void {
    const answered = this.#pending.get(batch);
    if (!answered || answered.answer) return;
    answered.answer = answer;
    for (const [number, { answer, settle }] of this.#pending) {
      if (!answer) return;
      this.#pending.delete(number);
      if ('receipt' in answer) this.#told(answer.receipt);
      settle(answer);
    }
  }

  #told({ through, refused }: Receipt): void {
    if (!refused) this.#named = through;
  }

  #heardCommand(topic: string, payload: Buffer): void {
    const read = commandMessage.safeParse(open(this.#key, 'down', topic, payload));
    // It may overtake the welcome: the far end knows of us by our presence, and what names this connection is fresh.
    if (!read.success) return;
    const { session, server, number, command } = read.data;
    // A repeat has been answered, or is being answered: done twice it might be done out of its time.
    if (session !== this.#session || number <= (this.#commanded.get(server) ?? 0)) return;
    this.#commanded.set(server, number);
    void this.#options
      .onCommand(command)
      .then((answer) => this.#say('answers', { kind: 'answer', session, server, number, answer }));
  }

  #beat(): void {
    if (!this.#beatAnswered)
      return this.#broker.cut('the far end behind the broker does not answer any more');
    this.#beats += 1;
    this.#beatAnswered = false;
    this.#namedAtBeat = this.#named;
    this.#sayPresence();
    this.#say('hello', { session: this.#session, beat: this.#beats }, BATCH_EXPIRES_MS);
  }

  #sayPresence(): void {
    const topic = topicOf(this.#place, 'presence');
    const { last } = this.#options.auth;
    const message = this.#sealed('presence', { session: this.#session, online: true, ...(last && { last }) });
    this.#broker.publish(topic, message, { retain: true, expiresMs: RETAINED_EXPIRES_MS });
  }

  #say(leaf: Leaf, message: object, expiresMs?: number): void {
    this.#broker.publish(
      topicOf(this.#place, leaf),
      this.#sealed(leaf, message),
      expiresMs === undefined ? {} : { expiresMs },
    );
  }

  #sealed(leaf: Leaf, message: object): Buffer {
    return seal(this.#key, 'up', topicOf(this.#place, leaf), message);
  }
}

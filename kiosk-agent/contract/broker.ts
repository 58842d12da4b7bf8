/** How both sides of the link reach an MQTT broker: MQTT 5, or 3.1.1 where the broker does not know 5. */
import { readFileSync } from 'node:fs';
import {
  connect,
  type IClientOptions,
  type IClientSubscribeOptions,
  type IConnackPacket,
  type MqttClient,
} from 'mqtt';
import { MQTT_MESSAGE_MAX_BYTES } from './mqtt.ts';

/** `mqtt://host:port` or `mqtts://host:port`, and what the broker wants to see; `ca`, `certificate`, `key` are PEM files. */
export type BrokerAccess = {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  ca?: string | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
};

/** A message that leaves: at least once, within `expiresMs` where the broker knows how. */
export type Outgoing = {
  retain?: boolean;
  expiresMs?: number;
  responseTopic?: string;
};

/** Brokers that have said that they do not know MQTT 5. */
const oldBrokers = new Set<string>();
const FIRST_QUALITY = 1;

/** One connection to a broker. Nothing is kept after it: neither here nor, as far as the broker obeys, there. */
export class Broker {
  readonly version: 4 | 5;
  /** the largest packet that the broker takes, in bytes; undefined when it has not said */
  readonly largest: number | undefined;
  /** whether it knows shared subscriptions, as far as it has said */
  readonly shares: boolean;
  /** settles once, with the reason */
  readonly ended: Promise<string>;
  readonly #client: MqttClient;
  readonly #end: (why: string) => void;

  constructor(client: MqttClient, version: 4 | 5, said: { largest: number | undefined; shares: boolean }) {
    this.#client = client;
    this.version = version;
    this.largest = said.largest;
    this.shares = said.shares;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#end = resolve;
    // The library's own listener for trouble must stay: without one an error would end the process.
    client.on('error', (error) => resolve(error.message));
    client.on('disconnect', ({ reasonCode }) => resolve(`the broker ended it (${reasonWord(reasonCode)})`));
    client.on('close', () => resolve('the connection to the broker was lost'));
    void promise.then(() => client.end(true));
  }

  onMessage(listener: (topic: string, payload: Buffer) => void): void {
    this.#client.on('message', listener);
  }

  /** Tells of every message that the broker took although nobody listens there (MQTT 5 only). */
  onNobody(listener: () => void): void {
    this.#client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode === 16) listener();
    });
  }

  /** Resolves with why not, or undefined when the broker has granted all of them. */
  async subscribe(topics: Record<string, Omit<IClientSubscribeOptions, 'qos'>>): Promise<string | undefined> {
    const asked = Object.fromEntries(
      Object.entries(topics).map(([topic, options]) => [topic, { qos: FIRST_QUALITY, ...options } as const]),
    );
    const granted = this.#client.subscribeAsync(asked).then(
      (grants) => grants.find(({ qos }) => qos > 2)?.topic,
      (error: Error) => error.message,
    );
    const missing = await Promise.race([granted, this.ended]);
    return missing === undefined ? undefined : `the broker does not let us read: ${missing}`;
  }

  async unsubscribe(topics: string[]): Promise<void> {
    if (!this.#client.connected) return;
    await Promise.race([this.#client.unsubscribeAsync(topics).catch(() => undefined), this.ended]);
  }

  /** Whether it left: nothing is queued for a later connection. A broker that refuses it ends the connection here. */
  publish(
    topic: string,
    payload: Buffer,
    { retain = false, expiresMs, responseTopic }: Outgoing = {},
  ): boolean {
    if (!this.#client.connected) return false;
    const properties =
      this.version === 5
        ? {
            ...(expiresMs === undefined
              ? {}
              : { messageExpiryInterval: Math.min(2 ** 32 - 1, Math.max(1, Math.ceil(expiresMs / 1000))) }),
            ...(responseTopic === undefined ? {} : { responseTopic }),
          }
        : undefined;
    this.#client.publish(
      topic,
      payload,
      { qos: FIRST_QUALITY, retain, ...(properties && { properties }) },
      (error) => {
        if (error) this.#end(`${topic}: ${error.message}`);
      },
    );
    return true;
  }

  /** The cable's way: the broker publishes the last will. */
  cut(why: string): void {
    this.#end(why);
  }

  /** Waits until what has left is with the broker, for 1 s at the most, and says good-bye: no last will. */
  async leave(): Promise<void> {
    const given = AbortSignal.timeout(1_000);
    const late = new Promise((resolve) => given.addEventListener('abort', resolve));
    await Promise.race([this.#client.endAsync().catch(() => undefined), this.ended, late]);
    this.#end('closed');
  }
}

/**
 * Connects within the life of `signal`. `refused`: the broker answered and does not want us (user, password, client id,
 * certificate). Never rejects.
 */
export async function connectBroker(
  access: BrokerAccess,
  options: Pick<IClientOptions, 'clientId' | 'will'> & { receiveMaximum: number },
  signal: AbortSignal,
): Promise<{ broker: Broker } | { failed: string; refused: boolean }> {
  const { url, username, password } = access;
  let files: IClientOptions;
  try {
    files = pemFiles(access);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error), refused: true };
  }
  for (const version of oldBrokers.has(url) ? ([4] as const) : ([5, 4] as const)) {
    const client = connect(url, {
      ...files,
      clientId: options.clientId ?? '',
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(options.will && { will: options.will }),
      protocolVersion: version,
      clean: true,
      keepalive: 20,
      reconnectPeriod: 0,
      connectTimeout: 60_000,
      queueQoSZero: false,
      resubscribe: false,
      ...(version === 5 && {
        properties: {
          sessionExpiryInterval: 0,
          receiveMaximum: options.receiveMaximum,
          maximumPacketSize: MQTT_MESSAGE_MAX_BYTES + 1024,
        },
      }),
    });
    const outcome = await answerOf(client, version, signal);
    if ('broker' in outcome) return outcome;
    client.on('error', () => undefined);
    client.end(true);
    const { code, failed } = outcome;
    if (version === 5 && (code === 1 || code === 132)) oldBrokers.add(url);
    // Some brokers hang up on a version that they do not know, without a word.
    else if (version === 4 || outcome.silent !== true)
      return { failed: `${url}: ${failed}`, refused: code !== undefined && !PASSING.has(code) };
  }
  return { failed: `${url}: the broker speaks neither MQTT 5 nor 3.1.1`, refused: true };
}

/** Server unavailable, busy, shutting down, rate exceeded: it may let us in later. */
const PASSING = new Set([3, 136, 137, 139, 151, 156, 159]);

type Answer = { broker: Broker } | { failed: string; code?: number; silent?: boolean };

function answerOf(client: MqttClient, version: 4 | 5, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let wired = false;
    client.stream.once('connect', () => (wired = true));
    const settle = (answer: () => Answer) => {
      signal.removeEventListener('abort', aborted);
      client.off('connect', connected).off('error', failed).off('close', closed);
      resolve(answer());
    };
    const aborted = () => settle(() => ({ failed: 'the broker has not answered in time' }));
    const connected = ({ properties }: IConnackPacket) =>
      settle(() => ({
        broker: new Broker(client, version, {
          largest: properties?.maximumPacketSize,
          shares: version === 5 && properties?.sharedSubscriptionAvailable !== false,
        }),
      }));
    const failed = (error: Error & { code?: unknown }) => {
      const { code } = error;
      settle(() => ({ failed: causeOf(error), ...(typeof code === 'number' ? { code } : {}) }));
    };
    const closed = () =>
      settle(() => ({ failed: 'the broker hung up before it had answered', silent: wired }));
    signal.addEventListener('abort', aborted);
    client.on('connect', connected).on('error', failed).on('close', closed);
    if (signal.aborted) aborted();
  });
}

/** Of several addresses that were tried each has its error inside. */
function causeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : error;
  return inner?.message || error.message || String(error);
}

function pemFiles({ ca, certificate, key }: BrokerAccess): IClientOptions {
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    ...(certificate === undefined ? {} : { cert: readFileSync(certificate, 'utf8') }),
    ...(key === undefined ? {} : { key: readFileSync(key, 'utf8') }),
  };
}

function reasonWord(code: number | undefined): string {
  switch (code) {
    case 142:
      return 'the same client id has connected elsewhere';
    case 149:
      return 'a packet was too large for it';
    case 139:
      return 'it is shutting down';
    case 135:
      return 'not authorised';
    default:
      return `reason ${code ?? 'unknown'}`;
  }
}

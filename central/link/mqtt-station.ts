/** One connection of one stream as the far end sees it behind the broker: its key, its place at the intake, its commands. */
import type { Outgoing } from '../../kiosk-agent/contract/broker.ts';
import type { LinkAuth, LinkCommand, Receipt, Welcome } from '../../kiosk-agent/contract/link.ts';
import { seal, topicOf, type Place } from '../../kiosk-agent/contract/mqtt.ts';
import type { Intake, Joined, Passport } from './intake.ts';

type Identity = {
  session: string;
  key: string;
  passport: Passport;
  place: Place;
  server: string;
  heardAt: Date;
};
type Ways = {
  /** false when the broker is away */
  publish: (topic: string, payload: Buffer, outgoing: Outgoing) => boolean;
  /** the intake has another connection of this stream */
  closed: (why: string) => void;
  now: () => Date;
};

export class Station {
  readonly session: string;
  readonly key: string;
  readonly passport: Passport;
  heardAt: Date;
  readonly #place: Place;
  readonly #server: string;
  readonly #ways: Ways;
  readonly #left = Promise.withResolvers<never>();
  /** number → who waits for the answer */
  readonly #asked = new Map<number, (answer: unknown) => void>();
  #joined: Joined | null = null;
  #number = 0;

  constructor({ session, key, passport, place, server, heardAt }: Identity, ways: Ways) {
    this.session = session;
    this.key = key;
    this.passport = passport;
    this.heardAt = heardAt;
    this.#place = place;
    this.#server = server;
    this.#ways = ways;
    this.#left.promise.catch(() => undefined);
  }

  /** Takes its place; `end` is where the agent has said that its log ends. */
  join(intake: Intake, end: LinkAuth['last']): void {
    this.#joined = intake.join(
      { ...this.passport, end },
      {
        command: (command, timeoutMs) => this.#command(command, timeoutMs),
        close: () => this.#ways.closed('another connection of the same agent and epoch has taken its place'),
      },
    );
  }

  heard(at: Date): void {
    this.heardAt = at;
  }

  welcome(end: LinkAuth['last']): Promise<Welcome> {
    return this.#there.welcome(end);
  }

  standing(): Promise<number> {
    return this.#there.standing();
  }

  take(events: unknown, patienceMs: number): Promise<Receipt> {
    return this.#there.take(events, patienceMs);
  }

  answered(number: number, answer: unknown): void {
    this.#asked.get(number)?.(answer);
  }

  /** The connection is over. May be called twice. */
  leave(): void {
    this.#left.reject(new Error('the connection is over'));
    this.#joined?.leave();
  }

  get #there(): Joined {
    if (!this.#joined) throw new Error('a station is joined before it is used');
    return this.#joined;
  }

  async #command(command: LinkCommand, timeoutMs: number): Promise<unknown> {
    this.#number += 1;
    const number = this.#number;
    const topic = topicOf(this.#place, 'commands');
    const message = { session: this.session, server: this.#server, number, command };
    const outgoing = { expiresMs: timeoutMs, responseTopic: topicOf(this.#place, 'answers') };
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => reject(new Error('no answer')), timeoutMs);
    this.#asked.set(number, resolve);
    try {
      if (!this.#ways.publish(topic, seal(this.key, 'down', topic, message), outgoing))
        throw new Error('the broker is away');
      return await Promise.race([promise, this.#left.promise]);
    } finally {
      clearTimeout(timer);
      this.#asked.delete(number);
    }
  }
}

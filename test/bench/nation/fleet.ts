/** The agents of all halls with the agent's own link sender, a connection each; their day is written by the clock that replays it. */
import type { Dial } from '../../../kiosk-agent/link/binding.ts';
import { LinkSender } from '../../../kiosk-agent/link/sender.ts';
import { dialSocketio } from '../../../kiosk-agent/link/socketio.ts';
import type { RetryTimes } from '../../../kiosk-agent/link/stream.ts';
import { dayName } from './day.ts';
import type { Office } from './offices.ts';
import { DayStream } from './stream.ts';

/** The day is replayed in steps of so many minutes: what a hall has written in one goes up together. */
const STEP_MINUTES = 10;
/** Written and not acknowledged, over all halls: the day does not run ahead of the far end. */
const UNDER_WAY = 12_000;
/** Later than all that happens. */
const NEVER = '9999';
/** Looking at 3,000 agents costs; when each was level is known by its receipt. */
const LOOK_MS = 250;
/** A thing that does not come is a fault and not a slow machine. */
const STUCK_MS = 120_000;

export class Fleet {
  readonly streams: DayStream[];
  /** batches with a receipt */
  batches = 0;
  /** connections that were lost or not made, with what was said of them */
  readonly troubles = new Map<string, number>();
  /** ms from a batch's sending to its receipt */
  receiptsMs: number[] = [];
  readonly #urls: string[];
  readonly #token: string;
  readonly #retry: RetryTimes | undefined;
  #senders: LinkSender[] = [];
  #written = 0;

  constructor(offices: Office[], urls: string[], token: string, retry?: RetryTimes) {
    this.streams = offices.map((office) => new DayStream(office));
    this.#urls = urls;
    this.#token = token;
    this.#retry = retry;
  }

  get written(): number {
    return this.streams.reduce((sum, { durableSeq }) => sum + durableSeq, 0);
  }

  get acknowledged(): number {
    return this.streams.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Starts all senders in this moment; gives when each is level for the first time, in ms. Rejects when nothing moves any more. */
  async start(): Promise<number[]> {
    const from = performance.now();
    const levelMs: number[] = [];
    this.#senders = this.streams.map((stream, index) => this.#sender(stream, index));
    await this.#eachLevel(levelMs, from, () => this.#senders.forEach((sender) => sender.start()));
    return levelMs;
  }

  /** When each is level, from now on, in ms: with the senders that run. */
  async level(): Promise<number[]> {
    const levelMs: number[] = [];
    await this.#eachLevel(levelMs, performance.now(), () => undefined);
    return levelMs;
  }

  /** Every hall writes `events` more of its day, wherever its link is. */
  happen(events: number): void {
    this.streams.forEach((stream, index) => {
      if (stream.happen(NEVER, events) > 0) this.#senders[index]?.wake();
    });
  }

  /** Replays the day up to about `most` events as fast as the far end takes it; `told` hears how far it is. */
  async replay(most: number, told: (acknowledged: number, time: string) => void): Promise<void> {
    this.#written = this.written;
    for (let minute = 460; minute <= 1_090 && this.#written < most; minute += STEP_MINUTES) {
      const time = `${dayName(0)}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
      for (const [index, stream] of this.streams.entries()) {
        const written = stream.happen(time);
        if (written === 0) continue;
        this.#written += written;
        this.#senders[index]!.wake();
        if (index % 16 === 0) await this.#underWay(UNDER_WAY);
        if (this.#written >= most) break;
      }
      told(this.acknowledged, time);
    }
    await this.#underWay(0);
  }

  /** Ends the connections, as when the power goes; the days stay. */
  async close(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.close()));
    this.#senders = [];
  }

  async #underWay(most: number): Promise<void> {
    await this.#moving(() => this.#written - this.acknowledged <= most);
  }

  async #eachLevel(levelMs: number[], from: number, begin: () => void): Promise<void> {
    const away = new Map(this.#senders.map((sender, index) => [sender, this.streams[index]!]));
    const look = (sender: LinkSender, { levelAt }: DayStream) => {
      if (!sender.connected || sender.status.state !== 'level' || sender.status.lagEvents > 0) return;
      away.delete(sender);
      // With 3,000 in this process the look comes late; the receipt's own time is known, where there was something to send.
      levelMs.push((levelAt > from ? levelAt : performance.now()) - from);
    };
    begin();
    await this.#moving(
      () => {
        for (const [sender, stream] of away) look(sender, stream);
        return away.size === 0;
      },
      LOOK_MS,
      () =>
        `${away.size} of ${this.#senders.length} agents are not level: ${[...away.keys()][0]?.status.why ?? '–'}`,
    );
  }

  async #moving(done: () => boolean, lookMs = 5, what = () => 'the far end takes nothing'): Promise<void> {
    let [before, since] = [this.acknowledged, performance.now()];
    while (!done()) {
      await new Promise((resolve) => setTimeout(resolve, lookMs));
      const now = this.acknowledged;
      if (now !== before) [before, since] = [now, performance.now()];
      if (performance.now() - since > STUCK_MS)
        throw new Error(`${what()}; ${JSON.stringify([...this.troubles])}`);
    }
  }

  #sender(stream: DayStream, index: number): LinkSender {
    return new LinkSender({
      name: 'central',
      url: `socketio:${this.#urls[index % this.#urls.length]!}`,
      token: this.#token,
      agentId: stream.office.agentId,
      source: stream,
      clock: () => new Date(),
      random: Math.random,
      dial: this.#dial(this.#urls[index % this.#urls.length]!),
      ...(this.#retry && { retry: this.#retry }),
    });
  }

  /** The agent's own binding; only what goes over it is counted. */
  #dial(url: string): Dial {
    return async (options) => {
      const dialled = await dialSocketio({ ...options, url });
      if ('failed' in dialled) {
        this.#trouble(dialled.failed);
        return dialled;
      }
      const { connection } = dialled;
      const counted = Object.create(connection) as typeof connection;
      counted.send = async (events) => {
        const sent = performance.now();
        const result = await connection.send(events);
        if ('lost' in result) this.#trouble(result.lost);
        else if (result.receipt.refused) this.#trouble(result.receipt.refused.why);
        else {
          this.batches += 1;
          this.receiptsMs.push(performance.now() - sent);
        }
        return result;
      };
      return { connection: counted };
    };
  }

  #trouble(why: string): void {
    const key = why.replace(/https?:\S+/, 'the far end').slice(0, 80);
    this.troubles.set(key, (this.troubles.get(key) ?? 0) + 1);
  }
}

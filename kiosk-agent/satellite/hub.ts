/**
 * The hall server as this satellite knows it: whether it is there, how far this computer's clock is from its, and the numbers
 * that it has leased. What is kept in `hub.json` outlives a restart while the cable is cut.
 */
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { satelliteCommands } from '../contract/link.ts';
import type { Clock } from '../executor.ts';
import type { LinkSender } from '../link/sender.ts';
import type { KeptFile } from './kept-file.ts';
import type { NumberBlock } from './offline-tickets.ts';

export const hubMemory = z.object({
  /** this clock minus the hub's, ms */
  clockOffsetMs: z.number(),
  blocks: satelliteCommands.blocks.shape.blocks,
});
export type HubMemory = z.infer<typeof hubMemory>;
export const NO_HUB_MEMORY: HubMemory = { clockOffsetMs: 0, blocks: [] };

const clockAnswer = z.object({ now: z.iso.datetime({ offset: true }) });

const CLOCK_EVERY_MS = 60_000;
/** While nobody knows whether the hub is there, it is asked this often. */
const DOUBT_EVERY_MS = 2_000;
const CLOCK_ANSWER_MS = 2_000;
/** Samples asked for on a new connection, and kept; the quickest half of them count. */
const FIRST_SAMPLES = 5;
const SAMPLES_KEPT = 15;
/** A difference smaller than this is not worth a write. */
const WORTH_KEEPING_MS = 20;

type Sample = { offsetMs: number; roundTripMs: number };

export class Hub extends EventEmitter<{ change: [] }> {
  readonly #kept: KeptFile<HubMemory>;
  readonly #clock: Clock;
  readonly #monotonicMs: () => number;
  readonly #say: (why: string) => void;
  #link: Pick<LinkSender, 'connected' | 'report'> | null = null;
  #samples: Sample[] = [];
  #doubtful = false;
  /** counts connections: an answer that an older one owed says nothing of this one */
  #connection = 0;
  #wasHere = false;
  #awayAt: Date;
  #timer: NodeJS.Timeout | null = null;
  #asking: Promise<void> | null = null;
  #closed = false;

  constructor(parts: {
    kept: KeptFile<HubMemory>;
    clock: Clock;
    /** never goes back, ms */
    monotonicMs: () => number;
    say: (why: string) => void;
  }) {
    super();
    this.setMaxListeners(0);
    this.#kept = parts.kept;
    this.#clock = parts.clock;
    this.#monotonicMs = parts.monotonicMs;
    this.#say = parts.say;
    this.#awayAt = parts.clock();
  }

  /** Begins to ask for the time over this link. */
  watch(link: Pick<LinkSender, 'connected' | 'report'>): void {
    this.#link = link;
    this.#again();
  }

  /** It is connected, and nothing that was asked of it lately stayed without an answer. */
  get reachable(): boolean {
    return this.#link?.connected === true && !this.#doubtful;
  }

  /** since when it is away; null while it is there */
  get awaySince(): Date | null {
    return this.reachable ? null : this.#awayAt;
  }

  /** this clock minus the hub's, ms; 0 until it was first measured */
  get clockOffsetMs(): number {
    return this.#kept.value.clockOffsetMs;
  }

  /** the hub's time, as far as it is known: deadlines are the hub's */
  get now(): Date {
    return new Date(this.#clock().getTime() - this.clockOffsetMs);
  }

  get blocks(): readonly NumberBlock[] {
    return this.#kept.value.blocks;
  }

  /** Resolves when the blocks are on disk. */
  async keepBlocks(blocks: NumberBlock[]): Promise<void> {
    await this.#kept.set({ ...this.#kept.value, blocks });
    this.emit('change');
  }

  /** The link is there again: the clock is measured anew before anything else. */
  connected(): void {
    this.#samples = [];
    this.#doubtful = false;
    this.#connection += 1;
    this.#look();
    this.#asking = this.#measure(FIRST_SAMPLES);
  }

  /** A request of ours stayed without an answer: until the link answers again, it is taken for away. */
  doubt(): void {
    if (this.#doubtful) return;
    this.#doubtful = true;
    this.#look();
    void this.#measure(1);
  }

  /** Something about the link may have changed. */
  look(): void {
    this.#look();
  }

  /** Ends its timers and waits for the disk. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.removeAllListeners();
    await this.#asking;
    await this.#kept.close();
  }

  #look(): void {
    const here = this.reachable;
    if (here === this.#wasHere) return;
    this.#wasHere = here;
    if (!here) this.#awayAt = this.#clock();
    this.emit('change');
  }

  #again(): void {
    if (this.#closed) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#look();
        void this.#measure(1).finally(() => this.#again());
      },
      this.#doubtful ? DOUBT_EVERY_MS : CLOCK_EVERY_MS,
    );
  }

  async #measure(times: number): Promise<void> {
    for (let i = 0; i < times && !this.#closed; i++) {
      const sample = await this.#sample();
      if (!sample) break;
      this.#samples.push(sample);
      if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
    }
    if (this.#samples.length > 0 && !this.#closed) await this.#settle();
    this.#again();
  }

  async #sample(): Promise<Sample | null> {
    const link = this.#link;
    if (!link?.connected) return null;
    const connection = this.#connection;
    const sentAt = this.#clock();
    const since = this.#monotonicMs();
    const said = clockAnswer.safeParse(
      await link.report('clock', { sentAt: sentAt.toISOString() }, CLOCK_ANSWER_MS),
    );
    const roundTripMs = this.#monotonicMs() - since;
    if (connection !== this.#connection) return null;
    this.#doubtful = !said.success;
    this.#look();
    if (!said.success) return null;
    return { offsetMs: sentAt.getTime() + roundTripMs / 2 - Date.parse(said.data.now), roundTripMs };
  }

  async #settle(): Promise<void> {
    const clockOffsetMs = Math.round(offsetOf(this.#samples));
    if (Math.abs(clockOffsetMs - this.clockOffsetMs) < WORTH_KEEPING_MS) return;
    await this.#kept
      .set({ ...this.#kept.value, clockOffsetMs })
      .catch((error: unknown) => this.#say(`the clock's offset was not kept: ${String(error)}`));
  }
}

/** The median of the quicker half: a slow answer says little about the moment in which it was given. */
export function offsetOf(samples: readonly Sample[]): number {
  const quick = [...samples]
    .sort((a, b) => a.roundTripMs - b.roundTripMs)
    .slice(0, Math.ceil(samples.length / 2))
    .map((sample) => sample.offsetMs)
    .sort((a, b) => a - b);
  const middle = quick.length >> 1;
  return quick.length % 2 === 1
    ? (quick[middle] ?? 0)
    : ((quick[middle - 1] ?? 0) + (quick[middle] ?? 0)) / 2;
}

/**
 * The hub's public view as this satellite has it: kept up to date over `/live` while the hub is there, kept on disk for a start
 * while it is not.
 */
import { EventEmitter } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { KEYED_SECTIONS, LIVE_PATH, type PublicView } from '../contract/live.ts';
import type { Clock } from '../executor.ts';
import type { KeptFile } from './kept-file.ts';

/** What came over the wire or lies on disk is the hub's own view: only its frame is looked at. */
const viewFrame = z.looseObject({
  hall: z.looseObject({ missedRule: z.unknown() }),
  day: z.looseObject({ day: z.string() }),
  services: z.record(z.string(), z.looseObject({ service: z.string() })),
  windows: z.record(z.string(), z.looseObject({ window: z.number() })),
  calls: z.array(z.unknown()),
});
const snapshot = z.object({ run: z.string(), seq: z.int(), view: viewFrame });
const change = z.object({ run: z.string(), seq: z.int(), set: z.record(z.string(), z.unknown()) });
export const keptView = z.object({ at: z.iso.datetime({ offset: true }), view: viewFrame }).nullable();
export type KeptView = z.infer<typeof keptView>;

/** It changes with every call; one that is half a minute old is as good after a restart. */
const KEEP_EVERY_MS = 30_000;

export class HubView extends EventEmitter<{ change: [] }> {
  readonly #socket: Socket;
  readonly #kept: KeptFile<KeptView>;
  readonly #clock: Clock;
  #held: { run: string; seq: number; view: Record<string, unknown> } | null = null;
  #at: Date | null;
  #lastKept = 0;

  constructor(url: string, token: string, kept: KeptFile<KeptView>, clock: Clock) {
    super();
    this.setMaxListeners(0);
    this.#kept = kept;
    this.#clock = clock;
    const before = kept.value;
    this.#at = before ? new Date(before.at) : null;
    this.#socket = io(url, {
      path: LIVE_PATH,
      transports: ['websocket'],
      auth: { role: 'kiosk', token },
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      forceNew: true,
    });
    this.#socket.on('snapshot', (said: unknown) => this.#take(snapshot.safeParse(said).data ?? null));
    this.#socket.on('change', (said: unknown) => this.#change(change.safeParse(said).data ?? null));
    this.#socket.on('disconnect', (reason) => {
      this.#keep(true);
      // The library does not come back by itself after the server has said goodbye.
      if (reason === 'io server disconnect') setTimeout(() => this.#socket.connect(), 2_000).unref();
    });
  }

  /** Until when tickets are given on local day `day` (yyyy-MM-dd), HH:mm, where a surge that was heard of that day extends it. */
  extendedUntil(day: string): string | undefined {
    const view = this.latest?.view;
    return view?.day.day === day ? (view.day.surge?.extendUntil ?? undefined) : undefined;
  }

  /** The last view and when it was true; null when there never was one. */
  get latest(): { at: Date; view: PublicView } | null {
    const view = this.#held?.view ?? this.#kept.value?.view;
    return view && this.#at ? { at: this.#at, view: view as unknown as PublicView } : null;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.removeAllListeners();
    this.#socket.removeAllListeners();
    this.#socket.disconnect();
    this.#keep(true);
    await this.#kept.close();
  }

  #take(taken: z.infer<typeof snapshot> | null): void {
    if (!taken) return;
    this.#held = { run: taken.run, seq: taken.seq, view: { ...taken.view } };
    this.#told();
  }

  #change(said: z.infer<typeof change> | null): void {
    const held = this.#held;
    if (!said || !held || (said.run === held.run && said.seq <= held.seq)) return;
    // One is missing, or the hub has started anew: a new connection brings everything.
    if (said.run !== held.run || said.seq !== held.seq + 1) return void this.#socket.disconnect().connect();
    const view = { ...held.view };
    for (const [section, value] of Object.entries(said.set))
      view[section] = (KEYED_SECTIONS as readonly string[]).includes(section)
        ? merged(view[section], value)
        : value;
    this.#held = { run: said.run, seq: said.seq, view };
    this.#told();
  }

  #told(): void {
    this.#at = this.#clock();
    this.#keep(false);
    this.emit('change');
  }

  #keep(now: boolean): void {
    if (!this.#held || !this.#at) return;
    if (!now && this.#at.getTime() - this.#lastKept < KEEP_EVERY_MS) return;
    const parsed = viewFrame.safeParse(this.#held.view);
    if (!parsed.success || this.#lastKept === this.#at.getTime()) return;
    this.#lastKept = this.#at.getTime();
    // Without it a restart while cut off shows the services of the configuration; that is no reason to stop.
    this.#kept.set({ at: this.#at.toISOString(), view: parsed.data }).catch(() => undefined);
  }
}

function merged(section: unknown, changed: unknown): Record<string, unknown> {
  const entries = { ...(section as Record<string, unknown> | undefined) };
  for (const [key, entry] of Object.entries((changed ?? {}) as Record<string, unknown>)) {
    if (entry === null) delete entries[key];
    else entries[key] = entry;
  }
  return entries;
}

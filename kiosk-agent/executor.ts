/**
 * One command at a time: decide, apply, append; when it is on disk, let it out.
 *
 * Deciding and applying happen in one turn of the event loop, so the next command sees what the one before decided.
 * Nobody outside hears of it before the journal has it on disk: `execute` answers and `committed` is emitted only then
 * (architecture, decisions 2 and 3). If the disk refuses, the state is built again from what is on disk, everything that
 * was under way is refused, and so is every further command until the disk takes a write again.
 */
import { EventEmitter } from 'node:events';
import type { EventDraft, HallEvent } from './contract/events.ts';
import { HallError } from './contract/problem.ts';
import { apply } from './hall/apply.ts';
import type { Command, Decision, Refusal } from './hall/commands.ts';
import { decide } from './hall/decide.ts';
import { emptyState, STATE_VERSION, type HallRules, type HallState } from './hall/state.ts';
import type { Journal } from './journal/journal.ts';

export type Outcome = { ok: true; events: HallEvent[] } | { ok: false; refusal: Refusal };
type ExecutorEvents = {
  /** these are on disk, in order of seq */
  committed: [events: HallEvent[]];
  /** the disk refuses (false) or takes writes again (true) */
  writable: [writable: boolean, why: string];
};
export type Clock = () => Date;

/** The pure part of an agent: what it may decide, and what an event changes in its state. */
export type RuleBook<State, Wish, Rules> = {
  /** of the state's shape: an older snapshot is not used */
  version: number;
  empty(): State;
  decide(state: State, command: Wish, now: Date, rules: Rules): Decision;
  apply(state: State, event: HallEvent): void;
};
const HALL: RuleBook<HallState, Command, HallRules> = {
  version: STATE_VERSION,
  empty: emptyState,
  decide,
  apply,
};

/** A snapshot is written after so many events, so that a start replays no more than these. */
const SNAPSHOT_EVERY = 2000;
/** While the disk refuses, it is tried again at this interval, ms. */
const PROBE_MS = 3000;

/** By the hall's rules, unless the agent brings its own (a satellite's: satellite/memory.ts). */
export class Executor<
  State = HallState,
  Wish = Command,
  Rules = HallRules,
> extends EventEmitter<ExecutorEvents> {
  /** The state as it is on disk: what screens, the API and the reactions may see. */
  state: State;
  /** The state with everything that has been decided; ahead of the disk by what is under way. Only for deciding. */
  #decided: State;
  readonly rules: Rules;
  readonly #book: RuleBook<State, Wish, Rules>;
  readonly #journal: Journal;
  readonly #clock: Clock;
  /** number of the last event in `state`, in the running epoch */
  #through = 0;
  #sinceSnapshot = 0;
  #writable = true;
  #underWay = new Set<Promise<unknown>>();
  #probe: NodeJS.Timeout | null = null;
  #closed = false;
  #rebuilding: Promise<void> | null = null;

  constructor(
    journal: Journal,
    rules: Rules,
    clock: Clock,
    book = HALL as unknown as RuleBook<State, Wish, Rules>,
  ) {
    super();
    this.#book = book;
    this.state = book.empty();
    this.#decided = book.empty();
    // Every tap that waits for its paper listens.
    this.setMaxListeners(0);
    this.#journal = journal;
    this.rules = rules;
    this.#clock = clock;
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Builds the state from the newest snapshot and the events after it. */
  async start(): Promise<void> {
    await this.#rebuild();
    await this.#snapshot();
  }

  /**
   * Decides a command and answers when its events are on disk.
   * A refusal by the rules is a value; throws HallError `journal-unwritable` or `stopping`.
   */
  async execute(command: Wish): Promise<Outcome> {
    this.#refuseIfUnable();
    const decision = this.#book.decide(this.#decided, command, this.#clock(), this.rules);
    if (!decision.ok) return decision;
    return { ok: true, events: await this.#commit(decision.events) };
  }

  /** Appends events that are facts, not decisions: a device lost, a repair. */
  async record(drafts: EventDraft[]): Promise<HallEvent[]> {
    this.#refuseIfUnable();
    return this.#commit(drafts);
  }

  /** Waits for what is under way and writes a snapshot. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#probe) clearInterval(this.#probe);
    await Promise.allSettled(this.#underWay);
    await this.#rebuilding;
    if (this.#writable) await this.#snapshot();
    this.removeAllListeners();
  }

  #refuseIfUnable(): void {
    if (this.#closed) throw new HallError('stopping', 'The agent is stopping.');
    if (!this.#writable) throw unwritable();
  }

  async #commit(drafts: EventDraft[]): Promise<HallEvent[]> {
    if (drafts.length === 0) {
      // A repeat has no second effect, but what it repeats may still be on its way to the disk.
      await Promise.all(this.#underWay);
      return [];
    }
    const { events, durable } = this.#append(drafts);
    for (const event of events) this.#book.apply(this.#decided, event);
    const settled = durable.then(
      (written) => {
        for (const event of written) this.#book.apply(this.state, event);
        this.#through = written.at(-1)?.seq ?? this.#through;
        this.#sinceSnapshot += written.length;
        if (this.#sinceSnapshot >= SNAPSHOT_EVERY) void this.#snapshot();
        this.emit('committed', written);
        return written;
      },
      (error: unknown) => {
        this.#diskRefused(error);
        // Callers hear what it means for them; the file and the cause are in the log.
        throw unwritable(error);
      },
    );
    this.#underWay.add(settled);
    try {
      return await settled;
    } finally {
      this.#underWay.delete(settled);
    }
  }

  #append(drafts: EventDraft[]): ReturnType<Journal['append']> {
    try {
      return this.#journal.append(drafts);
    } catch (error) {
      if (!(error instanceof HallError) || error.code !== 'journal-unwritable') throw error;
      this.#diskRefused(error);
      throw unwritable(error);
    }
  }

  async #snapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    // Without a snapshot the next start replays more; that is no reason to stop the hall.
    await this.#journal.saveSnapshot(this.#through, this.#book.version, this.state).catch(() => undefined);
  }

  #diskRefused(error: unknown): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.emit('writable', false, error instanceof Error ? error.message : String(error));
    this.#rebuilding = this.#rebuild().catch(() => undefined);
    if (this.#closed) return;
    this.#probe = setInterval(() => void this.#tryAgain(), PROBE_MS);
  }

  async #tryAgain(): Promise<void> {
    if (this.#writable || this.#closed || !(await this.#journal.probe())) return;
    await this.#rebuild();
    if (this.#probe) clearInterval(this.#probe);
    this.#probe = null;
    this.#writable = true;
    this.emit('writable', true, '');
  }

  async #rebuild(): Promise<void> {
    let state = this.#book.empty();
    await this.#journal.replay(
      this.#book.version,
      (saved) => {
        state = saved as State;
      },
      (event) => this.#book.apply(state, event),
    );
    this.state = state;
    this.#through = this.#journal.durableSeq;
    this.#decided = structuredClone(state);
  }
}

function unwritable(cause?: unknown): HallError {
  return new HallError(
    'journal-unwritable',
    'The disk of the hall computer refuses to write. Nothing is accepted until it does.',
    {},
    cause,
  );
}

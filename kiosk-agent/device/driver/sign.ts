/** One sign on a line: what it should show, what it has confirmed, and what it is to be asked next. */
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { DeviceStateName } from '../../contract/live.ts';
import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { stateOfTrouble, type PortTrouble } from '../transport/transport.ts';
import type { DeviceStatus, Sign, SignText } from './interfaces.ts';
import type { Face, SignAnswer, SignDialect, SignQuestion } from './sign-dialect.ts';

const BUSY_AGAIN_MS = 500;
/** So many busy answers in a row are told; asking goes on. */
const BUSY_NOTED = 3;

export type SignStep = {
  kind: 'show' | 'flash' | 'look';
  question: SignQuestion;
  face: Face;
  /** for `flash`: how long, and until when by our clock */
  flashS: number;
  flashUntilMs: number;
};

/** What the line offers its signs. */
export type SignSurroundings = {
  clock: Clock;
  random: () => number;
  dialect: SignDialect;
  /** null: not opened yet, or closed on purpose */
  port: () => 'open' | PortTrouble | null;
  /** bytes come over the line and make no sense */
  unreadable: () => boolean;
  /** something is due earlier than the line thought */
  wake: () => void;
};

export type SignFacts = {
  port: 'open' | PortTrouble | null;
  unreadable: boolean;
  /** asked in vain */
  offline: boolean;
  /** it has answered since the port was opened */
  heard: boolean;
  fault: string | null;
  notes: readonly string[];
};

/** The worst truth first: what stands higher makes what stands lower unknowable. */
export function signState(facts: SignFacts): { state: DeviceStateName; fault?: string; notes: string[] } {
  if (facts.port === null) return { state: 'opening', notes: [] };
  if (facts.port !== 'open') return { state: stateOfTrouble(facts.port), notes: [] };
  if (facts.offline) {
    return { state: facts.unreadable ? 'wrong-settings' : facts.heard ? 'lost' : 'silent', notes: [] };
  }
  if (!facts.heard) return { state: 'opening', notes: [] };
  const notes = [...facts.notes];
  return facts.fault ? { state: 'faulted', fault: facts.fault, notes } : { state: 'ready', notes };
}

const DETAILS = {
  'wrong-settings': 'bytes arrive, but no replies',
  silent: 'no question was answered since the port was opened',
  lost: 'three questions were not answered',
} as const;

type Wanted = { text: string; flashUntilMs: number };

export class SignUnit
  extends EventEmitter<{ status: [from: DeviceStatus, to: DeviceStatus] }>
  implements Sign
{
  readonly id: string;
  readonly kind = 'sign';
  readonly #address: number | null;
  readonly #line: SignSurroundings;
  #call: Wanted | null = null;
  #notice: Wanted | null = null;
  /** what should stand on it now */
  #face: Face;
  /** the key of what it has confirmed to show; undefined: nobody knows */
  #shows: number | undefined;
  /** a text that it would not take: it is made dark instead, the old text would mislead */
  #refused: number | undefined;
  #owesFlash = false;
  #flashesUntilMs = 0;
  #offline = false;
  #heard = false;
  #askAtMs = 0;
  #busy = 0;
  #panelFault: string | null = null;
  #deviceNotes: string[] = [];
  #waits: Generator<number, never, void>;
  #lastSeenAt: Date | undefined;
  readonly #counters = { shown: 0, asked: 0, missed: 0, restored: 0, refused: 0, busy: 0 };
  #closed = false;
  #status: DeviceStatus;

  constructor(id: string, address: number | null, line: SignSurroundings) {
    super();
    this.id = id;
    this.#address = address;
    this.#line = line;
    this.#face = line.dialect.face(null);
    this.#waits = backoff(line.random);
    this.#status = this.#describe();
  }

  get status(): DeviceStatus {
    return this.#describe();
  }

  show(priority: SignText['priority'], text: SignText | null): void {
    if (this.#closed) return;
    const top = this.#call ?? this.#notice;
    const flashS = Math.min(Math.max(text?.flashS ?? 0, 0), this.#line.dialect.maxFlashS);
    const wanted = text && { text: text.text, flashUntilMs: this.#now() + flashS * 1_000 };
    if (priority === 'call') this.#call = wanted;
    else this.#notice = wanted;
    // A notice behind a call changes nothing yet.
    if ((this.#call ?? this.#notice) === top) return;
    this.#refused = undefined;
    this.#aim();
    this.#line.wake();
    this.tell();
  }

  /** The line belongs to the session and is closed by it. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.removeAllListeners();
  }

  // ── for the line ──

  /** When it wants to be asked (monotonic ms), and how urgent that is: 0 a call, 1 a notice or dark, 2 a look, 3 away. */
  get wish(): { atMs: number; rank: number } {
    if (this.#closed) return { atMs: Infinity, rank: 3 };
    const waits = this.#offline || this.#busy > 0;
    const changed = this.#shows !== this.#face.key || this.#owesFlash;
    const rank = this.#offline ? 3 : !changed ? 2 : this.#call ? 0 : 1;
    return { atMs: changed && !waits ? 0 : this.#askAtMs, rank };
  }

  /** It is asked once instead of three times: nobody should wait for a sign that is not there. */
  get offline(): boolean {
    return this.#offline;
  }

  /** What to ask now. */
  step(seq: number): SignStep {
    this.#counters.asked += 1;
    const { dialect } = this.#line;
    const face = this.#face;
    const flashUntilMs = this.#flashUntilMs();
    const flashS = Math.max(Math.ceil((flashUntilMs - this.#now()) / 1_000), 0);
    const facts = { face, flashS, flashUntilMs };
    if (this.#shows !== face.key) {
      return { kind: 'show', question: dialect.show(this.#address, seq, face), ...facts };
    }
    if (this.#owesFlash) {
      const question = dialect.flash(this.#address, seq, flashS);
      if (question) return { kind: 'flash', question, ...facts };
      this.#owesFlash = false;
    }
    return { kind: 'look', question: dialect.look(this.#address, seq, face), ...facts };
  }

  answered(step: SignStep, answer: SignAnswer): void {
    this.#offline = false;
    this.#heard = true;
    this.#lastSeenAt = this.#line.clock.now();
    this.#waits = backoff(this.#line.random);
    this.#askAtMs = this.#now() + this.#line.dialect.lookEveryMs;
    if (answer.kind === 'busy') {
      this.#busy += 1;
      this.#counters.busy += 1;
      this.#askAtMs = this.#now() + BUSY_AGAIN_MS;
    } else {
      this.#busy = 0;
      if (answer.kind === 'refused') this.#onRefused(step);
      else this.#onDone(step, answer);
    }
    this.tell();
  }

  /** It was asked in vain: nobody knows any more what it shows. */
  missed(): void {
    this.#counters.missed += 1;
    this.#offline = true;
    this.#busy = 0;
    this.#forget();
    this.#askAtMs = this.#now() + this.#waits.next().value;
    this.tell();
  }

  /** A port was opened, or is gone: nothing is known of the sign. */
  portChanged(): void {
    this.#offline = false;
    this.#heard = false;
    this.#busy = 0;
    this.#askAtMs = 0;
    this.#panelFault = null;
    this.#deviceNotes = [];
    this.#refused = undefined;
    this.#waits = backoff(this.#line.random);
    this.#forget();
    this.#aim();
    this.tell();
  }

  // ── inside ──

  #onDone(step: SignStep, answer: SignAnswer & { kind: 'done' }): void {
    this.#panelFault = answer.fault;
    if (step.kind === 'look' || answer.shows !== undefined) this.#deviceNotes = answer.notes;
    switch (step.kind) {
      case 'show':
        this.#shows = step.face.key;
        this.#counters.shown += 1;
        this.#flashesUntilMs = 0;
        this.#owesFlash = this.#flashUntilMs() > this.#now();
        return;
      case 'flash':
        this.#flashesUntilMs = this.#now() + step.flashS * 1_000;
        // While it was asked, the same text may have come again, to be flashed anew.
        if (this.#flashUntilMs() === step.flashUntilMs) this.#owesFlash = false;
        return;
      case 'look':
        if (answer.shows === undefined || answer.shows === step.face.key) return;
        // It had no power, or somebody else has written on it.
        this.#counters.restored += 1;
        this.#shows = answer.shows;
        this.#flashesUntilMs = 0;
        return;
    }
  }

  #onRefused(step: SignStep): void {
    if (step.kind === 'look') return;
    this.#counters.refused += 1;
    if (step.kind === 'flash') {
      this.#owesFlash = false;
      return;
    }
    // A refused text is not sent again; a refused darkness is tried with every look.
    if (step.face.text !== null) this.#refused = step.face.key;
    else this.#shows = step.face.key;
    this.#aim();
  }

  /** Decides what should stand on it. */
  #aim(): void {
    const { dialect } = this.#line;
    const top = this.#call ?? this.#notice;
    const wanted = dialect.face(top?.text ?? null);
    this.#face = wanted.key === this.#refused ? dialect.face(null) : wanted;
    const flashes = this.#flashUntilMs() > this.#now() || this.#flashesUntilMs > this.#now();
    this.#owesFlash = flashes && this.#face.text !== null;
  }

  #flashUntilMs(): number {
    return this.#face.text === null ? 0 : ((this.#call ?? this.#notice)?.flashUntilMs ?? 0);
  }

  #forget(): void {
    this.#shows = undefined;
    this.#flashesUntilMs = 0;
  }

  #now(): number {
    return this.#line.clock.monotonicMs();
  }

  #describe(): DeviceStatus {
    const port = this.#line.port();
    const notes = [...this.#deviceNotes, ...(this.#busy >= BUSY_NOTED ? ['busy'] : [])];
    const ranked = signState({
      port,
      unreadable: this.#line.unreadable(),
      offline: this.#offline,
      heard: this.#heard,
      fault: this.#panelFault ?? (this.#refused === undefined ? null : 'sign-refused'),
      notes,
    });
    const detail =
      port !== null && port !== 'open' ? port.detail : DETAILS[ranked.state as keyof typeof DETAILS];
    return {
      ...ranked,
      ...(detail !== undefined && { detail }),
      ...(this.#lastSeenAt && { lastSeenAt: this.#lastSeenAt }),
      counters: { ...this.#counters },
    };
  }

  /** Tells the status when it has changed in more than counters and time. */
  tell(): void {
    const from = this.#status;
    const to = this.#describe();
    this.#status = to;
    const plain = ({ counters: _counters, lastSeenAt: _seen, ...rest }: DeviceStatus) => rest;
    if (!isDeepStrictEqual(plain(from), plain(to))) this.emit('status', from, to);
  }
}

/**
 * Which frames are one press, for devices that number nothing (evaluators.md §3: "the host de-duplicates by time and
 * acknowledges by echo"). A frame tells a press once more when
 *  - the press has not been acknowledged yet, and the device has been repeating it all the time,
 *  - it comes within `repeatMs` of the last equal one or of its acknowledgement,
 *  - it was sent so quickly twice before that it is held down or stuck, and was silent for less than a second,
 *  - the device goes on repeating it because it has not heard the acknowledgement, and no longer silence lies between
 *    than the line has shown to swallow, until another key has come,
 *  - the port was away in between: that time does not count, until another key has come.
 */

/** `again`: the same press, not acknowledged yet; `known`: the same press, nothing new; `unheard`: acknowledge it once more. */
export type PressNews = 'new' | 'again' | 'known' | 'unheard';

export type HeardPress<Facts> = {
  seq: number;
  code: string;
  /** monotonic ms of its first frame */
  pressedMs: number;
  /** what was noted with its first frame */
  facts: Facts;
};

type Kept<Facts> = HeardPress<Facts> & {
  /** its frame or acknowledgement was last on the line */
  heardMs: number;
  /** from when its repeats are over; later than `heardMs` when the port was away */
  lastMs: number;
  acknowledged: boolean;
  acknowledgedAgain: number;
  acknowledgedMs: number;
  /** the port went away while its repeats were to be expected */
  cutOff: boolean;
  /** it was repeated behind its acknowledgement, within `repeatMs`: no person does that twice a second */
  unheard: boolean;
  /** between two of its frames behind the acknowledgement, ms: the longest time where a repeat was lost, else the shortest; 0 for none */
  silentMs: number;
  /** so often in a row that was longer than `repeatMs` */
  silences: number;
  /** another key has come: there are no repeats of this one any more */
  replaced: boolean;
  /** frames behind the first, of a device that is not acknowledged */
  repeated: number;
};

/** A device that repeats a key until it is acknowledged has given up when it has not for so long. */
const GIVEN_UP_MS = 5_000;
/** The same when another key came meanwhile: there is no press memory, the later key takes the place of the earlier. */
const REPLACED_MS = 2_000;
/**
 * A key that is not acknowledged and came so often again is held down or stuck. When another panel spoils some of its
 * frames (evaluators.md §4: they all talk on one line) it is not pressed anew: it must have been silent for so long.
 */
const HELD_REPEATS = 2;
const HELD_SILENCE_MS = 1_000;
/** Codes that are remembered; a device has fewer keys. */
const MAX_KEPT = 32;
/** An acknowledgement that the device has not heard so often is given more seldom from then on. */
const MANY_TIMES = 20;
const SELDOM_MS = 5_000;
/** A frame so soon behind the acknowledgement has crossed it: devices repeat more slowly. */
const CROSSED_MS = 100;
/** An adapter sends back what was sent within this time; an equal frame that comes later is the device's. */
const ADAPTER_MS = 250;
/**
 * A series that goes on behind its acknowledgement is over after so many times its silence so far. Repeats come every
 * 230…350 ms: that bears one lost (460…700 ms), and when one was lost, three or four in a row. With half of all
 * frames lost, four in a row are one silence in sixteen.
 */
const TIMES_SILENT = 2.5;
const LONGEST_SILENCE_MS = 2_000;
/** A series has no more long silences in a row: somebody who presses once a second would otherwise never be heard again. */
const MOST_SILENCES = 3;
/** The line is bad when so many of its last presses were not heard; then a series may begin with a silence. */
const BAD_PRESSES = 2;
const LAST_PRESSES = 8;

export class KeyPresses<Facts> {
  readonly #repeatMs: number;
  readonly #repeats: boolean;
  readonly #patient: boolean;
  readonly #kept = new Map<string, Kept<Facts>>();
  /** the last presses, the newest last */
  #last: Kept<Facts>[] = [];
  #seq = 0;
  #lastCode = '';

  /**
   * `repeats`: the device sends a key until it is acknowledged. `patient`: on a bad line a repeat may come up to 2 s
   * late, for one press too many is worse than one too few.
   */
  constructor(repeatMs: number, repeats: boolean, patient: boolean) {
    this.#repeatMs = repeatMs;
    this.#repeats = repeats;
    this.#patient = patient;
  }

  /** The device does not hear that its key was taken: it goes on repeating it. */
  unheard(nowMs: number): boolean {
    return [...this.#kept.values()].some(
      (kept) => kept.acknowledgedAgain >= MANY_TIMES && this.#isSame(kept, nowMs),
    );
  }

  /** Takes a frame; `facts` are noted when it is a new press. */
  frame(code: string, nowMs: number, facts: Facts): { news: PressNews; press: HeardPress<Facts> } {
    const kept = this.#kept.get(code);
    const same = kept !== undefined && this.#isSame(kept, nowMs);
    this.#lastCode = code;
    if (!same) return { news: 'new', press: this.#keep(code, nowMs, facts) };
    if (kept.acknowledged && nowMs - kept.acknowledgedMs >= CROSSED_MS) this.#noteSilence(kept, nowMs);
    heard(kept, nowMs);
    kept.repeated += 1;
    if (!this.#repeats) return { news: 'known', press: kept };
    if (!kept.acknowledged) return { news: 'again', press: kept };
    const seldom = kept.acknowledgedAgain >= MANY_TIMES && nowMs - kept.acknowledgedMs < SELDOM_MS;
    if (seldom) return { news: 'known', press: kept };
    kept.acknowledgedAgain += 1;
    kept.acknowledgedMs = nowMs;
    return { news: 'unheard', press: kept };
  }

  /** Gives the press that has just become acknowledged; null when it was before, or is forgotten. */
  acknowledge(seq: number, nowMs: number): HeardPress<Facts> | null {
    const kept = [...this.#kept.values()].find((each) => each.seq === seq);
    if (!kept || kept.acknowledged) return null;
    kept.acknowledged = true;
    kept.acknowledgedMs = nowMs;
    heard(kept, nowMs);
    return kept;
  }

  /**
   * Bytes equal to an acknowledgement came. True when an adapter may have sent them back: the repeats are not over.
   * False when they are the device's repeat, which is to be given to `frame`.
   */
  isEcho(code: string, nowMs: number): boolean {
    const kept = this.#kept.get(code);
    if (!kept) return true;
    if (nowMs - kept.acknowledgedMs >= ADAPTER_MS && this.#isSame(kept, nowMs)) return false;
    heard(kept, nowMs);
    return true;
  }

  /** The port went away: the device may not have heard the last acknowledgements, and will repeat. */
  portGone(nowMs: number): void {
    for (const kept of this.#kept.values()) if (this.#isSame(kept, nowMs)) kept.cutOff = true;
  }

  /** The port is back; the line to the device may need a moment longer. */
  portBack(nowMs: number): void {
    for (const kept of this.#kept.values()) {
      if (kept.cutOff) kept.lastMs = nowMs + this.#repeatMs;
      kept.cutOff = false;
    }
  }

  #isSame(kept: Kept<Facts>, nowMs: number): boolean {
    const sinceMs = nowMs - kept.lastMs;
    if (!this.#repeats) {
      const isHeld = kept.repeated >= HELD_REPEATS && !kept.replaced;
      return sinceMs <= (isHeld ? Math.max(HELD_SILENCE_MS, this.#repeatMs) : this.#repeatMs);
    }
    if (kept.acknowledged) return sinceMs <= this.#longestSilenceMs(kept);
    return sinceMs <= (kept.code === this.#lastCode ? GIVEN_UP_MS : REPLACED_MS);
  }

  /** How long a press that was acknowledged may be silent and yet be repeated, ms. */
  #longestSilenceMs(kept: Kept<Facts>): number {
    if (kept.replaced || kept.silences >= MOST_SILENCES) return this.#repeatMs;
    const bad = this.#last.filter(({ unheard }) => unheard);
    const isBad = bad.length >= BAD_PRESSES;
    if (isBad && this.#patient) return LONGEST_SILENCE_MS;
    const known = isBad ? [kept, ...bad] : [kept];
    const silentMs = TIMES_SILENT * Math.max(...known.map((each) => each.silentMs));
    return Math.max(this.#repeatMs, Math.min(LONGEST_SILENCE_MS, silentMs));
  }

  #noteSilence(kept: Kept<Facts>, nowMs: number): void {
    // While the port was away nobody listened.
    if (kept.lastMs > kept.heardMs) return;
    const silentMs = nowMs - kept.heardMs;
    const long = silentMs > this.#repeatMs;
    const before = kept.silentMs;
    if (before === 0 || long) kept.silentMs = Math.max(before, silentMs);
    else if (before <= this.#repeatMs) kept.silentMs = Math.min(before, silentMs);
    kept.silences = long ? kept.silences + 1 : 0;
    if (!long) kept.unheard = true;
  }

  #keep(code: string, nowMs: number, facts: Facts): HeardPress<Facts> {
    // Deleted first: the map keeps the order of the last presses.
    this.#kept.delete(code);
    // There is no press memory: a device that sends another key has done with the one before, wherever the port was.
    for (const other of this.#kept.values()) {
      other.cutOff = false;
      other.replaced = true;
      other.lastMs = Math.min(other.lastMs, other.heardMs);
    }
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= MAX_KEPT && !oldest.done) this.#kept.delete(oldest.value);
    const press = { seq: (this.#seq += 1), code, pressedMs: nowMs, facts };
    const kept = {
      ...press,
      heardMs: nowMs,
      lastMs: nowMs,
      acknowledged: false,
      acknowledgedAgain: 0,
      acknowledgedMs: nowMs,
      cutOff: false,
      unheard: false,
      silentMs: 0,
      silences: 0,
      replaced: false,
      repeated: 0,
    };
    this.#kept.set(code, kept);
    this.#last = [...this.#last.slice(1 - LAST_PRESSES), kept];
    return kept;
  }
}

function heard(kept: Kept<unknown>, nowMs: number): void {
  kept.heardMs = nowMs;
  kept.lastMs = Math.max(kept.lastMs, nowMs);
}

/**
 * Which frames are one press, for devices that number nothing (evaluators.md §3: "the host de-duplicates by time and
 * acknowledges by echo"). A frame tells a press once more when
 *  - the press has not been acknowledged yet, and the device has been repeating it all the time,
 *  - it comes within `repeatMs` of the last equal one or of its acknowledgement,
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
};

/** A device that repeats a key until it is acknowledged has given up when it has not for so long. */
const GIVEN_UP_MS = 5_000;
/** The same when another key came meanwhile: there is no press memory, the later key takes the place of the earlier. */
const REPLACED_MS = 2_000;
/** Codes that are remembered; a device has fewer keys. */
const MAX_KEPT = 32;
/** An acknowledgement that the device has not heard so often is given more seldom from then on. */
const MANY_TIMES = 20;
const SELDOM_MS = 5_000;

export class KeyPresses<Facts> {
  readonly #repeatMs: number;
  readonly #repeats: boolean;
  readonly #kept = new Map<string, Kept<Facts>>();
  #seq = 0;
  #lastCode = '';

  /** `repeats`: the device sends a key until it is acknowledged. */
  constructor(repeatMs: number, repeats: boolean) {
    this.#repeatMs = repeatMs;
    this.#repeats = repeats;
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
    heard(kept, nowMs);
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

  /** An equal frame came that is not the device's own, or cannot be told from one: the repeats are not over. */
  touch(code: string, nowMs: number): void {
    const kept = this.#kept.get(code);
    if (kept) heard(kept, nowMs);
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
    if (!this.#repeats || kept.acknowledged) return sinceMs <= this.#repeatMs;
    return sinceMs <= (kept.code === this.#lastCode ? GIVEN_UP_MS : REPLACED_MS);
  }

  #keep(code: string, nowMs: number, facts: Facts): HeardPress<Facts> {
    // Deleted first: the map keeps the order of the last presses.
    this.#kept.delete(code);
    // There is no press memory: a device that sends another key has done with the one before, wherever the port was.
    for (const other of this.#kept.values()) {
      other.cutOff = false;
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
    };
    this.#kept.set(code, kept);
    return kept;
  }
}

function heard(kept: Kept<unknown>, nowMs: number): void {
  kept.heardMs = nowMs;
  kept.lastMs = Math.max(kept.lastMs, nowMs);
}

/** Numbers of presses from a device that sends only the low 16 bits of its counter (EHR/1, IN 01). */

/** The highest number on disk of the presses of this device and boot; 0 for none. */
export type LastSeq = (serial: string, boot: string) => number;

const ROUND = 0x1_0000;
/** A device that is exchanged and comes back with the same boot goes on counting where it was. */
const BOOTS_KEPT = 8;

export class PressNumbers {
  readonly #lastSeq: LastSeq;
  readonly #highest = new Map<string, number>();

  constructor(lastSeq: LastSeq) {
    this.#lastSeq = lastSeq;
  }

  /** The whole number [1…] of the press with these low bits; a repeat of a press gets the number it had. */
  numberOf(serial: string, boot: string, low: number): number {
    const key = `${boot} ${serial}`;
    const highest = this.#highest.get(key) ?? this.#lastSeq(serial, boot);
    const number = highest === 0 ? low || ROUND : nearest(highest, low);
    this.#highest.delete(key);
    this.#highest.set(key, Math.max(highest, number));
    if (this.#highest.size > BOOTS_KEPT) this.#highest.delete(this.#highest.keys().next().value ?? '');
    // Older than the first press that was seen of it, and from before the wrap: nobody has counted that round.
    return number < 1 ? number + ROUND : number;
  }
}

/**
 * A device repeats at most 32 presses that are not acknowledged, some from before a wrap: what lies up to half a round
 * behind the highest is old, what lies ahead is new.
 */
function nearest(highest: number, low: number): number {
  const ahead = (((low - highest) % ROUND) + ROUND) % ROUND;
  return highest + (ahead < ROUND / 2 ? ahead : ahead - ROUND);
}

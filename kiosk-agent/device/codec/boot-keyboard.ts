/**
 * Boot keyboard reports, `[mod][0][k1..k6]`, usages of page 07 (evaluators.md, "Generic keypads"): which keys went
 * down. Pure: reports to key names, no time.
 */

const REPORT_LENGTH = 8;
const FIRST_KEY = 2;
/** 01 rollover, 02 failed self-test, 03 undefined: the report says nothing of any key. */
const LAST_ERROR_USAGE = 0x03;

/** Usage of page 07 → name; digits of the top row and of the keypad are the same keys here. */
const NAMES: ReadonlyMap<number, string> = new Map([
  ...digits(0x1e, 0x27),
  ...digits(0x59, 0x62),
  [0x28, 'enter'],
  [0x58, 'enter'],
  [0x2a, 'backspace'],
  [0x2d, 'minus'],
  [0x56, 'minus'],
  [0x37, 'dot'],
  [0x63, 'dot'],
  [0x38, 'slash'],
  [0x54, 'slash'],
  [0x55, 'star'],
  [0x57, 'plus'],
]);

/** '1' to '9' one behind the other, and '0' after them. */
function digits(one: number, zero: number): [number, string][] {
  return [...Array.from({ length: 9 }, (_, at): [number, string] => [one + at, String(at + 1)]), [zero, '0']];
}

export type KeysDown =
  /** names of the keys that went down, in the order of the report; empty when keys only went up */
  | { ok: true; keys: string[] }
  /** wrong-length: no boot report; rollover: more keys are down than it can say */
  | { ok: false; why: 'wrong-length' | 'rollover' };

export class BootKeyboard {
  #down: ReadonlySet<number> = new Set();

  /** Takes one report without its id. Keys that have no name here are not told. */
  report(bytes: Uint8Array): KeysDown {
    if (bytes.length !== REPORT_LENGTH) return { ok: false, why: 'wrong-length' };
    const usages = [...bytes.subarray(FIRST_KEY)].filter((usage) => usage !== 0);
    // What was down before stays down: the keys that have not been let go must not be told again afterwards.
    if (usages.some((usage) => usage <= LAST_ERROR_USAGE)) return { ok: false, why: 'rollover' };
    const fresh = [...new Set(usages)].filter((usage) => !this.#down.has(usage));
    this.#down = new Set(usages);
    return { ok: true, keys: fresh.flatMap((usage) => NAMES.get(usage) ?? []) };
  }
}

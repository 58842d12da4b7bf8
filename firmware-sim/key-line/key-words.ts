/** Words for the keys of pads and evaluators on a line (evaluators.md §3, §4), as people type them and the panel shows them. */

/** What a key sends: its code, and the digit that was typed before it, if any. */
export type Key = { key: number; digit?: number };
type Words = Readonly<Record<string, Key>>;

/** What stands at an address. */
export type Unit = 'pad' | 'evaluator' | 'panel';

export const keyWords: Readonly<Record<Unit, Words>> = {
  pad: {
    evaluate: { key: 0x0b },
    next: { key: 0x0c },
    recall: { key: 0x0d },
    cancel: { key: 0x0e },
    confirm: { key: 0x0f },
    abandon: { digit: 0x06, key: 0x0f },
    park: { digit: 0x00, key: 0x0f },
    'call-back': { digit: 0x03, key: 0x0f },
    'one-metre': { key: 0x11 },
    pause: { key: 0x12 },
    transfer: { key: 0x13 },
  },
  // Four keys from left to right.
  evaluator: { '1': { key: 0x00 }, '2': { key: 0x01 }, '3': { key: 0x02 }, '4': { key: 0x03 } },
  panel: {
    call: { key: 0x31 },
    start: { key: 0x32 },
    redirect: { key: 0x33 },
    finish: { key: 0x34 },
  },
};

/** Reads a word of this unit, or a code as 0x0C; throws a RangeError that names the words. */
export function readKey(unit: Unit, text: string): Key {
  const word = keyWords[unit][text];
  if (word) return word;
  if (/^0x[0-9a-f]{2}$/i.test(text)) return { key: Number(text) };
  throw new RangeError(
    `"${text}" is no key of this ${unit}; its keys: ${Object.keys(keyWords[unit]).join(', ')}, or a code as 0x0C`,
  );
}

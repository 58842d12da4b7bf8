/** How the printer writes: every setting that a command changes and that lasts (escpos-printer §1.1). */
import { hasCodePage, hasNationalSet } from './code-pages.ts';
import type { Align } from './paper.ts';

export type Size = { w: number; h: number };

/** 1/6 inch at 203 dpi. */
const defaultLineSpacing = 34;
const defaultTabs = Array.from({ length: 31 }, (_, index) => (index + 1) * 8);
const aligns: Record<number, Align> = {
  0: 'left',
  1: 'center',
  2: 'right',
  48: 'left',
  49: 'center',
  50: 'right',
};

/** The settings after ESC @; `width` dots of print. */
export function startModes(chinese: boolean, width: number) {
  return {
    chinese,
    codePage: 0,
    nationalSet: 0,
    font: 'A' as 'A' | 'B',
    size: { w: 1, h: 1 } as Size,
    chineseSize: { w: 1, h: 1 } as Size,
    bold: false,
    underline: false,
    chineseUnderline: false,
    inverse: false,
    upsideDown: false,
    align: 'left' as Align,
    lineSpacing: defaultLineSpacing,
    left: 0,
    area: width,
    /** In characters. */
    tabs: defaultTabs,
    spacing: 0,
    chineseSpacing: [0, 0] as [number, number],
    barcodeHeight: 162,
    barcodeModule: 3,
    barcodeText: 0,
    barcodeFont: 'A' as 'A' | 'B',
  };
}
export type Modes = ReturnType<typeof startModes>;

/** `n`, `second`: the first two parameters. Returns why it is refused. */
type Setting = (
  modes: Modes,
  n: number,
  second: number,
  place: { atLineStart: boolean; width: number; parameters: Uint8Array },
) => string | undefined | void;

const isOn = (n: number) => (n & 1) === 1;
const isUnderline = (n: number) => n !== 0 && n !== 48;

const settings: Record<string, Setting> = {
  'ESC 2': (modes) => void (modes.lineSpacing = defaultLineSpacing),
  'ESC 3': (modes, n) => void (modes.lineSpacing = n),
  'ESC E': (modes, n) => void (modes.bold = isOn(n)),
  // Struck twice: on a thermal head it looks as bold does.
  'ESC G': (modes, n) => void (modes.bold = isOn(n)),
  'ESC -': (modes, n) => void (modes.underline = isUnderline(n)),
  'FS -': (modes, n) => void (modes.chineseUnderline = isUnderline(n)),
  'GS B': (modes, n) => void (modes.inverse = isOn(n)),
  'ESC  ': (modes, n) => void (modes.spacing = n),
  'FS S': (modes, n, second) => void (modes.chineseSpacing = [n, second]),
  'FS &': (modes) => void (modes.chinese = true),
  'FS .': (modes) => void (modes.chinese = false),
  'FS W': (modes, n) => void (modes.chineseSize = isOn(n) ? { w: 2, h: 2 } : { w: 1, h: 1 }),
  'ESC !'(modes, n) {
    // On these models ESC ! rules the single-byte characters only.
    modes.font = isOn(n) ? 'B' : 'A';
    modes.bold = (n & 0x08) !== 0;
    modes.underline = (n & 0x80) !== 0;
    modes.size = { w: n & 0x20 ? 2 : 1, h: n & 0x10 ? 2 : 1 };
  },
  'FS !'(modes, n) {
    modes.chineseSize = { w: n & 0x04 ? 2 : 1, h: n & 0x08 ? 2 : 1 };
    modes.chineseUnderline = (n & 0x80) !== 0;
  },
  'GS !'(modes, n) {
    if (n & 0x88) return `GS ! ${n}: sizes are 1 to 8`;
    modes.size = { w: (n >> 4) + 1, h: (n & 7) + 1 };
    modes.chineseSize = { ...modes.size };
  },
  'ESC M'(modes, n) {
    if (n !== 0 && n !== 1 && n !== 48 && n !== 49) return `ESC M ${n}: this model has fonts A (0) and B (1)`;
    modes.font = isOn(n) ? 'B' : 'A';
  },
  'ESC t'(modes, n) {
    if (!hasCodePage(n)) return `ESC t ${n}: this model has no such table`;
    modes.codePage = n;
  },
  'ESC R'(modes, n) {
    if (!hasNationalSet(n)) return `ESC R ${n}: this model has no such character set`;
    modes.nationalSet = n;
  },
  'ESC {'(modes, n, _second, { atLineStart }) {
    if (!atLineStart) return 'ESC { in mid line';
    modes.upsideDown = isOn(n);
  },
  'ESC a'(modes, n, _second, { atLineStart }) {
    const align = aligns[n];
    if (!align) return `ESC a ${n}: not an alignment`;
    if (!atLineStart) return 'ESC a in mid line: only works at the start of a line';
    modes.align = align;
  },
  'ESC D'(modes, _n, _second, { parameters }) {
    modes.tabs = [...parameters].filter((tab, index, all) => index === 0 || tab > (all[index - 1] ?? 0));
  },
  'GS L'(modes, n, second, { atLineStart, width }) {
    if (!atLineStart) return 'GS L in mid line';
    modes.left = Math.min(n + 256 * second, width);
  },
  'GS W'(modes, n, second, { atLineStart }) {
    if (!atLineStart) return 'GS W in mid line';
    modes.area = n + 256 * second;
  },
  'GS h'(modes, n) {
    if (n === 0) return 'GS h 0: height is 1 to 255';
    modes.barcodeHeight = n;
  },
  'GS w'(modes, n) {
    if (n < 2 || n > 6) return `GS w ${n}: width is 2 to 6`;
    modes.barcodeModule = n;
  },
  'GS H': (modes, n) => void (modes.barcodeText = n & 3),
  'GS f': (modes, n) => void (modes.barcodeFont = isOn(n) ? 'B' : 'A'),
  'ESC V': (_modes, n) => (n === 0 || n === 48 ? undefined : 'ESC V: this model does not turn characters'),
  'ESC %': (_modes, n) => (isOn(n) ? 'ESC % 1: this model has no characters of the user' : undefined),
  'GS P': (_modes, n, second) =>
    [0, 203].includes(n) && [0, 203].includes(second)
      ? undefined
      : `GS P ${n} ${second}: this model counts in its own dots, 203 to the inch`,
};

/** Obeys a command that sets a mode: `set`, `other` when it is none, or why a real device would ignore it. */
export function setMode(
  modes: Modes,
  name: string,
  parameters: Uint8Array,
  place: { atLineStart: boolean; width: number },
): 'set' | 'other' | { refused: string } {
  const setting = settings[name];
  if (!setting) return 'other';
  const [n = 0, second = 0] = parameters;
  const refused = setting(modes, n, second, { ...place, parameters });
  return refused ? { refused } : 'set';
}

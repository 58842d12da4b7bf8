/** Bytes of text → characters as the font has them: single bytes by code table, Chinese of two and of four bytes (§1.1). */
import iconv from 'iconv-lite';
import { singleByteCharacter } from './code-pages.ts';
import type { Glyph } from './line-buffer.ts';
import type { Modes } from './text-modes.ts';

/** Width and height in dots. */
const fonts = { A: { dots: 12, height: 24 }, B: { dots: 9, height: 17 } };
const chineseFont = { dots: 24, height: 24 };
/** The font has nothing for it. */
const missing = '□';

export const characterWidth = (modes: Modes) => fonts[modes.font].dots;

/** One single-byte character at the present settings; `font` other than the present one for text under barcodes. */
export function plainGlyph(char: string, font: 'A' | 'B'): Glyph {
  const { dots, height } = fonts[font];
  const style = { w: 1, h: 1, bold: false, underline: false, inverse: false };
  return { char, width: dots, height, ...style, before: 0, after: 0 };
}

export class Characters {
  #fourByteArea: boolean;
  /** The bytes of a Chinese character that is not complete. */
  #begun: number[] = [];

  /** `fourByteArea`: whether the font has the four-byte area of GB18030. */
  constructor(fourByteArea: boolean) {
    this.#fourByteArea = fourByteArea;
  }

  get begun(): boolean {
    return this.#begun.length > 0;
  }

  /** Forgets a character that is not complete; true when there was one. */
  drop(): boolean {
    const was = this.begun;
    this.#begun = [];
    return was;
  }

  /** The next byte of text; returns the characters it completes. */
  feed(byte: number, modes: Modes): Glyph[] {
    if (!modes.chinese) return [single(singleByteCharacter(byte, modes.codePage, modes.nationalSet), modes)];
    const begun = [...this.#begun, byte];
    this.#begun = [];
    const [lead = 0, second] = begun;
    if (second === undefined) {
      if (lead < 0x81 || lead > 0xfe)
        return [single(singleByteCharacter(lead, modes.codePage, modes.nationalSet), modes)];
      this.#begun = begun;
      return [];
    }
    if (second >= 0x40 && second !== 0x7f && second <= 0xfe) return [double(begun, modes)];
    if (this.#fourByteArea && second >= 0x30 && second <= 0x39) {
      if (begun.length === 4) return [double(begun, modes)];
      this.#begun = begun;
      return [];
    }
    // A lead byte without its partner: the font has nothing for it. `81 30 84 36` comes out as □0□6.
    return [single(missing, modes), ...this.feed(byte, modes)];
  }
}

/** What stands in place of a character that was broken off. */
export const brokenGlyph = (modes: Modes): Glyph => single(missing, modes);

function single(char: string, modes: Modes): Glyph {
  const { dots, height } = fonts[modes.font];
  const { size, bold, underline, inverse } = modes;
  // Spacing grows with the character.
  const after = modes.spacing * size.w;
  return {
    char,
    width: dots * size.w,
    height: height * size.h,
    ...size,
    bold,
    underline,
    inverse,
    before: 0,
    after,
  };
}

function double(bytes: number[], modes: Modes): Glyph {
  const char = iconv.decode(Buffer.from(bytes), 'gb18030');
  const { chineseSize: size, bold, chineseUnderline: underline, inverse } = modes;
  const [before, after] = modes.chineseSpacing;
  return {
    char: char === '\ufffd' ? missing : char,
    width: chineseFont.dots * size.w,
    height: chineseFont.height * size.h,
    ...size,
    bold,
    underline,
    inverse,
    before: before * size.w,
    after: after * size.w,
  };
}

/**
 * Text → bytes that every Chinese ticket printer draws: ASCII and the two-byte area of GB18030 (escpos-printer.md §1.1).
 * Four-byte characters print as digits ("¥" as "0 6"), so nothing outside the two-byte area ever leaves this file.
 */
import iconv from 'iconv-lite';

/** One character that the printer lacks, and what stands on the paper in its place ('' for dropped). */
export type Substitution = { from: string; to: string };
export type PaperText = { text: string; substituted: Substitution[] };

/** 〓 (A1 FE): the typesetter's mark for a missing character. */
export const MISSING = '〓';

/** Characters that look alike; those that NFKD takes apart by itself (½ ² ﬁ ㎏ ™) are not listed. */
const LOOK_ALIKES: Record<string, string> = {
  '¥': '￥',
  '£': '￡',
  '¢': '￠',
  '¬': '￢',
  '¦': '￤',
  '₩': 'W',
  '©': '(C)',
  '®': '(R)',
  '•': '·',
  '∙': '·',
  '・': '·',
  '‧': '·',
  '〜': '～',
  '∼': '～',
  '−': '-',
  '‑': '-',
  '‒': '–',
  '⁃': '-',
  '⁄': '/',
  '«': '《',
  '»': '》',
  '‹': '〈',
  '›': '〉',
  '„': '"',
  '‟': '"',
  '‚': ',',
  '‛': "'",
  '✓': '√',
  '✔': '√',
  '☑': '√',
  '✗': '×',
  '✘': '×',
  '✕': '×',
  '➔': '→',
  '➜': '→',
  '➡': '→',
  '⇒': '→',
  '☎': 'Tel',
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  ł: 'l',
  Ł: 'L',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
};

/** Control characters, invisible marks and line ends; they would be commands or nothing on paper. */
const UNDRAWN = /[\p{Cc}\p{Cf}\u2028\u2029\uFE00-\uFE0F\u034F\u115F\u1160\u3164]/u;
const LINE_END = /\r\n|[\t\n\v\f\r\u0085\u2028\u2029]/gu;

/** By code of the basic plane: 1 drawn, 2 not, 0 not looked up yet. A ticket's characters are the same all day. */
const looked = new Uint8Array(0x10000);

/** Is `character` one ASCII graphic or one of the two-byte area with a standard meaning? */
function isDrawn(character: string): boolean {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return code >= 0x20 && code < 0x7f;
  // The private area maps to user-defined two-byte codes, which are empty in every printer; surrogates alone are broken text.
  if ((code >= 0xd800 && code <= 0xf8ff) || code > 0xffff) return false;
  looked[code] ||= isTwoBytes(iconv.encode(character, 'gb18030')) ? 1 : 2;
  return looked[code] === 1;
}

function isTwoBytes(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length === 2 && first >= 0x81 && first <= 0xfe && second >= 0x40 && second !== 0x7f;
}

function substituteFor(character: string): string {
  const alike = LOOK_ALIKES[character];
  if (alike !== undefined) return alike;
  const parts = character.normalize('NFKD').replace(/\p{M}/gu, '');
  if (parts === '') return '';
  if (parts === character) return MISSING;
  let text = '';
  for (const part of parts) {
    const drawn = isDrawn(part) ? part : (LOOK_ALIKES[part] ?? MISSING);
    if (drawn === MISSING) return MISSING;
    text += drawn;
  }
  return text;
}

/**
 * `text` as the printer can draw it: line ends and tabs become a blank, control characters go (no text can carry a
 * command), what the printer lacks is replaced by a look-alike, its unaccented form, or 〓. Never fails.
 */
export function paperText(text: string): PaperText {
  const substituted: Substitution[] = [];
  let drawn = '';
  for (const character of text.normalize('NFC').replace(LINE_END, ' ')) {
    if (UNDRAWN.test(character)) continue;
    if (isDrawn(character)) {
      drawn += character;
      continue;
    }
    const to = substituteFor(character);
    substituted.push({ from: character, to });
    drawn += to;
  }
  return { text: drawn, substituted };
}

/** GB18030 bytes of a text that went through `paperText`; as many bytes as columns. */
export function paperBytes(text: string): Buffer {
  return iconv.encode(text, 'gb18030');
}

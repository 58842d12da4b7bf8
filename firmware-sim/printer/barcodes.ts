/**
 * The barcodes of GS k besides CODE128: retail codes (UPC, EAN/JAN), CODE39, ITF, CODABAR and CODE93, by their standards.
 * A code is the widths of its bars and spaces in modules, bar first; 2.5 is a wide bar of a two-width code.
 */
import { code128 } from './code128.ts';

export type Barcode = { text: string; widths: number[] };

/** Left-hand digits with odd parity as space, bar, space, bar; right-hand digits are the same widths as bar, space, bar, space. */
const digits = ['3211', '2221', '2122', '1411', '1132', '1231', '1114', '1312', '1213', '3112'];
/** Which left-hand digits have even parity (G, the widths backwards), by the leading digit of EAN-13. */
const ean13Parity = 'LLLLLL LLGLGG LLGGLG LLGGGL LGLLGG LGGLLG LGGGLL LGLGLG LGLGGL LGGLGL'.split(' ');
/** The same by the check digit of UPC-E. */
const upcEParity = 'GGGLLL GGLGLL GGLLGL GGLLLG GLGGLL GLLGGL GLLLGG GLGLGL GLGLLG GLLGLG'.split(' ');

const numbers = (text: string) => [...text].map(Number);
function digit(value: string, parity: string | undefined): number[] {
  const widths = numbers(digits[Number(value)] ?? '');
  return parity === 'G' ? widths.reverse() : widths;
}

/** The check digit of UPC and EAN: weights 3 and 1 from the right. */
function checkDigit(text: string): string {
  const sum = [...text]
    .reverse()
    .reduce((total, value, index) => total + Number(value) * (index % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

function ean13(given: string): Barcode | undefined {
  if (!/^\d{12,13}$/.test(given)) return undefined;
  const text = given.length === 12 ? given + checkDigit(given) : given;
  const parity = ean13Parity[Number(text[0])] ?? '';
  const left = [...text.slice(1, 7)].flatMap((value, index) => digit(value, parity[index]));
  const right = [...text.slice(7)].flatMap((value) => digit(value, 'L'));
  return { text, widths: [1, 1, 1, ...left, 1, 1, 1, 1, 1, ...right, 1, 1, 1] };
}

function ean8(given: string): Barcode | undefined {
  if (!/^\d{7,8}$/.test(given)) return undefined;
  const text = given.length === 7 ? given + checkDigit(given) : given;
  const half = (part: string) => [...part].flatMap((value) => digit(value, 'L'));
  return {
    text,
    widths: [1, 1, 1, ...half(text.slice(0, 4)), 1, 1, 1, 1, 1, ...half(text.slice(4)), 1, 1, 1],
  };
}

function upcA(given: string): Barcode | undefined {
  if (!/^\d{11,12}$/.test(given)) return undefined;
  const code = ean13(`0${given}`);
  return code && { text: code.text.slice(1), widths: code.widths };
}

/** UPC-E is a UPC-A number with zeros left out: given in full (11 or 12 digits), or short (6, or 7 and 8 with the leading 0). */
function upcE(given: string): Barcode | undefined {
  const short = /^0?(\d{6})$|^0(\d{6})\d$/.exec(given);
  const full = short ? lengthened(short[1] ?? short[2] ?? '') : given;
  if (!/^0\d{10,11}$/.test(full)) return undefined;
  const six = shortened(full);
  if (six === undefined) return undefined;
  const check = full[11] ?? checkDigit(full);
  const parity = upcEParity[Number(check)] ?? '';
  const widths = [...six].flatMap((value, index) => digit(value, parity[index]));
  return { text: `0${six}${check}`, widths: [1, 1, 1, ...widths, 1, 1, 1, 1, 1, 1] };
}

function lengthened(six: string): string {
  const [a, b, c, d, e, last] = [...six];
  if (last === '0' || last === '1' || last === '2') return `0${a}${b}${last}0000${c}${d}${e}`;
  if (last === '3') return `0${a}${b}${c}00000${d}${e}`;
  if (last === '4') return `0${a}${b}${c}${d}00000${e}`;
  return `0${a}${b}${c}${d}${e}0000${last}`;
}

function shortened(full: string): string | undefined {
  const maker = full.slice(1, 6);
  const item = full.slice(6, 11);
  if (/^..[012]00$/.test(maker) && item.startsWith('00'))
    return maker.slice(0, 2) + item.slice(2) + (maker[2] ?? '');
  if (/^...00$/.test(maker) && item.startsWith('000')) return `${maker.slice(0, 3)}${item.slice(3)}3`;
  if (/^....0$/.test(maker) && item.startsWith('0000')) return `${maker.slice(0, 4)}${item.slice(4)}4`;
  return /^0000[5-9]$/.test(item) ? maker + item.slice(4) : undefined;
}

const wide = 2.5;
const twoWidths = (pattern: string) => [...pattern].map((kind) => (kind === 'w' ? wide : 1));
const table = (characters: string, patterns: string) => {
  const all = patterns.split(' ');
  return new Map([...characters].map((character, index) => [character, all[index] ?? '']));
};

const code39Patterns = table(
  '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*',
  'nnnwwnwnn wnnwnnnnw nnwwnnnnw wnwwnnnnn nnnwwnnnw wnnwwnnnn nnwwwnnnn nnnwnnwnw wnnwnnwnn nnwwnnwnn ' +
    'wnnnnwnnw nnwnnwnnw wnwnnwnnn nnnnwwnnw wnnnwwnnn nnwnwwnnn nnnnnwwnw wnnnnwwnn nnwnnwwnn nnnnwwwnn ' +
    'wnnnnnnww nnwnnnnww wnwnnnnwn nnnnwnnww wnnnwnnwn nnwnwnnwn nnnnnnwww wnnnnnwwn nnwnnnwwn nnnnwnwwn ' +
    'wwnnnnnnw nwwnnnnnw wwwnnnnnn nwnnwnnnw wwnnwnnnn nwwnwnnnn nwnnnnwnw wwnnnnwnn nwwnnnwnn nwnwnwnnn ' +
    'nwnwnnnwn nwnnnwnwn nnnwnwnwn nwnnwnwnn',
);

function code39(given: string): Barcode | undefined {
  const text = given.replace(/^\*(.+)\*$/, '$1');
  if (!/^[0-9A-Z\-. $/+%]+$/.test(text)) return undefined;
  const widths = [...`*${text}*`].flatMap((character) => [
    ...twoWidths(code39Patterns.get(character) ?? ''),
    1,
  ]);
  // The gap behind the last character is no part of the code.
  return { text, widths: widths.slice(0, -1) };
}

const itfPatterns = 'nnwwn wnnnw nwnnw wwnnn nnwnw wnwnn nwwnn nnnww wnnwn nwnwn'.split(' ');

function itf(text: string): Barcode | undefined {
  if (!/^(\d\d)+$/.test(text)) return undefined;
  const pairs = text.match(/../g) ?? [];
  // Of every pair the first digit is the bars, the second the spaces.
  const widths = pairs.flatMap((pair) => {
    const bars = twoWidths(itfPatterns[Number(pair[0])] ?? '');
    const spaces = twoWidths(itfPatterns[Number(pair[1])] ?? '');
    return bars.flatMap((bar, index) => [bar, spaces[index] ?? 1]);
  });
  return { text, widths: [1, 1, 1, 1, ...widths, wide, 1, 1] };
}

const codabarPatterns = table(
  '0123456789-$:/.+ABCD',
  'nnnnnww nnnnwwn nnnwnnw wwnnnnn nnwnnwn wnnnnwn nwnnnnw nwnnwnn nwwnnnn wnnwnnn ' +
    'nnnwwnn nnwwnnn wnnnwnw wnwnnnw wnwnwnn nnwnwnw nnwwnwn nwnwnnw nnnwnww nnnwwwn',
);

function codabar(given: string): Barcode | undefined {
  const text = given.toUpperCase();
  if (!/^[A-D][0-9\-$:/.+]+[A-D]$/.test(text)) return undefined;
  const widths = [...text].flatMap((character) => [...twoWidths(codabarPatterns.get(character) ?? ''), 1]);
  return { text, widths: widths.slice(0, -1) };
}

/** Values 0 to 46: what can be printed, then the four signs that shift. */
const code93Characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%';
const code93Patterns = (
  '131112 111213 111312 111411 121113 121212 121311 111114 131211 141111 211113 211212 211311 221112 221211 231111 ' +
  '112113 112212 112311 122112 132111 111123 111222 111321 121122 131121 212112 212211 211122 211221 221121 222111 ' +
  '112122 112221 122121 123111 121131 311112 311211 321111 112131 113121 211131 121221 312111 311121 122211'
).split(' ');
const [dollar, percent, slash, plus] = [43, 44, 45, 46] as const;

/** The value or two of an ASCII character: small letters, signs and control characters are shifted. */
function code93Values(character: string): number[] {
  const plain = code93Characters.indexOf(character);
  if (plain >= 0) return [plain];
  const code = character.charCodeAt(0);
  const letter = (index: number) => 10 + index;
  if (code >= 1 && code <= 26) return [dollar, letter(code - 1)];
  if (code >= 0x61 && code <= 0x7a) return [plus, letter(code - 0x61)];
  if (code >= 0x21 && code <= 0x3a) return [slash, letter(code - 0x21)];
  // The rest in the order of the standard, behind the sign %.
  const rest = '\x1b\x1c\x1d\x1e\x1f;<=>?[\\]^_{|}~\x7f\x00@`'.indexOf(character);
  return rest < 0 ? [] : [percent, letter(rest)];
}

function code93(text: string): Barcode | undefined {
  const values = [...text].flatMap(code93Values);
  if (values.length === 0 || values.length < text.length) return undefined;
  const check = (most: number) =>
    [...values].reverse().reduce((sum, value, index) => sum + value * ((index % most) + 1), 0) % 47;
  values.push(check(20));
  values.push(check(15));
  const ends = numbers('111141');
  return {
    text,
    widths: [...ends, ...values.flatMap((value) => numbers(code93Patterns[value] ?? '')), ...ends, 1],
  };
}

/** By m of GS k: 0 to 6 with a NUL at the end, 65 to 73 with the length. */
const systems: Record<number, { name: string; read: (text: string) => Barcode | undefined }> = {
  65: { name: 'UPC-A', read: upcA },
  66: { name: 'UPC-E', read: upcE },
  67: { name: 'EAN-13', read: ean13 },
  68: { name: 'EAN-8', read: ean8 },
  69: { name: 'CODE39', read: code39 },
  70: { name: 'ITF', read: itf },
  71: { name: 'CODABAR', read: codabar },
  72: { name: 'CODE93', read: code93 },
};

/**
 * Reads the parameters of GS k (m, then the data with or without its length). Returns the code, or why this model prints none.
 */
export function readBarcode(parameters: Uint8Array): Barcode | { refused: string } {
  const [m = 0] = parameters;
  const data = parameters.slice(m <= 6 ? 1 : 2);
  if (m === 73) {
    const code = data.length >= 2 ? code128(data) : undefined;
    return code ?? { refused: 'GS k 73: data is not legal (it starts with {A, {B or {C)' };
  }
  const system = systems[m <= 6 ? m + 65 : m];
  if (!system) return { refused: `GS k ${m}: this model has no such code` };
  const code = system.read(Buffer.from(data).toString('latin1'));
  return code ?? { refused: `GS k ${m}: ${data.length} bytes are no ${system.name} number` };
}

/** The single-byte characters of a printer: code tables (ESC t n) and national variants of ASCII (ESC R n). */
import iconv from 'iconv-lite';

/** Tables of ESC t that the font has, by n; what is not here prints nothing of its own. */
const encodings: Record<number, string> = {
  0: 'cp437',
  2: 'cp850',
  3: 'cp860',
  4: 'cp863',
  5: 'cp865',
  13: 'cp857',
  14: 'cp737',
  15: 'iso88597',
  16: 'cp1252',
  17: 'cp866',
  18: 'cp852',
  19: 'cp858',
  21: 'tis620',
  32: 'cp720',
  33: 'cp775',
  34: 'cp855',
  35: 'cp861',
  36: 'cp862',
  37: 'cp864',
  38: 'cp869',
  39: 'iso88592',
  40: 'iso885915',
  44: 'cp1125',
  45: 'cp1250',
  46: 'cp1251',
  47: 'cp1253',
  48: 'cp1254',
  49: 'cp1255',
  50: 'cp1256',
  51: 'cp1257',
  52: 'cp1258',
  53: 'rk1048',
};

/** Table 1 has no name in any list of encodings: frames, half-width katakana and signs, from 80h. */
const katakana =
  '▁▂▃▄▅▆▇█▏▎▍▌▋▊▉┼┴┬┤├▔─│▕┌┐└┘╭╮╰╯' +
  '\u00a0' +
  Array.from({ length: 63 }, (_, index) => String.fromCharCode(0xff61 + index)).join('') +
  '═╞╪╡◢◣◥◤♠♥♦♣•○╱╲╳円年月日時分秒〒市区町村人▓ ';

/** Which bytes of ASCII the national variants change, and to what, by n of ESC R. */
const changed = '#$@[\\]^`{|}~';
const national: Record<number, string> = {
  0: '#$@[\\]^`{|}~',
  1: '#$à°ç§^`éùè¨',
  2: '#$§ÄÖÜ^`äöüß',
  3: '£$@[\\]^`{|}~',
  4: '#$@ÆØÅ^`æøå~',
  5: '#¤ÉÄÖÅÜéäöåü',
  6: '#$@°\\é^ùàòèì',
  7: '₧$@¡Ñ¿^`¨ñ}~',
  8: '#$@[¥]^`{|}~',
  9: '#¤ÉÆØÅÜéæøåü',
  10: '#$ÉÆØÅÜéæøåü',
  11: '#$á¡Ñ¿é`íñóú',
  12: '#$á¡Ñ¿éüíñóú',
  13: '#$@[₩]^`{|}~',
  15: '#¥@[\\]^`{|}~',
};

export const hasCodePage = (n: number) => n === 1 || encodings[n] !== undefined;
export const hasNationalSet = (n: number) => national[n] !== undefined;

/** The character of one byte [20…FF] in table `page` and national variant `set`. */
export function singleByteCharacter(byte: number, page: number, set: number): string {
  if (byte < 0x80) {
    const char = String.fromCharCode(byte);
    const at = changed.indexOf(char);
    return at < 0 ? char : (national[set]?.[at] ?? char);
  }
  if (page === 1) return katakana[byte - 0x80] ?? ' ';
  const char = iconv.decode(Buffer.of(byte), encodings[page] ?? 'cp437');
  return char === '\ufffd' ? ' ' : char;
}

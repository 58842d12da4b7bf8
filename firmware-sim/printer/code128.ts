/** Bar and space widths of CODE128's 107 symbols, in modules. */
const patterns =
  '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112'.split(
    ' ',
  );

type CodeSet = 'A' | 'B' | 'C';
const starts: Record<CodeSet, number> = { A: 103, B: 104, C: 105 };
const switches: Record<CodeSet, number> = { C: 99, B: 100, A: 101 };

/** FNC1 to FNC3; FNC4 differs by code set. */
const functions: Record<string, number> = { '1': 102, '2': 97, '3': 96 };

/**
 * Reads the data of GS k 73: code set selections `{A {B {C`, `{S` one character of the other set, `{1` to `{4` FNC1 to FNC4,
 * `{{` a brace (escpos-printer §1.1).
 * Returns the text and the bar widths in modules (bar, space, bar …), or undefined when the data is not legal.
 */
export function code128(data: Uint8Array): { text: string; widths: number[] } | undefined {
  let set: CodeSet | undefined;
  const symbols: number[] = [];
  let text = '';
  let shifted = false;
  for (let at = 0; at < data.length; at++) {
    let byte = data[at] as number;
    if (byte === 0x7b) {
      const next = String.fromCharCode(data[++at] ?? 0);
      if (next === 'A' || next === 'B' || next === 'C') {
        symbols.push(set ? switches[next] : starts[next]);
        set = next;
        continue;
      }
      if (!set) return undefined;
      if (next === 'S' && set !== 'C') {
        symbols.push(98);
        shifted = true;
        continue;
      }
      const called = next === '4' ? (set === 'A' ? 101 : 100) : functions[next];
      if (called !== undefined) {
        if (set === 'C' && next !== '1') return undefined;
        symbols.push(called);
        continue;
      }
      if (next !== '{') return undefined;
      byte = 0x7b;
    }
    if (!set) return undefined;
    if (set === 'C') {
      if (byte > 99) return undefined;
      symbols.push(byte);
      text += String(byte).padStart(2, '0');
    } else {
      const asB = (set === 'B') !== shifted;
      shifted = false;
      if (asB ? byte < 32 || byte > 127 : byte > 95) return undefined;
      symbols.push(byte >= 32 ? byte - 32 : byte + 64);
      text += String.fromCharCode(byte);
    }
  }
  const [start] = symbols;
  if (start === undefined || symbols.length < 2) return undefined;
  const sum = symbols.reduce((total, symbol, index) => total + symbol * Math.max(1, index), 0);
  const widths = [...symbols, sum % 103, 106].flatMap((symbol) => [...(patterns[symbol] ?? '')].map(Number));
  return { text, widths };
}

/**
 * ESC/POS commands as public lists have them, typed by hand: docs/protocols/escpos-printer.md §1.1–1.7, EPSON's command
 * reference, and for lengths the list of github.com/kunif/EscPosUtils. Shares nothing with the agent or the simulator.
 */

/** What comes behind the letters: so many bytes, a length `pL pH` and its bytes, `n` and n bytes, or bytes up to NUL. */
export type Rest = number | 'pL pH' | 'n' | 'to NUL' | 'raster' | 'columns' | 'graphics' | 'cut';
export type Command = {
  name: string;
  /** hex of its letters */
  letters: string;
  rest: Rest;
  /** Which parameters the lists allow; any when it is left out. */
  allows?: (parameters: Uint8Array) => boolean;
};

const first = (allowed: (n: number) => boolean) => (parameters: Uint8Array) => allowed(parameters[0] ?? -1);
const oneOf = (...values: number[]) => first((n) => values.includes(n));
const range = (from: number, to: number) => first((n) => n >= from && n <= to);
const exactly = (hex: string) => (parameters: Uint8Array) => Buffer.from(parameters).toString('hex') === hex;
const command = (letters: string, name: string, rest: Rest, allows?: Command['allows']): Command => ({
  letters: letters.replaceAll(' ', ''),
  name,
  rest,
  ...(allows ? { allows } : {}),
});

export const commandTable: readonly Command[] = [
  command('00', 'NUL', 0),
  command('09', 'HT', 0),
  command('0A', 'LF', 0),
  command('0C', 'FF', 0),
  command('0D', 'CR', 0),
  command('18', 'CAN', 0),
  // Real time (§1.2, §1.6)
  command('10 04', 'DLE EOT', 1, oneOf(1, 2, 3, 4, 20)),
  command('10 05', 'DLE ENQ', 1, range(0, 2)),
  command('10 14 01', 'DLE DC4 1', 2),
  command('10 14 02', 'DLE DC4 2', 2, exactly('0108')),
  command('10 14 03', 'DLE DC4 3', 5),
  command('10 14 07', 'DLE DC4 7', 1, oneOf(1, 2, 4, 5)),
  command('10 14 08', 'DLE DC4 8', 7, exactly('01031401060208')),
  // ESC
  command('1B 0C', 'ESC FF', 0),
  command('1B 20', 'ESC SP', 1),
  command('1B 21', 'ESC !', 1),
  command('1B 24', 'ESC $', 2),
  command('1B 25', 'ESC %', 1),
  command('1B 2A', 'ESC *', 'columns', oneOf(0, 1, 32, 33)),
  command('1B 2D', 'ESC -', 1, oneOf(0, 1, 2, 48, 49, 50)),
  command('1B 32', 'ESC 2', 0),
  command('1B 33', 'ESC 3', 1),
  command('1B 3D', 'ESC =', 1),
  command('1B 3F', 'ESC ?', 1),
  command('1B 40', 'ESC @', 0),
  command('1B 44', 'ESC D', 'to NUL'),
  command('1B 45', 'ESC E', 1),
  command('1B 47', 'ESC G', 1),
  command('1B 4A', 'ESC J', 1),
  command('1B 4B', 'ESC K', 1),
  command('1B 4C', 'ESC L', 0),
  command('1B 4D', 'ESC M', 1),
  command('1B 52', 'ESC R', 1),
  command('1B 53', 'ESC S', 0),
  command('1B 54', 'ESC T', 1),
  command('1B 56', 'ESC V', 1),
  command('1B 57', 'ESC W', 8),
  command('1B 5C', 'ESC \\', 2),
  command('1B 61', 'ESC a', 1, oneOf(0, 1, 2, 48, 49, 50)),
  command('1B 63 33', 'ESC c 3', 1),
  command('1B 63 34', 'ESC c 4', 1),
  command('1B 63 35', 'ESC c 5', 1),
  command('1B 64', 'ESC d', 1),
  command('1B 65', 'ESC e', 1),
  command('1B 69', 'ESC i', 0),
  command('1B 6D', 'ESC m', 0),
  command('1B 70', 'ESC p', 3, oneOf(0, 1, 48, 49)),
  command('1B 74', 'ESC t', 1),
  command('1B 7B', 'ESC {', 1),
  // FS
  command('1C 21', 'FS !', 1),
  command('1C 26', 'FS &', 0),
  command('1C 28', 'FS (', 'pL pH'),
  command('1C 2D', 'FS -', 1, oneOf(0, 1, 2, 48, 49, 50)),
  command('1C 2E', 'FS .', 0),
  command('1C 43', 'FS C', 1),
  command('1C 53', 'FS S', 2),
  command('1C 57', 'FS W', 1),
  command('1C 70', 'FS p', 2),
  // GS
  command(
    '1D 21',
    'GS !',
    1,
    first((n) => (n & 0x88) === 0),
  ),
  command('1D 28 44', 'GS ( D', 'pL pH'),
  command('1D 28 48', 'GS ( H', 'pL pH', (p) =>
    /^3030([2-7][0-9a-f]){4}$|^313000$|^31300[12]$/.test(Buffer.from(p).toString('hex')),
  ),
  command('1D 28 4C', 'GS ( L', 'pL pH'),
  command('1D 28 6B', 'GS ( k', 'pL pH', qrFunction),
  command('1D 38 4C', 'GS 8 L', 'graphics'),
  command('1D 42', 'GS B', 1),
  command('1D 48', 'GS H', 1, range(0, 3)),
  command('1D 49', 'GS I', 1, oneOf(1, 2, 3, 49, 50, 51, 65, 66, 67, 68, 69)),
  command('1D 4C', 'GS L', 2),
  command('1D 56', 'GS V', 'cut', oneOf(0, 1, 48, 49, 65, 66, 97, 98, 103, 104)),
  command('1D 57', 'GS W', 2),
  command('1D 61', 'GS a', 1),
  command('1D 66', 'GS f', 1),
  command('1D 68', 'GS h', 1, range(1, 255)),
  command('1D 6B 49', 'GS k 73', 'n'),
  command('1D 72', 'GS r', 1, oneOf(1, 2, 49, 50)),
  command('1D 76 30', 'GS v 0', 'raster', oneOf(0, 1, 2, 3, 48, 49, 50, 51)),
  command('1D 77', 'GS w', 1, range(2, 6)),
];

/** QR codes: model, module, error correction, store and print, each with its own length. */
function qrFunction(p: Uint8Array): boolean {
  const [code, fn, n = -1] = p;
  if (code !== 0x31) return false;
  switch (fn) {
    case 0x41:
      return p.length === 4 && (n === 0x31 || n === 0x32) && p[3] === 0;
    case 0x43:
      return p.length === 3 && n >= 1 && n <= 16;
    case 0x45:
      return p.length === 3 && n >= 0x30 && n <= 0x33;
    case 0x50:
      return n === 0x30 && p.length >= 4 && p.length <= 7092;
    case 0x51:
    case 0x52:
      return p.length === 3 && n === 0x30;
    default:
      return false;
  }
}

/** What may stand on a sheet for every printer model: nothing that only some of them know (§1.1). */
export const onEverySheet = ['ESC @', 'FS &', 'LF', 'ESC a', 'ESC d', 'GS !', 'GS ( k', 'GS V'];

/** What else may be sent to a model, by what its row promises (§1.2, §1.3, §1.5, §1.6). NUL fills a command that broke off. */
export function allowedFor(model: {
  confirmation: 'process-id' | 'barrier' | 'none';
  status: 'realtime' | 'ordered' | 'none';
}): string[] {
  const realtime = ['DLE EOT', 'DLE ENQ', 'DLE DC4 8', 'GS a'];
  return [
    ...onEverySheet,
    'NUL',
    ...(model.status === 'realtime' ? realtime : []),
    // Whoever does not answer is not asked.
    ...(model.status === 'none' && model.confirmation === 'none' ? [] : ['GS r', 'GS I']),
    ...(model.confirmation === 'process-id' ? ['GS ( H'] : []),
  ];
}

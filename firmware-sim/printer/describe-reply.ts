/** Words for what a printer says of itself, read bit by bit from the tables (escpos-printer §1.2, §1.3, §1.5). */

/** `mask`: all of its bits must be set. */
type Sign = { mask: number; words: string };

const statusSigns: Record<1 | 2 | 3 | 4, Sign[]> = {
  1: [
    { mask: 0x04, words: 'drawer pin high' },
    { mask: 0x08, words: 'offline' },
    { mask: 0x20, words: 'waits to come online' },
    { mask: 0x40, words: 'FEED pressed' },
    { mask: 0x80, words: 'ticket not taken' },
  ],
  2: [
    { mask: 0x04, words: 'cover open' },
    { mask: 0x08, words: 'feeding by the button' },
    { mask: 0x20, words: 'stopped by paper end' },
    { mask: 0x40, words: 'error' },
  ],
  3: [
    { mask: 0x04, words: 'mechanical error' },
    { mask: 0x08, words: 'cutter error' },
    { mask: 0x20, words: 'unrecoverable error' },
    { mask: 0x40, words: 'error that passes by itself' },
  ],
  4: [
    { mask: 0x0c, words: 'near end' },
    { mask: 0x60, words: 'paper end' },
  ],
};
const allWell: Record<1 | 2 | 3 | 4, string> = { 1: 'online', 2: 'no cause', 3: 'no error', 4: 'paper in' };

const automaticSigns: Sign[][] = [
  [
    { mask: 0x04, words: 'drawer pin high' },
    { mask: 0x08, words: 'offline' },
    { mask: 0x20, words: 'cover open' },
    { mask: 0x40, words: 'feeding by the button' },
  ],
  [
    { mask: 0x01, words: 'waits to come online' },
    { mask: 0x02, words: 'FEED pressed' },
    { mask: 0x04, words: 'mechanical error' },
    { mask: 0x08, words: 'cutter error' },
    { mask: 0x20, words: 'unrecoverable error' },
    { mask: 0x40, words: 'error that passes by itself' },
  ],
  [
    { mask: 0x03, words: 'near end' },
    { mask: 0x0c, words: 'paper end' },
  ],
];
const fullSigns: Sign[][] = [
  [
    { mask: 0x01, words: 'paper end' },
    { mask: 0x04, words: 'near end' },
    { mask: 0x20, words: 'ticket at the output' },
  ],
  [
    { mask: 0x01, words: 'head up' },
    { mask: 0x02, words: 'cover open' },
  ],
  [
    { mask: 0x01, words: 'head hot' },
    { mask: 0x40, words: 'paper jam' },
  ],
  [{ mask: 0x01, words: 'cutter error' }],
];

const signs = (byte: number, table: Sign[]) =>
  table.filter(({ mask }) => (byte & mask) === mask).map(({ words }) => words);
const said = (all: string[], otherwise: string) => (all.length > 0 ? all.join(', ') : otherwise);

/** The answer to DLE EOT n: `DLE EOT 4 → near end`. */
export function describeStatus(n: 1 | 2 | 3 | 4, byte: number): string {
  return `DLE EOT ${n} → ${said(signs(byte, statusSigns[n]), allWell[n])}`;
}

/** The four bytes of automatic status: `automatic status → offline, cover open`. */
export function describeAutomaticStatus(bytes: readonly number[]): string {
  const all = automaticSigns.flatMap((table, index) => signs(bytes[index] ?? 0, table));
  return `automatic status → ${said(all, 'online')}`;
}

/** The six bytes of full status: `DLE EOT 20 → paper end`. */
export function describeFullStatus(bytes: readonly number[]): string {
  const all = fullSigns.flatMap((table, index) => signs(bytes[index + 2] ?? 0, table));
  return `DLE EOT 20 → ${said(all, 'all well')}`;
}

/** The answer to GS r 1: `GS r 1 → near end`. */
export function describePaperSensors(byte: number): string {
  return `GS r 1 → ${said(signs(byte, automaticSigns[2] ?? []), 'paper in')}`;
}

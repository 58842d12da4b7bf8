/** Pictures for the witnesses: a PNG to print, its dots on paper, and a reader of QR codes for what was printed. */
import { crc32, deflateSync } from 'node:zlib';
import jsqr from 'jsqr';

// The package is CommonJS: its function is the module itself or its `default`, by who loads it.
const readQr = (jsqr.default ?? jsqr) as typeof jsqr.default;

/** A PNG of 8-bit greys; `rows`: `#` black, anything else white. */
export function png(rows: string[]): Buffer {
  const width = rows[0]?.length ?? 0;
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const lines = rows.flatMap((row) => [0, ...[...row].map((dot) => (dot === '#' ? 0 : 255))]);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** 16 × 8: a frame that tells its edges apart. */
export const frame = [
  '################',
  ...Array.from({ length: 6 }, () => '#..............#'),
  '##############.#',
];

/** Dots of a printed picture as rows of `#` and `.`; `rows` in hex as the paper has them. */
export const dotRows = (rows: string[], width: number) =>
  rows.map((row) =>
    [...Buffer.from(row, 'hex')]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, width)
      .replaceAll('1', '#')
      .replaceAll('0', '.'),
  );

/** What a QR reader reads in rows of dots (`#` dark), with white paper around them; undefined when it reads nothing. */
export function readQrDots(rows: string[], scale = 1): string | undefined {
  const border = 40;
  const width = (rows[0]?.length ?? 0) * scale + 2 * border;
  const height = rows.length * scale + 2 * border;
  const points = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < rows.length * scale; y++) {
    for (let x = 0; x < (rows[0]?.length ?? 0) * scale; x++) {
      if (rows[Math.floor(y / scale)]?.[Math.floor(x / scale)] !== '#') continue;
      const at = ((y + border) * width + x + border) * 4;
      points.fill(0, at, at + 3);
    }
  }
  return readQr(points, width, height)?.data;
}

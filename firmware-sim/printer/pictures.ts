/** Pictures in the data: raster (GS v 0), graphics (GS ( L, GS 8 L) and columns of dots (ESC *), by escpos-printer §1.1. */

/** `rows`: one hex text a row, most significant bit left; `width` in dots before scaling. */
export type Picture = { width: number; height: number; scaleX: number; scaleY: number; rows: string[] };
type Read = Picture | { refused: string };

function picture(width: number, height: number, data: Uint8Array, scaleX: number, scaleY: number): Picture {
  const bytesPerRow = Math.ceil(width / 8);
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.from(data.slice(y * bytesPerRow, (y + 1) * bytesPerRow)).toString('hex'),
  );
  return { width, height: height * scaleY, scaleX, scaleY, rows };
}

const word = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);

/** GS v 0 m xL xH yL yH d…: x in bytes, y in dots. */
export function rasterPicture(parameters: Uint8Array): Read {
  const [mode = 0] = parameters;
  if ((mode & 0xfc) !== 0 && (mode & 0xfc) !== 48) return { refused: `GS v 0 mode ${mode}: 0 to 3` };
  const [bytes, height] = [word(parameters, 1), word(parameters, 3)];
  if (bytes === 0 || height === 0) return { refused: 'GS v 0: a picture without dots' };
  return picture(bytes * 8, height, parameters.slice(5), mode & 1 ? 2 : 1, mode & 2 ? 2 : 1);
}

/** ESC * m nL nH d…: columns of 8 or 24 dots, the most significant bit on top. */
export function columnPicture(parameters: Uint8Array): Read {
  const [mode = 0] = parameters;
  if (![0, 1, 32, 33].includes(mode)) return { refused: `ESC * ${mode}: 0, 1, 32 or 33` };
  const tall = mode >= 32 ? 24 : 8;
  const width = word(parameters, 1);
  if (width === 0) return { refused: 'ESC *: a picture without dots' };
  const columns = parameters.slice(3);
  const bytesPerRow = Math.ceil(width / 8);
  const data = new Uint8Array(bytesPerRow * tall);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < tall; y++) {
      const dark = (columns[x * (tall / 8) + (y >> 3)] ?? 0) & (0x80 >> (y & 7));
      if (dark)
        data[y * bytesPerRow + (x >> 3)] = (data[y * bytesPerRow + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    }
  }
  // Single density sets half as many dots across; eight dots stand for 24 down.
  return picture(width, tall, data, mode & 1 ? 1 : 2, tall === 8 ? 3 : 1);
}

/** GS ( L: one graphic stored in the print buffer (fn 112), then printed (fn 50). */
export class StoredGraphic {
  #stored: Picture | undefined;

  /** Obeys one function: the picture to print, why a real device would ignore it, or nothing to do. */
  obey(parameters: Uint8Array): Read | undefined {
    const [m, fn] = parameters;
    if (m !== 48) return { refused: `GS ( L m ${m}: 48` };
    if (fn === 112) return this.#store(parameters);
    if (fn !== 2 && fn !== 50) return { refused: `GS ( L fn ${fn}: this model keeps no pictures` };
    const stored = this.#stored;
    this.#stored = undefined;
    return stored ?? { refused: 'GS ( L print: no graphic stored' };
  }

  #store(parameters: Uint8Array): { refused: string } | undefined {
    const [, , tone, scaleX = 0, scaleY = 0, color] = parameters;
    const [width, height] = [word(parameters, 6), word(parameters, 8)];
    if (tone !== 48 || color !== 49)
      return { refused: 'GS ( L store: this model prints one tone (48) of one colour (49)' };
    if (![1, 2].includes(scaleX) || ![1, 2].includes(scaleY))
      return { refused: 'GS ( L store: scale is 1 or 2' };
    if (width < 1 || width > 2047 || height < 1 || height > 1662)
      return { refused: `GS ( L store: ${width} × ${height} dots; up to 2047 × 1662` };
    if (parameters.length - 10 !== Math.ceil(width / 8) * height)
      return { refused: 'GS ( L store: the data is not as long as the picture' };
    this.#stored = picture(width, height, parameters.slice(10), scaleX, scaleY);
    return undefined;
  }
}

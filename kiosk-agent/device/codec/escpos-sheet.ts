/** Where a sheet's last printed piece begins: a command reader for what our own sheets contain. Pure. */

/** Parameters after the two bytes of a command; of those that a sheet of ours may contain. */
const PARAMETERS = new Map<number, number>(
  Object.entries({
    '1b40': 0, // ESC @
    '1b61': 1, // ESC a
    '1b64': 1, // ESC d
    '1b45': 1, // ESC E
    '1b32': 0, // ESC 2
    '1b33': 1, // ESC 3
    '1c26': 0, // FS &
    '1c2e': 0, // FS .
    '1d21': 1, // GS !
    '1d4c': 2, // GS L
    '1d57': 2, // GS W
  }).map(([bytes, count]) => [Number.parseInt(bytes, 16), count]),
);

/**
 * The offset in `bytes` at which its last line of text or QR code begins, always between two commands at the start of a
 * line; 0 when there are fewer than two pieces, or when a command is not known.
 */
export function lastPiece(bytes: Uint8Array): number {
  /** ends of what has been printed: after each line feed that printed, after each QR code */
  const ends = [0];
  let text = false;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    const next = bytes[at + 1] ?? 0;
    if (byte >= 0x20) {
      text = true;
      // Two bytes of GB18030; the second may be a letter, never a control character.
      at += byte >= 0x81 ? 2 : 1;
    } else if (byte === 0x0a) {
      at += 1;
      if (text) ends.push(at);
      text = false;
    } else if (byte === 0x1d && next === 0x28) {
      const length = (bytes[at + 3] ?? 0) + 256 * (bytes[at + 4] ?? 0);
      // GS ( k, cn 31h, fn 51h: print the stored QR code.
      const printsCode = bytes[at + 2] === 0x6b && bytes[at + 5] === 0x31 && bytes[at + 6] === 0x51;
      at += 5 + length;
      if (printsCode) ends.push(at);
    } else if (byte === 0x1d && next === 0x56) {
      at += (bytes[at + 2] ?? 0) >= 0x41 ? 4 : 3;
    } else {
      const parameters = PARAMETERS.get((byte << 8) | next);
      if (parameters === undefined) return 0;
      at += 2 + parameters;
    }
  }
  return ends.at(-2) ?? 0;
}

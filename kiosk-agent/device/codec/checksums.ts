/** Checksums of fixed-frame devices (evaluators.md, "Models are data"), over bytes `from` up to and without `to`. */

export const CHECKSUMS = {
  sum8: { length: 1, of: sum8 },
  xor8: { length: 1, of: xor8 },
  /** two bytes, low first */
  'crc16-modbus': { length: 2, of: crc16Modbus },
} as const;
export type Checksum = keyof typeof CHECKSUMS;

/** Low byte of the sum. */
export function sum8(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += bytes[at] ?? 0;
  return sum & 0xff;
}

export function xor8(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum ^= bytes[at] ?? 0;
  return sum;
}

/** Poly A001 reflected, init FFFF; of `123456789` it is 4B37. */
export function crc16Modbus(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff;
  for (let at = from; at < to; at++) {
    crc ^= bytes[at] ?? 0;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

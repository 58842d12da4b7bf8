/** What the scanner has seen in the raw stream (escpos-printer §1.2, §1.6). */
export type RealtimeRequest =
  | { name: 'status'; n: 1 | 2 | 3 | 4 }
  | { name: 'full-status' }
  | { name: 'recover'; clear: boolean }
  | { name: 'clear' };

const longest = 10;
const clearSequence = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/**
 * Watches every byte that arrives, also those inside picture or QR data, for real-time commands (§1.8).
 * It does not take the bytes away: they still belong to whatever surrounds them.
 */
export function createRealtimeScanner() {
  let seen: number[] = [];
  const at = (back: number) => seen[seen.length - 1 - back];

  return {
    /** Takes the next byte; returns the request that this byte completes. */
    feed(byte: number): RealtimeRequest | undefined {
      seen.push(byte);
      if (seen.length > longest) seen.shift();
      if (at(2) === 0x10 && at(1) === 0x04 && byte >= 1 && byte <= 4) {
        seen = [];
        return { name: 'status', n: byte as 1 | 2 | 3 | 4 };
      }
      if (at(2) === 0x10 && at(1) === 0x04 && byte === 0x14) {
        seen = [];
        return { name: 'full-status' };
      }
      if (at(2) === 0x10 && at(1) === 0x05 && (byte === 1 || byte === 2)) {
        seen = [];
        return { name: 'recover', clear: byte === 2 };
      }
      if (seen.length === longest && clearSequence.every((expected, index) => seen[index] === expected)) {
        seen = [];
        return { name: 'clear' };
      }
      return undefined;
    },
    reset() {
      seen = [];
    },
  };
}

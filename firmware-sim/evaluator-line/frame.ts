/** ELP/1 on the device's side: `$` BODY `*` CRC CR LF (evaluators.md §1). */

const dollar = 0x24;
const lineFeed = 0x0a;
const longestLine = 128;

/** CRC-16/MODBUS (poly A001 reflected, init FFFF); of `123456789` it is 4B37. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

function crcText(body: string) {
  return crc16(Buffer.from(body, 'latin1')).toString(16).toUpperCase().padStart(4, '0');
}

/** Makes the line of a body, ready for the wire. */
export function encodeLine(body: string): Uint8Array {
  return Buffer.from(`$${body}*${crcText(body)}\r\n`, 'latin1');
}

/** The same line with one bit of its checksum wrong. */
export function spoilChecksum(line: Uint8Array): Uint8Array {
  const spoilt = Uint8Array.from(line);
  const at = line.length - 3;
  // Another hex digit, so that the line keeps its form and only the sum is wrong.
  spoilt[at] = line[at] === 0x30 ? 0x31 : 0x30;
  return spoilt;
}

/** What the receiver has dropped since it was made, by cause. */
export type DropCounts = { stray: number; long: number; crc: number; form: number };

/**
 * Cuts a byte stream into bodies. A `$` always starts a message, wherever it comes; what is before it, a line
 * over 128 bytes and a line with a wrong CRC are dropped and counted.
 */
export function createLineReceiver() {
  const dropped: DropCounts = { stray: 0, long: 0, crc: 0, form: 0 };
  let line: number[] | undefined;

  function finish(bytes: number[]): string | undefined {
    const text = Buffer.from(bytes).toString('latin1');
    const match = /^\$([\x20-\x7e]*)\*([0-9A-F]{4})\r\n$/.exec(text);
    const body = match?.[1];
    if (body === undefined || body.includes('*')) {
      dropped.form++;
      return undefined;
    }
    if (match?.[2] === crcText(body)) return body;
    dropped.crc++;
    return undefined;
  }

  return {
    dropped,
    /** Takes bytes as they come and returns the bodies that became complete. */
    receive(bytes: Uint8Array): string[] {
      const bodies: string[] = [];
      for (const byte of bytes) {
        if (byte === dollar) {
          dropped.stray += line?.length ?? 0;
          line = [byte];
        } else if (!line) {
          dropped.stray++;
        } else {
          line.push(byte);
          if (line.length > longestLine) {
            dropped.long++;
            line = undefined;
          } else if (byte === lineFeed) {
            const body = finish(line);
            if (body !== undefined) bodies.push(body);
            line = undefined;
          }
        }
      }
      return bodies;
    },
    reset() {
      line = undefined;
    },
  };
}

/** Strip line, version 1, on the sign's side: `7E` address seq command length data CRC (window-sign.md §1). */

const start = 0x7e;
const longestData = 512;
const lastAddress = 0xf7;

export type StripRequest = { address: number; seq: number; command: number; data: Uint8Array };
/** What the receiver has dropped since it was made, by cause. */
export type StripDrops = { stray: number; crc: number; form: number; unfinished: number };

/** CRC-16/MODBUS; of `123456789` it is 4B37. */
export function crc(bytes: Uint8Array): number {
  let register = 0xffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (register ^ (byte >> bit)) & 1;
      register = (register >>> 1) ^ (carry ? 0xa001 : 0);
    }
  }
  return register;
}

/** The frame of a reply. */
export function replyFrame(address: number, seq: number, command: number, data: Uint8Array): Uint8Array {
  const body = Uint8Array.from([address, seq, command | 0x80, data.length % 256, data.length >> 8, ...data]);
  const sum = crc(body);
  return Uint8Array.from([start, ...body, sum % 256, sum >> 8]);
}

/** Cuts a byte stream into requests, exactly as the page says it for a sign. */
export function createStripReceiver() {
  const drops: StripDrops = { stray: 0, crc: 0, form: 0, unfinished: 0 };
  let line: number[] = [];

  /** The first frame of `line`, `wait` when more must come, `bad` when its 7E was none. */
  function look(): { request: StripRequest; length: number } | 'wait' | 'bad' {
    if (line.length < 2) return 'wait';
    const address = line[1] ?? 0;
    if (address > lastAddress && address !== 0xff) {
      drops.form++;
      return 'bad';
    }
    if (line.length < 6) return 'wait';
    const size = (line[4] ?? 0) + 256 * (line[5] ?? 0);
    if (size > longestData) {
      drops.form++;
      return 'bad';
    }
    if (line.length < size + 8) return 'wait';
    const body = Uint8Array.from(line.slice(1, 6 + size));
    if (crc(body) !== (line[6 + size] ?? 0) + 256 * (line[7 + size] ?? 0)) {
      drops.crc++;
      return 'bad';
    }
    const request = { address, seq: line[2] ?? 0, command: line[3] ?? 0, data: body.slice(5) };
    return { request, length: size + 8 };
  }

  return {
    drops,
    /** Takes bytes as they come and returns the requests that became complete. */
    receive(bytes: Uint8Array): StripRequest[] {
      const requests: StripRequest[] = [];
      line.push(...bytes);
      for (;;) {
        const at = line.indexOf(start);
        drops.stray += at < 0 ? line.length : at;
        line = at < 0 ? [] : line.slice(at);
        if (line.length === 0) return requests;
        const found = look();
        if (found === 'wait') return requests;
        if (found === 'bad') line = line.slice(1);
        else {
          requests.push(found.request);
          line = line.slice(found.length);
        }
      }
    },
    /** No byte for 50 ms. */
    silence() {
      if (line.length > 0) drops.unfinished++;
      line = [];
    },
  };
}

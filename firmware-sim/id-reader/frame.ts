/** SDT on the reader's side: `AA AA AA 96 69`, length, body, XOR (id-card-reader §2). */

const preamble = [0xaa, 0xaa, 0xaa, 0x96, 0x69];
/** No request of the page is longer than this; a length above it is answered `11` and not waited for. */
const longestRequest = 64;
/** A request that stops in the middle is forgotten after this silence. */
const silenceMs = 500;

/** One request as it came: its body (command, parameter, data), or what is wrong with its frame. */
export type Request = { body: Uint8Array } | { wrong: 'checksum' | 'length' };

export function xorOf(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return sum;
}

/** Makes the frame of an answer: SW1 SW2 SW3 and data. */
export function encodeAnswer(sw3: number, data: Uint8Array = new Uint8Array()): Uint8Array {
  const length = 3 + data.length + 1;
  const counted = [length >> 8, length & 0xff, 0x00, 0x00, sw3, ...data];
  return Uint8Array.from([...preamble, ...counted, xorOf(counted)]);
}

/** The same frame with a wrong checksum. */
export function spoilChecksum(frame: Uint8Array): Uint8Array {
  const spoilt = Uint8Array.from(frame);
  spoilt[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 0x01;
  return spoilt;
}

/** Cuts a byte stream into requests; garbage before a preamble is skipped and counted. */
export function createRequestReceiver() {
  let pending: number[] = [];
  let lastByteAt = Number.NEGATIVE_INFINITY;
  let skipped = 0;

  function preambleLength() {
    let length = 0;
    while (length < preamble.length && length < pending.length && pending[length] === preamble[length])
      length++;
    return length;
  }
  /** Skips until the bytes begin with a preamble, or with the beginning of one. */
  function synchronise() {
    while (pending.length > 0 && preambleLength() < Math.min(preamble.length, pending.length)) {
      pending.shift();
      skipped++;
    }
  }

  return {
    get skipped() {
      return skipped;
    },
    receive(bytes: Uint8Array, now: number): Request[] {
      const requests: Request[] = [];
      if (now - lastByteAt > silenceMs) {
        skipped += pending.length;
        pending = [];
      }
      lastByteAt = now;
      pending.push(...bytes);
      for (;;) {
        synchronise();
        if (pending.length < 7) return requests;
        const length = (pending[5] as number) * 256 + (pending[6] as number);
        if (length < 3 || length > longestRequest) {
          requests.push({ wrong: 'length' });
          pending.splice(0, 7);
          continue;
        }
        if (pending.length < 7 + length) return requests;
        const frame = pending.splice(0, 7 + length);
        if (xorOf(frame.slice(5, -1)) !== frame.at(-1)) requests.push({ wrong: 'checksum' });
        else requests.push({ body: Uint8Array.from(frame.slice(7, -1)) });
      }
    },
    reset() {
      pending = [];
    },
  };
}

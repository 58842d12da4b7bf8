/**
 * SDT, the protocol of readers for second-generation identity cards (docs: id-card-reader §2). Pure: bytes to answers
 * and back, no time. Request `AA AA AA 96 69` length command parameter XOR; answer `AA AA AA 96 69` length SW1 SW2 SW3
 * data XOR. The length is big-endian and counts what follows it; the XOR is over the length and what follows it.
 *
 * An answer may hold a person's name, number, address and photo. The receiver overwrites its own copy as soon as it has
 * let a frame go, and what it drops is told as a length only, never as bytes.
 */

const PREAMBLE = Uint8Array.of(0xaa, 0xaa, 0xaa, 0x96, 0x69);
/** preamble and length */
const HEADER = 7;
/** SW1 SW2 SW3 and the XOR: an answer without data */
const SHORTEST_LENGTH = 4;
/** Text, photo and two fingerprints are 2321 bytes, the longest answer of the page; a longer one is no answer. */
export const SDT_LONGEST_FRAME = 2321;

/** Command and parameter. */
const REQUESTS = {
  reset: [0x10, 0xff],
  status: [0x11, 0xff],
  'sam-id': [0x12, 0xff],
  find: [0x20, 0x01],
  select: [0x20, 0x02],
  read: [0x30, 0x01],
  'read-address': [0x30, 0x03],
} as const satisfies Record<string, readonly [number, number]>;
export type SdtRequest = keyof typeof REQUESTS;

/** SW3, the third byte of an answer; a byte that is not here is `unknown-status`. */
const STATUSES = {
  0x90: 'ok',
  0x9f: 'found',
  0x10: 'checksum-error',
  0x11: 'length-error',
  0x21: 'command-error',
  0x24: 'unknown-command',
  0x31: 'card-rejects-reader',
  0x32: 'reader-rejects-card',
  0x33: 'verify-failed',
  0x40: 'wrong-card',
  0x41: 'read-failed',
  0x47: 'random-failed',
  0x60: 'self-test-failed',
  0x66: 'not-authorised',
  0x80: 'no-card',
  0x81: 'select-failed',
  0x91: 'no-such-item',
} as const satisfies Record<number, string>;
export type SdtStatus = (typeof STATUSES)[keyof typeof STATUSES] | 'unknown-status';

/** `data` may be personal: whoever takes an answer overwrites it with {@link wipe} when it has been used. */
export type SdtAnswer = { status: SdtStatus; sw: readonly [number, number, number]; data: Uint8Array };

/** noise: not even a preamble · cut-off: the line fell silent in the middle of a frame */
export type SdtDropReason = 'noise' | 'wrong-check' | 'too-long' | 'cut-off';
/** So many bytes were no answer. Noise is told with each push, so one burst may come in several pieces. */
export type SdtDropped = { reason: SdtDropReason; length: number };
export type SdtReceived = { answers: SdtAnswer[]; dropped: SdtDropped[] };

/** A request as its frame. */
export function encodeSdt(request: SdtRequest): Uint8Array {
  const [command, parameter] = REQUESTS[request];
  const body = Uint8Array.of(0x00, 0x03, command, parameter);
  return Uint8Array.of(...PREAMBLE, ...body, xor(body));
}

/**
 * Whether an answer can be one to this request. Answers do not name their request: a failure fits any, a success is told
 * by its status and length, so that one that comes late is not taken for the next.
 */
export function fitsRequest(request: SdtRequest, { status, data }: SdtAnswer): boolean {
  if (status === 'found') return request === 'find';
  if (status !== 'ok') return true;
  switch (request) {
    case 'reset':
    case 'status':
      return data.length === 0;
    case 'sam-id':
      return data.length === 16;
    case 'find':
      return false;
    case 'select':
      return data.length === 8;
    case 'read-address':
      return data.length === 70;
    case 'read':
      // A read answer with parts that nobody expects is still the answer to this request; `readText` judges it.
      return data.length > 70;
  }
}

/** The serial number of a SAM as it is printed on it, from the 16 bytes of its answer; it names a device, not a person. */
export function samIdText(data: Uint8Array): string | null {
  if (data.length !== 16) return null;
  const view = new DataView(data.buffer, data.byteOffset, 16);
  const part = (value: number, digits: number) => String(value).padStart(digits, '0');
  const first = `${part(view.getUint16(0, true), 2)}.${part(view.getUint16(2, true), 2)}`;
  const date = part(view.getUint32(4, true), 8);
  return `${first}-${date}-${part(view.getUint32(8, true), 10)}-${part(view.getUint32(12, true), 10)}`;
}

const TEXT_LENGTH = 256;

/** The card's text (256 bytes, a view into `data`) in the answer to `read`; null when its parts are not what the page says. */
export function textOfRead(data: Uint8Array): Uint8Array | null {
  if (data.length < 4) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [text, photo] = [view.getUint16(0), view.getUint16(2)];
  if (text !== TEXT_LENGTH || data.length !== 4 + text + photo) return null;
  return data.subarray(4, 4 + TEXT_LENGTH);
}

/** Overwrites what an answer held. */
export function wipe(answer: SdtAnswer): void {
  answer.data.fill(0);
}

/**
 * An answer as a technician may see it: the frame's own bytes up to SW3, zeros for its data and XOR. Only a SAM's id is
 * shown whole, because it names no person.
 */
export function shownAnswer(answer: SdtAnswer, request: SdtRequest | null): Uint8Array {
  const length = SHORTEST_LENGTH + answer.data.length;
  const frame = new Uint8Array(HEADER + length);
  frame.set([...PREAMBLE, length >> 8, length & 0xff, ...answer.sw]);
  const whole = answer.data.length === 0 || (request === 'sam-id' && answer.data.length === 16);
  if (whole) {
    frame.set(answer.data, HEADER + 3);
    frame[frame.length - 1] = xor(frame.subarray(PREAMBLE.length, -1));
  }
  return frame;
}

/** Incremental framing; never keeps more than the longest frame. */
export class SdtReceiver {
  readonly #buffer = new Uint8Array(SDT_LONGEST_FRAME);
  #held = 0;

  /** bytes that may become an answer */
  get held(): number {
    return this.#held;
  }

  /** What lies in the receiver's memory, used or not; for the test that nothing personal stays there. */
  get memory(): Uint8Array {
    return this.#buffer.slice();
  }

  /** Takes bytes in pieces of any size; an answer is given with its last byte. */
  push(bytes: Uint8Array): SdtReceived {
    const received: SdtReceived = { answers: [], dropped: [] };
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.#buffer.length - this.#held);
      this.#buffer.set(piece, this.#held);
      this.#held += piece.length;
      at += piece.length;
      this.#scan(received);
    }
    return received;
  }

  /** The line has fallen silent: what is half there will never be whole. Answers behind a torn frame are still given. */
  cutOff(): SdtReceived {
    const received: SdtReceived = { answers: [], dropped: [] };
    while (this.#held > 0) {
      const began = startsWithPreamble(this.#buffer, this.#held);
      this.#letGo(this.#nextPreamble(1), began ? 'cut-off' : 'noise', received);
      this.#scan(received);
    }
    return received;
  }

  /** Gives the whole frames at the front, until more bytes are needed. Afterwards the buffer has room. */
  #scan(received: SdtReceived): void {
    for (;;) {
      const start = this.#nextPreamble(0);
      if (start > 0) this.#letGo(start, 'noise', received);
      if (this.#held < HEADER) return;
      const length = ((this.#buffer[5] ?? 0) << 8) | (this.#buffer[6] ?? 0);
      const total = HEADER + length;
      if (length < SHORTEST_LENGTH || total > SDT_LONGEST_FRAME) {
        const reason = length < SHORTEST_LENGTH ? 'noise' : 'too-long';
        this.#letGo(this.#nextPreamble(PREAMBLE.length), reason, received);
        continue;
      }
      if (this.#held < total) return;
      if (xor(this.#buffer.subarray(PREAMBLE.length, total)) !== 0) {
        // A torn frame may have swallowed the beginning of a good one: look inside it.
        this.#letGo(Math.min(total, this.#nextPreamble(PREAMBLE.length)), 'wrong-check', received);
        continue;
      }
      const [sw1 = 0, sw2 = 0, sw3 = 0] = this.#buffer.subarray(HEADER, HEADER + 3);
      const status = (STATUSES as Record<number, SdtStatus>)[sw3] ?? 'unknown-status';
      const data = this.#buffer.slice(HEADER + 3, total - 1);
      received.answers.push({ status, sw: [sw1, sw2, sw3], data });
      this.#consume(total);
    }
  }

  /** Where, from `from` on, a preamble stands or begins at the very end; what is held when there is none. */
  #nextPreamble(from: number): number {
    for (let at = from; at < this.#held; at++) {
      if (this.#buffer[at] !== PREAMBLE[0]) continue;
      if (startsWithPreamble(this.#buffer.subarray(at), this.#held - at, 'or begins')) return at;
    }
    return this.#held;
  }

  #letGo(length: number, reason: SdtDropReason, { dropped }: SdtReceived): void {
    const last = dropped.at(-1);
    if (reason === 'noise' && last?.reason === 'noise') last.length += length;
    else dropped.push({ reason, length });
    this.#consume(length);
  }

  #consume(length: number): void {
    this.#buffer.copyWithin(0, length, this.#held);
    this.#buffer.fill(0, this.#held - length, this.#held);
    this.#held -= length;
  }
}

/** Whether `held` bytes are or start with the preamble; with 'or begins', also when they are only its beginning. */
function startsWithPreamble(bytes: Uint8Array, held: number, orBegins?: 'or begins'): boolean {
  if (held < PREAMBLE.length && !orBegins) return false;
  for (let at = 0; at < Math.min(held, PREAMBLE.length); at++) {
    if (bytes[at] !== PREAMBLE[at]) return false;
  }
  return true;
}

function xor(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return sum;
}

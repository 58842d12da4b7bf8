/**
 * ELP/1, the line protocol of window evaluators (docs: evaluators §1). Pure: bytes to messages and back, no time.
 * One line is `$` BODY `*` CRC CR LF, at most 128 bytes; the CRC is CRC-16/MODBUS over BODY.
 */
import iconv from 'iconv-lite';

const MAX_LINE = 128;
const DOLLAR = 0x24;
const LF = 0x0a;
const SHOW_MAX_BYTES = 24;

/** Bits of the heartbeat's fault byte; bits 4 to 7 mean nothing yet. */
export const ELP_FAULTS = ['stuck-key', 'speaker', 'low-voltage', 'press-memory-full'] as const;
export type ElpFault = (typeof ELP_FAULTS)[number];

export type DeviceMessage =
  | { type: 'HI'; model: string; serial: string; boot: string; firmware: string }
  | { type: 'KEY'; boot: string; seq: number; session: number | null; code: string; ageMs: number }
  | { type: 'ST'; boot: string; uptimeS: number; session: number | null; faults: ElpFault[] }
  | { type: 'OK'; n: number }
  | { type: 'NO'; n: number; why: 'arg' | 'busy' | 'session' };

export type HostMessage =
  | { type: 'WHO'; n: number }
  /** seconds [1…65535]; voice: 0 none, 2 "please rate" */
  | { type: 'OPEN'; n: number; session: number; seconds: number; voice: number }
  | { type: 'SHUT'; n: number; session: number }
  | { type: 'ACK'; boot: string; seq: number }
  | { type: 'SHOW'; n: number; line: 1 | 2; text: string }
  | { type: 'SAY'; n: number; voice: number };

export type DropReason = 'noise' | 'too-long' | 'wrong-crc' | 'bad-body';
/** Bytes that are no message. Noise is reported with each push, so one burst may come in several pieces. */
export type Dropped = { reason: DropReason; bytes: Uint8Array };
export type Frame = { message: DeviceMessage; bytes: Uint8Array };

/** Incremental framing; never keeps more than one line. */
export class ElpReceiver {
  readonly #line = new Uint8Array(MAX_LINE);
  /** bytes in #line; 0 while outside a line */
  #length = 0;

  /** Bytes of the line that has begun. */
  get held(): number {
    return this.#length;
  }

  /** Takes bytes in pieces of any size; a message is given with its last byte. */
  push(bytes: Uint8Array): { frames: Frame[]; dropped: Dropped[] } {
    const frames: Frame[] = [];
    const dropped: Dropped[] = [];
    let noiseFrom = -1;
    const endNoise = (at: number) => {
      if (noiseFrom >= 0) dropped.push({ reason: 'noise', bytes: bytes.slice(noiseFrom, at) });
      noiseFrom = -1;
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === DOLLAR) {
        endNoise(at);
        // "A $ always starts a message, wherever it comes": what was begun will never be finished.
        this.#drop(this.#length === MAX_LINE ? 'too-long' : 'noise', dropped);
      } else if (this.#length === 0) {
        if (noiseFrom < 0) noiseFrom = at;
        continue;
      } else if (this.#length === MAX_LINE) {
        this.#drop('too-long', dropped);
        noiseFrom = at;
        continue;
      }
      this.#line[this.#length++] = byte;
      if (byte === LF) {
        const line = this.#line.slice(0, this.#length);
        this.#length = 0;
        const read = readLine(line);
        if (typeof read === 'string') dropped.push({ reason: read, bytes: line });
        else frames.push({ message: read, bytes: line });
      }
    }
    endNoise(bytes.length);
    return { frames, dropped };
  }

  #drop(reason: DropReason, dropped: Dropped[]): void {
    if (this.#length > 0) dropped.push({ reason, bytes: this.#line.slice(0, this.#length) });
    this.#length = 0;
  }
}

/** Printable ASCII without `$` and `*`, then the CRC as the page writes it. */
const LINE = /^\$([ !"#%&'()+-~]*)\*([0-9A-F]{4})\r\n$/;

function readLine(line: Uint8Array): DeviceMessage | DropReason {
  const match = LINE.exec(Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1'));
  if (!match) return 'noise';
  const [, body = '', crc = ''] = match;
  if (crcHex(body) !== crc) return 'wrong-crc';
  return readBody(body.split(',')) ?? 'bad-body';
}

const U16 = 65_535;
const U32 = 4_294_967_295;

function readBody(fields: string[]): DeviceMessage | null {
  const [type, a = '', b = '', c = '', d = '', e = ''] = fields;
  switch (type) {
    case 'HI':
      if (
        fields.length !== 6 ||
        a !== '1' ||
        !isText(b, 64) ||
        !isText(c, 64) ||
        !isBoot(d) ||
        !isText(e, 64)
      ) {
        return null;
      }
      return { type, model: b, serial: c, boot: d, firmware: e };
    case 'KEY': {
      const [seq, session, ageMs] = [readNumber(b, 1, U32), readSession(c), readNumber(e, 0, U32)];
      if (fields.length !== 6 || !isBoot(a) || seq === null || session === undefined || ageMs === null)
        return null;
      return isText(d, 16) ? { type, boot: a, seq, session, code: d, ageMs } : null;
    }
    case 'ST': {
      const [uptimeS, session] = [readNumber(b, 0, U32), readSession(c)];
      if (fields.length !== 5 || !isBoot(a) || uptimeS === null || session === undefined) return null;
      if (!/^[0-9A-Fa-f]{2}$/.test(d)) return null;
      const bits = parseInt(d, 16);
      return { type, boot: a, uptimeS, session, faults: ELP_FAULTS.filter((_, bit) => (bits >> bit) & 1) };
    }
    case 'OK': {
      const n = readNumber(a, 0, U16);
      return fields.length === 2 && n !== null ? { type, n } : null;
    }
    case 'NO': {
      const n = readNumber(a, 0, U16);
      if (fields.length !== 3 || n === null) return null;
      return b === 'arg' || b === 'busy' || b === 'session' ? { type, n, why: b } : null;
    }
    default:
      return null;
  }
}

function isText(field: string, max: number): boolean {
  return field.length > 0 && field.length <= max;
}

function isBoot(field: string): boolean {
  return /^[0-9A-Fa-f]{8}$/.test(field);
}

function readNumber(field: string, min: number, max: number): number | null {
  if (!/^\d{1,10}$/.test(field)) return null;
  const value = Number(field);
  return value >= min && value <= max ? value : null;
}

/** null: no session, written 0 or `-`; undefined: not a session. */
function readSession(field: string): number | null | undefined {
  if (field === '-') return null;
  const value = readNumber(field, 0, U32);
  return value === null ? undefined : value === 0 ? null : value;
}

/** A host message as its line. */
export function encodeElp(message: HostMessage): Uint8Array {
  const body = bodyOf(message).join(',');
  return Buffer.from(`$${body}*${crcHex(body)}\r\n`, 'latin1');
}

function bodyOf(message: HostMessage): (string | number)[] {
  switch (message.type) {
    case 'WHO':
      return ['WHO', message.n];
    case 'OPEN':
      return ['OPEN', message.n, message.session, message.seconds, message.voice];
    case 'SHUT':
      return ['SHUT', message.n, message.session];
    case 'ACK':
      return ['ACK', message.boot, message.seq];
    case 'SHOW':
      return ['SHOW', message.n, message.line, displayBytes(message.text).toString('hex').toUpperCase()];
    case 'SAY':
      return ['SAY', message.n, message.voice];
  }
}

/** Text for a device's own display: at most 24 bytes of GB18030, cut between characters; control characters become spaces. */
export function displayBytes(text: string): Buffer {
  const characters: Buffer[] = [];
  let length = 0;
  for (const character of text.toWellFormed().replace(/\p{Cc}/gu, ' ')) {
    const bytes = iconv.encode(character, 'gb18030');
    if (length + bytes.length > SHOW_MAX_BYTES) break;
    characters.push(bytes);
    length += bytes.length;
  }
  return Buffer.concat(characters);
}

/** CRC-16/MODBUS (poly A001 reflected, init FFFF) of an ASCII text, four upper-case hex digits. */
export function crcHex(text: string): string {
  let crc = 0xffff;
  for (let at = 0; at < text.length; at++) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

/**
 * Strip line, version 1: the signs over the windows (docs/protocols/window-sign.md §1). Pure: bytes to frames and back.
 * A frame is `7E` address seq command length(2) data CRC(2), low bytes first; nothing is escaped.
 */
import iconv from 'iconv-lite';

const START = 0x7e;
const MAX_DATA = 512;
/** start, address, seq, command, length, CRC */
const AROUND_DATA = 8;
export const STRIP_MAX_FRAME = MAX_DATA + AROUND_DATA;
const MAX_TEXT = 200;
const LAST_ADDRESS = 0xf7;
const ALL_SIGNS = 0xff;
const REPLY = 0x80;

const COMMANDS = { text: 0x01, clear: 0x02, brightness: 0x03, flash: 0x04, status: 0x05 } as const;

export type StripCommand =
  /** line [1…255]; colour 1 red, 2 green, 3 yellow; stay in seconds, 0 for ever; `text` as `stripText` makes it */
  | { type: 'text'; line: number; mode: 'still' | 'runs'; colour: 1 | 2 | 3; stay: number; text: Uint8Array }
  /** line 0: all */
  | { type: 'clear'; line: number }
  /** [0…100] */
  | { type: 'brightness'; percent: number }
  /** seconds [0…255], 0 ends flashing */
  | { type: 'flash'; line: number; seconds: number }
  | { type: 'status' };

export type StripCode = 'done' | 'no-such-command' | 'wrong-data' | 'busy' | 'panel-fault';
const CODES: readonly StripCode[] = ['done', 'no-such-command', 'wrong-data', 'busy', 'panel-fault'];

export type StripFault = 'panel' | 'too-hot';
export type StripStatus = {
  lines: number;
  columns: number;
  brightness: number;
  faults: StripFault[];
  /** CRC of the text on line 1; 0xFFFF when it is dark */
  shown: number;
};

/** What comes over the line: a sign's reply, or the host's own frame given back by its adapter. */
export type StripMessage =
  | {
      type: 'reply';
      address: number;
      seq: number;
      command: StripCommand['type'];
      code: StripCode;
      status?: StripStatus;
    }
  | { type: 'echo'; address: number; seq: number };

export type StripDropReason = 'noise' | 'wrong-crc' | 'bad-reply';
export type StripFrame = { message: StripMessage; bytes: Uint8Array };
export type StripDropped = { reason: StripDropReason; bytes: Uint8Array };

/** A command as its frame. address [1…247], 0 or 255 for all signs; seq [0…255]. */
export function encodeStrip(address: number, seq: number, command: StripCommand): Uint8Array {
  const data = dataOf(command);
  const body = [address, seq, COMMANDS[command.type], data.length & 0xff, data.length >> 8, ...data];
  const crc = crc16(Uint8Array.from(body));
  return Uint8Array.from([START, ...body, crc & 0xff, crc >> 8]);
}

function dataOf(command: StripCommand): number[] {
  switch (command.type) {
    case 'text':
      return [
        command.line,
        command.mode === 'runs' ? 1 : 0,
        command.colour,
        command.stay,
        ...command.text.subarray(0, MAX_TEXT),
      ];
    case 'clear':
      return [command.line];
    case 'brightness':
      return [command.percent];
    case 'flash':
      return [command.line, command.seconds];
    case 'status':
      return [];
  }
}

/** Incremental framing; keeps at most one frame of the largest size. */
export class StripReceiver {
  #held: Buffer = Buffer.alloc(0);

  /** bytes that are kept for later */
  get held(): number {
    return this.#held.length;
  }

  /** Takes bytes in pieces of any size; a frame is given with its last byte. */
  push(bytes: Uint8Array): { frames: StripFrame[]; dropped: StripDropped[] } {
    const frames: StripFrame[] = [];
    const dropped: StripDropped[] = [];
    let all = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    for (;;) {
      // A good frame wins over one that was begun before it: a false start may claim 512 bytes that never come.
      const found = firstGood(all);
      if (!found) break;
      if (found.at > 0) dropped.push(...sorted(all.subarray(0, found.at)));
      const frame = Uint8Array.from(all.subarray(found.at, found.at + found.length));
      const message = readFrame(frame);
      if (message) frames.push({ message, bytes: frame });
      else dropped.push({ reason: 'bad-reply', bytes: frame });
      all = all.subarray(found.at + found.length);
    }
    const keepFrom = firstOpen(all);
    if (keepFrom > 0) dropped.push(...sorted(all.subarray(0, keepFrom)));
    this.#held = Buffer.from(all.subarray(keepFrom));
    return { frames, dropped };
  }

  /** No byte came for 50 ms: what was begun will never be finished. */
  silence(): StripDropped[] {
    const left = this.#held;
    this.#held = Buffer.alloc(0);
    return left.length > 0 ? sorted(left) : [];
  }
}

/** Whether a frame can begin at `at`: its length in bytes, 0 when it cannot, null when too little has come to say. */
function claimedLength(bytes: Uint8Array, at: number): number | null {
  if (bytes[at] !== START) return 0;
  const address = bytes[at + 1];
  if (address !== undefined && address > LAST_ADDRESS && address !== ALL_SIGNS) return 0;
  const [low, high] = [bytes[at + 4], bytes[at + 5]];
  if (high === undefined || low === undefined) return null;
  const length = low + (high << 8);
  return length > MAX_DATA ? 0 : length + AROUND_DATA;
}

function firstGood(bytes: Uint8Array): { at: number; length: number } | null {
  for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at + 1)) {
    const length = claimedLength(bytes, at);
    if (length && at + length <= bytes.length && hasGoodCrc(bytes.subarray(at, at + length))) {
      return { at, length };
    }
  }
  return null;
}

/** Where a frame begins that may still become whole. */
function firstOpen(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(START); at >= 0; at = bytes.indexOf(START, at + 1)) {
    const length = claimedLength(bytes, at);
    if (length === null || at + length > bytes.length) return at;
  }
  return bytes.length;
}

/** Dropped bytes with their reason: a frame that was whole but for its CRC, or noise. */
function sorted(bytes: Uint8Array): StripDropped[] {
  const whole = claimedLength(bytes, 0) === bytes.length;
  return [{ reason: whole ? 'wrong-crc' : 'noise', bytes: Uint8Array.from(bytes) }];
}

function hasGoodCrc(frame: Uint8Array): boolean {
  const end = frame.length - 2;
  return crc16(frame.subarray(1, end)) === frame[end]! + (frame[end + 1]! << 8);
}

function readFrame(frame: Uint8Array): StripMessage | null {
  const [, address = 0, seq = 0, command = 0] = frame;
  if ((command & REPLY) === 0) return { type: 'echo', address, seq };
  const name = (Object.keys(COMMANDS) as StripCommand['type'][]).find(
    (each) => COMMANDS[each] === (command & ~REPLY),
  );
  const data = frame.subarray(6, -2);
  const code = CODES[data[0] ?? 0xff];
  // All signs at once never answer.
  if (!name || !code || address === 0 || address === ALL_SIGNS) return null;
  if (name !== 'status' || code !== 'done') {
    return data.length === 1 ? { type: 'reply', address, seq, command: name, code } : null;
  }
  if (data.length !== 7) return null;
  const [, lines = 0, columns = 0, brightness = 0, bits = 0, low = 0, high = 0] = data;
  const faults = (['panel', 'too-hot'] as const).filter((_, bit) => (bits >> bit) & 1);
  const status = { lines, columns, brightness, faults, shown: low + (high << 8) };
  return { type: 'reply', address, seq, command: name, code, status };
}

/** What a sign has no glyph for (§3): a box that every GB2312 font has. */
const BOX = '□';
/** Bytes that one- and two-byte GB18030 may have (§1, text). */
const TWO_BYTES = (bytes: Uint8Array): boolean =>
  bytes.length === 2 && bytes[0]! >= 0x81 && bytes[1]! >= 0x40 && bytes[1] !== 0x7f && bytes[1] !== 0xff;

/**
 * A text in the characters that signs have: one- and two-byte GB18030, at most 200 bytes, cut between characters.
 * Its length in bytes is its width in columns.
 */
export function stripText(text: string): Uint8Array {
  const characters: Uint8Array[] = [];
  let length = 0;
  for (const character of plain(text)) {
    const bytes = iconv.encode(character, 'gb18030');
    const seen = bytes.length === 1 || TWO_BYTES(bytes) ? bytes : iconv.encode(BOX, 'gb18030');
    if (length + seen.length > MAX_TEXT) break;
    characters.push(seen);
    length += seen.length;
  }
  return Uint8Array.from(Buffer.concat(characters));
}

function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cf}\p{Variation_Selector}]/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');
}

/** CRC-16/MODBUS: poly A001 reflected, init FFFF. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

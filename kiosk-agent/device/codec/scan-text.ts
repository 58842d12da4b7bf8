/**
 * Serial bar code scanners: the bytes of a code, with an AIM id in front if the scanner is set so, and CR, LF, both or
 * nothing behind. There is no frame and no checksum. Pure: the driver tells when nothing came for a while.
 *
 * Where a text ends: a QR code may hold CR and LF, so they end nothing by themselves. A text ends when the line is
 * quiet: 50 ms when its last byte is CR or LF, 150 ms when it is not, since then the rest may be on its way.
 * A suffix that is followed at once by more bytes belongs to the text.
 */
import iconv from 'iconv-lite';

const MAX_BYTES = 8_192;
const QUIET_MS = { ended: 50, open: 150 } as const;
const CR = 0x0d;
const LF = 0x0a;

export type ScanDropReason =
  /** over 8 KiB without an end */
  | 'too-long'
  /** neither UTF-8 nor GB18030 */
  | 'undecodable'
  /** control characters that no code of a hall holds: wrong line settings, or binary content */
  | 'not-text'
  /** HID: not a report of scanned data, or of another size */
  | 'wrong-report'
  /** HID: says it has more bytes than fit */
  | 'wrong-length'
  /** HID: no AIM id where it should be */
  | 'no-aim-id'
  /** HID: the rest of a long code did not come, or another one came instead */
  | 'unfinished';

/**
 * `seen` is what may be shown and kept: as many bytes as came, all zero but what frames the code, the AIM id and the
 * first four of its content. Scanned content may be personal.
 */
export type ReadCode = { symbology: string | null; text: string; seen: Uint8Array };
export type ScanDropped = { reason: ScanDropReason; seen: Uint8Array };
export type ScanResult = { codes: ReadCode[]; dropped: ScanDropped[] };

/** What turns a scanner's bytes into codes; serial and HID scanners have one each. */
export interface ScanReceiver {
  /** Takes bytes (serial) or one report (HID). */
  push(bytes: Uint8Array): ScanResult;
  /** Nothing has come for `quietMs`: what was begun is finished, or dropped. */
  silence(): ScanResult;
  /** how long to wait before `silence`, ms; null when nothing was begun */
  readonly quietMs: number | null;
  /** bytes that are kept for later */
  readonly held: number;
}

const SEEN_BYTES = 4;
const AIM_ID = /^\][A-Za-z][0-9A-Za-z]/;

export class TextScanReceiver implements ScanReceiver {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;
  /** more than fits came: the rest is passed over until the line is quiet */
  #overflowed = false;

  get held(): number {
    return this.#length;
  }

  get quietMs(): number | null {
    if (this.#overflowed) return QUIET_MS.open;
    if (this.#length === 0) return null;
    return isLineEnd(this.#bytes[this.#length - 1]) ? QUIET_MS.ended : QUIET_MS.open;
  }

  push(bytes: Uint8Array): ScanResult {
    if (this.#overflowed) return nothing();
    if (this.#length + bytes.length > MAX_BYTES) {
      const seen = this.#seen();
      this.#overflowed = true;
      this.#length = 0;
      return { codes: [], dropped: [{ reason: 'too-long', seen }] };
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return nothing();
  }

  silence(): ScanResult {
    this.#overflowed = false;
    const seen = this.#seen();
    let end = this.#length;
    while (end > 0 && isLineEnd(this.#bytes[end - 1])) end -= 1;
    this.#length = 0;
    // A line end alone is the late half of a suffix.
    if (end === 0) return nothing();
    const aim = aimId(this.#bytes.subarray(0, end));
    const content = this.#bytes.slice(aim ? aim.length : 0, end);
    // An AIM id alone: the scanner has read nothing.
    if (content.length === 0) return nothing();
    return readContent(content, aim, seen);
  }

  #seen(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    return hideContent(bytes, aimId(bytes)?.length ?? 0);
  }
}

function aimId(bytes: Uint8Array): string | null {
  const start = Buffer.from(bytes.subarray(0, 3)).toString('latin1');
  return AIM_ID.test(start) ? start : null;
}

/** A copy of `bytes` with all zero but the first four from `from`. */
export function hideContent(bytes: Uint8Array, from: number): Uint8Array {
  const seen = new Uint8Array(bytes.length);
  seen.set(bytes.subarray(0, from + SEEN_BYTES));
  return seen;
}

/** The content of a code as text, or why it is none. */
export function readContent(content: Uint8Array, symbology: string | null, seen: Uint8Array): ScanResult {
  const text = decodeContent(content);
  if (text === null) return { codes: [], dropped: [{ reason: 'undecodable', seen }] };
  if (NOT_TEXT.test(text)) return { codes: [], dropped: [{ reason: 'not-text', seen }] };
  return { codes: [{ symbology, text, seen }], dropped: [] };
}

/** CR, LF and tab occur in QR codes; 04 and 1C–1F are the separators of GS1 and of ISO 15434. */
const NOT_TEXT = /[\x00-\x03\x05-\x08\x0b\x0c\x0e-\x1b\x7f-\x9f]/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Some Chinese words are valid UTF-8 by chance: 预约 is D4 A4 D4 BC, which also reads ԤԼ. Bytes whose non-ASCII part is
 * nothing but runs of two or more such pairs are taken for Chinese; Cyrillic or Arabic words have bytes below A1.
 */
const ONLY_PAIRS = /^(?:[\x00-\x7f]|[\xc2-\xdf][\xa1-\xbf])*$/;
const LONE_PAIR = /(?<![\xa1-\xbf])[\xc2-\xdf][\xa1-\xbf](?![\xc2-\xdf])/;
const ANY_PAIR = /[\xc2-\xdf]/;

function isChineseByChance(bytes: Uint8Array): boolean {
  const signs = Buffer.from(bytes).toString('latin1');
  return ANY_PAIR.test(signs) && ONLY_PAIRS.test(signs) && !LONE_PAIR.test(signs);
}

/** UTF-8 if it is valid (and not Chinese by chance), else GB18030; null when it is neither. */
export function decodeContent(bytes: Uint8Array): string | null {
  const text =
    (isChineseByChance(bytes) ? null : asUtf8(bytes)) ?? iconv.decode(Buffer.from(bytes), 'gb18030');
  // What iconv-lite cannot decode becomes U+FFFD; no code of a hall holds one of its own. A byte order mark alone is nothing.
  return text === '' || text.includes('\ufffd') || !text.isWellFormed() ? null : text;
}

function asUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF;
}

function nothing(): ScanResult {
  return { codes: [], dropped: [] };
}

/**
 * USB HID POS bar code scanners: input report 02 (page 8C usage 02), 64 bytes with the report id. Pure.
 *
 * [0] 02, [1] bytes of content, at most 56, [2…4] AIM id `]cm`, [5…60] content, [61] the maker's symbology id,
 * [63] bit 0: more follows, in reports of the same form which repeat the AIM id. Some firmwares have AIM id and content
 * one byte further on, the length and the last byte not (a public reader finds the `]` at 2 or 3 likewise).
 */
import { hideContent, isLineEnd, readContent, type ScanReceiver, type ScanResult } from './scan-text.ts';

const REPORT_ID = 0x02;
const REPORT_BYTES = 64;
const MAX_CONTENT = 56;
const MAX_BYTES = 8_192;
const BRACKET = 0x5d;
/** Reports of one code follow each other within milliseconds. */
const QUIET_MS = 500;

type Report = { aim: string; content: Uint8Array; more: boolean; seen: Uint8Array };

export class HidPosReceiver implements ScanReceiver {
  #aim: string | null = null;
  #parts: Uint8Array[] = [];
  #seen: Uint8Array[] = [];
  /** bytes of content in #parts */
  #length = 0;
  /** the rest of a code that was dropped is passed over: until its last report, or silence */
  #passingOver = false;

  /** Content and what is shown of it. */
  get held(): number {
    return this.#length + this.#seen.length * REPORT_BYTES;
  }

  get quietMs(): number | null {
    return this.#aim !== null || this.#passingOver ? QUIET_MS : null;
  }

  /** Takes one report, id first. */
  push(bytes: Uint8Array): ScanResult {
    const report = readReport(bytes);
    if (typeof report === 'string') {
      const bad = { reason: report, seen: hideContent(bytes, 0) };
      // Other reports, of batteries or triggers, may come between those of one code.
      if (bytes[0] !== REPORT_ID) return { codes: [], dropped: [bad] };
      // A code with a hole is worse than none: what is left of it is passed over.
      const begun = this.#aim !== null;
      const { dropped } = this.#drop('unfinished');
      this.#passingOver = bytes.length === REPORT_BYTES ? isMore(bytes) : begun;
      return { codes: [], dropped: [...dropped, bad] };
    }
    if (this.#passingOver) {
      this.#passingOver = report.more;
      return { codes: [], dropped: [] };
    }
    const result = this.#aim !== null && this.#aim !== report.aim ? this.#drop('unfinished') : empty();
    this.#aim = report.aim;
    // Four bytes of a code are shown, not four of each report.
    this.#seen.push(this.#parts.length === 0 ? report.seen : onlyFrame(report.seen));
    this.#parts.push(report.content);
    this.#length += report.content.length;
    // Reports without content must end as well.
    if (this.#length > MAX_BYTES || this.#parts.length > MAX_BYTES / MAX_CONTENT + 1) {
      result.dropped.push(...this.#drop('too-long').dropped);
      this.#passingOver = report.more;
      return result;
    }
    if (report.more) return result;
    const whole = this.#finish();
    return { codes: [...result.codes, ...whole.codes], dropped: [...result.dropped, ...whole.dropped] };
  }

  silence(): ScanResult {
    this.#passingOver = false;
    return this.#drop('unfinished');
  }

  #finish(): ScanResult {
    const [aim, content, seen] = [this.#aim, Buffer.concat(this.#parts), Buffer.concat(this.#seen)];
    this.#forget();
    let end = content.length;
    while (end > 0 && isLineEnd(content[end - 1])) end -= 1;
    return end === 0 ? empty() : readContent(Uint8Array.from(content.subarray(0, end)), aim, seen);
  }

  #drop(reason: 'unfinished' | 'too-long'): ScanResult {
    if (this.#aim === null) return empty();
    const seen = Buffer.concat(this.#seen);
    this.#forget();
    return { codes: [], dropped: [{ reason, seen }] };
  }

  #forget(): void {
    this.#aim = null;
    this.#parts = [];
    this.#seen = [];
    this.#length = 0;
  }
}

function readReport(bytes: Uint8Array): Report | 'wrong-report' | 'wrong-length' | 'no-aim-id' {
  if (bytes.length !== REPORT_BYTES || bytes[0] !== REPORT_ID) return 'wrong-report';
  const aimAt = bytes[2] === BRACKET ? 2 : bytes[3] === BRACKET ? 3 : 0;
  if (aimAt === 0) return 'no-aim-id';
  const aim = Buffer.from(bytes.subarray(aimAt, aimAt + 3)).toString('latin1');
  if (!/^\][A-Za-z][0-9A-Za-z]$/.test(aim)) return 'no-aim-id';
  const length = bytes[1] ?? 0;
  if (length > MAX_CONTENT) return 'wrong-length';
  const contentAt = aimAt + 3;
  const seen = hideContent(bytes, contentAt);
  seen[63] = bytes[63] ?? 0;
  return { aim, content: bytes.slice(contentAt, contentAt + length), more: isMore(bytes), seen };
}

function isMore(report: Uint8Array): boolean {
  return ((report[63] ?? 0) & 1) === 1;
}

/** A report of which nothing but id, length and the last byte is left. */
function onlyFrame(report: Uint8Array): Uint8Array {
  const seen = new Uint8Array(report.length);
  seen.set(report.subarray(0, 5));
  seen[63] = report[63] ?? 0;
  return seen;
}

function empty(): ScanResult {
  return { codes: [], dropped: [] };
}

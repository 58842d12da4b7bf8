/**
 * A sheet of paper as it is composed: what stands is remembered, so that no setting is sent twice.
 * `escpos` builds the bytes; its Chinese mode, sizes, QR and cut are passed by (escpos-printer.md §7).
 */
import escpos from 'escpos';
import { largestScale, widthOf, wrap } from './columns.ts';
import { paperBytes, paperText, type Substitution } from './encode.ts';

export type Columns = 48 | 32;

/** What was not printed as given; for the log. */
export type PaperRemark =
  { kind: 'substituted'; characters: Substitution[] } | { kind: 'qr-left-out'; bytes: number };

/** Dots of a QR module: readable at arm's length, and short enough for the paper. */
const QR_MODULE = { 48: 6, 32: 5 } as const;
/** Version 10 at ECC M, 57 modules: fits both papers. It is also what a driver must be able to flush (printer.ts). */
export const QR_MAX_BYTES = 213;

/** Keeps what `escpos` flushes; the device is somebody else's. */
class CollectingAdapter implements escpos.Adapter {
  readonly collected: Buffer[] = [];
  open(): this {
    return this;
  }
  write(data: Buffer): this {
    this.collected.push(data);
    return this;
  }
  close(): this {
    return this;
  }
}

export class Sheet {
  readonly columns: Columns;
  readonly #adapter = new CollectingAdapter();
  readonly #printer: escpos.Printer;
  readonly #substituted: Substitution[] = [];
  #qrLeftOut: number | undefined;
  #scale = 1;
  #centred = false;

  constructor(columns: Columns) {
    this.columns = columns;
    this.#printer = new escpos.Printer(this.#adapter, { encoding: 'GB18030' });
    this.#printer.hardware('init');
    // Chinese mode after every ESC @: it is on at power-up, but not on every model after a reset (§1.1).
    this.#raw([0x1c, 0x26]);
  }

  /** `text` left-aligned at normal size, wrapped. */
  left(text: string): this {
    return this.#block(text, 1, false);
  }

  /** `text` centred, at the largest scale [1…`most`, up to 8] at which it fits on one line; wrapped at scale 1 when it never does. */
  centre(text: string, most = 1): this {
    return this.#block(text, most, true);
  }

  feed(lines: number): this {
    // ESC d: the same three bytes for any number of lines.
    this.#raw([0x1b, 0x64, lines]);
    return this;
  }

  /** A native QR code, ECC M, model 2, UTF-8; left out when `content` is longer than 213 bytes. */
  qr(content: string): this {
    // Only graphic characters: a control character in the data could be taken for a real-time command (§1.8).
    const data = Buffer.from(content.replace(/\p{Cc}/gu, ''), 'utf8');
    if (data.length === 0) return this;
    if (data.length > QR_MAX_BYTES) {
      this.#qrLeftOut = data.length;
      return this;
    }
    this.#align(true);
    const stored = data.length + 3;
    this.#raw([0x1d, 0x28, 0x6b, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00]);
    this.#raw([0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x43, QR_MODULE[this.columns]]);
    this.#raw([0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x45, 0x31]);
    this.#raw([0x1d, 0x28, 0x6b, stored & 0xff, stored >> 8, 0x31, 0x50, 0x30, ...data]);
    this.#raw([0x1d, 0x28, 0x6b, 0x03, 0x00, 0x31, 0x51, 0x30]);
    return this;
  }

  /** Feeds to the cutter and cuts, as function B does whatever the distance from head to knife (§1.1). */
  cut(): this {
    this.#raw([0x1d, 0x56, 0x42, 0x00]);
    return this;
  }

  /** The bytes so far, and what was not printed as given. Once. */
  finish(): { bytes: Uint8Array; remarks: PaperRemark[] } {
    this.#printer.flush();
    const remarks: PaperRemark[] = [];
    if (this.#substituted.length > 0) remarks.push({ kind: 'substituted', characters: this.#substituted });
    if (this.#qrLeftOut !== undefined) remarks.push({ kind: 'qr-left-out', bytes: this.#qrLeftOut });
    return { bytes: new Uint8Array(Buffer.concat(this.#adapter.collected)), remarks };
  }

  #block(given: string, most: number, centred: boolean): this {
    const { text, substituted } = paperText(given);
    this.#substituted.push(...substituted);
    const scale = largestScale(text, this.columns, most);
    this.#align(centred);
    this.#size(scale);
    const lines = widthOf(text) * scale <= this.columns ? [text] : wrap(text, this.columns);
    for (const line of lines) this.#raw(paperBytes(`${line}\n`));
    return this;
  }

  /** GS ! sizes ASCII and Chinese alike; ESC ! of `escpos` leaves Chinese small on many models. */
  #size(scale: number): void {
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.#raw([0x1d, 0x21, ((scale - 1) << 4) | (scale - 1)]);
  }

  #align(centred: boolean): void {
    if (centred === this.#centred) return;
    this.#centred = centred;
    this.#printer.align(centred ? 'CT' : 'LT');
  }

  #raw(bytes: readonly number[] | Buffer): void {
    this.#printer.print(Buffer.from(bytes as Buffer));
  }
}

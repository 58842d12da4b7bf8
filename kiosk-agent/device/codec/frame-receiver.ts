/**
 * Finds frames in the bytes of a line. Several templates of different lengths may share it. What cannot be the
 * beginning of a frame is dropped byte by byte, looking again after each.
 *
 * A key that is one bare byte (evaluators.md, "Other evaluators seen"; "Models are data") has no header and no checksum:
 * one byte of garbage in fifty is a key of such a device, and a wrong rating is worse than a lost one. So it counts only
 * alone: bytes are held until the line is silent, and then all of them are keys or echoes, or none is.
 */
import type { FrameRole, KeyFrame } from './frames.ts';
import { mayBe, sumsAreRight, type Template } from './frame-template.ts';

export type FrameDropReason =
  | 'noise'
  | 'wrong-checksum'
  /** the line fell silent in the middle of a frame */
  | 'cut-off';
/** Bytes that are no frame. Noise is reported with each push, so one burst may come in several pieces. */
export type DroppedBytes = { reason: FrameDropReason; bytes: Uint8Array };
/** `echoes`: what was given to `expectEcho` and has come back. */
export type Received = { keys: KeyFrame[]; echoes: Uint8Array[]; dropped: DroppedBytes[] };

type Whole = { key: KeyFrame } | { echo: Uint8Array };
type Found = Whole | 'partial' | 'wrong-checksum' | 'nothing';

/** Bare bytes without a pause between them: nobody presses so many keys, whatever is in them. */
const LONGEST_BURST = 64;

export class FrameReceiver {
  readonly #keys: readonly { role: FrameRole; template: Template }[];
  readonly #digits: 'binary' | 'ascii';
  readonly #known: Readonly<Record<FrameRole, ReadonlySet<string>>>;
  /** a key is one byte: no other template can stand beside it */
  readonly #bare: boolean;
  readonly #echoes: Uint8Array[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #endless = false;

  /** Use FramesCodec.receiver. */
  constructor(
    keys: readonly { role: FrameRole; template: Template }[],
    digits: 'binary' | 'ascii',
    known: Readonly<Record<FrameRole, ReadonlySet<string>>>,
  ) {
    this.#keys = keys;
    this.#digits = digits;
    this.#known = known;
    this.#bare = keys.every(({ template }) => template.length === 1);
  }

  /**
   * Bytes that wait for more or for silence: fewer than the longest frame or expected echo has; where a key is one byte,
   * at most 64. While there are any, `silence` is to be told.
   */
  get held(): number {
    return this.#bytes.length;
  }

  /** A frame has begun and is not whole; bare bytes that wait for silence are none. */
  get midFrame(): boolean {
    return !this.#bare && this.held > 0;
  }

  /** Bytes come without a pause, so that no bare key could be heard among them. */
  get endless(): boolean {
    return this.#endless;
  }

  /** From now on the next bytes equal to these are not from a device: cheap RS-485 adapters send back what is sent. */
  expectEcho(bytes: Uint8Array): void {
    this.#echoes.push(bytes);
  }

  /** An echo that did not come. */
  forgetEcho(bytes: Uint8Array): void {
    const at = this.#echoes.indexOf(bytes);
    if (at >= 0) this.#echoes.splice(at, 1);
  }

  /** Takes bytes in pieces of any size; a frame is given with its last byte, a bare byte with the silence after it. */
  push(bytes: Uint8Array): Received {
    const received = new Drops();
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    if (this.#bare) this.#overflow(received);
    else this.#take(received, false);
    return received.end();
  }

  /** Nothing has come for so long that what was begun will not be finished. */
  silence(): Received {
    const received = new Drops();
    if (this.#bare) this.#takeBurst(received);
    else this.#take(received, true);
    return received.end();
  }

  /** One byte stays, for which silence is waited. */
  #overflow(received: Drops): void {
    this.#endless ||= this.#bytes.length > LONGEST_BURST;
    if (!this.#endless) return;
    for (const byte of this.#bytes.subarray(0, -1)) received.drop(byte, 'nothing');
    this.#bytes = this.#bytes.slice(-1);
  }

  #takeBurst(received: Drops): void {
    const all = this.#endless ? null : this.#readBurst();
    if (all) for (const found of all) received.found(found);
    else for (const byte of this.#bytes) received.drop(byte, 'nothing');
    this.#bytes = new Uint8Array(0);
    this.#endless = false;
  }

  /** Keys and echoes, in order, that are all there is; else null. */
  #readBurst(): Whole[] | null {
    const all: Whole[] = [];
    const expected = [...this.#echoes];
    for (let from = 0; from < this.#bytes.length;) {
      const rest = this.#bytes.subarray(from);
      const at = expected.findIndex(
        (echo) => echo.length <= rest.length && sameBytes(echo, rest, echo.length),
      );
      const [echo] = at >= 0 ? expected.splice(at, 1) : [];
      const key = echo ? null : this.#bareKey(rest);
      if (!echo && !key) return null;
      if (echo) all.push({ echo });
      if (key) all.push({ key });
      from += echo ? echo.length : 1;
    }
    for (const found of all) if ('echo' in found) this.forgetEcho(found.echo);
    return all;
  }

  #bareKey(bytes: Uint8Array): KeyFrame | null {
    const keys = this.#keys.map(({ role, template }) => readKey(role, template, bytes.slice(0, 1)));
    return keys.find(({ role, code }) => this.#known[role].has(code)) ?? null;
  }

  #take(received: Drops, silent: boolean): void {
    let from = 0;
    while (from < this.#bytes.length) {
      const rest = this.#bytes.subarray(from);
      const found = this.#look(rest);
      if (found === 'partial' && !silent) break;
      if (typeof found === 'object') {
        from += 'echo' in found ? found.echo.length : found.key.bytes.length;
        received.found(found);
        continue;
      }
      received.drop(rest[0] ?? 0, found === 'partial' ? 'cut-off' : found);
      from += 1;
    }
    this.#bytes = this.#bytes.slice(from);
  }

  /** What stands at the beginning of these bytes. Our own echo comes first: it may look like a key. */
  #look(bytes: Uint8Array): Found {
    let best: Found = 'nothing';
    for (const echo of this.#echoes) {
      const length = Math.min(echo.length, bytes.length);
      if (!sameBytes(echo, bytes, length)) continue;
      if (length === echo.length) {
        this.forgetEcho(echo);
        return { echo };
      }
      best = 'partial';
    }
    for (const { role, template } of this.#keys) {
      if (!this.#fits(template, bytes)) continue;
      if (bytes.length < template.length) best = 'partial';
      else if (!sumsAreRight(template, bytes)) best = best === 'partial' ? best : 'wrong-checksum';
      else return { key: readKey(role, template, bytes.slice(0, template.length)) };
    }
    return best;
  }

  #fits(template: Template, bytes: Uint8Array): boolean {
    const length = Math.min(template.length, bytes.length);
    for (let at = 0; at < length; at++) {
      const cell = template[at];
      if (cell && !mayBe(cell, bytes[at] ?? 0, this.#digits)) return false;
    }
    return true;
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function readKey(role: FrameRole, template: Template, bytes: Uint8Array): KeyFrame {
  let address: number | null = null;
  let key = '';
  let digits = '';
  template.forEach((cell, at) => {
    const byte = bytes[at] ?? 0;
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    if (cell.kind === 'address') address = byte;
    else if (cell.kind === 'key') key = hex;
    else if (cell.kind === 'digit') digits += hex;
  });
  return { role, address, code: digits + key, bytes };
}

/** Gathers what one push gives; dropped bytes that follow each other become one report. */
class Drops {
  readonly #received: Received = { keys: [], echoes: [], dropped: [] };
  #run: number[] = [];
  #reason: FrameDropReason = 'noise';

  found(found: Whole): void {
    this.end();
    if ('key' in found) this.#received.keys.push(found.key);
    else this.#received.echoes.push(found.echo);
  }

  drop(byte: number, found: 'nothing' | 'wrong-checksum' | 'cut-off'): void {
    // The rest of a frame with a wrong sum is noise to the receiver and the same trouble to who reads of it.
    if (found !== 'nothing' && found !== this.#reason) this.end();
    if (found !== 'nothing') this.#reason = found;
    this.#run.push(byte);
  }

  end(): Received {
    if (this.#run.length > 0)
      this.#received.dropped.push({ reason: this.#reason, bytes: Uint8Array.from(this.#run) });
    this.#run = [];
    this.#reason = 'noise';
    return this.#received;
  }
}

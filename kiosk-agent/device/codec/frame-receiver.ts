/**
 * Finds frames in the bytes of a line. Several templates of different lengths may share it. What cannot be the
 * beginning of a frame is dropped byte by byte, looking again after each.
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

type Found = { key: KeyFrame } | { echo: Uint8Array } | 'partial' | 'wrong-checksum' | 'nothing';

export class FrameReceiver {
  readonly #keys: readonly { role: FrameRole; template: Template }[];
  readonly #digits: 'binary' | 'ascii';
  readonly #known: Readonly<Record<FrameRole, ReadonlySet<string>>>;
  readonly #echoes: Uint8Array[] = [];
  #bytes: Uint8Array = new Uint8Array(0);

  /** Use FramesCodec.receiver. */
  constructor(
    keys: readonly { role: FrameRole; template: Template }[],
    digits: 'binary' | 'ascii',
    known: Readonly<Record<FrameRole, ReadonlySet<string>>>,
  ) {
    this.#keys = keys;
    this.#digits = digits;
    this.#known = known;
  }

  /** Bytes of a frame that is not whole: fewer than the longest frame or expected echo has. */
  get held(): number {
    return this.#bytes.length;
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

  /** Takes bytes in pieces of any size; a frame is given with its last byte. */
  push(bytes: Uint8Array): Received {
    const received = new Drops();
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    this.#take(received, false);
    return received.end();
  }

  /** Nothing has come for so long that what was begun will not be finished. */
  silence(): Received {
    const received = new Drops();
    this.#take(received, true);
    return received.end();
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
      else {
        const key = readKey(role, template, bytes.slice(0, template.length));
        if (template.length > 1 || this.#known[role].has(key.code)) return { key };
      }
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

  found(found: { key: KeyFrame } | { echo: Uint8Array }): void {
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

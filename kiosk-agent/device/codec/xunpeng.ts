/**
 * Xunpeng number display (docs/protocols/window-sign.md §2). Pure: bytes to frames and back.
 * Seven bytes: `3A` (a reply `2A`), colour, number (low, high), info, sum of the five before it, `0A`.
 */
const COMMAND = 0x3a;
const REPLY = 0x2a;
const END = 0x0a;
const LENGTH = 7;

const COLOURS = ['green', 'yellow', 'red'] as const;
export type XunpengColour = (typeof COLOURS)[number];
/** number [0…65535]; info [0…255], in which the agent puts the address */
export type XunpengNumber = { colour: XunpengColour; number: number; info: number };
export type XunpengMessage = { type: 'reply' | 'echo' } & XunpengNumber;
export type XunpengFrame = { message: XunpengMessage; bytes: Uint8Array };
export type XunpengDropped = { reason: 'noise'; bytes: Uint8Array };

/** The command that shows a number. */
export function encodeXunpeng({ colour, number, info }: XunpengNumber): Uint8Array {
  const body = [COMMAND, COLOURS.indexOf(colour), number & 0xff, number >> 8, info];
  return Uint8Array.from([...body, sum(body), END]);
}

/**
 * The number of a text: its first digits behind a Latin letter (A001 → 1), else its first digits; of a long run the
 * last four. 0 for a text without digits.
 */
export function xunpengNumber(text: string): number {
  const digits = /[A-Za-z](\d+)/.exec(text)?.[1] ?? /\d+/.exec(text)?.[0] ?? '0';
  return Number(digits.slice(-4));
}

/** Incremental framing; keeps less than one frame. */
export class XunpengReceiver {
  #held: number[] = [];

  /** bytes that are kept for later */
  get held(): number {
    return this.#held.length;
  }

  /** Takes bytes in pieces of any size; a frame is given with its last byte. */
  push(bytes: Uint8Array): { frames: XunpengFrame[]; dropped: XunpengDropped[] } {
    const frames: XunpengFrame[] = [];
    const noise: number[] = [];
    const dropped: XunpengDropped[] = [];
    const endNoise = () => {
      if (noise.length > 0) dropped.push({ reason: 'noise', bytes: Uint8Array.from(noise.splice(0)) });
    };
    for (const byte of bytes) {
      this.#held.push(byte);
      // Not a beginning, or seven bytes that are no frame: search on behind the first of them.
      while (this.#held.length > 0 && !mayBegin(this.#held)) noise.push(this.#held.shift()!);
      if (this.#held.length < LENGTH) continue;
      endNoise();
      const frame = Uint8Array.from(this.#held);
      this.#held = [];
      frames.push({ message: readFrame(frame), bytes: frame });
    }
    endNoise();
    return { frames, dropped };
  }

  /** No byte came for 50 ms: what was begun will never be finished. */
  silence(): XunpengDropped[] {
    const left = Uint8Array.from(this.#held);
    this.#held = [];
    return left.length > 0 ? [{ reason: 'noise', bytes: left }] : [];
  }
}

/** Whether these are the first bytes of a frame, or a whole one. */
function mayBegin(bytes: number[]): boolean {
  const [start, colour = 0] = bytes;
  if (start !== COMMAND && start !== REPLY) return false;
  if (colour >= COLOURS.length) return false;
  if (bytes.length >= 6 && bytes[5] !== sum(bytes.slice(0, 5))) return false;
  return bytes.length < LENGTH || bytes[6] === END;
}

function readFrame(frame: Uint8Array): XunpengMessage {
  const [start, colour = 0, low = 0, high = 0, info = 0] = frame;
  return {
    type: start === REPLY ? 'reply' : 'echo',
    colour: COLOURS[colour]!,
    number: low + (high << 8),
    info,
  };
}

function sum(bytes: number[]): number {
  return bytes.reduce((total, byte) => total + byte, 0) & 0xff;
}

/** ESC/POS between bytes and meanings: the commands that ask a printer, and the sorting of its answers. Pure. */

export const INIT = Uint8Array.of(0x1b, 0x40);
/** GS V 66 0: feed to the cutter and cut. */
export const FEED_AND_CUT = Uint8Array.of(0x1d, 0x56, 0x42, 0x00);
/** GS r 1, answered when the data before it has been worked through. */
export const PAPER_STATUS = Uint8Array.of(0x1d, 0x72, 0x01);
/** GS a: status by itself when on/offline, error or paper changes; ESC @ switches it off again. */
export const AUTOMATIC_STATUS = Uint8Array.of(0x1d, 0x61, 0x0e);
/** DLE ENQ 2: recover from a cutter or similar error after clearing the buffers; no answer (§1.6). */
export const RECOVER_CLEARING = Uint8Array.of(0x10, 0x05, 0x02);
/** DLE DC4 8: clear both buffers in any state; answered by `37 25 00` (§1.6). */
export const CLEAR_BUFFERS = Uint8Array.of(0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08);

export type RealtimeQuestion = 1 | 2 | 3 | 4;
/** DLE EOT n. */
export const realtimeStatus = (question: RealtimeQuestion) => Uint8Array.of(0x10, 0x04, question);

/** DLE EOT 20: full status in six bytes, of presenters and their kin (§1.2). */
export const FULL_STATUS = Uint8Array.of(0x10, 0x04, 0x14);

export type IdentityQuestion = 'firmware' | 'maker' | 'model' | 'serial';
const IDENTITY_CODES = { firmware: 65, maker: 66, model: 67, serial: 68 } as const;
/** GS I n. */
export const identify = (question: IdentityQuestion) => Uint8Array.of(0x1d, 0x49, IDENTITY_CODES[question]);

/** GS ( H fn 48; `id` is four characters 20–7E. Answered when the data before it has been printed (§1.5). */
export function processIdRequest(id: string): Uint8Array {
  if (!/^[\x20-\x7e]{4}$/.test(id))
    throw new RangeError(`a process id is four ASCII characters, not "${id}"`);
  return Uint8Array.of(0x1d, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, ...Buffer.from(id, 'latin1'));
}

export type Reply =
  /** answer to DLE EOT; bit 7 may be set (a kiosk printer whose ticket has not been torn off) */
  | { type: 'realtime'; byte: number }
  /** four bytes of automatic status */
  | { type: 'automatic'; bytes: [number, number, number, number] }
  /** answer to DLE EOT 20: paper, user, recoverable, unrecoverable */
  | { type: 'full-status'; bytes: [number, number, number, number] }
  /** one byte without the fixed bits: GS r or GS I, or DLE EOT of a printer that leaves them out (§1.2) */
  | { type: 'single'; byte: number }
  | { type: 'identity'; text: string }
  | { type: 'process-id'; id: string }
  | { type: 'cleared' }
  | { type: 'offline'; causes: Uint8Array }
  /** a well-formed block that we did not ask for */
  | { type: 'block'; header: number; bytes: Uint8Array }
  /** XON: true, XOFF: false */
  | { type: 'flow'; ready: boolean }
  | { type: 'noise'; bytes: number[] };

const XON = 0x11;
const XOFF = 0x13;
const MAX_BLOCK = 82; // 5F, up to 80 characters, 00
const BLOCK_HEADERS = new Set([0x5f, 0x37, 0x35, 0x3b, 0x3d]);

const isRealtime = (byte: number) => (byte & 0x13) === 0x12;
const isAutomaticStart = (byte: number) => (byte & 0x93) === 0x10;
const isPlain = (byte: number) => (byte & 0x90) === 0x00;

/** GS r 1 uses four bits and no other (§1.5): any other single byte is no answer to it. */
export const isPaperStatus = (byte: number) => (byte & 0xf0) === 0x00;

/**
 * Sorts a printer's answers by their fixed bits (§1.4), whatever the cuts between pieces; XON and XOFF may stand
 * anywhere, also inside a group or block. What fits nothing is `noise`, and the byte after it is looked at afresh.
 */
export class ReplyStream {
  /** the group or block that is not complete; never more than 82 bytes */
  #open: number[] = [];
  readonly #full: boolean;

  /**
   * `fullStatus`: the model answers DLE EOT 20, so `10 0F` begins a full status, and four bytes of any value follow, flow
   * control's too. Elsewhere it begins an automatic status (which would be online with four errors).
   */
  constructor({ fullStatus = false }: { fullStatus?: boolean | undefined } = {}) {
    this.#full = fullStatus;
  }

  push(bytes: Uint8Array): Reply[] {
    const replies: Reply[] = [];
    for (const byte of bytes) {
      const anyValue = this.#full && this.#open[0] === 0x10 && this.#open[1] === 0x0f;
      if (!anyValue && (byte === XON || byte === XOFF)) replies.push({ type: 'flow', ready: byte === XON });
      else this.#take(byte, replies);
    }
    return replies;
  }

  /** Gives up on what is not complete, because the rest would have come by now. */
  abandon(): Reply[] {
    const replies: Reply[] = [];
    while (this.#open.length > 0) this.#retake(replies);
    return replies;
  }

  #take(byte: number, replies: Reply[]): void {
    this.#open.push(byte);
    const verdict = (this.#full && judgeFull(this.#open)) || judge(this.#open);
    if (verdict === 'more') return;
    if (verdict === 'wrong') return this.#retake(replies);
    this.#open = [];
    replies.push(verdict);
  }

  /** The first byte was noise; those after it may be good. */
  #retake(replies: Reply[]): void {
    const [first, ...rest] = this.#open;
    this.#open = [];
    const last = replies.at(-1);
    if (last?.type === 'noise') last.bytes.push(first!);
    else replies.push({ type: 'noise', bytes: [first!] });
    for (const byte of rest) this.#take(byte, replies);
  }
}

/** What `open` is: a reply, the beginning of one, or nothing that a printer says. */
function judge(open: readonly number[]): Reply | 'more' | 'wrong' {
  const first = open[0]!;
  if (BLOCK_HEADERS.has(first)) return judgeBlock(open);
  if (isAutomaticStart(first)) {
    if (open.length > 1 && !isPlain(open.at(-1)!)) return 'wrong';
    if (open.length < 4) return 'more';
    return { type: 'automatic', bytes: [first, open[1]!, open[2]!, open[3]!] };
  }
  if (isRealtime(first)) return { type: 'realtime', byte: first };
  if (isPlain(first)) return { type: 'single', byte: first };
  return 'wrong';
}

/** Undefined: no full status. */
function judgeFull(open: readonly number[]): Reply | 'more' | undefined {
  if (open[0] !== 0x10 || (open.length > 1 && open[1] !== 0x0f)) return undefined;
  if (open.length < 6) return 'more';
  return { type: 'full-status', bytes: [open[2]!, open[3]!, open[4]!, open[5]!] };
}

function judgeBlock(open: readonly number[]): Reply | 'more' | 'wrong' {
  if (open.length === 1) return 'more';
  const [header, id] = open;
  const last = open.at(-1)!;
  // All data is printable (§1.5): a status byte below 20h ends what was no block at all.
  const goesOn = last >= 0x20 && last <= 0x7f && open.length < MAX_BLOCK;
  const ends = last === 0x00;
  if (!ends && !goesOn) return 'wrong';
  if (header === 0x5f) {
    return ends ? { type: 'identity', text: String.fromCharCode(...open.slice(1, -1)) } : 'more';
  }
  if (open.length === 2) return ends ? 'wrong' : 'more';
  // Bytes between the id and the last one.
  const length = open.length - 3;
  if (header === 0x37 && id === 0x22) {
    if (ends !== (length === 4)) return 'wrong';
    return ends ? { type: 'process-id', id: String.fromCharCode(...open.slice(2, -1)) } : 'more';
  }
  if (header === 0x37 && id === 0x25) return ends && length === 0 ? { type: 'cleared' } : 'wrong';
  if (header === 0x37 && id === 0x23) {
    if (ends) return { type: 'offline', causes: Uint8Array.from(open.slice(2, -1)) };
    return last >= 0x40 && length < 10 ? 'more' : 'wrong';
  }
  return ends ? { type: 'block', header: header!, bytes: Uint8Array.from(open.slice(1, -1)) } : 'more';
}

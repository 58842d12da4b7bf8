/** Making the next byte the first of a command again, and taking back what was sent (§1.6). */
import { CLEAR_BUFFERS, FEED_AND_CUT, INIT } from '../codec/escpos.ts';
import type { Barriers } from './printer-barriers.ts';
import { ANSWER_MS, type PrinterTalk } from './printer-talk.ts';

export const CLEAR_MS = 2_000;
/**
 * Fills up a command of which only a part arrived (the longest we send is a QR code of 213 bytes), so that the next
 * one is read as a command. Zeros first, before any question: they also complete a half-sent length (§1.6).
 */
export const PADDING = new Uint8Array(256);

/** Asks the printer to throw away what it holds; true when it says that it has. */
export async function clearBuffers(talk: PrinterTalk, barriers: Barriers, limitMs: number): Promise<boolean> {
  const answer = await talk.ask(CLEAR_BUFFERS, (reply) => reply.type === 'cleared' || undefined, limitMs);
  if (answer === true) barriers.cleared();
  return answer === true;
}

/**
 * Ends an interrupted command, and what is left of its sheet if the printer can; true when the padding is out.
 * Only a printer that obeys real-time commands is asked to clear.
 */
export async function putInStep(talk: PrinterTalk, barriers: Barriers, canClear: boolean): Promise<boolean> {
  const padded = await talk.send(PADDING, CLEAR_MS);
  if (padded.end !== 'sent') return false;
  if (canClear) await clearBuffers(talk, barriers, ANSWER_MS);
  return !talk.gone;
}

/** What may hang uncut in front of the next sheet, as it was reported. */
export type HalfSheet = 'none' | 'unconfirmed' | 'failed';

/** "作废 VOID": ends a sheet that was reported as failed, in case enough of it hangs there to be taken for a good one. */
const VOID_LINE = Buffer.from([0x1c, 0x26, 0xd7, 0xf7, 0xb7, 0xcf, ...Buffer.from(' VOID\n')]);

/** Cuts off what may hang there, marked as void if nobody is to use it. */
export function leftover(half: HalfSheet): Uint8Array[] {
  switch (half) {
    case 'none':
      return [];
    case 'unconfirmed':
      return [INIT, FEED_AND_CUT];
    case 'failed':
      return [INIT, VOID_LINE, FEED_AND_CUT];
  }
}

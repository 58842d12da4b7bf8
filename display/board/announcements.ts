/** Which calls are still to be said, and in what order: one at a time, each (ticket, call) once. Pure but for what is handed in. */
import type { CallView } from '../../kiosk-agent/contract/live.ts';

/** After a cut, calls older than this are not said any more: whoever was called has seen the board. */
export const sayWithinMs = 60_000;
const rememberMax = 200;

export type Speaker = {
  /** chime, then the call; settles when all of it has been heard, and never rejects */
  announce(call: CallView): Promise<void>;
  /** false when the call is over (served, missed, recalled since): not said any more */
  stillCalled(call: CallView): boolean;
  now(): number;
};

export type Announcements = {
  /** The board's list of calls as it is now, newest first. The first list is history and stays silent. */
  heard(calls: CallView[]): void;
  /** Says what waits; resolves when nothing is left. */
  idle(): Promise<void>;
  close(): void;
};

const name = (call: CallView): string => `${call.ticketId} ${call.call}`;

export function announcements(speaker: Speaker): Announcements {
  const known = new Set<string>();
  const queue: CallView[] = [];
  let first = true;
  let closed = false;
  let speaking: Promise<void> = Promise.resolve();
  let busy = false;

  async function speakAll(): Promise<void> {
    busy = true;
    for (let call = queue.shift(); call && !closed; call = queue.shift())
      if (speaker.stillCalled(call)) await speaker.announce(call);
    busy = false;
  }

  return {
    heard(calls) {
      if (closed) return;
      const fresh = calls.filter((call) => !known.has(name(call)));
      for (const call of fresh) known.add(name(call));
      for (const old of known) {
        if (known.size <= rememberMax) break;
        known.delete(old);
      }
      if (first) {
        first = false;
        return;
      }
      for (const call of fresh.reverse()) {
        if (speaker.now() - Date.parse(call.at) > sayWithinMs) continue;
        // A recall takes the place of the same ticket's call that has not been said yet.
        const waiting = queue.findIndex((one) => one.ticketId === call.ticketId);
        if (waiting >= 0) queue[waiting] = call;
        else queue.push(call);
      }
      if (!busy && queue.length > 0) speaking = speakAll();
    },
    idle: () => speaking,
    close() {
      closed = true;
      queue.length = 0;
    },
  };
}

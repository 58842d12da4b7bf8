/**
 * Which calls are still to be said, and in what order: one at a time, each (ticket, call) once. Whatever becomes of a call, its
 * fate is told exactly once. Pure but for what is handed in.
 */
import type { AnnouncedHow, AnnouncedWhy } from '../../kiosk-agent/contract/announcements.ts';
import type { CallView } from '../../kiosk-agent/contract/live.ts';

/** After a cut, calls older than this are not said any more: whoever was called has seen the board. */
export const sayWithinMs = 60_000;
const rememberMax = 200;
/** More than any hall calls while one call is said; the oldest give way. */
const waitingMax = 40;

export type Said = { how: AnnouncedHow; why?: AnnouncedWhy };
/** Both times in ms of the hub's clock. */
export type Fate = Said & { call: CallView; startedAt: number; endedAt: number };

export type Speaker = {
  /** chime, then the call; settles when all of it has been heard */
  announce(call: CallView): Promise<Said>;
  /** false when the call is over (served, missed, recalled since): not said any more */
  stillCalled(call: CallView): boolean;
  /** hears what became of each call but those of the first list, which are history */
  told(fate: Fate): void;
  now(): number;
};

export type Announcements = {
  /** The board's list of calls as it is now, newest first. The first list is history and stays silent. */
  heard(calls: CallView[]): void;
  /** Resolves when nothing is left to say. */
  idle(): Promise<void>;
  busy(): boolean;
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

  function unsaid(call: CallView, why: AnnouncedWhy): void {
    const at = speaker.now();
    speaker.told({ call, how: 'silent', why, startedAt: at, endedAt: at });
  }

  async function speakAll(): Promise<void> {
    busy = true;
    for (let call = queue.shift(); call; call = queue.shift()) {
      if (!speaker.stillCalled(call)) {
        unsaid(call, 'over');
        continue;
      }
      const startedAt = speaker.now();
      const said = await speaker.announce(call).catch((): Said => ({ how: 'silent', why: 'no-voice' }));
      speaker.told({ call, ...said, startedAt, endedAt: speaker.now() });
    }
    busy = false;
  }

  function enqueue(call: CallView): void {
    if (speaker.now() - Date.parse(call.at) > sayWithinMs) return unsaid(call, 'late');
    // A recall takes the place of the same ticket's call that has not been said yet.
    const waiting = queue.findIndex((one) => one.ticketId === call.ticketId);
    const replaced = waiting >= 0 ? queue.splice(waiting, 1, call)[0] : undefined;
    if (replaced) return unsaid(replaced, 'over');
    queue.push(call);
    const oldest = queue.length > waitingMax ? queue.shift() : undefined;
    if (oldest) unsaid(oldest, 'late');
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
      for (const call of fresh.reverse()) enqueue(call);
      if (!busy && queue.length > 0) speaking = speakAll();
    },
    idle: () => speaking,
    busy: () => busy || queue.length > 0,
    close() {
      closed = true;
      for (const call of queue.splice(0)) unsaid(call, 'closed');
    },
  };
}

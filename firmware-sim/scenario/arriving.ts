/** After closing time: until what is under way has arrived, and what the far end has of it. */
import { waitMs } from './day-clock.ts';
import type { Day } from './day.ts';
import { createCaller, type Caller } from './http.ts';
import { allEvents } from './hub.ts';
import { evaluatorOf, unitOf } from './panel.ts';

export type Central = { url: string; token: string };

const LOOK_MS = 250;
/** The hub goes on writing while it is compared; its last events need a moment to the far end. */
const LAST_MS = 20_000;

/**
 * Waits until no evaluator holds a press and the far end has what the hub had at the beginning of this call; answers what
 * had not come by `until` (ms of `now`), a sentence each.
 */
export async function untilClear(
  { hub, panel, places, signal }: Day,
  central: Central | undefined,
  after: number,
  now: () => number,
  until: number,
): Promise<string[]> {
  const late: string[] = [];
  for (const place of places.evaluators.values()) {
    const waiting = async () => {
      const device = await panel.get(place.device);
      if (place.kind === 'numbered') return evaluatorOf(device).pressesWaiting;
      return unitOf(device, place.address)?.waiting ? 1 : 0;
    };
    for (let left = await waiting(); left > 0; left = await waiting()) {
      if (now() > until) {
        late.push(`${place.hubDevice} still holds presses (${left}) that the hub has not acknowledged`);
        break;
      }
      await waitMs(LOOK_MS, signal);
    }
  }
  if (!central) return late;
  const { journal, agentId } = await hub.health();
  if (journal.lastSeq <= after) return late;
  const caller = centralCaller(central, signal);
  const last = `events?agent=${encodeURIComponent(agentId)}&after=${journal.lastSeq - 1}&limit=1`;
  for (;;) {
    const there = await caller.again('GET', last);
    if (there.kind === 'answered' && there.ok && Array.isArray(there.body) && there.body.length > 0)
      return late;
    if (now() > until)
      return [...late, `the central server does not have seq ${journal.lastSeq} of ${agentId} yet`];
    await waitMs(LOOK_MS, signal);
  }
}

/** What the far end has of this agent behind `after`, when it has the last of `hubEvents` or after a while. */
export async function centralEvents(
  central: Central,
  agentId: string,
  after: number,
  hubEvents: readonly unknown[],
  now: () => number,
  signal: AbortSignal,
): Promise<unknown[]> {
  const lastOf = (events: readonly unknown[]) =>
    (events.at(-1) as { seq?: number } | undefined)?.seq ?? after;
  const until = now() + LAST_MS;
  for (;;) {
    const path = `events?agent=${encodeURIComponent(agentId)}`;
    const there = await allEvents(centralCaller(central, signal), path, after);
    if (lastOf(there) >= lastOf(hubEvents) || now() > until) return there;
    await waitMs(LOOK_MS, signal);
  }
}

const centralCaller = ({ url, token }: Central, signal: AbortSignal): Caller =>
  createCaller({ base: new URL('api/v1/', url).href, token, signal, patienceMs: 30_000 });

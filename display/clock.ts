/** The server's time: a screen's own clock is not trusted. */
import { onScopeDispose, ref, type Ref } from 'vue';

let offsetMs = 0;
let bestRoundTripMs = Infinity;
let measuredAt = 0;

/** The hub's time now, ms. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** First, rough setting from a time that the hub has just written. */
export function roughServerTime(time: string): void {
  if (bestRoundTripMs === Infinity) offsetMs = Date.parse(time) - Date.now();
}

/**
 * One measurement: asked at `askedAt`, answered at `answeredAt` (both this machine's ms) with the hub's `serverMs`.
 * The shortest way is the truest; after ten minutes any fresh one is better than an old one.
 */
export function measuredServerTime(askedAt: number, serverMs: number, answeredAt: number): void {
  const roundTrip = answeredAt - askedAt;
  if (roundTrip < 0 || !Number.isFinite(serverMs)) return;
  if (roundTrip > bestRoundTripMs && answeredAt - measuredAt < 600_000) return;
  bestRoundTripMs = roundTrip;
  measuredAt = answeredAt;
  offsetMs = serverMs - (askedAt + roundTrip / 2);
}

const now = ref(serverNow());
let users = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  now.value = serverNow();
  timer = setTimeout(tick, 1000 - (((now.value % 1000) + 1000) % 1000) + 5);
}

/** The hub's time in ms, renewed each second as long as somebody looks. */
export function useNow(): Ref<number> {
  if (users++ === 0) tick();
  onScopeDispose(() => {
    if (--users === 0) clearTimeout(timer);
  });
  return now;
}

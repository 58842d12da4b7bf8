/** The server's time: a screen's own clock is not trusted. */
import { onScopeDispose, ref, type Ref } from 'vue';

/** This machine's ms that only go on: whoever sets its clock does not set the screen's. */
export const machineNow = (): number => performance.now();

let offsetMs = Date.now() - machineNow();
let bestRoundTripMs = Infinity;
let measuredAt = 0;
/** Two measurements cannot both be true if they differ by more than their ways and this: the machine has slept. */
const slackMs = 500;
const freshMs = 600_000;

/** The hub's time now, ms. */
export function serverNow(): number {
  return machineNow() + offsetMs;
}

/** First, rough setting from a time that the hub has just written. */
export function roughServerTime(time: string): void {
  if (bestRoundTripMs === Infinity) offsetMs = Date.parse(time) - machineNow();
}

/**
 * One measurement: asked at `askedAt`, answered at `answeredAt` (both `machineNow`) with the hub's `serverMs`.
 * The shortest way is the truest; after ten minutes, or when the hub's clock was set, a fresh one is better than an old one.
 */
export function measuredServerTime(askedAt: number, serverMs: number, answeredAt: number): void {
  const roundTrip = answeredAt - askedAt;
  if (roundTrip < 0 || !Number.isFinite(serverMs)) return;
  const measured = serverMs - (askedAt + roundTrip / 2);
  const agree = Math.abs(measured - offsetMs) <= (roundTrip + bestRoundTripMs) / 2 + slackMs;
  if (agree && roundTrip > bestRoundTripMs && answeredAt - measuredAt < freshMs) return;
  bestRoundTripMs = roundTrip;
  measuredAt = answeredAt;
  offsetMs = measured;
}

const now = ref(serverNow());
let users = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function tick(): void {
  now.value = serverNow();
  timer = setTimeout(tick, 1000 - (((now.value % 1000) + 1000) % 1000) + 5);
}

/** A browser lets the timers of a hidden page sleep. */
const shownAgain = (): void => {
  clearTimeout(timer);
  tick();
};

/** The hub's time in ms, renewed each second as long as somebody looks. */
export function useNow(): Ref<number> {
  if (users++ === 0) {
    tick();
    document.addEventListener('visibilitychange', shownAgain);
  }
  onScopeDispose(() => {
    if (--users > 0) return;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', shownAgain);
  });
  return now;
}

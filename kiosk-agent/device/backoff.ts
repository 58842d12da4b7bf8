/** When to try again. */
const FIRST_MS = 250;
const CAP_MS = 10_000;
const JITTER = 0.2;

/**
 * Waits in milliseconds, for ever: 250 doubling to 10 000, each ±20 % so that many devices do not knock in step.
 * `random` gives [0…1). To start again after a success, take a new one.
 */
export function* backoff(random: () => number): Generator<number, never, void> {
  for (let wait = FIRST_MS; ; wait = Math.min(wait * 2, CAP_MS)) {
    yield Math.round(wait * (1 - JITTER + 2 * JITTER * random()));
  }
}

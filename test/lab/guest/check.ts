/** A runner for the guest: checks one after another, a line each; the emulated machine is too slow for a large one. */

/** Conditions are waited for so long, ms: an emulated machine on a loaded computer is up to fifty times slower. */
export const LIMIT_MS = 60_000;

const LINES_OF_TROUBLE = 40;

let failures = 0;

/** Runs one check and says how it went; a failure does not stop the next one. */
export async function check(sentence: string, body: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const took = () => `(${((performance.now() - start) / 1000).toFixed(1)} s)`;
  try {
    await body();
    console.log(`✓ ${sentence} ${took()}`);
  } catch (error) {
    failures += 1;
    console.log(`✗ ${sentence} ${took()}`);
    console.log(
      String(error instanceof Error ? (error.stack ?? error.message) : error)
        .split('\n')
        .slice(0, LINES_OF_TROUBLE)
        .map((line) => `    ${line}`)
        .join('\n'),
    );
  }
}

/** How many checks have failed so far. */
export function failedChecks(): number {
  return failures;
}

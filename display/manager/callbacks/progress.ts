/** How far a sample has been called back, and how the ratings compare. Pure. */
import type { Sample, Visit } from './calls.ts';

export const isKept = (visit: Sample['visits'][number]): visit is Visit => 'number' in visit;
/** Nobody answered: it may be tried again. */
export const isDone = ({ result }: Visit): boolean => result !== null && result.outcome !== 'not-reached';

export type Progress = { reached: number; missed: number; refused: number; open: number; of: number };

/** Visits that the hall no longer keeps count as `of` only. */
export function progressOf({ visits }: Sample): Progress {
  const kept = visits.filter(isKept);
  const count = (outcome: string | undefined): number =>
    kept.filter(({ result }) => result?.outcome === outcome).length;
  return {
    reached: count('reached'),
    missed: count('not-reached'),
    refused: count('refused'),
    open: count(undefined),
    of: visits.length,
  };
}

/** Second ratings beside the first: the same, better, worse, or where there was none. */
export function comparison({ visits }: Sample): {
  same: number;
  better: number;
  worse: number;
  first: number;
} {
  const sum = { same: 0, better: 0, worse: 0, first: 0 };
  for (const visit of visits.filter(isKept)) {
    const told = visit.result?.level;
    if (told === undefined) continue;
    if (visit.level === null) sum.first++;
    else if (told === visit.level) sum.same++;
    else if (told > visit.level) sum.better++;
    else sum.worse++;
  }
  return sum;
}

/** The command of docs/ratings.md that draws this sample again from the day's sessions in `file`, one a line. */
export function drawAgain({ seed, visits }: Sample, file: string): string {
  return [
    `SEED=${seed}`,
    `SIZE=${visits.length}`,
    'while read -r session; do',
    `  printf '%s %s\\n' "$(printf '%s:%s' "$SEED" "$session" | sha256sum | cut -d' ' -f1)" "$session"`,
    `done < ${file} | LC_ALL=C sort | head -n "$SIZE" | cut -d' ' -f2`,
  ].join('\n');
}

/** Chance from seeds: every stream has its own, so that what one visitor draws changes nothing for the next. */
import { seededRandom } from '../faults/random.ts';
import type { SpanOfTime } from './format.ts';

export type Chance = () => number;

/** A stream in [0, 1) of its own for this seed and these names (FNV-1a over their text, then mulberry32). */
export function stream(seed: number, ...names: (string | number)[]): Chance {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${names.join('/')}`) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return seededRandom(hash);
}

/** Seconds of this span. A log-normal time is cut off at a fifth and at five times its median. */
export function draw(chance: Chance, span: SpanOfTime): number {
  if ('least' in span) return span.least + chance() * (span.most - span.least);
  // Box-Muller; 1 − u is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const factor = Math.exp(normal * Math.log(span.spread));
  return span.median * Math.min(5, Math.max(0.2, factor));
}

/** One of the names by its weight; throws a RangeError when none has any. */
export function pick<Name extends string>(
  chance: Chance,
  weights: Readonly<Partial<Record<Name, number>>>,
): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let left = chance() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (weight > 0 && left < 0) return name;
  }
  const last = entries.findLast(([, weight]) => weight > 0);
  if (!last) throw new RangeError('nothing has a weight');
  return last[0];
}

/** Moments of a Poisson process from `from` until `until` (seconds), `perHour` on average, in order. */
export function poisson(chance: Chance, from: number, until: number, perHour: number): number[] {
  const moments: number[] = [];
  if (perHour <= 0) return moments;
  for (let at = from; ;) {
    at += (-Math.log(1 - chance()) * 3600) / perHour;
    if (at >= until) return moments;
    moments.push(at);
  }
}

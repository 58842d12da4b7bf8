/** What a visitor may be doing at the query terminal, and how long a page of it stays with nobody there. Pure. */
import type { TroubleCode } from '../api.ts';

export const TOPICS = ['ticket', 'appointments', 'cases', 'materials', 'fees', 'map', 'opinion'] as const;
export type Topic = (typeof TOPICS)[number];
/** `card`: a card was laid on the start page; the visitor chooses what for */
export type Place = { at: 'home' } | { at: 'help' } | { at: 'card' } | { at: Topic };

/** What stands on the page now, as far as going away from it matters. */
export type Pace = 'personal' | 'public' | 'writing' | 'waiting';

/** Seconds with nobody touching after which a page goes home; null: never, something with an end of its own is under way. */
export function idleSeconds(pace: Pace): number | null {
  switch (pace) {
    case 'personal':
      return 20;
    case 'public':
      return 40;
    case 'writing':
      return 90;
    case 'waiting':
      return null;
  }
}

/** The key of the sentence for a refusal; `exists` says whether there is one. */
export function refusalKey(code: TroubleCode, exists: (key: string) => boolean): string {
  const own = `query.problem.${code}`;
  return exists(own) ? own : 'query.problem.other';
}

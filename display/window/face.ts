/** What a window's screen shows, decided from the hub's view alone. Pure. */
import type { EvaluationView, WindowView } from '../../kiosk-agent/contract/live.ts';
import type { Sending } from './rating.ts';

export type Face =
  | { shows: 'closed' | 'paused' | 'idle' }
  | { shows: 'called' | 'serving'; number: string }
  | { shows: 'rating'; session: number; until: number; sending: Sending }
  | { shows: 'thanks' | 'lapsed' };

/** How long thanks stay, ms. */
export const thanksMs = 8_000;

/**
 * The face for `window` at `now` (hub's time, ms). `ended`: the evaluation that this screen has seen end, and when;
 * an end before the screen was there is nobody's concern. `touch`: this screen's own rating and its fate.
 */
export function faceOf(
  window: WindowView,
  now: number,
  ended: { session: number; how: 'rated' | 'lapsed'; at: number } | null,
  touch: { session: number | null; sending: Sending },
): Face {
  const evaluation = window.evaluation;
  const touched = evaluation && touch.session === evaluation.session ? touch.sending : 'idle';
  if (window.state !== 'called' && window.state !== 'serving') {
    if (evaluation?.state === 'open' && stillOpen(evaluation, now, touched)) {
      if (touched === 'taken') return { shows: 'thanks' };
      if (touched !== 'over')
        return {
          shows: 'rating',
          session: evaluation.session,
          until: Date.parse(evaluation.openUntil),
          sending: touched,
        };
    }
    if (ended && evaluation?.session === ended.session && now - ended.at < thanksMs)
      return { shows: ended.how === 'rated' ? 'thanks' : 'lapsed' };
  }
  if ((window.state === 'called' || window.state === 'serving') && window.ticket)
    return { shows: window.state, number: window.ticket.number };
  return { shows: window.state === 'closed' || window.state === 'paused' ? window.state : 'idle' };
}

/** The hub closes a session; a screen that is cut off goes by the clock, but not while a touch is on its way. */
function stillOpen(evaluation: EvaluationView, now: number, sending: Sending): boolean {
  return sending === 'sending' || now < Date.parse(evaluation.openUntil) + 1_500;
}

/** A touch on a face, carried until the hub has answered: a rating is not lost because the cable was out for a moment. */
import { onScopeDispose, ref, type Ref } from 'vue';
import type { RatingLevel } from '../../kiosk-agent/contract/events.ts';
import { session as hubSession, windows, type Trouble } from '../api.ts';

const againAfterMs = [1_000, 2_000, 3_000, 5_000];
const giveUpMs = 60_000;

/** idle; sending; taken: the hub has it on disk; over: the hub no longer takes it; lost: not delivered; forbidden: this screen may not. */
export type Sending = 'idle' | 'sending' | 'taken' | 'over' | 'lost' | 'forbidden';

/** What to do after a call that failed: send again, ask for the right to send, or stop with a state. */
export function afterTrouble(trouble: Trouble): 'again' | 'ask-session' | 'over' {
  switch (trouble.code) {
    case 'unreachable':
    case 'unknown':
    case 'stopping':
    case 'internal':
    case 'journal-unwritable':
    case 'too-many-requests':
      return 'again';
    case 'not-signed-in':
    case 'not-allowed':
      return 'ask-session';
    default:
      return 'over';
  }
}

export type Rating = {
  sending: Ref<Sending>;
  of: Ref<number | null>;
  press(session: number, level: RatingLevel): void;
};

/** One window's touches. The level is kept only as long as it is being sent. */
export function useRating(window: () => number): Rating {
  const sending = ref<Sending>('idle');
  const of = ref<number | null>(null);
  let closed = false;
  onScopeDispose(() => {
    closed = true;
  });

  async function send(session: number, level: RatingLevel): Promise<void> {
    const startedAt = performance.now();
    let asked = false;
    for (let attempt = 0; !closed && of.value === session; attempt++) {
      const answer = await windows.rate(window(), session, level);
      if (of.value !== session) return;
      if (answer.ok) {
        sending.value = 'taken';
        return;
      }
      const next = afterTrouble(answer.trouble);
      if (next === 'over') {
        sending.value = 'over';
        return;
      }
      if (next === 'ask-session') {
        if (asked || !(await hubSession.begin({ screen: 'window' })).ok) {
          sending.value = 'forbidden';
          return;
        }
        asked = true;
        continue;
      }
      if (performance.now() - startedAt > giveUpMs) {
        sending.value = 'lost';
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, againAfterMs[Math.min(attempt, 3)]));
    }
  }

  return {
    sending,
    of,
    press(session, level) {
      if (of.value === session && sending.value !== 'lost' && sending.value !== 'idle') return;
      of.value = session;
      sending.value = 'sending';
      void send(session, level);
    },
  };
}

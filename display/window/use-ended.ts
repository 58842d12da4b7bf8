/** The evaluation whose end this screen has seen; it thanks for that one only. */
import { ref, watch, type Ref } from 'vue';
import type { WindowView } from '../../kiosk-agent/contract/live.ts';
import { serverNow } from '../clock.ts';

export type Ended = { session: number; how: 'rated' | 'lapsed'; at: number };

/** The last end seen, with the hub's time in ms; null before the first. */
export function useEnded(window: () => WindowView | undefined): Ref<Ended | null> {
  const ended = ref<Ended | null>(null);
  watch(
    () => window()?.evaluation,
    (after, before) => {
      if (!after || before?.session !== after.session) return;
      if (before.state === 'open' && after.state !== 'open')
        ended.value = { session: after.session, how: after.state, at: serverNow() };
    },
  );
  return ended;
}

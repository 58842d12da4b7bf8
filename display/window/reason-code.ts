/** The one-time code for the reason, on the companion screen after every rating: whoever sees it learns nothing of the rating. */
import { onScopeDispose, ref, watch, type Ref } from 'vue';
import type { WindowView } from '../../kiosk-agent/contract/live.ts';
import { reasons } from '../api.ts';

/** So long it stays, unless the next visitor is called before, ms. */
export const codeShownMs = 60_000;

/** A picture of the code (data: address) while there is one to show at this window. */
export function useReasonCode(
  number: () => number,
  window: () => WindowView | undefined,
): Ref<string | null> {
  const code = ref<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;
  const hide = (): void => {
    newest++;
    clearTimeout(timer);
    code.value = null;
  };
  const show = async (): Promise<void> => {
    const mine = ++newest;
    const answer = await reasons.linkAt(number());
    if (!answer.ok || !answer.value?.url) return;
    const { toDataURL } = await import('qrcode');
    const picture = await toDataURL(answer.value.url, { margin: 2, width: 360 });
    if (mine !== newest) return;
    code.value = picture;
    timer = setTimeout(hide, codeShownMs);
  };
  watch(
    () => [window()?.evaluation?.session, window()?.evaluation?.state, window()?.state] as const,
    ([session, state, at], before) => {
      if (at === 'called' || at === 'serving') hide();
      else if (state === 'rated' && before?.[0] === session && before?.[1] === 'open') void show();
      else if (session !== before?.[0]) hide();
    },
  );
  onScopeDispose(hide);
  return code;
}

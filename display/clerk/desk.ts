import { computed, onScopeDispose, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import type { Role, WindowView } from '../../kiosk-agent/contract/live.ts';
import { windows, type WindowAction, type WindowActionBody } from '../api.ts';
import { openLive } from '../live.ts';
import { whyNot, ownWindowElsewhere, type ClerkAction, type Situation, type Why } from './actions.ts';
import { needsReason } from './asking.ts';
import { useChosenWindow } from './chosen-window.ts';
import { keyOf } from './keys.ts';
import { newsOf, signature, type News } from './news.ts';
import { useSaid } from './said.ts';

export type Desk = ReturnType<typeof useDesk>;

/** How many of one's own last answers are remembered, so that their echo in the feed is not taken for somebody else's doing. */
const ownRemembered = 8;

/** The clerk's window: what the hub says of it, what can be done, and doing it. Lives with the component that asks for it. */
export function useDesk(role: Role, staff: string | null, ended: () => void) {
  const { t } = useI18n();
  const live = openLive(role === 'manager' ? 'manager' : 'clerk');
  onScopeDispose(() => live.close());
  watch(live.refused, (why) => why && ended());
  const view = live.view;
  const number = useChosenWindow();
  const window = computed(() => (number.value === null ? undefined : view.value?.windows[number.value]));
  const cut = computed(() => live.cutSince.value !== null);

  /** the window before and after what happened while our own call was under way */
  let meanwhile: [WindowView, WindowView] | null = null;
  const { said, busy, run, sentence } = useSaid(ended, (trouble) => {
    const conflict = ['wrong-state', 'ticket-taken', 'window-closed', 'no-evaluation'].includes(trouble.code);
    const news = meanwhile && newsOf(...meanwhile, view.value?.tickets ?? {});
    return conflict && news ? t('clerk.news.first', { news: newsText(news) }) : null;
  });
  const situation = computed<Situation>(() => ({
    view: view.value,
    window: window.value,
    staff,
    helps: role === 'manager',
    busy: busy.value,
    cut: cut.value,
  }));

  const own: string[] = [];
  async function act(action: WindowAction, body: WindowActionBody = {}): Promise<void> {
    const at = number.value;
    if (at === null) return;
    const answer = await run(t(`clerk.action.${action}`), () => windows.act(at, action, body));
    if (answer?.ok) {
      own.push(signature(answer.value));
      own.splice(0, own.length - ownRemembered);
      if (meanwhile) tell(...meanwhile);
    }
    meanwhile = null;
  }

  /** By whom, as far as the page can know: a window with a pad has hardly another hand. */
  const source = computed(() => {
    const pad = Object.values(view.value?.devices ?? {}).some(
      (device) => device.kind === 'pad' && device.window === number.value,
    );
    return t(pad ? 'clerk.news.byPad' : 'clerk.news.byOther');
  });
  function newsText(news: News): string {
    return t('clerk.news.line', {
      source: source.value,
      what: t(`clerk.news.${news.kind}`, { number: news.number }),
    });
  }
  function tell(before: WindowView, now: WindowView): void {
    const news = newsOf(before, now, view.value?.tickets ?? {});
    if (news && !own.includes(signature(now))) said.value = { text: newsText(news), tone: 'calm' };
  }
  watch(window, (now, before) => {
    if (!now || before?.window !== now.window || signature(before) === signature(now)) return;
    // Whose doing it was is known when our own answer is here.
    if (busy.value) meanwhile = [meanwhile?.[0] ?? before, now];
    else tell(before, now);
  });

  function whyText(why: Why): string {
    const elsewhere = ownWindowElsewhere(situation.value);
    return t(`clerk.why.${why}`, {
      staff: window.value?.staff ?? '',
      n: elsewhere?.window ?? '',
      ...Object.fromEntries(
        (['open', 'call-next', 'start', 'finish', 'missed', 'transfer', 'park', 'resume'] as const).map(
          (action) => [action.replace('-', ''), keyOf(action)],
        ),
      ),
    });
  }
  /** Says why an action cannot be begun; true when it can. */
  function may(action: ClerkAction): boolean {
    const why = whyNot(action, situation.value);
    // A question may be asked while the one before is still being answered.
    if (why === null || (why === 'busy' && needsReason(action))) return true;
    // A second tap of the same key: nothing new to say.
    if (why !== 'busy')
      said.value = {
        text: t('clerk.refused', { action: t(`clerk.action.${action}`), why: whyText(why) }),
        tone: 'bad',
      };
    return false;
  }
  return { live, view, number, window, cut, situation, said, busy, run, act, may, whyText, sentence };
}

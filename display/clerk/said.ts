import { onScopeDispose, ref, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import type { Answer, Trouble } from '../api.ts';

/** What went well is read at once; what went wrong stays until the next thing is done. */
const stayMs = 20_000;

export type Said = { text: string; tone: 'good' | 'bad' | 'calm' };

/**
 * What the page says under the ticket, and the one call that is under way. `ended`: called when the hub says that nobody
 * is signed in. `explain` may turn a refusal into calmer words; null: the usual sentence.
 */
export function useSaid(ended: () => void, explain: (trouble: Trouble) => string | null) {
  const { t, te } = useI18n();
  const said = ref<Said | null>(null);
  const busy = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(said, (now) => {
    clearTimeout(timer);
    if (now && now.tone !== 'bad') timer = setTimeout(() => (said.value = null), stayMs);
  });
  onScopeDispose(() => clearTimeout(timer));

  function sentence(trouble: Trouble): string {
    const seconds = trouble.facts.secondsLeft;
    if (trouble.code === 'recall-too-soon' && typeof seconds === 'number')
      return t('clerk.recallIn', { n: seconds });
    const key = `problem.${trouble.code}`;
    return t(te(key) ? key : 'problem.unknown');
  }
  /** Makes one call, named by what was pressed; null when another one is under way. A refusal is said, not thrown. */
  async function run<T>(name: string, call: () => Promise<Answer<T>>): Promise<Answer<T> | null> {
    if (busy.value) return null;
    busy.value = true;
    const answer = await call();
    busy.value = false;
    if (answer.ok) said.value = { text: t('clerk.done', { action: name }), tone: 'good' };
    else if (answer.trouble.code === 'not-signed-in') {
      // The sign-in says it.
      said.value = null;
      ended();
    } else {
      const calm = explain(answer.trouble);
      said.value = calm
        ? { text: calm, tone: 'calm' }
        : { text: t('clerk.refused', { action: name, why: sentence(answer.trouble) }), tone: 'bad' };
    }
    return answer;
  }
  return { said, busy, run, sentence };
}

/** A list of the hub's that several supervisors work on: read again when something may have changed, and when it is back. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import type { Answer, Trouble } from '../../api.ts';
import { serverNow } from '../../clock.ts';

/** Lists are read again so often while somebody looks at them; what others did is not told otherwise. */
const EVERY_MS = 30_000;

/** How an action ended: done; `overtaken`: somebody else was faster, or it is gone, and the list was read again; else why not. */
export type Outcome<T> =
  { how: 'done'; value: T } | { how: 'overtaken' } | { how: 'refused'; trouble: Trouble };

export type Ledger<T> = {
  /** what the hub last said; null before that */
  held: ShallowRef<T | null>;
  /** when the hub said it, ms of the hub's time */
  asOf: Ref<number | null>;
  /** why the latest reading failed; null when it did not */
  wrong: Ref<Trouble | null>;
  /** the last thing that was done here, or that somebody else did first */
  said: Ref<{ text: string; calm: boolean } | null>;
  reload(): Promise<void>;
  /** Runs one action; `sentences` are what is said of it. */
  act<A>(work: () => Promise<Answer<A>>, sentences: Sentences<A>): Promise<Outcome<A>>;
};
export type Sentences<A> = { done: (value: A) => string; overtaken: string; gone: string };

/**
 * `read` asks the hub. `changed` gives what the live feed says about the list: a new value reads it again. `ended` is called
 * when nobody is signed in any longer; `settled`: nothing new can come. Everything stops with the component.
 */
export function useLedger<T>(
  read: () => Promise<Answer<T>>,
  {
    cut,
    changed,
    ended,
    settled = () => false,
  }: { cut: () => boolean; changed: () => unknown; ended: () => void; settled?: () => boolean },
): Ledger<T> {
  const held = shallowRef<T | null>(null);
  const asOf = ref<number | null>(null);
  const wrong = ref<Trouble | null>(null);
  const said = ref<{ text: string; calm: boolean } | null>(null);
  let asked = 0;
  let told = 0;

  async function reload(): Promise<void> {
    const turn = ++asked;
    const answer = await read();
    // A slow answer to an earlier question is older than what is shown.
    if (turn < told) return;
    told = turn;
    if (answer.ok) {
      held.value = answer.value;
      asOf.value = serverNow();
      wrong.value = null;
    } else if (answer.trouble.code === 'not-signed-in' || answer.trouble.code === 'not-allowed') ended();
    else wrong.value = answer.trouble;
  }

  async function act<A>(work: () => Promise<Answer<A>>, sentences: Sentences<A>): Promise<Outcome<A>> {
    said.value = null;
    const answer = await work();
    if (answer.ok) {
      await reload();
      said.value = { text: sentences.done(answer.value), calm: false };
      return { how: 'done', value: answer.value };
    }
    const { code } = answer.trouble;
    if (code === 'not-signed-in') ended();
    if (OVERTAKEN.includes(code)) {
      await reload();
      said.value = { text: code === 'not-found' ? sentences.gone : sentences.overtaken, calm: true };
      return { how: 'overtaken' };
    }
    return { how: 'refused', trouble: answer.trouble };
  }

  void reload();
  watch(changed, () => void reload());
  watch(cut, (away) => !away && void reload());
  const timer = setInterval(() => !cut() && !settled() && !document.hidden && void reload(), EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return { held, asOf, wrong, said, reload, act };
}

/** The hub's word that this is not how it stands any more. */
const OVERTAKEN: Trouble['code'][] = ['wrong-state', 'not-found', 'surge-running', 'no-surge'];

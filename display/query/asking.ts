/** One question to the hub at a time: waiting for it, its refusal, and asking once more. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { Answer, Trouble } from '../api.ts';

export type Asking = {
  busy: Ref<boolean>;
  /** what the last question was refused with */
  trouble: ShallowRef<Trouble | null>;
  /** Asks, and goes on with the answer. A tap while another question is under way is nothing. */
  ask<T>(request: () => Promise<Answer<T>>, then: (value: T) => void): Promise<void>;
  /** the refused question once more */
  again(): void;
  /** forgets the refusal, and an answer that is still to come */
  drop(): void;
};

/** For one topic: what comes after the visitor has left it is not heard. */
export function useAsking(): Asking {
  const busy = ref(false);
  const trouble = shallowRef<Trouble | null>(null);
  let turn = 0;
  let last: () => void = () => undefined;

  async function ask<T>(request: () => Promise<Answer<T>>, then: (value: T) => void): Promise<void> {
    if (busy.value) return;
    last = () => void ask(request, then);
    const mine = ++turn;
    busy.value = true;
    trouble.value = null;
    const answer = await request();
    if (mine !== turn) return;
    busy.value = false;
    if (answer.ok) then(answer.value);
    else trouble.value = answer.trouble;
  }
  function drop(): void {
    turn++;
    busy.value = false;
    trouble.value = null;
  }
  onScopeDispose(drop);
  return { busy, trouble, ask, again: () => last(), drop };
}

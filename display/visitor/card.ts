/** Who stands at the machine, as far as it knows: a one-time key and the masked number, from a card or a typed number. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { PublicView } from '../../kiosk-agent/contract/live.ts';
import { identity, type Trouble } from '../api.ts';
import type { Live } from '../live.ts';

export type Visitor = { idCard: string; masked: string };
export type Card = {
  visitor: ShallowRef<Visitor | null>;
  /** the last card could not be read; the next one takes it away */
  unreadable: Ref<boolean>;
  /** a number of GB 11643; what it was refused with, null when it was taken */
  typed(number: string): Promise<Trouble | null>;
  /** the visitor has left: this screen and the hub forget the key */
  forget(): void;
};

/** Listens to the screen's own reader. `onCard`: somebody has laid a card. Everything is forgotten with the component. */
export function useCard(live: Pick<Live<PublicView>, 'hear'>, onCard: () => void): Card {
  const visitor = shallowRef<Visitor | null>(null);
  const unreadable = ref(false);
  let gone = false;
  function forget(): void {
    const key = visitor.value?.idCard;
    visitor.value = null;
    unreadable.value = false;
    // Also without an answer it is good for two minutes at most.
    if (key !== undefined) void identity.forget(key);
  }
  function know(next: Visitor): void {
    forget();
    visitor.value = next;
  }
  live.hear('card', ({ idCard, masked }) => {
    if (gone) return;
    know({ idCard, masked });
    onCard();
  });
  live.hear('card-unreadable', () => (unreadable.value = true));
  onScopeDispose(() => {
    gone = true;
    forget();
  });
  return {
    visitor,
    unreadable,
    forget,
    async typed(number) {
      const answer = await identity.typed(number);
      if (!answer.ok) return answer.trouble;
      if (gone) void identity.forget(answer.value.idCard);
      else know(answer.value);
      return null;
    },
  };
}

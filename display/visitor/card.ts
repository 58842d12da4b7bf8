/** Who stands before the screen: a one-time key and a masked number, never more; both are forgotten when the visitor leaves. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import type { KioskMessages } from '../../kiosk-agent/contract/live.ts';
import { call, type Trouble } from '../api.ts';
import type { DeskHearers } from '../live.ts';

/** `goodUntilMs`: of the machine's running time; the hub forgets the key after two minutes. */
export type Person = { idCard: string; masked: string; goodUntilMs: number };
export type Scan = KioskMessages['scan'];

/** Shorter than the hub's two minutes, for the way there. */
const goodForMs = 110_000;

export type CardDesk = {
  person: ShallowRef<Person | null>;
  /** the last card could not be read; a code of docs/devices.md */
  unreadable: Ref<string | null>;
  /** to be given to the live feed */
  hearers: DeskHearers;
  /** A typed number becomes a person; a refusal is answered. */
  type(number: string): Promise<Trouble | null>;
  /** The person when the key is still good; an old one is forgotten. */
  current(): Person | null;
  /** The key is used up or the visitor has gone. */
  forget(): void;
};

/** `onCard`, `onScan`: what was laid or held before this desk's own reader and scanner. Forgets with its component. */
export function useCard(onCard: (person: Person) => void, onScan: (scan: Scan) => void): CardDesk {
  const person = shallowRef<Person | null>(null);
  const unreadable = ref<string | null>(null);

  function take(idCard: string, masked: string): Person {
    forget();
    person.value = { idCard, masked, goodUntilMs: performance.now() + goodForMs };
    return person.value;
  }
  function forget(): void {
    const gone = person.value;
    person.value = null;
    unreadable.value = null;
    // The key is nothing without its time; the hub forgets it by itself when this is not heard.
    if (gone) void call('DELETE', `/identity/${encodeURIComponent(gone.idCard)}`);
  }
  onScopeDispose(forget);
  return {
    person,
    unreadable,
    hearers: {
      card: ({ idCard, masked }) => onCard(take(idCard, masked)),
      'card-unreadable': ({ why }) => (unreadable.value = why),
      scan: onScan,
    },
    async type(number) {
      const answer = await call<{ idCard: string; masked: string }>('POST', '/identity', { number });
      if (!answer.ok) return answer.trouble;
      take(answer.value.idCard, answer.value.masked);
      return null;
    },
    current() {
      if (person.value && performance.now() > person.value.goodUntilMs) forget();
      return person.value;
    },
    forget,
  };
}

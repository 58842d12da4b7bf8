import { computed, onMounted, onScopeDispose, ref, watch, type ComputedRef } from 'vue';
import type { PublicView } from '../../kiosk-agent/contract/live.ts';
import { myTicket, type MyTicket } from '../api.ts';
import { serverNow } from '../clock.ts';

// The hall's phones share one address, and with it the hub's limit; a call comes by the live feed at once.
const everyMs = 20_000;

/**
 * The ticket behind a key, asked for at once, every now and then, when the hall's public view says that something has
 * become of its number, and when the phone wakes up. `away`: since when no answer comes (ms, hub's time), else null.
 */
export function useTicket(key: string, view: ComputedRef<PublicView | null>) {
  const ticket = ref<MyTicket | null>(null);
  const gone = ref(false);
  const away = ref<number | null>(null);
  const updated = ref<number | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const answer = await myTicket.look(key);
    if (closed) return;
    clearTimeout(timer);
    if (answer.ok) take(answer.value);
    gone.value = !answer.ok && answer.trouble.code === 'unknown-ticket';
    away.value = answer.ok || gone.value ? null : (away.value ?? updated.value ?? serverNow());
    const over = gone.value || ticket.value?.state === 'finished' || ticket.value?.state === 'cancelled';
    if (!over) timer = setTimeout(() => void ask(), everyMs);
  }
  function take(answer: MyTicket): void {
    ticket.value = answer;
    updated.value = serverNow();
  }
  /** A phone that slept has an old picture: it is renewed before anybody reads it. */
  function wake(): void {
    if (document.visibilityState === 'visible' && !gone.value) void ask();
  }
  onMounted(() => {
    document.addEventListener('visibilitychange', wake);
    addEventListener('pageshow', wake);
    addEventListener('online', wake);
    void ask();
  });
  onScopeDispose(() => {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', wake);
    removeEventListener('pageshow', wake);
    removeEventListener('online', wake);
  });

  /** Everything public about this number; when it changes, the ticket has moved. */
  const told = computed(() => {
    const number = ticket.value?.number;
    const call = view.value?.calls.find((one) => one.number === number);
    const at = Object.values(view.value?.windows ?? {}).find((one) => one.ticket?.number === number);
    return `${call?.call} ${at?.window} ${at?.state}`;
  });
  watch(told, () => ticket.value && void ask());
  const calls = computed(
    () => view.value?.calls.find((one) => one.number === ticket.value?.number)?.call ?? 1,
  );
  return { ticket, gone, away, updated, calls, ask, take };
}

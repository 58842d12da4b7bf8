import { ref, watch, type Ref } from 'vue';

const memory = 'hall.clerk.window';

/** Which window the clerk sits at; kept in this browser for the next day at the same desk. Null: not chosen yet. */
export function useChosenWindow(): Ref<number | null> {
  const number = ref<number | null>(Number(localStorage.getItem(memory)) || null);
  watch(number, (chosen) => {
    if (chosen === null) localStorage.removeItem(memory);
    else localStorage.setItem(memory, String(chosen));
  });
  return number;
}

import { onMounted, onScopeDispose, type Ref } from 'vue';

/**
 * Keeps the focus on the page: where a button with the focus is taken away (its ticket was called by somebody else), the
 * focus goes to `home` and not back to the top of the document.
 */
export function useKeptFocus(home: Ref<HTMLElement | null>): void {
  let last: Element | null = null;
  const onFocus = (event: FocusEvent): void => void (last = event.target as Element);
  const watcher = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    home.value?.focus({ preventScroll: true });
  });
  onMounted(() => {
    addEventListener('focusin', onFocus);
    watcher.observe(document.body, { childList: true, subtree: true });
  });
  onScopeDispose(() => {
    removeEventListener('focusin', onFocus);
    watcher.disconnect();
  });
}

/** Whether the screen lies; a terminal may be turned while somebody stands there. */
import { onScopeDispose, ref, type Ref } from 'vue';

export function useLandscape(): Ref<boolean> {
  const query = matchMedia('(orientation: landscape)');
  const lies = ref(query.matches);
  const turned = (): void => {
    lies.value = query.matches;
  };
  query.addEventListener('change', turned);
  onScopeDispose(() => query.removeEventListener('change', turned));
  return lies;
}

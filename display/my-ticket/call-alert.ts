import { onScopeDispose, ref, watch, type Ref } from 'vue';

const chime = '/sounds/chime.wav';

/**
 * Tells that the ticket is called to somebody who does not look: the phone shakes, the tab's title says it, and it rings
 * if the visitor has asked for that (`ring`): a browser lets a page be heard only after a touch. `call`: which call it is
 * ('' for none), so that a recall is told again; `words` stand in the title meanwhile.
 */
export function useCallAlert(call: Ref<string>, words: Ref<string>) {
  const rings = ref(false);
  const title = document.title;
  let sound: HTMLAudioElement | null = null;
  /** Rings once, so that the visitor hears how it will be; false when the phone does not let the page. */
  async function ring(): Promise<boolean> {
    sound ??= new Audio(chime);
    try {
      await sound.play();
      rings.value = true;
    } catch {
      rings.value = false;
    }
    return rings.value;
  }
  watch(
    call,
    (now) => {
      document.title = now === '' ? title : words.value;
      if (now === '') return;
      // Not every phone can; not before the page has been touched.
      navigator.vibrate?.([400, 200, 400, 200, 400]);
      if (rings.value) void ring();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    document.title = title;
    sound?.pause();
  });
  return { rings, ring };
}

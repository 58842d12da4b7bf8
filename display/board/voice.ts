/** Chime and voice of the board: sounds as a file, words by the browser's own speech. Every sound has an end. */
import { computed, ref, type ComputedRef, type Ref } from 'vue';

export type Sentence = { text: string; language: 'zh' | 'en' };
export type Voice = {
  /** the browser lets no sound out before somebody has touched the page */
  blocked: Ref<boolean>;
  /** languages the browser can speak; null while it is still looking */
  speaks: Ref<{ zh: boolean; en: boolean } | null>;
  chimeFailed: ComputedRef<boolean>;
  say(sentences: Sentence[]): Promise<void>;
  unblock(): Promise<void>;
  close(): void;
};

export function openVoice(): Voice {
  const context = new AudioContext();
  const blocked = ref(context.state !== 'running');
  const speaks = ref<{ zh: boolean; en: boolean } | null>(null);
  const failed = ref(false);
  let chime: AudioBuffer | null = null;
  const speech = 'speechSynthesis' in globalThis ? globalThis.speechSynthesis : null;

  context.onstatechange = () => {
    blocked.value = context.state !== 'running';
  };
  const loading = (async () => {
    try {
      const response = await fetch('/sounds/chime.wav');
      chime = await context.decodeAudioData(await response.arrayBuffer());
    } catch {
      failed.value = true;
    }
  })();

  function voiceFor(language: 'zh' | 'en'): SpeechSynthesisVoice | undefined {
    const fitting = (speech?.getVoices() ?? []).filter((voice) => {
      const name = voice.lang.toLowerCase().replace('_', '-');
      return language === 'zh' ? /^(zh(-cn|-hans.*)?|cmn.*)$/.test(name) : name.startsWith('en');
    });
    return fitting.find((voice) => voice.localService) ?? fitting[0];
  }
  function look(): void {
    speaks.value = { zh: voiceFor('zh') !== undefined, en: voiceFor('en') !== undefined };
  }
  // Browsers fill the list of voices some time after the page has loaded.
  speech?.addEventListener('voiceschanged', look);
  const lookTimer = setTimeout(look, 3_000);

  async function playChime(): Promise<void> {
    await loading;
    if (!chime || context.state !== 'running') return;
    const source = context.createBufferSource();
    source.buffer = chime;
    source.connect(context.destination);
    source.start();
    // The end by the clock: an output device that is pulled out never says that it has finished.
    await wait(chime.duration * 1000);
    source.disconnect();
  }

  function speakOne({ text, language }: Sentence): Promise<void> {
    const voice = voiceFor(language);
    if (!speech || !voice || blocked.value) return Promise.resolve();
    return new Promise((resolve) => {
      const words = new SpeechSynthesisUtterance(text);
      words.voice = voice;
      words.lang = voice.lang;
      words.rate = 0.9;
      const end = (): void => {
        clearTimeout(limit);
        words.onend = words.onerror = null;
        resolve();
      };
      // Speech engines have been seen to fall silent without a word; the next call must not wait for ever.
      const limit = setTimeout(
        () => {
          speech.cancel();
          end();
        },
        8_000 + text.length * 400,
      );
      words.onend = words.onerror = end;
      speech.speak(words);
    });
  }

  return {
    blocked,
    speaks,
    chimeFailed: computed(() => failed.value),
    async say(sentences) {
      await playChime();
      for (const sentence of sentences) {
        await speakOne(sentence);
        await wait(300);
      }
    },
    async unblock() {
      await context.resume();
    },
    close() {
      clearTimeout(lookTimer);
      speech?.removeEventListener('voiceschanged', look);
      speech?.cancel();
      context.onstatechange = null;
      if (context.state !== 'closed') void context.close();
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

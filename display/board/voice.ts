/** Chime and voice of the board: the browser's own speech, else clips that travel with the program. Every sound has an end. */
import { computed, ref, type ComputedRef, type Ref } from 'vue';
import { playClips } from './clips.ts';

/** `clips`: the same words as sound files, for a browser without a voice of that language. */
export type Sentence = { text: string; language: 'zh' | 'en'; clips: string[] };
export type Voice = {
  /** the browser lets no sound out before somebody has touched the page */
  blocked: Ref<boolean>;
  /** the last call could not be said: no voice, and clips that did not load */
  mute: Ref<boolean>;
  chimeFailed: ComputedRef<boolean>;
  say(sentences: Sentence[]): Promise<void>;
  unblock(): Promise<void>;
  close(): void;
};

export function openVoice(): Voice {
  const context = new AudioContext();
  const blocked = ref(context.state !== 'running');
  const mute = ref(false);
  const stop = new AbortController();
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
      // eSpeak as Debian packs it reads Chinese characters with English sounds: the clips are better.
      if (/espeak|latin as english/i.test(`${voice.name} ${voice.voiceURI}`)) return false;
      return language === 'zh' ? /^(zh(-cn|-hans.*)?|cmn.*)$/.test(name) : name.startsWith('en');
    });
    return fitting.find((voice) => voice.localService) ?? fitting[0];
  }
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

  async function sayOne({ text, language, clips }: Sentence): Promise<void> {
    const voice = voiceFor(language);
    if (blocked.value) return;
    if (speech && voice) {
      mute.value = false;
      return speak(speech, voice, text);
    }
    mute.value =
      (await playClips(clips, { context, fetch: globalThis.fetch, signal: stop.signal })) === 'missing';
  }

  function speak(speech: SpeechSynthesis, voice: SpeechSynthesisVoice, text: string): Promise<void> {
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
    mute,
    chimeFailed: computed(() => failed.value),
    async say(sentences) {
      await playChime();
      for (const sentence of sentences) {
        await sayOne(sentence);
        await wait(300);
      }
    },
    async unblock() {
      await context.resume();
    },
    close() {
      stop.abort();
      speech?.cancel();
      context.onstatechange = null;
      if (context.state !== 'closed') void context.close();
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

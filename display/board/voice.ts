/** Chime and voice of the board: the browser's own speech, else clips that travel with the program. Every sound has an end. */
import { computed, ref, type ComputedRef, type Ref } from 'vue';
import type { Said } from './announcements.ts';
import { playClips } from './clips.ts';
import { speech } from './speech.ts';

/** `clips`: the same words as sound files, for a browser without a voice of that language. */
export type Sentence = { text: string; language: 'zh' | 'en'; clips: string[] };
export type Voice = {
  /** the browser lets no sound out before somebody has touched the page */
  blocked: Ref<boolean>;
  /** the last call could not be said: no voice, and clips that did not load */
  mute: Ref<boolean>;
  chimeFailed: ComputedRef<boolean>;
  /** chime and sentences, one after the other; how it was heard is how its first sentence was, never rejects */
  say(sentences: Sentence[]): Promise<Said>;
  unblock(): Promise<void>;
  close(): void;
};

const pauseMs = 300;
const chimeAgainAfterMs = 30_000;

export function openVoice(): Voice {
  const context = new AudioContext();
  const blocked = ref(context.state !== 'running');
  const mute = ref(false);
  const stop = new AbortController();
  const failed = ref(false);
  const spoken = speech(stop.signal);
  let chime: AudioBuffer | null = null;
  let chimeAskedAt = -Infinity;
  let loading = loadChime();

  context.onstatechange = () => {
    blocked.value = context.state !== 'running';
  };

  async function loadChime(): Promise<void> {
    chimeAskedAt = performance.now();
    try {
      const response = await fetch('/sounds/chime.wav', { signal: stop.signal });
      chime = await context.decodeAudioData(await response.arrayBuffer());
      failed.value = false;
    } catch {
      failed.value = !stop.signal.aborted;
    }
  }

  async function playChime(): Promise<'played' | 'blocked' | 'missing'> {
    // A hub that was away when the board was switched on has it now.
    if (!chime && performance.now() - chimeAskedAt > chimeAgainAfterMs) loading = loadChime();
    await Promise.race([loading, wait(3_000)]);
    if (context.state !== 'running') return 'blocked';
    if (!chime) return 'missing';
    const source = context.createBufferSource();
    source.buffer = chime;
    source.connect(context.destination);
    source.start();
    // The end by the clock: an output device that is pulled out never says that it has finished.
    await wait(chime.duration * 1000);
    source.disconnect();
    return 'played';
  }

  async function sayOne({
    text,
    language,
    clips,
  }: Sentence): Promise<'speech' | 'clips' | 'blocked' | 'missing'> {
    if (context.state !== 'running' || stop.signal.aborted) return 'blocked';
    if ((await spoken.say(text, language)) === 'heard') return 'speech';
    const played = await playClips(clips, { context, fetch: globalThis.fetch, signal: stop.signal });
    return played === 'played' ? 'clips' : played;
  }

  return {
    blocked,
    mute,
    chimeFailed: computed(() => failed.value),
    async say(sentences) {
      const rang = await playChime();
      let first: Awaited<ReturnType<typeof sayOne>> | null = null;
      for (const sentence of sentences) {
        const said = await sayOne(sentence);
        first ??= said;
        if (said === 'blocked') break;
        await wait(pauseMs);
      }
      mute.value = first === 'missing';
      if (first === 'speech' || first === 'clips') return { how: first };
      if (stop.signal.aborted) return { how: 'silent', why: 'closed' };
      if (rang === 'played') return { how: 'chime-only', why: first === 'blocked' ? 'blocked' : 'no-voice' };
      return { how: 'silent', why: rang === 'blocked' || first === 'blocked' ? 'blocked' : 'no-chime' };
    },
    async unblock() {
      await context.resume();
    },
    close() {
      stop.abort();
      context.onstatechange = null;
      if (context.state !== 'closed') void context.close();
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

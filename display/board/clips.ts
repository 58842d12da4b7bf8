/**
 * A call in clips that travel with the program, for browsers without a voice of their own.
 * The clips hold the words of the default `hall.speech`; a hall with other words hears these around its number and window.
 */
type Language = 'zh' | 'en';
export type Played = 'played' | 'blocked' | 'missing';

const gapS = 0.06;
/** until the clips are there, until the browser lets sound out, and after the clips should have been heard */
const loadWithinMs = 4_000;
const resumeWithinMs = 500;
const heardWithinMs = 2_000;

/**
 * The clips that say a call, in order, as paths on the hub: `请 A 零 零 一 号到 十 二 号窗口办理业务`.
 * number: one or two letters A–Z and digits, said one by one. window: 1…999, over 99 digit by digit.
 * Empty when clips cannot say it; a part of a number would be a wrong number.
 */
export function clipsFor(language: Language, number: string, window: number): string[] {
  if (!/^[A-Z]{0,2}\d+$/.test(number) || !Number.isInteger(window) || window < 1 || window > 999) return [];
  const at = wordsOfWindow[language](window);
  const words =
    language === 'zh'
      ? ['qing', ...number, 'hao-dao', ...at, 'hao-chuangkou-banli-yewu']
      : ['ticket', ...number, 'please-go-to-window', ...at];
  return words.map((word) => `/sounds/voice/${language}/${word}.ogg`);
}

const wordsOfWindow: Record<Language, (window: number) => string[]> = {
  zh(window) {
    if (window < 10 || window > 99) return [...String(window)];
    const tens = Math.floor(window / 10);
    const ones = window % 10;
    return [...(tens > 1 ? [String(tens)] : []), '10', ...(ones > 0 ? [String(ones)] : [])];
  },
  en(window) {
    if (window < 20) return [String(window)];
    if (window > 99) return [...String(window)];
    const ones = window % 10;
    return [String(window - ones), ...(ones > 0 ? [String(ones)] : [])];
  },
};

export type ClipPlayer = { context: AudioContext; fetch: typeof globalThis.fetch; signal: AbortSignal };

/** Decoded clips by path; a context that is gone takes its clips with it. */
const decoded = new WeakMap<AudioContext, Map<string, Promise<AudioBuffer>>>();

/**
 * Plays clips one after the other, and always settles, never rejects:
 * `played` when the last was heard to its end, `missing` when one could not be fetched or decoded (then none is played)
 * or there are none, `blocked` when no sound came out (autoplay policy, no output device) or the signal ended it.
 */
export async function playClips(paths: string[], player: ClipPlayer): Promise<Played> {
  const { context, signal } = player;
  if (paths.length === 0) return 'missing';
  const buffers = await before(loadWithinMs, signal, Promise.all(paths.map((path) => load(path, player))));
  if (signal.aborted) return 'blocked';
  if (!buffers) return 'missing';
  // Without a touch of the page a browser neither grants this nor says no.
  if (context.state !== 'running') await before(resumeWithinMs, signal, context.resume());
  if (context.state !== 'running' || signal.aborted) return 'blocked';

  let at = context.currentTime + 0.05;
  const sources = buffers.map((buffer) => {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(at);
    at += buffer.duration + gapS;
    return source;
  });
  const ended = new Promise<true>((resolve) => {
    sources[sources.length - 1]!.onended = () => resolve(true);
  });
  // An output device that is pulled out stops the context's clock, and `ended` never comes.
  const heard = await before((at - context.currentTime) * 1000 + heardWithinMs, signal, ended);
  for (const source of sources) {
    source.onended = null;
    source.stop();
    source.disconnect();
  }
  return heard ? 'played' : 'blocked';
}

/** Fetches clips before they are needed, so that a call is said although the hub has just gone. Never rejects. */
export async function fetchClips(paths: string[], player: ClipPlayer): Promise<void> {
  for (const path of paths) {
    if (player.signal.aborted) return;
    await load(path, player).catch(() => undefined);
  }
}

function load(path: string, { context, fetch }: ClipPlayer): Promise<AudioBuffer> {
  const clips = decoded.get(context) ?? new Map<string, Promise<AudioBuffer>>();
  decoded.set(context, clips);
  const known = clips.get(path);
  if (known) return known;
  const loading = (async () => {
    // A hub that takes the request and says nothing must not keep this clip waiting for ever.
    const stop = new AbortController();
    const limit = setTimeout(() => stop.abort(), loadWithinMs);
    try {
      const response = await fetch(path, { signal: stop.signal });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return await context.decodeAudioData(await response.arrayBuffer());
    } finally {
      clearTimeout(limit);
    }
  })();
  clips.set(path, loading);
  // What failed is tried again at the next call.
  loading.catch(() => clips.delete(path));
  return loading;
}

/** What the promise gives, or undefined when it fails, the time runs out or the signal ends it. */
function before<T>(ms: number, signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const end = (value?: T): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = (): void => end();
    const limit = setTimeout(end, ms);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) end();
    promise.then(end, () => end());
  });
}

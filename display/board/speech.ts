/** The browser's own speech, where it has a voice that can be trusted with a language. */

/** heard: to its end. absent: no voice. failed: it did not begin, or gave up. */
export type Spoken = 'heard' | 'absent' | 'failed';
export type Speech = {
  /** Settles within the sentence's limit, never rejects. */
  say(text: string, language: 'zh' | 'en'): Promise<Spoken>;
};

/** An engine that says nothing for so long after it was asked will not begin. */
const beginsWithinMs = 3_000;
/** After a failure the clips speak for so long: an engine that hangs would delay every call. */
const mistrustMs = 600_000;
const endsWithinMs = (text: string): number => 8_000 + text.length * 400;

/** `signal` ends what is being said, and lets nothing more be said. */
export function speech(signal: AbortSignal): Speech {
  const engine = 'speechSynthesis' in globalThis ? globalThis.speechSynthesis : null;
  let mistrustedUntil = -Infinity;
  // Asked for once, so that a browser which loads its voices late has them at the first call.
  engine?.getVoices();
  signal.addEventListener('abort', () => engine?.cancel());

  return {
    async say(text, language) {
      const voice = engine && voiceFor(engine.getVoices(), language);
      if (!engine || !voice || signal.aborted || performance.now() < mistrustedUntil) return 'absent';
      const heard = await speak(engine, voice, text);
      if (!heard) mistrustedUntil = performance.now() + mistrustMs;
      return heard ? 'heard' : 'failed';
    },
  };
}

/** A voice on this computer; one that speaks over the internet only while there is a network at all. */
function voiceFor(voices: SpeechSynthesisVoice[], language: 'zh' | 'en'): SpeechSynthesisVoice | undefined {
  const fitting = voices.filter((voice) => {
    const name = voice.lang.toLowerCase().replace('_', '-');
    // eSpeak as Debian packs it reads Chinese characters with English sounds: the clips are better.
    if (/espeak|latin as english/i.test(`${voice.name} ${voice.voiceURI}`)) return false;
    return language === 'zh' ? /^(zh(-cn|-hans.*)?|cmn.*)$/.test(name) : name.startsWith('en');
  });
  return fitting.find((voice) => voice.localService) ?? (navigator.onLine ? fitting[0] : undefined);
}

/** Whether the engine has said it. Engines have been seen to fall silent without a word: both waits end. */
function speak(engine: SpeechSynthesis, voice: SpeechSynthesisVoice, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = 0.9;
    let begun = false;
    const end = (heard: boolean): void => {
      clearTimeout(limit);
      clearTimeout(beginning);
      words.onstart = words.onend = words.onerror = null;
      if (!heard) engine.cancel();
      resolve(heard);
    };
    const beginning = setTimeout(() => !begun && end(false), beginsWithinMs);
    // What has begun and never ends was most likely heard; the next call must not wait for ever.
    const limit = setTimeout(() => {
      engine.cancel();
      end(begun);
    }, endsWithinMs(text));
    words.onstart = () => {
      begun = true;
    };
    words.onend = () => end(true);
    words.onerror = () => end(false);
    engine.speak(words);
  });
}

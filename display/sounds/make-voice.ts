/**
 * Writes public/sounds/voice/{zh,en}/*.ogg: the words of a call for boards whose browser has no voice of its own.
 * A developer runs it again after a change; nothing runs it at install or test time:
 * apt-get install espeak-ng opus-tools && node display/sounds/make-voice.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** What espeak-ng is given: options, and the text, where [[…]] are its phonemes. */
type Clip = { options: string[]; text: string };
/** Words a minute. Numbers and letters are what must be understood: slower than the words around them. */
const [slow, fluent] = [125, 145];
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

// The voice's own range of pitch is four semitones, which makes four tones hard to tell apart; small loudspeakers have no bass.
const chinese = (voice: string, text: string, speed: number): Clip => ({
  options: ['-v', voice, '-s', String(speed), '-p', '72', '-m'],
  text: `<prosody range="180%"> ${text}`,
});
// Chinese characters would be wrong here: espeak-ng 1.51 as Debian ships it reads them as English (its issue 1236).
const pinyin = (text: string, speed: number): Clip => chinese('cmn-latn-pinyin', text, speed);
const english = (text: string, speed: number): Clip => ({
  options: ['-v', 'en-gb', '-s', String(speed), '-p', '60'],
  text,
});

const zh: Record<string, Clip> = {
  // 请 with the low third tone that it has in front of another syllable, not the dipping one of a last syllable.
  qing: pinyin("[[tS;h'i21N]]", fluent),
  // A short pause between 号 and 到: here the number ends.
  'hao-dao': pinyin("[[X'Au51_:t'Au51]]", fluent),
  'hao-chuangkou-banli-yewu': pinyin('hao4 chuang1kou3 ban4li3 ye4wu4', fluent),
};
for (const [value, syllable] of 'ling2 yi1 er4 san1 si4 wu3 liu4 qi1 ba1 jiu3 shi2'.split(' ').entries())
  zh[value] = pinyin(syllable, slow);
for (const letter of letters) zh[letter] = chinese('cmn', letter, slow);

const en: Record<string, Clip> = {
  ticket: english('ticket', fluent),
  'please-go-to-window': english('please go to window', fluent),
};
for (const value of [...Array(20).keys(), 20, 30, 40, 50, 60, 70, 80, 90])
  en[value] = english(String(value), slow);
for (const letter of letters) en[letter] = english(letter, slow);

/** Mono, -1…1. */
type Wave = { rate: number; samples: Float64Array };

function speak({ options, text }: Clip): Wave {
  const wav = execFileSync('espeak-ng', [...options, '-z', '--stdout', text]);
  // espeak-ng writes to a pipe, so the lengths in its header are not to be trusted; the 44 bytes are.
  const rate = wav.readUInt32LE(24);
  const count = Math.floor((wav.length - 44) / 2);
  return {
    rate,
    samples: Float64Array.from({ length: count }, (_, i) => wav.readInt16LE(44 + i * 2) / 32_768),
  };
}

/** Cuts the silence at both ends (40 dB under the loudest sample) but for 8 ms before and 25 ms after; both ends fade. */
function trim({ rate, samples }: Wave): Wave {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const audible = (sample: number): boolean => Math.abs(sample) > peak / 100;
  const from = Math.max(0, samples.findIndex(audible) - Math.round(rate * 0.008));
  const to = Math.min(samples.length, samples.findLastIndex(audible) + Math.round(rate * 0.025));
  const cut = samples.slice(from, to);
  const fadeIn = rate * 0.004;
  const fadeOut = rate * 0.02;
  return {
    rate,
    samples: cut.map((sample, i) => sample * Math.min(1, i / fadeIn, (cut.length - 1 - i) / fadeOut)),
  };
}

/** The same loudness for all: the loudest 200 ms at -17 dBFS; peaks over -2.5 dBFS are rounded, none passes -1.5 dBFS. */
function level({ rate, samples }: Wave): Wave {
  const span = Math.min(samples.length, Math.round(rate * 0.2));
  let sum = 0;
  let most = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += samples[i]! ** 2 - (i >= span ? samples[i - span]! ** 2 : 0);
    most = Math.max(most, sum / span);
  }
  const gain = 10 ** (-17 / 20) / Math.sqrt(most);
  const knee = 10 ** (-2.5 / 20);
  const room = 10 ** (-1.5 / 20) - knee;
  const rounded = (value: number): number => {
    const over = Math.abs(value) - knee;
    return over <= 0 ? value : Math.sign(value) * (knee + room * Math.tanh(over / room));
  };
  return { rate, samples: samples.map((sample) => rounded(sample * gain)) };
}

function opus({ rate, samples }: Wave): Buffer {
  const pcm = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, i) => pcm.writeInt16LE(Math.round(sample * 32_767), i * 2));
  const raw = ['--raw', '--raw-rate', String(rate), '--raw-chan', '1', '--raw-bits', '16'];
  // The same serial number each time: the same words make the same file.
  return execFileSync('opusenc', ['--quiet', '--bitrate', '32', '--serial', '1', ...raw, '-', '-'], {
    input: pcm,
  });
}

for (const [language, clips] of Object.entries({ zh, en })) {
  const folder = new URL(`../public/sounds/voice/${language}/`, import.meta.url);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, clip] of Object.entries(clips))
    writeFileSync(new URL(`${name}.ogg`, folder), opus(level(trim(speak(clip)))));
}

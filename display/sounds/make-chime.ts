/** Writes public/sounds/chime.wav: two falling notes with soft overtones. Run again after a change: node display/sounds/make-chime.ts */
import { writeFileSync } from 'node:fs';

const rate = 22_050;
const seconds = 1.7;
/** Hz and start in seconds: E5, then C5. */
const notes = [
  { frequency: 659.26, at: 0 },
  { frequency: 523.25, at: 0.45 },
];
/** Overtones as multiple of the note, loudness, and how fast they die away (per second). */
const overtones = [
  { multiple: 1, loudness: 0.6, decay: 3.2 },
  { multiple: 2, loudness: 0.18, decay: 5 },
  { multiple: 3, loudness: 0.06, decay: 8 },
];

const samples = Math.round(rate * seconds);
const wave = Buffer.alloc(44 + samples * 2);
wave.write('RIFF', 0);
wave.writeUInt32LE(36 + samples * 2, 4);
wave.write('WAVEfmt ', 8);
wave.writeUInt32LE(16, 16);
wave.writeUInt16LE(1, 20);
wave.writeUInt16LE(1, 22);
wave.writeUInt32LE(rate, 24);
wave.writeUInt32LE(rate * 2, 28);
wave.writeUInt16LE(2, 32);
wave.writeUInt16LE(16, 34);
wave.write('data', 36);
wave.writeUInt32LE(samples * 2, 40);
for (let index = 0; index < samples; index++) {
  let value = 0;
  for (const note of notes) {
    const time = index / rate - note.at;
    if (time < 0) continue;
    const attack = Math.min(1, time / 0.008);
    for (const { multiple, loudness, decay } of overtones)
      value +=
        attack *
        loudness *
        Math.exp(-decay * time) *
        Math.sin(2 * Math.PI * note.frequency * multiple * time);
  }
  // The last tenth fades, so that nothing clicks at the end.
  const fade = Math.min(1, (samples - index) / (rate * 0.1));
  wave.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value * 0.7 * fade)) * 32_767), 44 + index * 2);
}
writeFileSync(new URL('../public/sounds/chime.wav', import.meta.url), wave);

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardText } from '../../firmware-sim/id-reader/card-text.ts';
import { encodeAnswer } from '../../firmware-sim/id-reader/frame.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { maskedNumber, readIdentityCard } from '../../kiosk-agent/device/codec/identity-card.ts';
import { SDT_LONGEST_FRAME, SdtReceiver } from '../../kiosk-agent/device/codec/sdt.ts';
import { cardReadOf } from '../../kiosk-agent/device/driver/card-read.ts';
import { knowNobody } from '../../kiosk-agent/device/person-hash.ts';
import { FUZZ_BYTES, fuzzCodec, hostileBytes, seeded } from './hostile.ts';

const SEED = 20_261_123;
const vectors = JSON.parse(readFileSync(new URL('../vectors/sdt.json', import.meta.url), 'utf8')) as {
  answers: { hex: string }[];
};
const texts = Object.values(samplePeople).map(cardText);
const reads = texts.map((text, at) =>
  encodeAnswer(0x90, Uint8Array.from([1, 0, 4, 0, ...text, ...new Uint8Array(1024).fill(at)])),
);
const frames = [...vectors.answers.map(({ hex }) => Uint8Array.from(Buffer.from(hex, 'hex'))), ...reads];

describe('hostile bytes', () => {
  it(
    'never throw, never fill the receiver, and the next read answer is heard without a pause',
    { timeout: 300_000 },
    () => {
      const receiver = new SdtReceiver();
      const probe = encodeAnswer(0x90, Uint8Array.from([1, 0, 4, 0, ...new Uint8Array(1280).fill(0x5a)]));
      let heard = 0;
      const result = fuzzCodec({
        seed: SEED,
        frames,
        probe,
        push: (bytes) => {
          for (const { data } of receiver.push(bytes).answers) if (data[4] === 0x5a) heard += 1;
        },
        heard: () => {
          const before = heard;
          heard = 0;
          return before;
        },
        held: () => receiver.held,
        mayHold: SDT_LONGEST_FRAME,
      });
      expect(result.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
      expect(result.probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    },
  );

  it('leave the receiver in step for the shortest answer after a silence', { timeout: 120_000 }, () => {
    const receiver = new SdtReceiver();
    const status = frames[0]!;
    let pieces = 0;
    for (const piece of hostileBytes(SEED + 1, 500_000, frames)) {
      receiver.push(piece);
      receiver.cutOff();
      const { answers, dropped } = receiver.push(status);
      expect([answers.map((each) => each.status), dropped]).toEqual([['ok'], []]);
      pieces += 1;
    }
    expect(pieces).toBeGreaterThan(500);
  });
});

describe('256 hostile bytes of text', () => {
  it(
    'are never taken for a card with a wrong check digit or form, and never throw',
    { timeout: 120_000 },
    () => {
      const random = seeded(SEED + 2);
      const below = (limit: number) => Math.floor(random() * limit);
      const counts = { ok: 0, layout: 0, 'check-digit': 0 };
      for (let round = 0; round < 100_000; round++) {
        const text =
          round % 4 === 0
            ? Uint8Array.from({ length: 256 }, () => below(256))
            : Uint8Array.from(texts[below(texts.length)] ?? []);
        for (let bends = below(4); bends > 0; bends--) text[below(256)] = below(256);
        const result = readIdentityCard(text);
        counts[result.ok ? 'ok' : result.why] += 1;
        if (!result.ok) continue;
        const read = cardReadOf(Uint8Array.from([1, 0, 0, 0, ...text]), knowNobody, new Date(0));
        if (!read.ok) throw new Error('the same text was read once and then not');
        expect(maskedNumber(result.card.number)).toMatch(/^[0-9A-Z]{3}\*{8,11}[0-9X]{4}$/);
        expect(read.card.maskedName).toMatch(/^.\**$/u);
      }
      expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
    },
  );

  it('of any length but 256 are no card', () => {
    for (const length of [0, 1, 255, 257, 1280])
      expect(readIdentityCard(new Uint8Array(length))).toEqual({ ok: false, why: 'layout' });
  });
});

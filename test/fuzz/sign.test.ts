import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNumberReceiver } from '../../firmware-sim/sign/number-sign.ts';
import { createStripReceiver } from '../../firmware-sim/sign/strip-frame.ts';
import { StripSign } from '../../firmware-sim/sign/strip-sign.ts';
import { STRIP_MAX_FRAME, StripReceiver, stripText } from '../../kiosk-agent/device/codec/strip.ts';
import { XunpengReceiver, xunpengNumber } from '../../kiosk-agent/device/codec/xunpeng.ts';
import { FUZZ_BYTES, fuzzCodec, hostileBytes, seeded } from './hostile.ts';

const SEED = 20_261_123;
const vectors = JSON.parse(readFileSync(new URL('../vectors/sign.json', import.meta.url), 'utf8')) as {
  stripCommands: { hex: string }[];
  stripReplies: { hex: string }[];
  xunpeng: { hex: string; reply: string }[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const commands = vectors.stripCommands.map(({ hex }) => bytesOf(hex));
const stripFrames = [...vectors.stripReplies.map(({ hex }) => bytesOf(hex)), ...commands];
const numbers = vectors.xunpeng.flatMap(({ hex, reply }) => [bytesOf(hex), bytesOf(reply)]);

function counted() {
  let heard = 0;
  return {
    add: (count: number) => (heard += count),
    heard() {
      const before = heard;
      heard = 0;
      return before;
    },
  };
}

describe('hostile bytes on the line of signs', () => {
  it(
    'never throw nor fill the strip receiver, and the next reply is heard without a pause',
    { timeout: 300_000 },
    () => {
      const receiver = new StripReceiver();
      const count = counted();
      // The status of sign 2: the other vectors are in the hostile bytes too, and would be heard from there.
      const probe = bytesOf(vectors.stripReplies[5]!.hex);
      const result = fuzzCodec({
        seed: SEED,
        frames: stripFrames.filter((frame) => Buffer.compare(frame, probe) !== 0),
        probe,
        push(bytes) {
          const { frames } = receiver.push(bytes);
          count.add(frames.filter((frame) => Buffer.compare(frame.bytes, probe) === 0).length);
        },
        heard: count.heard,
        held: () => receiver.held,
        mayHold: STRIP_MAX_FRAME,
      });
      expect(result.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
      expect(result.probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
    },
  );

  it('give and drop every byte once', { timeout: 120_000 }, () => {
    for (const make of [() => new StripReceiver(), () => new XunpengReceiver()]) {
      const receiver = make();
      let came = 0;
      let out = 0;
      for (const piece of hostileBytes(SEED + 3, 300_000, [...stripFrames, ...numbers])) {
        came += piece.length;
        const { frames, dropped } = receiver.push(piece);
        for (const { bytes } of [...frames, ...dropped]) out += bytes.length;
        expect(out + receiver.held).toBe(came);
      }
    }
  });

  it('never throw nor fill the Xunpeng receiver, and the next reply is heard', { timeout: 300_000 }, () => {
    const receiver = new XunpengReceiver();
    const count = counted();
    const probe = bytesOf('2A00780301A60A');
    const result = fuzzCodec({
      seed: SEED,
      frames: numbers.filter((frame) => Buffer.compare(frame, probe) !== 0),
      probe,
      push: (bytes) =>
        count.add(
          receiver
            .push(bytes)
            .frames.filter(({ message }) => message.type === 'reply' && message.number === 888).length,
        ),
      heard: count.heard,
      held: () => receiver.held,
      mayHold: 6,
    });
    expect(result.bytes).toBeGreaterThanOrEqual(FUZZ_BYTES);
    expect(result.probes).toBeGreaterThan(FUZZ_BYTES / 25_000);
  });

  it(
    'never upset a simulated sign, which obeys the next request behind a silence',
    { timeout: 120_000 },
    () => {
      const receiver = createStripReceiver();
      const numberReceiver = createNumberReceiver();
      const sign = new StripSign(1, 16);
      for (const piece of hostileBytes(SEED + 4, 1_000_000, [...commands, ...numbers])) {
        for (const request of receiver.receive(piece)) sign.take(request, 0);
        numberReceiver.receive(piece);
        receiver.silence();
        expect(receiver.receive(commands[0]!)).toHaveLength(1);
      }
    },
  );

  it('no text of any characters becomes more than 200 bytes, or bytes that a sign refuses', () => {
    const random = seeded(SEED + 5);
    const sign = new StripSign(1, 16);
    for (let count = 0; count < 3_000; count++) {
      const length = Math.floor(random() * 250);
      const text = String.fromCharCode(...Array.from({ length }, () => Math.floor(random() * 0x1_0000)));
      const bytes = stripText(text);
      expect(bytes.length).toBeLessThanOrEqual(200);
      const data = Uint8Array.from([1, 0, 1, 0, ...bytes]);
      sign.take({ address: 1, seq: count % 256, command: 1, data }, 0);
      expect(xunpengNumber(text)).toBeLessThan(10_000);
    }
    expect(sign.state(0).refused).toBe(0);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crcHex,
  ElpReceiver,
  encodeElp,
  type Dropped,
  type Frame,
  type HostMessage,
} from '../../kiosk-agent/device/codec/elp.ts';

type Vector = { line?: string; hex: string; meaning?: unknown; reason?: string; why?: string };
const vectors = JSON.parse(readFileSync(new URL('../vectors/elp.json', import.meta.url), 'utf8')) as {
  crc: { text: string; crc: string }[];
  device: Vector[];
  host: Vector[];
  dropped: Vector[];
};
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');

function receive(...pieces: Uint8Array[]): { messages: unknown[]; dropped: Dropped[]; frames: Frame[] } {
  const receiver = new ElpReceiver();
  const frames: Frame[] = [];
  const dropped: Dropped[] = [];
  for (const piece of pieces) {
    const got = receiver.push(piece);
    frames.push(...got.frames);
    dropped.push(...got.dropped);
  }
  return { messages: frames.map((frame) => frame.message), dropped, frames };
}
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();

describe('ELP/1 lines', () => {
  it.each(vectors.crc)('the CRC of "$text" is $crc', ({ text, crc }) => {
    expect(crcHex(text)).toBe(crc);
  });

  it.each(vectors.device)('reads $line', ({ hex, meaning }) => {
    const { messages, dropped, frames } = receive(bytesOf(hex));
    expect(messages).toEqual([meaning]);
    expect(dropped).toEqual([]);
    expect(hexOf(frames[0]!.bytes)).toBe(hex);
  });

  it.each(vectors.host)('writes $line', ({ line, hex, meaning }) => {
    expect(hexOf(encodeElp(meaning as HostMessage))).toBe(hex);
    expect(Buffer.from(encodeElp(meaning as HostMessage)).toString('latin1')).toBe(`${line}\r\n`);
  });

  it.each(vectors.dropped)('drops as $reason: $why', ({ hex, reason }) => {
    const { messages, dropped } = receive(bytesOf(hex));
    expect(messages).toEqual([]);
    expect(dropped[0]?.reason).toBe(reason);
  });

  it.each(vectors.dropped)('reads the line behind what it drops: $why', ({ hex }) => {
    const next = vectors.device[0]!;
    expect(receive(bytesOf(hex), bytesOf(next.hex)).messages).toEqual([next.meaning]);
  });

  it.each(vectors.device)('reads it in two pieces, cut at any byte: $line', ({ hex, meaning }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { messages, dropped } = receive(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(messages, `cut at ${cut}`).toEqual([meaning]);
      expect(dropped).toEqual([]);
    }
  });

  it('reads all messages in one piece, and byte by byte', () => {
    const all = Buffer.concat(vectors.device.map(({ hex }) => bytesOf(hex)));
    const meanings = vectors.device.map(({ meaning }) => meaning);
    expect(receive(all).messages).toEqual(meanings);
    expect(receive(...Array.from(all, (byte) => Uint8Array.of(byte))).messages).toEqual(meanings);
  });

  it('gives up a line at the next $, wherever it comes, and reads that one', () => {
    const first = Buffer.from('$KEY,1A2B3C4D,1,7,5,12*BD6A\r\n');
    for (let cut = 1; cut < first.length; cut++) {
      const { messages, dropped } = receive(first.subarray(0, cut), first);
      expect(messages, `cut at ${cut}`).toEqual([vectors.device[3]!.meaning]);
      expect(dropped.map(({ reason, bytes }) => [reason, bytes.length])).toEqual([['noise', cut]]);
    }
  });

  it('changes no message when any single bit of a line is turned over', () => {
    const line = bytesOf(vectors.device[3]!.hex);
    for (let bit = 0; bit < line.length * 8; bit++) {
      const turned = Buffer.from(line);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(receive(turned).messages, `bit ${bit}`).toEqual([]);
    }
  });

  it('cuts a text for the display between characters, at 24 bytes of GB18030', () => {
    const shown = (text: string) =>
      Buffer.from(encodeElp({ type: 'SHOW', n: 1, line: 1, text }))
        .toString('latin1')
        .split(/[,*]/)[3];
    expect(shown('短'.repeat(13))).toBe('B6CC'.repeat(12));
    expect(shown('a'.repeat(23) + '短')).toBe('61'.repeat(23));
    expect(shown('a'.repeat(22) + '𠮷')).toBe('61'.repeat(22));
    expect(shown('1\r\n2')).toBe('31202032');
  });

  it('gives the same messages whatever the pieces, and accounts for every byte', () => {
    const chunk = fc.oneof(
      fc.constantFrom(...vectors.device, ...vectors.dropped).map(({ hex }) => bytesOf(hex)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 12 }),
        fc.array(fc.nat(600), { maxLength: 12 }),
        (chunks, cuts) => {
          const all = Buffer.concat(chunks);
          const places = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
          const pieces = places.slice(1).map((end, at) => all.subarray(places[at], end));
          // A last LF-less line stays in the receiver: finish it so that all is accounted for.
          const end = Buffer.from('$');
          const whole = receive(all, end);
          const cut = receive(...pieces, end);
          expect(cut.messages).toEqual(whole.messages);
          const count = ({ frames, dropped }: ReturnType<typeof receive>) =>
            [...frames, ...dropped].reduce((sum, { bytes }) => sum + bytes.length, 0);
          expect(count(whole)).toBe(all.length);
          expect(count(cut)).toBe(all.length);
        },
      ),
      { seed: 20260105, numRuns: 300 },
    );
  });
});

import { readFileSync } from 'node:fs';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { createNumberReceiver, numberReply } from '../../firmware-sim/sign/number-sign.ts';
import { createStripReceiver, crc, replyFrame } from '../../firmware-sim/sign/strip-frame.ts';
import {
  crc16,
  encodeStrip,
  STRIP_MAX_FRAME,
  stripText,
  StripReceiver,
  type StripCommand,
  type StripMessage,
} from '../../kiosk-agent/device/codec/strip.ts';
import {
  encodeXunpeng,
  XunpengReceiver,
  xunpengNumber,
  type XunpengNumber,
} from '../../kiosk-agent/device/codec/xunpeng.ts';

type StripVector = { name: string; address: number; seq: number; hex: string; command: StripCommand };
const vectors = JSON.parse(readFileSync(new URL('../vectors/sign.json', import.meta.url), 'utf8')) as {
  crc: { text: string; crc: string }[];
  stripCommands: (Omit<StripVector, 'command'> & { command: { type: string; text?: string } })[];
  stripReplies: { name: string; hex: string; message: StripMessage }[];
  stripDropped: { why: string; hex: string; reason: string }[];
  stripTexts: { text: string; hex: string }[];
  xunpeng: { name: string; hex: string; reply: string; number: XunpengNumber }[];
  xunpengDropped: { why: string; hex: string }[];
  xunpengNumbers: { text: string; number: number }[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const commands: StripVector[] = vectors.stripCommands.map((vector) => {
  const { text, ...command } = vector.command;
  return {
    ...vector,
    command: (text === undefined ? command : { ...command, text: bytesOf(text) }) as StripCommand,
  };
});

function receive(receiver: StripReceiver | XunpengReceiver, ...pieces: Uint8Array[]) {
  const messages: unknown[] = [];
  const dropped: { reason: string; bytes: Uint8Array }[] = [];
  for (const piece of pieces) {
    const got = receiver.push(piece);
    messages.push(...got.frames.map(({ message }) => message));
    dropped.push(...got.dropped);
  }
  return { messages, dropped };
}
const done = vectors.stripReplies[0]!;

describe('strip line', () => {
  it.each(vectors.crc)('the CRC of "$text" is $crc, on both sides', ({ text, crc: expected }) => {
    expect(crc16(Buffer.from(text))).toBe(parseInt(expected, 16));
    expect(crc(Buffer.from(text))).toBe(parseInt(expected, 16));
  });

  it.each(commands)('writes $name', ({ address, seq, command, hex }) => {
    expect(hexOf(encodeStrip(address, seq, command))).toBe(hex);
  });

  it.each(commands)('the sign reads $name, cut at any byte', ({ address, seq, hex }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const sign = createStripReceiver();
      const requests = [...sign.receive(bytes.subarray(0, cut)), ...sign.receive(bytes.subarray(cut))];
      expect(requests, `cut at ${cut}`).toMatchObject([{ address, seq }]);
      expect(sign.drops).toEqual({ stray: 0, crc: 0, form: 0, unfinished: 0 });
    }
  });

  it.each(vectors.stripReplies)('reads $name, cut at any byte', ({ hex, message }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { messages, dropped } = receive(new StripReceiver(), bytes.subarray(0, cut), bytes.subarray(cut));
      expect(messages, `cut at ${cut}`).toEqual([message]);
      expect(dropped).toEqual([]);
    }
  });

  it.each(vectors.stripReplies.slice(0, 7))('the sign writes $name', ({ hex }) => {
    const bytes = bytesOf(hex);
    expect(hexOf(replyFrame(bytes[1]!, bytes[2]!, bytes[3]!, bytes.subarray(6, -2)))).toBe(hex);
  });

  it.each(vectors.stripDropped)('drops as $reason: $why, and reads the next', ({ hex, reason }) => {
    const receiver = new StripReceiver();
    const { messages, dropped } = receive(receiver, bytesOf(hex), bytesOf(done.hex));
    dropped.push(...receiver.silence());
    expect(messages).toEqual([done.message]);
    expect(dropped.map((each) => each.reason)).toContain(reason);
  });

  it('reads all messages in one piece with noise around them, and byte by byte', () => {
    const noise = bytesOf('00FF41');
    const all = Buffer.concat(vectors.stripReplies.flatMap(({ hex }) => [noise, bytesOf(hex)]));
    const messages = vectors.stripReplies.map(({ message }) => message);
    expect(receive(new StripReceiver(), all).messages).toEqual(messages);
    const single = Array.from(all, (byte) => Uint8Array.of(byte));
    expect(receive(new StripReceiver(), ...single).messages).toEqual(messages);
  });

  it('gives up a beginning that claims bytes which never come, at the next good frame', () => {
    const claims = bytesOf('7E0110810002');
    const { messages, dropped } = receive(new StripReceiver(), claims, bytesOf(done.hex));
    expect(messages).toEqual([done.message]);
    expect(dropped).toEqual([{ reason: 'noise', bytes: claims }]);
  });

  it('drops a beginning when the line is quiet, and keeps no more than a frame', () => {
    const receiver = new StripReceiver();
    receiver.push(bytesOf('7E0110810002'));
    expect(receiver.held).toBe(6);
    expect(receiver.silence()).toHaveLength(1);
    expect(receiver.held).toBe(0);
    expect(receiver.silence()).toEqual([]);
    receiver.push(bytesOf('7E0110810002'));
    receiver.push(new Uint8Array(5_000));
    expect(receiver.held).toBeLessThanOrEqual(STRIP_MAX_FRAME);
  });

  it('the sign finds the request behind a false start', () => {
    const request = bytesOf(commands[0]!.hex);
    const sign = createStripReceiver();
    expect(sign.receive(Buffer.concat([bytesOf('00FF7E7EF8'), request]))).toMatchObject([{ seq: 16 }]);
    expect(sign.receive(bytesOf('7E01'))).toEqual([]);
    sign.silence();
    expect(sign.receive(request)).toMatchObject([{ seq: 16 }]);
  });

  it.each(vectors.stripTexts)('writes "$text" as $hex', ({ text, hex }) => {
    expect(hexOf(stripText(text))).toBe(hex);
  });

  it('cuts a long text between characters', () => {
    const bytes = stripText(`A${'号'.repeat(150)}`);
    expect(bytes).toHaveLength(199);
    expect(iconv.decode(Buffer.from(bytes), 'gb18030')).toBe(`A${'号'.repeat(99)}`);
  });

  it('has one- and two-byte characters for every code point, and never makes a question mark of one', () => {
    for (let point = 0; point <= 0x10ffff; point += point < 0x1_0000 ? 1 : 97) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const bytes = stripText(String.fromCodePoint(point));
      expect(bytes.length, `U+${point.toString(16)}`).toBeLessThanOrEqual(2);
      if (point !== 0x3f && bytes.includes(0x3f)) expect.fail(`U+${point.toString(16)} became ?`);
    }
    expect(hexOf(stripText('\ud800'))).toBe('A1F5');
  });
});

describe('Xunpeng', () => {
  it.each(vectors.xunpeng)('$name: both sides', ({ hex, reply, number }) => {
    expect(hexOf(encodeXunpeng(number))).toBe(hex);
    const sign = createNumberReceiver();
    const requests = sign.receive(bytesOf(hex));
    expect(requests).toMatchObject([{ number: number.number, info: number.info }]);
    expect(hexOf(numberReply(requests[0]!))).toBe(reply);
    const bytes = bytesOf(reply);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { messages, dropped } = receive(
        new XunpengReceiver(),
        bytes.subarray(0, cut),
        bytes.subarray(cut),
      );
      expect(messages, `cut at ${cut}`).toEqual([{ type: 'reply', ...number }]);
      expect(dropped).toEqual([]);
    }
    expect(receive(new XunpengReceiver(), bytesOf(hex)).messages).toEqual([{ type: 'echo', ...number }]);
  });

  it.each(vectors.xunpengDropped)('drops $why, and reads the next', ({ hex }) => {
    const next = vectors.xunpeng[0]!;
    const receiver = new XunpengReceiver();
    const { messages, dropped } = receive(receiver, bytesOf(hex), bytesOf(next.reply));
    expect(messages).toEqual([{ type: 'reply', ...next.number }]);
    expect(Buffer.concat(dropped.map(({ bytes }) => bytes))).toEqual(Buffer.from(bytesOf(hex)));
  });

  it('forgets a beginning when the line is quiet', () => {
    const receiver = new XunpengReceiver();
    receiver.push(bytesOf('2A00'));
    expect(receiver.silence()).toEqual([{ reason: 'noise', bytes: bytesOf('2A00') }]);
    expect(receiver.held).toBe(0);
  });

  it.each(vectors.xunpengNumbers)('the number of "$text" is $number', ({ text, number }) => {
    expect(xunpengNumber(text)).toBe(number);
  });
});

/** Devices described by frames: from bytes to keys and back, with the vectors typed from the page. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameDescription, type FrameDescription } from '../../kiosk-agent/contract/devices.ts';
import type { FrameReceiver, Received } from '../../kiosk-agent/device/codec/frame-receiver.ts';
import {
  compileFrames,
  type DisplayText,
  type FrameCommand,
  type FrameRole,
  type FramesCodec,
} from '../../kiosk-agent/device/codec/frames.ts';
import { modelOf } from '../../kiosk-agent/device/models.ts';

type Model = string | Record<string, unknown>;
type KeyVector = {
  model: Model;
  hex: string;
  role: FrameRole;
  address: number | null;
  code: string;
  why?: string;
};
type HostVector = {
  model: Model;
  hex: string;
  role: FrameRole;
  command: FrameCommand;
  address: number;
  text?: DisplayText;
};
const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as {
  keys: KeyVector[];
  host: HostVector[];
  acknowledged: { model: Model; key: string; hex: string }[];
  dropped: { model: Model; hex: string; reason: string; why?: string }[];
};
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hexOf = (bytes: Uint8Array | null) =>
  bytes === null
    ? null
    : [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

function descriptionOf(model: Model): FrameDescription {
  if (typeof model !== 'string') return frameDescription.parse(model);
  const row = modelOf(model);
  if (row?.kind !== 'frames' || !row.frames) throw new Error(`${model} has no frames`);
  return row.frames;
}
function codecOf(model: Model): FramesCodec {
  const compiled = compileFrames(descriptionOf(model));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.codec;
}
function receiverOf(model: Model): FrameReceiver {
  const row = typeof model === 'string' ? modelOf(model) : undefined;
  const maps = row?.kind === 'frames' ? row : { keyMap: {}, padMap: {} };
  return codecOf(model).receiver({
    pad: new Set(Object.keys(maps.padMap)),
    evaluator: new Set(Object.keys(maps.keyMap)),
  });
}
function receive(receiver: FrameReceiver, ...pieces: Uint8Array[]): Received {
  const all: Received = { keys: [], echoes: [], dropped: [] };
  for (const piece of pieces) {
    const { keys, echoes, dropped } = receiver.push(piece);
    all.keys.push(...keys);
    all.echoes.push(...echoes);
    all.dropped.push(...dropped);
  }
  return all;
}
/** The same, and silence behind it: what a bare byte is is known only then. */
function receiveAll(receiver: FrameReceiver, ...pieces: Uint8Array[]): Received {
  const all = receive(receiver, ...pieces);
  const { keys, echoes, dropped } = receiver.silence();
  return {
    keys: [...all.keys, ...keys],
    echoes: [...all.echoes, ...echoes],
    dropped: [...all.dropped, ...dropped],
  };
}
const told = ({ keys }: Received) => keys.map(({ role, address, code }) => ({ role, address, code }));
const meaning = ({ role, address, code }: KeyVector) => ({ role, address, code });
const CALL = bytesOf('FF 68 03 03 68 01 01 0C 0E 16');
const CALL_KEY = { role: 'pad', address: 1, code: '0C' };

describe('a key frame', () => {
  it.each(vectors.keys)('is read: $hex', (vector) => {
    const got = receiveAll(receiverOf(vector.model), bytesOf(vector.hex));
    expect(told(got)).toEqual([meaning(vector)]);
    expect(hexOf(got.keys[0]!.bytes)).toBe(vector.hex);
    expect(got.dropped).toEqual([]);
  });

  it.each(vectors.keys)('is read in two pieces, cut at any byte: $hex', (vector) => {
    const bytes = bytesOf(vector.hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const got = receiveAll(receiverOf(vector.model), bytes.subarray(0, cut), bytes.subarray(cut));
      expect(told(got), `cut at ${cut}`).toEqual([meaning(vector)]);
      expect(got.dropped).toEqual([]);
    }
  });

  it.each(vectors.keys)('is read behind its own beginning, cut anywhere: $hex', (vector) => {
    const bytes = bytesOf(vector.hex);
    for (let cut = 1; cut < bytes.length; cut++) {
      const got = receive(receiverOf(vector.model), bytes.subarray(0, cut), bytes, bytes);
      expect(told(got).at(-1), `cut at ${cut}`).toEqual(meaning(vector));
      const count = [...got.keys, ...got.dropped].reduce((sum, each) => sum + each.bytes.length, 0);
      expect(count).toBe(cut + 2 * bytes.length);
    }
  });

  it.each(vectors.dropped)('is not read from $hex', ({ model, hex, reason }) => {
    const receiver = receiverOf(model);
    const got = receive(receiver, bytesOf(hex));
    expect(got.keys).toEqual([]);
    const { dropped } = receiver.silence();
    expect([...got.dropped, ...dropped][0]?.reason).toBe(reason);
    expect(receiver.held).toBe(0);
  });

  it('of each kind and length is read from one line, in one piece and byte by byte', () => {
    const ff68 = vectors.keys.filter(({ model }) => model === 'ff68');
    const all = Buffer.concat(ff68.map(({ hex }) => bytesOf(hex)));
    expect(told(receive(receiverOf('ff68'), all))).toEqual(ff68.map(meaning));
    expect(told(receive(receiverOf('ff68'), ...Array.from(all, (byte) => Uint8Array.of(byte))))).toEqual(
      ff68.map(meaning),
    );
  });

  it('with a wrong checksum is one report of all its bytes', () => {
    const { dropped } = receive(receiverOf('ff68'), bytesOf('FF 68 03 03 68 01 01 0C 0F 16'), CALL);
    expect(dropped.map(({ reason, bytes }) => [reason, bytes.length])).toEqual([['wrong-checksum', 10]]);
  });

  it('of FF68 is not read when any single bit of it is turned over', () => {
    for (let bit = 0; bit < CALL.length * 8; bit++) {
      const turned = Buffer.from(CALL);
      turned[bit >> 3]! ^= 1 << (bit & 7);
      expect(told(receive(receiverOf('ff68'), turned)), `bit ${bit}`).toEqual([]);
    }
  });

  it('that silence cuts off is dropped, and a whole one behind it is still found', () => {
    const receiver = receiverOf({ pad: { keys: ['AA {any} {any} {any} {any} {any} {key}', 'BB {key} CC'] } });
    expect(told(receive(receiver, bytesOf('AA 01 BB 07 CC')))).toEqual([]);
    expect(receiver.held).toBe(5);
    const { keys, dropped } = receiver.silence();
    expect(keys.map(({ code }) => code)).toEqual(['07']);
    expect(dropped.map(({ reason, bytes }) => [reason, hexOf(bytes)])).toEqual([['cut-off', 'AA 01']]);
    expect(receiver.held).toBe(0);
  });
});

describe('a key of one bare byte', () => {
  const codes = ({ keys }: Received) => keys.map(({ code }) => code);
  const lost = ({ dropped }: Received) => dropped.map(({ reason, bytes }) => `${reason} ${hexOf(bytes)}`);

  it('is told when the line is silent behind it, not before', () => {
    const receiver = receiverOf('ascii-5');
    expect(receive(receiver, bytesOf('33'))).toEqual({ keys: [], echoes: [], dropped: [] });
    expect(receiver).toMatchObject({ held: 1, midFrame: false, endless: false });
    expect(codes(receiver.silence())).toEqual(['33']);
    expect(receiver.held).toBe(0);
    expect(receiver.silence()).toEqual({ keys: [], echoes: [], dropped: [] });
  });

  it('with other keys around it is told in order, in one piece and byte by byte', () => {
    expect(codes(receiveAll(receiverOf('ascii-5'), bytesOf('32 33 33 31')))).toEqual([
      '32',
      '33',
      '33',
      '31',
    ]);
    const pieces = Array.from(bytesOf('32 33 33 31'), (byte) => Uint8Array.of(byte));
    expect(codes(receiveAll(receiverOf('ascii-5'), ...pieces))).toEqual(['32', '33', '33', '31']);
  });

  it.each(['00 33', '33 36', '7F 33 E0', '33 33 0D', '31 32 33 34 35 30'])(
    'is noise with anything else around it, cut anywhere: %s',
    (hex) => {
      const bytes = bytesOf(hex);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const receiver = receiverOf('ascii-5');
        const got = receiveAll(receiver, bytes.subarray(0, cut), bytes.subarray(cut));
        expect(codes(got), `cut at ${cut}`).toEqual([]);
        expect(lost(got)).toEqual([`noise ${hex}`]);
        expect(receiver.held).toBe(0);
        expect(codes(receiveAll(receiver, bytesOf('33')))).toEqual(['33']);
      }
    },
  );

  it('is told among 64 of them; one more without a pause, and all are noise', () => {
    const longest = Buffer.alloc(64, '3');
    expect(codes(receiveAll(receiverOf('ascii-5'), longest))).toHaveLength(64);
    const receiver = receiverOf('ascii-5');
    const got = receive(receiver, longest, bytesOf('33'));
    expect(got.dropped.map(({ bytes }) => bytes.length)).toEqual([64]);
    expect(receiver).toMatchObject({ held: 1, endless: true });
    expect(lost(receiver.silence())).toEqual(['noise 33']);
    expect(receiver).toMatchObject({ held: 0, endless: false });
    expect(codes(receiveAll(receiver, bytesOf('33')))).toEqual(['33']);
  });

  it('is none in garbage that never pauses, which is held in one byte', () => {
    const receiver = receiverOf('ascii-5');
    let dropped = 0;
    for (let round = 0; round < 100; round++) {
      const got = receive(receiver, bytesOf('33 31 35 34 32 33 31 35 34 32'));
      expect(got.keys).toEqual([]);
      dropped += got.dropped.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(receiver.held).toBeLessThanOrEqual(64);
    }
    expect(receiver).toMatchObject({ held: 1, endless: true });
    expect(dropped).toBe(999);
  });

  it('stands beside an echo of ours, and is none when the echo is not whole', () => {
    const open = bytesOf('A5 31 01');
    const expecting = () => {
      const receiver = receiverOf('ascii-5');
      receiver.expectEcho(open);
      return receiver;
    };
    for (const hex of ['32 A5 31 01', 'A5 31 01 32']) {
      const got = receiveAll(expecting(), bytesOf(hex));
      expect([codes(got), got.echoes, got.dropped], hex).toEqual([['32'], [open], []]);
    }
    expect(lost(receiveAll(expecting(), bytesOf('32 A5 31')))).toEqual(['noise 32 A5 31']);
    const twice = receiveAll(expecting(), bytesOf('A5 31 01 A5 31 01'));
    expect([codes(twice), twice.echoes, lost(twice)]).toEqual([[], [], ['noise A5 31 01 A5 31 01']]);
  });

  it('that is our own echo is no key, once', () => {
    const receiver = receiverOf('ascii-5');
    receiver.expectEcho(bytesOf('33'));
    expect(codes(receiveAll(receiver, bytesOf('33')))).toEqual([]);
    expect(codes(receiveAll(receiver, bytesOf('33')))).toEqual(['33']);
  });
});

describe('an echo of our own', () => {
  it('is no key, once for each time it was expected', () => {
    const receiver = receiverOf('ff68');
    receiver.expectEcho(CALL);
    const got = receive(receiver, CALL, CALL);
    expect(got.echoes).toEqual([CALL]);
    expect(told(got)).toEqual([CALL_KEY]);
  });

  it('is found cut at any byte, and behind the frame that crossed it', () => {
    const display = bytesOf('FF 68 08 08 68 01 02 0A 0A 0A 00 02 03 26 16');
    for (let cut = 0; cut <= display.length; cut++) {
      const receiver = receiverOf('ff68');
      receiver.expectEcho(display);
      const got = receive(receiver, CALL, display.subarray(0, cut), display.subarray(cut));
      expect(got.echoes).toEqual([display]);
      expect(told(got)).toEqual([CALL_KEY]);
      expect(got.dropped).toEqual([]);
    }
  });

  it('that did not come makes no difference any more', () => {
    const receiver = receiverOf('ff68');
    receiver.expectEcho(CALL);
    receiver.forgetEcho(CALL);
    expect(told(receive(receiver, CALL))).toEqual([CALL_KEY]);
  });
});

describe('a frame to the device', () => {
  it.each(vectors.host)('$command is $hex', ({ model, hex, role, command, address, text }) => {
    expect(hexOf(codecOf(model).command(role, command, address, text))).toBe(hex);
  });

  it.each(vectors.acknowledged)('acknowledges $key with $hex', ({ model, key, hex }) => {
    const [frame] = receiverOf(model).push(bytesOf(key)).keys;
    expect(hexOf(codecOf(model).acknowledge(frame!))).toBe(hex);
  });

  it('that the model does not have is none', () => {
    expect(codecOf('ub485').command('pad', 'open', 1)).toBeNull();
    expect(
      codecOf('ub485').acknowledge(receiverOf('ub485').push(bytesOf('01 05 31 07')).keys[0]!),
    ).toBeNull();
    expect(codecOf('ascii-5').can('evaluator', 'open')).toBe(false);
    expect(codecOf('ff68').can('evaluator', 'open')).toBe(true);
    expect(codecOf('ff68').can('pad', 'acknowledge')).toBe(true);
  });

  it('acknowledges with digits and key in the places of its own', () => {
    const model = {
      pad: { keys: ['02 {digit} {key} {sum8 0}'], acknowledge: '06 {key} {digit} {crc16-modbus 0}' },
    };
    const [frame] = receiverOf(model).push(bytesOf('02 05 41 48')).keys;
    expect(frame?.code).toBe('0541');
    expect(hexOf(codecOf(model).acknowledge(frame!))?.slice(0, 8)).toBe('06 41 05');
  });
});

describe('a description', () => {
  const faultsOf = (description: Record<string, unknown>) => {
    const compiled = compileFrames(frameDescription.parse(description));
    return compiled.ok ? [] : compiled.faults.map(({ path, why }) => `${path}: ${why}`);
  };
  const key = (template: string) => faultsOf({ pad: { keys: [template] } });

  it.each(['ff68', 'ub485', 'ascii-5'])('of the model %s has no fault', (model) => {
    expect(compileFrames(descriptionOf(model)).ok).toBe(true);
  });

  it.each([
    ['AA {foo} {key}', /pad\.keys\.0: \{foo\} has no meaning here; known are \{address\} \{key\}/],
    ['AA {ticket1} {key}', /\{ticket1\} has no meaning here/],
    ['AA B {key}', /B has an odd number of hex digits/],
    ['AAB {key}', /AAB has an odd number/],
    ['AA XY {key}', /XY is neither hex nor a name/],
    ['AA {key', /the brace of \{key is not closed/],
    ['AA key} 55', /key\} is neither hex/],
    ['AA {key} {key}', /2 × \{key\}/],
    ['{address} {address} {key} 55', /2 × \{address\}/],
    ['AA {key} {sum8 0} {xor8 0}', /2 checksums/],
    ['AA {key} {sum8 2}', /counts from byte 2, but is byte 2 itself/],
    ['{sum8 0} {key}', /counts from byte 0, but is byte 0 itself/],
    ['AA {key} {sum8 3} 55', /counts from byte 3/],
    ['AA {key} {sum8}', /\{sum8\} needs the number of the byte/],
    ['AA {key} {sum8 x}', /needs the number/],
    ['AA {key 3}', /takes no number/],
    ['AA 55', /no \{key\}: the device would tell nothing/],
    ['{address} {key}', /nobody can tell where it begins/],
    [`${'AA '.repeat(64)}{key}`, /65 bytes long; 64 is the longest/],
  ])('with the key %s is refused', (template, why) => {
    const faults = key(template);
    expect(faults.join('\n')).toMatch(why);
  });

  it.each([
    '{key}',
    'AA{key}55',
    '{address} {key} {sum8 0}',
    'ff 68 {any}{digit} {key} {crc16-modbus 1}',
    `${'AA '.repeat(63)}{key}`,
  ])('with the key %s is taken', (template) => {
    expect(key(template)).toEqual([]);
  });

  it('names every fault, not only the first', () => {
    expect(faultsOf({ pad: { keys: ['AA', 'BB {key} {foo}'], display: 'CC {key}' } })).toHaveLength(3);
  });

  it('without any device is refused', () => {
    expect(faultsOf({}).join()).toMatch(/neither a pad nor an evaluator/);
  });

  it('with an address in some frames and not in others is refused', () => {
    const faults = faultsOf({
      pad: { keys: ['AA {address} {key} 55'], beep: 'AA 07' },
      evaluator: { keys: ['BB {key} 55'] },
    });
    expect(faults).toEqual([
      'pad.beep: it has no {address}, but pad.keys.0 has one: either all frames have it or none',
      'evaluator.keys.0: it has no {address}, but pad.keys.0 has one: either all frames have it or none',
    ]);
  });

  it.each([
    ['BB {key} 55', 'BB {key} 55'],
    ['BB {key}', 'BB {key} {digit}'],
    ['BB {key} {digit} 55', 'BB {key} 03 {any}'],
  ])('with %s and %s is refused: nobody could tell them apart', (one, other) => {
    expect(faultsOf({ pad: { keys: [one] }, evaluator: { keys: [other] } }).join()).toMatch(
      /evaluator\.keys\.0: it cannot be told from pad\.keys\.0/,
    );
  });

  it('is not refused when a digit or a fixed byte tells the frames apart', () => {
    expect(faultsOf({ pad: { keys: ['BB {key} 55', 'BB {key} {digit} 55'] } })).toEqual([]);
  });

  it('whose acknowledgement wants a digit that the key does not have is refused', () => {
    expect(faultsOf({ pad: { keys: ['AA {key} 55'], acknowledge: 'AB {digit} {key}' } })).toEqual([
      'pad.acknowledge: it has 1 × {digit}, but pad.keys.0 has 0',
    ]);
  });
});

describe('any bytes', () => {
  it('among bare keys give keys only where all of them are, and every byte is accounted for', () => {
    const burst = fc.oneof(
      fc.array(fc.constantFrom(0x31, 0x32, 0x33, 0x34, 0x35), { minLength: 1, maxLength: 80 }),
      fc.array(fc.nat(255), { minLength: 1, maxLength: 80 }),
    );
    fc.assert(
      fc.property(burst, fc.nat(80), (bytes, cut) => {
        const all = Uint8Array.from(bytes);
        const got = receiveAll(receiverOf('ascii-5'), all.subarray(0, cut), all.subarray(cut));
        const isPress = bytes.length <= 64 && bytes.every((byte) => byte >= 0x31 && byte <= 0x35);
        expect(got.keys.map(({ bytes: [byte] }) => byte)).toEqual(isPress ? bytes : []);
        expect(Buffer.concat(got.dropped.map(({ bytes: dropped }) => dropped))).toEqual(
          Buffer.from(isPress ? [] : bytes),
        );
      }),
      { seed: 20261123, numRuns: 300 },
    );
  });

  const chunk = fc.oneof(
    fc
      .constantFrom(...vectors.keys, ...vectors.dropped)
      .filter(({ model }) => model === 'ff68')
      .map(({ hex }) => bytesOf(hex)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );
  it('give the same keys whatever the pieces, and every byte is accounted for', () => {
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 12 }),
        (chunks, cuts) => {
          const all = Buffer.concat(chunks);
          const places = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
          const pieces = places.slice(1).map((end, at) => all.subarray(places[at], end));
          const count = (receiver: FrameReceiver, got: Received) =>
            [...got.keys, ...got.dropped].reduce((sum, { bytes }) => sum + bytes.length, receiver.held);
          const [one, other] = [receiverOf('ff68'), receiverOf('ff68')];
          const whole = receive(one, all);
          const cut = receive(other, ...pieces);
          expect(told(cut)).toEqual(told(whole));
          expect(count(one, whole)).toBe(all.length);
          expect(count(other, cut)).toBe(all.length);
          expect(one.held).toBeLessThan(11);
        },
      ),
      { seed: 20260105, numRuns: 300 },
    );
  });
});

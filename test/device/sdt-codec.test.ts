import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeSdt,
  fitsRequest,
  samIdText,
  SDT_LONGEST_FRAME,
  SdtReceiver,
  shownAnswer,
  textOfRead,
  wipe,
  type SdtAnswer,
  type SdtDropped,
  type SdtRequest,
} from '../../kiosk-agent/device/codec/sdt.ts';

type AnswerVector = { hex: string; status: string; data: string; fits?: string[]; samId?: string };
const vectors = JSON.parse(readFileSync(new URL('../vectors/sdt.json', import.meta.url), 'utf8')) as {
  requests: { request: SdtRequest; hex: string }[];
  answers: AnswerVector[];
  dropped: { hex: string; reason: string; why: string }[];
};
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const status = bytesOf('AAAAAA9669000400009094');

/** A frame around data that the page gives only by its length. */
function frame(sw3: number, data: Uint8Array): Buffer {
  const length = data.length + 4;
  const counted = Buffer.from([length >> 8, length & 255, 0, 0, sw3, ...data]);
  return Buffer.concat([
    bytesOf('AAAAAA9669'),
    counted,
    Buffer.from([counted.reduce((sum, byte) => sum ^ byte, 0)]),
  ]);
}
/** `05 08 00 00 90 01 00 04 00`, 256 bytes of text, 1024 of photo: 1295 in all. */
const TEXT = Buffer.alloc(256, Buffer.from('姓 ', 'utf16le'));
const PHOTO = Buffer.from(Array.from({ length: 1024 }, (_, at) => (at * 7 + 1) & 255));
const READ = frame(0x90, Buffer.concat([bytesOf('01000400'), TEXT, PHOTO]));

function receive(...pieces: Uint8Array[]) {
  const receiver = new SdtReceiver();
  const answers: SdtAnswer[] = [];
  const dropped: SdtDropped[] = [];
  for (const piece of pieces) {
    const got = receiver.push(piece);
    answers.push(...got.answers);
    dropped.push(...got.dropped);
  }
  return { answers, dropped, receiver };
}
const summary = ({ status: word, data }: SdtAnswer) => ({ status: word, data: hexOf(data) });

describe('SDT requests', () => {
  it.each(vectors.requests)('$request is $hex', ({ request, hex }) => {
    expect(hexOf(encodeSdt(request))).toBe(hex);
  });
});

describe('SDT answers', () => {
  it.each(vectors.answers)('$hex is $status', ({ hex, status: word, data }) => {
    const { answers, dropped, receiver } = receive(bytesOf(hex));
    expect(answers.map(summary)).toEqual([{ status: word, data }]);
    expect(hexOf(Uint8Array.from(answers[0]!.sw))).toBe(hex.slice(14, 20));
    expect(dropped).toEqual([]);
    expect(receiver.held).toBe(0);
  });

  it.each(vectors.answers)('$hex is read in two pieces, cut at any byte', ({ hex, status: word, data }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { answers, dropped } = receive(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(answers.map(summary), `cut at ${cut}`).toEqual([{ status: word, data }]);
      expect(dropped).toEqual([]);
    }
  });

  it('the answer to read is 1295 bytes, and is read cut at any of them', () => {
    expect(READ.length).toBe(1295);
    expect(hexOf(READ.subarray(5, 14))).toBe('050800009001000400');
    for (let cut = 0; cut <= READ.length; cut++) {
      const { answers, dropped } = receive(READ.subarray(0, cut), READ.subarray(cut));
      expect(answers.length, `cut at ${cut}`).toBe(1);
      expect(dropped).toEqual([]);
      expect(Buffer.from(textOfRead(answers[0]!.data) ?? []).equals(TEXT)).toBe(true);
    }
  });

  it('byte by byte, and all in one piece, they are the same', () => {
    const all = Buffer.concat([...vectors.answers.map(({ hex }) => bytesOf(hex)), READ, status]);
    const whole = receive(all).answers.map(summary);
    expect(whole.length).toBe(vectors.answers.length + 2);
    expect(receive(...Array.from(all, (byte) => Uint8Array.of(byte))).answers.map(summary)).toEqual(whole);
  });

  it.each([1297, 1809, 2321])('with fingerprints an answer is %i bytes', (total) => {
    const long = frame(0x90, Buffer.alloc(total - 11, 0x41));
    expect(receive(long.subarray(0, 900), long.subarray(900)).answers[0]?.data.length).toBe(total - 11);
  });

  it.each(vectors.answers)(
    '$hex fits the requests that it can answer and no other',
    ({ hex, status: word, fits }) => {
      const [answer] = receive(bytesOf(hex)).answers;
      const all = vectors.requests.map(({ request }) => request);
      const expected = word === 'ok' || word === 'found' ? (fits ?? []) : all;
      expect(all.filter((request) => fitsRequest(request, answer!))).toEqual(expected);
    },
  );

  it('a read answer fits nothing but read', () => {
    const [answer] = receive(READ).answers;
    const fitting = vectors.requests
      .map(({ request }) => request)
      .filter((each) => fitsRequest(each, answer!));
    expect(fitting).toEqual(['read']);
  });

  it('the SAM id is written as on its label', () => {
    const vector = vectors.answers.find(({ samId }) => samId !== undefined)!;
    expect(samIdText(bytesOf(vector.data))).toBe(vector.samId);
    expect(samIdText(bytesOf('0500'))).toBeNull();
  });

  it.each([
    ['no data', ''],
    ['lengths without what they count', '01000400'],
    ['a text of another length', `00FE0000${'20'.repeat(254)}`],
    ['one byte more than its lengths say', `01000000${'20'.repeat(257)}`],
    ['one byte less', `01000000${'20'.repeat(255)}`],
  ])('a read answer with %s has no text', (_, hex) => {
    expect(textOfRead(bytesOf(hex))).toBeNull();
  });
});

describe('SDT framing', () => {
  it.each(vectors.dropped)('drops as $reason: $why', ({ hex, reason }) => {
    const { answers, dropped } = receive(bytesOf(hex));
    expect(answers).toEqual([]);
    expect(dropped[0]?.reason).toBe(reason);
  });

  it.each(vectors.dropped)('reads the answer behind what it drops: $why', ({ hex }) => {
    expect(receive(bytesOf(hex), status).answers.map(summary)).toEqual([{ status: 'ok', data: '' }]);
  });

  it('accepts garbage before the preamble, also garbage that looks like its beginning', () => {
    for (const garbage of ['00', '2448492C', 'AA', 'AAAA', 'AAAAAA', 'AAAAAA96', 'AAAA9669', '9669']) {
      const { answers, dropped } = receive(bytesOf(garbage), status);
      expect(answers.length, garbage).toBe(1);
      expect(dropped.reduce((sum, { length }) => sum + length, 0)).toBe(garbage.length / 2);
    }
  });

  it('finds the good answers that a torn one has swallowed', () => {
    let tried = 0;
    for (let cut = 1; cut < READ.length; cut += 7) {
      const pieces = [READ.subarray(0, cut), status, READ];
      // One torn frame in 256 has a right XOR by chance: no receiver can know it.
      const swallowed = Buffer.concat(pieces).subarray(5, READ.length);
      if (cut >= 7 && swallowed.reduce((sum, byte) => sum ^ byte, 0) === 0) continue;
      const { answers, receiver } = receive(...pieces);
      const all = [...answers, ...receiver.cutOff().answers];
      expect(
        all.map(({ data }) => data.length),
        `cut at ${cut}`,
      ).toEqual([0, 1284]);
      tried += 1;
    }
    expect(tried).toBeGreaterThan(150);
  });

  it('gives up half an answer when the line falls silent, and says how long it was', () => {
    for (let cut = 5; cut < READ.length; cut += 17) {
      const { receiver } = receive(READ.subarray(0, cut));
      const { answers, dropped } = receiver.cutOff();
      expect(answers).toEqual([]);
      expect(dropped[0]?.reason).toBe('cut-off');
      expect(dropped.reduce((sum, { length }) => sum + length, 0)).toBe(cut);
      expect(receiver.held).toBe(0);
      expect(receiver.push(status).answers.length).toBe(1);
    }
  });

  it('a preamble inside a photo is a part of the photo', () => {
    const photo = Buffer.from(PHOTO);
    status.copy(photo, 500);
    const read = frame(0x90, Buffer.concat([bytesOf('01000400'), TEXT, photo]));
    const { answers, dropped } = receive(read.subarray(0, 780), read.subarray(780));
    expect(answers.map(({ data }) => data.length)).toEqual([1284]);
    expect(dropped).toEqual([]);
  });

  it('tells every byte: as an answer, as dropped, or held', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), fc.nat(60), (noise, at) => {
        const pieces = [...noise.slice(0, at), status, ...noise.slice(at)];
        const { answers, dropped, receiver } = receive(...pieces);
        const told = answers.reduce((sum, { data }) => sum + data.length + 11, 0);
        const lost = dropped.reduce((sum, { length }) => sum + length, 0);
        const sent = pieces.reduce((sum, piece) => sum + piece.length, 0);
        expect(told + lost + receiver.held).toBe(sent);
      }),
    );
  });
});

describe('what the codec keeps and shows of a card', () => {
  it('is nothing in the receiver, once the answer is given, dropped or cut off', () => {
    const bent = Buffer.from(READ);
    bent[600] = bent[600]! ^ 1;
    for (const pieces of [[READ], [bent], [READ.subarray(0, 1000)], [READ.subarray(300)]]) {
      const { receiver } = receive(...pieces);
      receiver.cutOff();
      expect(receiver.memory).toEqual(new Uint8Array(SDT_LONGEST_FRAME));
    }
  });

  it('is zeros in the view of a frame, behind its status and with its length', () => {
    const [answer] = receive(READ).answers;
    for (const request of ['read', 'sam-id', 'find', null] as const) {
      const shown = shownAnswer(answer!, request);
      expect(hexOf(shown)).toBe(`AAAAAA96690508000090${'00'.repeat(1285)}`);
    }
    wipe(answer!);
    expect(answer!.data).toEqual(new Uint8Array(1284));
  });

  it('shows whole what cannot hold a card: a status, and a SAM id that was asked for', () => {
    const vector = vectors.answers.find(({ samId }) => samId !== undefined)!;
    const [id] = receive(bytesOf(vector.hex)).answers;
    expect(hexOf(shownAnswer(id!, 'sam-id'))).toBe(vector.hex);
    expect(hexOf(shownAnswer(id!, null))).toBe(`AAAAAA96690014000090${'00'.repeat(17)}`);
    expect(hexOf(shownAnswer(receive(status).answers[0]!, 'status'))).toBe(hexOf(status));
  });
});

/** The sorting of a printer's answers, against bytes typed from the protocol page. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as codec from '../../kiosk-agent/device/codec/escpos.ts';
import { lastPiece } from '../../kiosk-agent/device/codec/escpos-sheet.ts';
import { Sheet } from '../../kiosk-agent/paper/sheet.ts';
import { sheet } from './printer-bench.ts';
import { ReplyStream, type Reply } from '../../kiosk-agent/device/codec/escpos.ts';
import {
  both,
  readAutomatic,
  readFullStatus,
  readPaperStatus,
  readRealtime,
  type Sensors,
  type StatusDialect,
} from '../../kiosk-agent/device/codec/escpos-sensors.ts';

type Vectors = {
  commands: { name: string; hex: string }[];
  replies: { hex: string; means: string[] }[];
  fullReplies: { hex: string; means: string[] }[];
  status: { answers: string; dialect?: StatusDialect; true: string[] }[];
  automatic: { hex: string; dialect?: StatusDialect; true: string[] }[];
  full: { hex: string; true: string[] }[];
  paper: { hex: string; true: string[] }[];
  notPaper: string[];
};
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/escpos.json', import.meta.url), 'utf8'),
) as Vectors;

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Iterable<number>) =>
  [...bytes].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

function say(reply: Reply): string {
  switch (reply.type) {
    case 'realtime':
    case 'single':
      return `${reply.type} ${hexOf([reply.byte])}`;
    case 'automatic':
    case 'full-status':
    case 'noise':
      return `${reply.type} ${hexOf(reply.bytes)}`;
    case 'identity':
      return `identity ${reply.text}`;
    case 'process-id':
      return `process-id ${reply.id}`;
    case 'cleared':
      return 'cleared';
    case 'offline':
      return `offline ${hexOf(reply.causes)}`;
    case 'block':
      return `block ${hexOf([reply.header, ...reply.bytes])}`;
    case 'flow':
      return reply.ready ? 'xon' : 'xoff';
  }
}

/** Noise in pieces is the same noise. */
function merged(replies: Reply[]): string[] {
  const said: string[] = [];
  for (const sentence of replies.map(say)) {
    const last = said.at(-1);
    if (sentence.startsWith('noise ') && last?.startsWith('noise '))
      said[said.length - 1] = last + sentence.slice(5);
    else said.push(sentence);
  }
  return said;
}

const trueOf = (sensors: Partial<Sensors>) =>
  Object.entries(sensors)
    .filter(([, value]) => value)
    .map(([name]) => name)
    .sort();

describe('commands to a printer', () => {
  const built: Record<string, Uint8Array> = {
    init: codec.INIT,
    'realtime-status-1': codec.realtimeStatus(1),
    'realtime-status-2': codec.realtimeStatus(2),
    'realtime-status-3': codec.realtimeStatus(3),
    'realtime-status-4': codec.realtimeStatus(4),
    'full-status': codec.FULL_STATUS,
    'paper-status': codec.PAPER_STATUS,
    'automatic-status': codec.AUTOMATIC_STATUS,
    'identify-firmware': codec.identify('firmware'),
    'identify-maker': codec.identify('maker'),
    'identify-model': codec.identify('model'),
    'identify-serial': codec.identify('serial'),
    'process-id-0001': codec.processIdRequest('0001'),
    'recover-clearing': codec.RECOVER_CLEARING,
    'clear-buffers': codec.CLEAR_BUFFERS,
    'feed-and-cut': codec.FEED_AND_CUT,
  };
  it.each(Object.entries(built))('%s is what the page says', (name, bytes) => {
    expect(hexOf(bytes)).toBe(vectors.commands.find((command) => command.name === name)?.hex);
  });
  it('refuses a process id that is not four characters', () => {
    for (const wrong of ['', '001', '00001', '00 \n', '〇〇〇〇']) {
      expect(() => codec.processIdRequest(wrong)).toThrow(RangeError);
    }
  });
});

describe('answers of a printer', () => {
  it.each(vectors.replies)('$hex is $means', ({ hex, means }) => {
    expect(new ReplyStream().push(bytesOf(hex)).map(say)).toEqual(means);
  });

  it.each(vectors.replies)('$hex means the same, cut at every byte', ({ hex, means }) => {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const stream = new ReplyStream();
      const replies = [...stream.push(bytes.subarray(0, cut)), ...stream.push(bytes.subarray(cut))];
      expect(merged(replies)).toEqual(means);
    }
    const stream = new ReplyStream();
    expect(merged([...bytes].flatMap((byte) => stream.push(Uint8Array.of(byte))))).toEqual(means);
  });

  describe.each(vectors.fullReplies)('of a model with full status, $hex', ({ hex, means }) => {
    it('means the same, cut at every byte', () => {
      const bytes = bytesOf(hex);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const stream = new ReplyStream({ fullStatus: true });
        const replies = [...stream.push(bytes.subarray(0, cut)), ...stream.push(bytes.subarray(cut))];
        expect(merged(replies)).toEqual(means);
      }
      const stream = new ReplyStream({ fullStatus: true });
      expect(merged([...bytes].flatMap((byte) => stream.push(Uint8Array.of(byte))))).toEqual(means);
    });
  });

  it('is back in step after anything at all, holds nothing for long, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const stream = new ReplyStream();
        const replies = stream.push(bytes);
        // A status below 20h ends whatever noise began: no block may contain it.
        const after = stream.push(bytesOf('12 12 37 22 30 30 34 32 00'));
        expect(after.map(say).slice(-2)).toEqual(['realtime 12', 'process-id 0042']);
        expect(replies.length).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 20_261_123, numRuns: 2_000 },
    );
  });

  it('loses no byte: what comes out is what went in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const stream = new ReplyStream();
        const replies = [...stream.push(bytes), ...stream.abandon()];
        const flow = replies.filter((reply) => reply.type === 'flow').length;
        const rest = replies.flatMap((reply) => rawOf(reply));
        expect(flow).toBe(bytes.filter((byte) => byte === 0x11 || byte === 0x13).length);
        expect(hexOf(rest)).toBe(hexOf(bytes.filter((byte) => byte !== 0x11 && byte !== 0x13)));
      }),
      { seed: 20_261_124, numRuns: 2_000 },
    );
  });

  it('gives up an unfinished block when it is told that no more comes', () => {
    const stream = new ReplyStream();
    expect(stream.push(bytesOf('5F 45 50'))).toEqual([]);
    expect(stream.abandon().map(say)).toEqual(['noise 5F', 'single 45', 'noise 50']);
    expect(stream.push(bytesOf('12')).map(say)).toEqual(['realtime 12']);
  });

  it('takes no block that goes on for ever', () => {
    const stream = new ReplyStream();
    const replies = stream.push(new Uint8Array(10_000).fill(0x5f));
    expect(merged(replies)[0]).toMatch(/^noise 5F/);
    expect(replies.reduce((sum, reply) => sum + rawOf(reply).length, 0)).toBeGreaterThan(10_000 - 90);
  });
});

function rawOf(reply: Reply): number[] {
  switch (reply.type) {
    case 'realtime':
    case 'single':
      return [reply.byte];
    case 'automatic':
    case 'noise':
      return [...reply.bytes];
    case 'identity':
      return [0x5f, ...Buffer.from(reply.text, 'latin1'), 0];
    case 'full-status':
      return [0x10, 0x0f, ...reply.bytes];
    case 'process-id':
      return [0x37, 0x22, ...Buffer.from(reply.id, 'latin1'), 0];
    case 'cleared':
      return [0x37, 0x25, 0];
    case 'offline':
      return [0x37, 0x23, ...reply.causes, 0];
    case 'block':
      return [reply.header, ...reply.bytes, 0];
    case 'flow':
      return [];
  }
}

describe('what a printer feels', () => {
  it.each(vectors.status)(
    'DLE EOT answers $answers $dialect: $true',
    ({ answers, dialect, true: expected }) => {
      const [one, two, three, four] = bytesOf(answers);
      expect(trueOf(readRealtime([one!, two!, three!, four!], dialect))).toEqual([...expected].sort());
    },
  );
  it.each(vectors.automatic)('automatic status $hex $dialect: $true', ({ hex, dialect, true: expected }) => {
    const [one, two, three, four] = bytesOf(hex);
    expect(trueOf(readAutomatic([one!, two!, three!, four!], dialect))).toEqual([...expected].sort());
  });
  it.each(vectors.full)('full status $hex: $true', ({ hex, true: expected }) => {
    const [, , paper, user, recoverable, unrecoverable] = bytesOf(hex);
    expect(trueOf(readFullStatus([paper!, user!, recoverable!, unrecoverable!]))).toEqual(
      [...expected].sort(),
    );
  });
  it.each(vectors.paper)('GS r 1 answered $hex: $true', ({ hex, true: expected }) => {
    expect(codec.isPaperStatus(bytesOf(hex)[0]!)).toBe(true);
    expect(trueOf(readPaperStatus(bytesOf(hex)[0]!))).toEqual([...expected].sort());
  });
  it.each(vectors.notPaper)('%s answers no GS r 1', (hex) => {
    expect(codec.isPaperStatus(bytesOf(hex)[0]!)).toBe(false);
  });
  it('by two ways of asking is what either says, and a jam is no unnamed error', () => {
    const jam = both(readRealtime([0x1a, 0x52, 0x16, 0x12]), readFullStatus([0x20, 0, 0x40, 0]));
    expect(trueOf(jam)).toEqual(['offline', 'paperJam', 'ticketNotTaken']);
    const hot = both(readRealtime([0x1a, 0x52, 0x52, 0x12]), readFullStatus([0, 0, 0x41, 0]));
    expect(trueOf(hot)).toEqual(['headHot', 'offline', 'otherError', 'paperJam']);
  });
});

describe('where a sheet’s last piece begins', () => {
  const ends = (bytes: Uint8Array) => Buffer.from(bytes.subarray(lastPiece(bytes)));

  it('is its last line of text, behind everything before it', () => {
    const bytes = sheet('A001');
    const last = ends(bytes);
    expect(last.includes(Buffer.from('A001\n'))).toBe(true);
    // One line feed that prints, and no QR code.
    expect(last.toString('latin1').split('\n').length).toBe(2);
    expect(last.includes(Buffer.from([0x31, 0x51, 0x30]))).toBe(false);
  });

  it('is the QR code where that comes last', () => {
    const bytes = new Sheet(48).left('first').left('second').qr('https://x/').cut().finish().bytes;
    expect(ends(bytes).includes(Buffer.from('second'))).toBe(false);
    expect(ends(bytes).includes(Buffer.from([0x31, 0x51, 0x30]))).toBe(true);
  });

  it('is not fooled by line feeds in parameters, in QR data and behind nothing', () => {
    // ESC d 0A; a QR code of 10 bytes that are all line feeds; three empty lines.
    const qr = '1D 28 6B 0D 00 31 50 30 0A 0A 0A 0A 0A 0A 0A 0A 0A 0A';
    const bytes = bytesOf(`1B 40 41 0A 42 0A ${qr} 1B 64 0A 0A 0A 0A 1D 56 42 00`);
    expect(lastPiece(bytes)).toBe(4);
  });

  it('is the whole sheet where it has one piece, or a command that is not ours', () => {
    expect(lastPiece(bytesOf('1B 40 41 42 0A 1D 56 42 00'))).toBe(0);
    expect(lastPiece(bytesOf('1B 40 41 0A 42 0A 1B 70 00 10 10 43 0A'))).toBe(0);
    expect(lastPiece(new Uint8Array(0))).toBe(0);
  });

  it('lies between two commands, whatever the sheet, and never beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const at = lastPiece(bytes);
        expect(at).toBeLessThanOrEqual(bytes.length);
        expect(at).toBeGreaterThanOrEqual(0);
      }),
      { seed: 20_261_125, numRuns: 2_000 },
    );
  });
});

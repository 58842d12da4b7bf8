import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scannerReports } from '../../firmware-sim/scanner/hid-pos.ts';
import { HidPosReceiver } from '../../kiosk-agent/device/codec/hid-pos.ts';
import {
  TextScanReceiver,
  type ScanReceiver,
  type ScanResult,
} from '../../kiosk-agent/device/codec/scan-text.ts';

type Code = { symbology: string | null; text: string };
const vectors = JSON.parse(readFileSync(new URL('../vectors/scanner.json', import.meta.url), 'utf8')) as {
  hid: (Code & { name: string; reports: string[] })[];
  hidDropped: { why: string; report: string; reason: string }[];
  text: (Code & { name: string; pieces: string[] })[];
  textNothing: { why: string; hex: string }[];
  textDropped: { why: string; hex: string; reason: string }[];
};
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

/** Pushes all, then the line is quiet if anything was begun. */
function read(receiver: ScanReceiver, ...pieces: Uint8Array[]) {
  const codes: Code[] = [];
  const reasons: string[] = [];
  const seen: Uint8Array[] = [];
  const take = (result: ScanResult) => {
    codes.push(...result.codes.map(({ symbology, text }) => ({ symbology, text })));
    reasons.push(...result.dropped.map(({ reason }) => reason));
    seen.push(...[...result.codes, ...result.dropped].map((each) => each.seen));
  };
  for (const piece of pieces) take(receiver.push(piece));
  if (receiver.quietMs !== null) take(receiver.silence());
  return { codes, reasons, seen };
}
const A001: Code = { symbology: ']Q1', text: 'A001' };
const good = scannerReports('A001')[0]!;

describe('HID POS reports', () => {
  it.each(vectors.hid)('reads $name', ({ reports, symbology, text }) => {
    const { codes, reasons } = read(new HidPosReceiver(), ...reports.map(bytesOf));
    expect(codes).toEqual([{ symbology, text }]);
    expect(reasons).toEqual([]);
  });

  it.each(vectors.hidDropped)('drops as $reason: $why, and reads the next', ({ report, reason }) => {
    const receiver = new HidPosReceiver();
    const { codes, reasons } = read(receiver, bytesOf(report), good);
    expect(reasons).toEqual([reason]);
    expect(codes).toEqual([A001]);
  });

  it('reads all codes one after the other', () => {
    const all = vectors.hid.flatMap(({ reports }) => reports.map(bytesOf));
    expect(read(new HidPosReceiver(), ...all).codes).toEqual(
      vectors.hid.map(({ symbology, text }) => ({ symbology, text })),
    );
  });

  it.each(vectors.hid)('takes no report that is cut at any byte: $name', ({ reports }) => {
    const bytes = bytesOf(reports.at(-1)!);
    for (let cut = 0; cut < bytes.length; cut++) {
      const { codes, reasons } = read(new HidPosReceiver(), bytes.subarray(0, cut));
      expect(codes, `cut at ${cut}`).toEqual([]);
      expect(reasons).toEqual(['wrong-report']);
    }
  });

  it('drops a code whose rest does not come, and passes over nothing that comes later', () => {
    const receiver = new HidPosReceiver();
    const [first] = scannerReports('x'.repeat(100));
    receiver.push(first!);
    expect(receiver.quietMs).not.toBeNull();
    expect(receiver.silence().dropped.map(({ reason }) => reason)).toEqual(['unfinished']);
    expect(read(receiver, good).codes).toEqual([A001]);
  });

  it('drops a code when another one begins inside it, and reads that one', () => {
    const [first] = scannerReports('x'.repeat(100), { symbology: 'L0' });
    const { codes, reasons } = read(new HidPosReceiver(), first!, good);
    expect(reasons).toEqual(['unfinished']);
    expect(codes).toEqual([A001]);
  });

  it('drops a long code with a bad report in it whole', () => {
    const reports = scannerReports('x'.repeat(200));
    reports[1]![1] = 60;
    const { codes, reasons } = read(new HidPosReceiver(), ...reports, good);
    expect(reasons).toEqual(['unfinished', 'wrong-length']);
    expect(codes).toEqual([A001]);
  });

  it('lets other reports come between those of a code', () => {
    const reports = scannerReports('y'.repeat(100));
    const battery = Uint8Array.of(0x07, 80);
    const { codes, reasons } = read(new HidPosReceiver(), reports[0]!, battery, reports[1]!);
    expect(codes).toEqual([{ symbology: ']Q1', text: 'y'.repeat(100) }]);
    expect(reasons).toEqual(['wrong-report']);
  });

  it('takes 8 KiB and gives up what never ends, once', () => {
    const receiver = new HidPosReceiver();
    const most = read(receiver, ...scannerReports('z'.repeat(8_192)));
    expect(most.codes).toEqual([{ symbology: ']Q1', text: 'z'.repeat(8_192) }]);
    const endless = scannerReports('z'.repeat(57))[0]!;
    const reasons: string[] = [];
    for (let count = 0; count < 1_000; count++) {
      reasons.push(...receiver.push(endless).dropped.map(({ reason }) => reason));
      expect(receiver.held).toBeLessThan(20_000);
    }
    expect(reasons).toEqual(['too-long']);
    const empty = Uint8Array.from(endless);
    empty[1] = 0;
    const fresh = new HidPosReceiver();
    for (let count = 0; count < 1_000; count++) fresh.push(empty);
    expect(fresh.held, 'reports without content').toBeLessThan(20_000);
  });

  it('shows the length, the AIM id and four characters of a code, and nothing else of it', () => {
    for (const shift of [false, true]) {
      const text = `PERSONAL-${'3'.repeat(100)}`;
      const { seen } = read(new HidPosReceiver(), ...scannerReports(text, { shift }));
      expect(seen).toHaveLength(1);
      expect(seen[0]).toHaveLength(128);
      const shown = Buffer.from(seen[0]!).toString('latin1');
      expect(shown).toContain(']Q1PERS\0');
      expect(shown).not.toContain('O');
      expect(shown).not.toContain('3');
    }
  });
});

describe('serial scanners', () => {
  it.each(vectors.text)('read: $name', ({ pieces, symbology, text }) => {
    const { codes, reasons } = read(new TextScanReceiver(), ...pieces.map(bytesOf));
    expect(codes).toEqual([{ symbology, text }]);
    expect(reasons).toEqual([]);
  });

  it.each(vectors.text)('read it cut at any byte: $name', ({ pieces, symbology, text }) => {
    const bytes = Buffer.concat(pieces.map(bytesOf));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { codes } = read(new TextScanReceiver(), bytes.subarray(0, cut), bytes.subarray(cut));
      expect(codes, `cut at ${cut}`).toEqual([{ symbology, text }]);
    }
  });

  it.each(vectors.textNothing)('read nothing from $why', ({ hex }) => {
    expect(read(new TextScanReceiver(), bytesOf(hex))).toMatchObject({ codes: [], reasons: [] });
  });

  it.each(vectors.textDropped)('drop as $reason: $why', ({ hex, reason }) => {
    const { codes, reasons } = read(new TextScanReceiver(), bytesOf(hex));
    expect(codes).toEqual([]);
    expect(reasons).toEqual([reason]);
  });

  it('end a text after 50 ms behind its suffix, and after 150 ms without one', () => {
    const receiver = new TextScanReceiver();
    expect(receiver.quietMs).toBeNull();
    receiver.push(bytesOf('41'));
    expect(receiver.quietMs).toBe(150);
    receiver.push(bytesOf('0D'));
    expect(receiver.quietMs).toBe(50);
    receiver.push(bytesOf('42'));
    expect(receiver.quietMs).toBe(150);
  });

  it('give up what is over 8 KiB, pass over the rest, and read the next', () => {
    const receiver = new TextScanReceiver();
    expect(read(receiver, new Uint8Array(8_192).fill(0x41)).codes[0]?.text).toHaveLength(8_192);
    receiver.push(new Uint8Array(8_192).fill(0x41));
    expect(receiver.push(bytesOf('41')).dropped.map(({ reason }) => reason)).toEqual(['too-long']);
    expect(receiver.push(bytesOf('42 0D'))).toEqual({ codes: [], dropped: [] });
    expect(receiver.held).toBe(0);
    receiver.silence();
    expect(read(receiver, bytesOf('41 0D')).codes).toEqual([{ symbology: null, text: 'A' }]);
  });

  it('show the length, the AIM id and four characters of a code, and of garbage', () => {
    const code = Buffer.from(']Q1PERSONAL-3333\r', 'latin1');
    const { seen } = read(new TextScanReceiver(), code);
    expect(Buffer.from(seen[0]!).toString('latin1')).toBe(`]Q1PERS${'\0'.repeat(code.length - 7)}`);
    const garbage = read(new TextScanReceiver(), bytesOf('31 32 33 34 35 FF FF 0D')).seen[0]!;
    expect(Buffer.from(garbage).toString('hex')).toBe('3132333400000000');
  });

  it('give back any text without control characters, in both encodings where they can', () => {
    const anyText = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 300 })
      .filter((text) => text.isWellFormed() && !/[\p{Cc}\ufffd\ufeff]/u.test(text) && !text.startsWith(']'));
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = Buffer.concat([Buffer.from(text, 'utf8'), Buffer.from('\r')]);
        expect(read(new TextScanReceiver(), bytes).codes).toEqual([{ symbology: null, text }]);
      }),
      { seed: 20_260_105 },
    );
  });
});

/** The words of a printer's wire view: what the host sends and what the printer says of itself. */
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { createDescriber, describeCommands } from '../../firmware-sim/printer/describe.ts';
import {
  describeAutomaticStatus,
  describeFullStatus,
  describePaperSensors,
  describeStatus,
} from '../../firmware-sim/printer/describe-reply.ts';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const chinese = (text: string) => iconv.encode(text, 'gb18030');

const ticket = Buffer.concat([
  hex('1B40 1C26 1D2111'),
  Buffer.from('A001'),
  hex('0A 1D2100'),
  chinese('请等候'),
  hex('0A 1B6401'),
  hex('1D286B0400 31413200 1D286B0300 314306 1D286B0300 314531'),
  hex('1D286B0800 315030'),
  Buffer.from('https'),
  hex('1D286B0300315130 1D564200 1D61 0E 1D2848 0600 3030 30303037 1D7201 100401'),
]);
const ticketWords =
  'ESC @ · FS & · GS ! 11 · "A001" · LF · GS ! 00 · "请等候" · LF · ESC d 01 · GS ( k QR model 2 · GS ( k QR module 6 · ' +
  'GS ( k QR level M · GS ( k QR store 5 B · GS ( k QR print · GS V 66 feed and partial cut · GS a 0E · ' +
  'GS ( H process id "0007" · GS r 01 · DLE EOT 1';

describe('what a host sends', () => {
  it('is named command by command', () => {
    expect(describeCommands(ticket)).toBe(ticketWords);
  });

  it('is named the same wherever it is cut in two', () => {
    for (let cut = 1; cut < ticket.length; cut++) {
      const describer = createDescriber();
      const words = [
        describer.describe(ticket.subarray(0, cut)),
        describer.describe(ticket.subarray(cut)),
      ].flatMap((part) => part.split(' · '));
      // A text that is cut comes in two; a command that is open is marked and named when it is whole.
      const whole = words
        .filter((word) => word !== '…')
        .join(' · ')
        .replaceAll('" · "', '');
      expect(whole, `cut at ${cut}`).toBe(ticketWords);
    }
  });

  it('comes byte by byte, and says that a command is open', () => {
    const describer = createDescriber();
    const said = [...hex('1B61 01 C4E3 0A')].map((byte) => describer.describe(Uint8Array.of(byte)));
    expect(said).toEqual(['…', '…', 'ESC a 01', '…', '"你"', 'LF']);
  });

  it('is read in the code table that the host has chosen, and as Chinese again after FS &', () => {
    expect(describeCommands(Buffer.concat([hex('1C2E 1B7402 82 0A 1C26'), chinese('你好')]))).toBe(
      'FS . · ESC t 02 · "é" · LF · FS & · "你好"',
    );
  });

  it('that asks in the middle of a QR code is heard there', () => {
    expect(describeCommands(hex('1D286B 0800 315030 41 100404 42'))).toBe(
      'GS ( k QR store 5 B · DLE EOT 4 inside data',
    );
  });

  it('that breaks off and asks is heard, also between two pieces', () => {
    const describer = createDescriber();
    expect(describer.describe(hex('1D286B 4000 315030 41 10'))).toBe('…');
    expect(describer.describe(hex('04 02'))).toBe('DLE EOT 2 inside data · …');
  });

  it('that is no command is shown as it is', () => {
    expect(describeCommands(hex('1B7A 41 0A'))).toBe('unknown 1B 7A · "A" · LF');
  });

  it('keeps no more of a picture than its beginning, and goes on behind it', () => {
    const describer = createDescriber();
    const picture = Buffer.concat([hex('1D763000 4800 0002'), Buffer.alloc(72 * 512, 0x55)]);
    expect(describer.describe(picture.subarray(0, 2000))).toBe('GS v 0 raster 576×512 dots · …');
    expect(describer.describe(picture.subarray(2000))).toBe('');
    expect(describer.describe(Buffer.from('on\n'))).toBe('"on" · LF');
  });

  it('is counted when it repeats, and cut short when it is long', () => {
    expect(describeCommands(Buffer.alloc(8192))).toBe('NUL ×8192');
    const many = describeCommands(
      Buffer.concat(Array.from({ length: 200 }, (_, n) => Buffer.of(0x1b, 0x64, n))),
    );
    expect(many.length).toBeLessThanOrEqual(300);
    expect(many).toMatch(/^ESC d 00 · ESC d 01 · .* · … \d+ more$/);
    const long = describeCommands(Buffer.from('x'.repeat(1000)));
    expect(long).toBe(`"${'x'.repeat(60)}…" (1000 B)`);
  });

  it('is forgotten when the line is cut in mid command', () => {
    const describer = createDescriber();
    describer.describe(hex('1D286B 4000 3150'));
    describer.reset();
    expect(describer.describe(hex('1B40'))).toBe('ESC @');
  });
});

describe('what a printer says of itself', () => {
  // The bytes of escpos-printer §1.2.
  it.each([
    [1, 0x12, 'DLE EOT 1 → online'],
    [1, 0x1a, 'DLE EOT 1 → offline'],
    [1, 0x92, 'DLE EOT 1 → ticket not taken'],
    [2, 0x12, 'DLE EOT 2 → no cause'],
    [2, 0x16, 'DLE EOT 2 → cover open'],
    [2, 0x32, 'DLE EOT 2 → stopped by paper end'],
    [2, 0x52, 'DLE EOT 2 → error'],
    [3, 0x12, 'DLE EOT 3 → no error'],
    [3, 0x1a, 'DLE EOT 3 → cutter error'],
    [4, 0x12, 'DLE EOT 4 → paper in'],
    [4, 0x1e, 'DLE EOT 4 → near end'],
    [4, 0x72, 'DLE EOT 4 → paper end'],
    [4, 0x7e, 'DLE EOT 4 → near end, paper end'],
  ] as const)('DLE EOT %i, %i', (n, byte, words) => {
    expect(describeStatus(n, byte)).toBe(words);
  });

  it('by itself, in six bytes and in order', () => {
    expect(describeAutomaticStatus([0x10, 0, 0, 0x0f])).toBe('automatic status → online');
    expect(describeAutomaticStatus([0x38, 0, 0x0f, 0x0f])).toBe(
      'automatic status → offline, cover open, near end, paper end',
    );
    expect(describeFullStatus([0x10, 0x0f, 0x20, 0, 0x40, 0])).toBe(
      'DLE EOT 20 → ticket at the output, paper jam',
    );
    expect(describePaperSensors(0x03)).toBe('GS r 1 → near end');
  });
});

/** What other encoders made the simulated printer learn, command by command, with bytes typed from the lists. */
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { PrinterMachine } from '../../firmware-sim/printer/machine.ts';
import type { PaperLine } from '../../firmware-sim/printer/paper.ts';
import { paperSvg } from '../../firmware-sim/printer/svg.ts';
import { dotRows } from './dots.ts';

type TextLine = Extract<PaperLine, { kind: 'text' }>;

/** What `bytes` put on paper at once: parts are hex, or text behind a quote. */
function print(...parts: string[]) {
  const machine = new PrinterMachine({
    width: 576,
    serial: 'P1',
    chineseAfterInit: 'off',
    fourByteArea: false,
    now: () => 0,
    reply: () => {},
    onPaper: () => {},
  });
  machine.speed = Number.POSITIVE_INFINITY;
  const bytes = parts.map((part) =>
    part.startsWith("'")
      ? iconv.encode(part.slice(1), 'gb18030')
      : Buffer.from(part.replaceAll(' ', ''), 'hex'),
  );
  machine.receive(Buffer.concat(bytes), 0);
  const { current } = machine.roll;
  const texts = current.lines.flatMap((line) => (line.kind === 'text' ? [line.text] : []));
  const refused = machine.errors.map(({ reason }) => reason);
  const [first] = current.lines;
  return { lines: current.lines, texts, refused, paper: current, first: first as TextLine };
}

describe('single-byte characters', () => {
  it.each([
    ['cp437', '00', '82 9B E3', 'é¢π'],
    ['katakana and frames', '01', '95 96 B1 F1', '─│ｱ円'],
    ['cp850', '02', '9B 9D', 'øØ'],
    ['cp852', '12', '9D', 'Ł'],
    ['cp858', '13', 'D5', '€'],
    ['cp866', '11', '80 81', 'АБ'],
    ['cp1252', '10', '80 E9', '€é'],
  ])('are those of table %s', (_name, table, bytes, drawn) => {
    const { texts, refused } = print('1C2E', `1B74 ${table}`, bytes, '0A');
    expect([texts, refused]).toEqual([[drawn], []]);
  });

  it.each([
    ['France', '01', '#$à°ç§^`éùè¨'],
    ['Germany', '02', '#$§ÄÖÜ^`äöüß'],
    ['the United Kingdom', '03', '£$@[\\]^`{|}~'],
    ['Japan', '08', '#$@[¥]^`{|}~'],
    ['China', '0F', '#¥@[\\]^`{|}~'],
  ])('have the signs of %s', (_country, set, drawn) => {
    expect(print(`1B52 ${set}`, "'#$@[\\]^`{|}~", '0A').texts).toEqual([drawn]);
  });

  it('a table that the font has not got is refused and the old one stays', () => {
    const { texts, refused } = print('1C2E 1B7463 82 0A');
    expect(texts).toEqual(['é']);
    expect(refused).toEqual(['ESC t 99: this model has no such table']);
  });
});

describe('style', () => {
  it('font B is 9 × 17 dots: 64 characters in a line', () => {
    const { texts, first } = print('1B4D01', `'${'x'.repeat(70)}`, '0A');
    expect(texts.map((text) => text.length)).toEqual([64, 6]);
    expect(first.cells[0]).toMatchObject({ width: 9, height: 17 });
    expect(first.height).toBe(17);
  });

  it('ESC ! chooses font, bold, size and underline of single bytes; Chinese keeps its own', () => {
    const { first } = print('1B21B9', "'a号", '0A');
    const [letter, chinese] = first.cells;
    expect(letter).toMatchObject({ width: 18, height: 34, bold: true, underline: true });
    expect(chinese).toMatchObject({ width: 24, height: 24, underline: false });
  });

  it('FS - underlines Chinese, ESC - the rest', () => {
    const underlined = (bytes: string) =>
      print(bytes, "'a号", '0A').first.cells.map(({ underline }) => underline);
    expect(underlined('1C2D01')).toEqual([false, true]);
    expect(underlined('1B2D01')).toEqual([true, false]);
  });

  it('inverse is drawn white on black, without its underline', () => {
    const { first, paper } = print('1D4201 1B2D01', "'a", '0A');
    expect(first.cells[0]).toMatchObject({ inverse: true });
    const svg = paperSvg(paper);
    expect(svg).toContain(`<rect x="0" y="${first.y}" width="12" height="24"/>`);
    expect(svg).toMatch(/<text [^>]*fill="#fffdf8"[^>]*>a<\/text>/);
    expect(svg).not.toContain('height="2"');
  });

  it('upside down is turned about its line and begins at the right', () => {
    const { first, paper } = print('1B7B01', "'ab", '0A');
    expect(first.cells.map(({ x }) => x)).toEqual([564, 552]);
    // Turned about (0, middle): the middle of `a`, at 570, is drawn at -570.
    expect(paperSvg(paper)).toContain(`rotate(180 0 ${first.y + 12})`);
    expect(paperSvg(paper)).toContain('x="-570 -558"');
    expect(print("'a", '1B7B01', "'b", '0A').refused).toEqual(['ESC { in mid line']);
  });

  it('spacing grows with the character', () => {
    expect(print('1B2004 1D2110', "'ab", '0A').first.cells.map(({ x }) => x)).toEqual([0, 32]);
  });
});

describe('places', () => {
  it('tabs stand every eight characters, or where ESC D puts them', () => {
    expect(print("'a", '09', "'b", '09', "'c", '0A').texts).toEqual(['a       b       c']);
    expect(print('1B44 04 0A 00', "'a", '09', "'b", '09', "'c", '09', "'d", '0A').texts).toEqual([
      'a   b     cd',
    ]);
  });

  it('ESC $ and ESC \\ go to and fro, and the text is read as it is seen', () => {
    const { texts, first } = print("'b", '1B24 7800', "'d", '1B24 3C00', "'c", '1B5C E8FF', "'_", '0A');
    expect(first.cells.map(({ char, x }) => [char, x])).toEqual([
      ['b', 0],
      ['d', 120],
      ['c', 60],
      ['_', 48],
    ]);
    expect(texts).toEqual(['b   _c    d']);
  });
});

describe('pictures', () => {
  // Two columns of 24 dots: the first dark at the top, the second dark at the foot.
  it.each([
    ['32', '20', '800000 000001', 2, 24],
    ['33', '21', '800000 000001', 1, 24],
    ['0', '00', '80 01', 2, 8],
    ['1', '01', '80 01', 1, 8],
  ])('ESC * %s sets columns of dots', (_mode, mode, data, scaleX, tall) => {
    const { lines, refused } = print(`1B2A ${mode} 0200`, data, '0A');
    expect(refused).toEqual([]);
    const [picture] = lines;
    expect(picture).toMatchObject({ kind: 'image', width: 2, scaleX, scaleY: 24 / tall, height: 24 });
    const rows = picture?.kind === 'image' ? dotRows(picture.rows, 2) : [];
    expect(rows).toEqual(['#.', ...Array.from({ length: tall - 2 }, () => '..'), '.#']);
  });

  it('beside text they share its line', () => {
    const { lines } = print("'a", '1B2A 21 0100 FFFFFF', "'b", '0A');
    const [picture, text] = lines;
    expect(picture).toMatchObject({ kind: 'image', x: 12 });
    expect(text).toMatchObject({ kind: 'text', text: 'ab' });
    expect(picture?.y).toBe(text?.y);
    expect(text?.kind === 'text' && text.cells.map(({ x }) => x)).toEqual([0, 13]);
  });

  it('what is wider than the paper is not there', () => {
    const { lines } = print('1D763000 4900 0100', 'FF'.repeat(73));
    expect(lines[0]).toMatchObject({ kind: 'image', width: 576, x: 0 });
  });

  it.each([
    ['GS v 0 of no dots', '1D763000 0000 0100', 'GS v 0: a picture without dots'],
    ['GS ( L print without a store', '1D284C0200 3032', 'GS ( L print: no graphic stored'],
    [
      'GS ( L of more data than dots',
      '1D284C0C00 3070300101310800 0100 FFFF',
      'GS ( L store: the data is not as long as the picture',
    ],
    [
      'GS ( L of two tones',
      '1D284C0B00 3070340101310800 0100 FF',
      'GS ( L store: this model prints one tone (48) of one colour (49)',
    ],
    ['GS ( L of a stored logo', '1D284C0600 304520200101', 'GS ( L fn 69: this model keeps no pictures'],
    ['ESC * of an unknown mode', '1B2A05 0100 FF', 'ESC * 5: 0, 1, 32 or 33'],
  ])('%s is refused', (_what, bytes, reason) => {
    const { lines, refused } = print(bytes, "'on", '0A');
    expect(refused).toEqual([reason]);
    expect(lines).toHaveLength(1);
  });
});

describe('what this model has not got', () => {
  it.each([
    ['page mode', '1B4C', 'ESC L: this model has not got page mode'],
    ['a print area of page mode', '1B57 0000000000010001', 'ESC W: this model has not got page mode'],
    ['a stored logo', '1C700100', 'FS p: this model has not got stored pictures'],
    ['a logo to store', '1C7101 0100 0100 FFFFFFFFFFFFFFFF', 'FS q: this model has not got stored pictures'],
    [
      'a character of the user',
      '1B2603 4141 01 FFFFFF',
      'ESC &: this model has not got characters of the user',
    ],
    ['turned characters', '1B5601', 'ESC V: this model does not turn characters'],
    ['other units', '1D505A5A', 'GS P 90 90: this model counts in its own dots, 203 to the inch'],
    [
      'an EAN that is no number',
      '1D6B43 0C 41424344454647484950 5152',
      'GS k 67: 12 bytes are no EAN-13 number',
    ],
    ['a barcode wider than the paper', `1D7706 1D6B45 14 ${'41'.repeat(20)}`, 'GS k: '],
  ])('%s is refused by name, to its last byte', (_what, bytes, reason) => {
    const { texts, refused } = print(bytes, "'on", '0A');
    expect(texts).toEqual(['on']);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(reason);
  });
});

describe('barcodes', () => {
  it('EAN-13 has the bars of the standard, its check digit, and its number in the middle below', () => {
    const { lines } = print('1D7702 1D4802 1B6102 1D6B43 0C', "'690123456789");
    const [code, text] = lines;
    if (code?.kind !== 'barcode' || text?.kind !== 'text') throw new Error('no barcode with its text');
    expect(code.data).toBe('6901234567892');
    // 95 modules of 2 dots; 101, then behind a leading 6: 9 as L 0001011, 0 as G 0100111, 1 as G 0110011.
    const end = code.bars.at(-1) ?? [0, 0];
    expect(end[0] + end[1] - (code.bars[0]?.[0] ?? 0)).toBe(190);
    expect(code.bars.slice(0, 8).map(([x, width]) => [(x - code.x) / 2, width / 2])).toEqual([
      [0, 1],
      [2, 1],
      [6, 1],
      [8, 2],
      [11, 1],
      [14, 3],
      [18, 2],
      [22, 2],
    ]);
    expect(text.text).toBe('6901234567892');
    expect(text.cells[0]?.x).toBe(code.x + (190 - 13 * 12) / 2);
  });

  it('CODE128 takes one character of the other set, and the functions', () => {
    // {A then {S: one of set B. FNC1 is part of no text.
    const { lines } = print('1D6B49 08 7B41 41 7B53 61 7B31');
    expect(lines[0]).toMatchObject({ kind: 'barcode', data: 'Aa' });
  });
});

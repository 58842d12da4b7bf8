/**
 * The bytes of receiptline on the simulated printer, over a real port: what they mean must come out on paper. It knows nothing
 * of this project, and draws barcodes by its own tables.
 */
import receiptline from 'receiptline';
import { afterEach, describe, expect, it } from 'vitest';
import { dotRows, frame, png, readQrDots } from './dots.ts';
import { cameOut, send, startWitnessPrinter, type WitnessPrinter, wordsOf } from './print-on.ts';

let printer: WitnessPrinter | undefined;
afterEach(async () => {
  await printer?.close();
  printer = undefined;
});
describe('receiptline', () => {
  type Options = { command: 'escpos' | 'epson' | 'generic'; encoding: string; upsideDown?: boolean };
  const print = async (markdown: string, { command, encoding, upsideDown = false }: Options) => {
    const device = (printer = await startWitnessPrinter());
    const given = { command, encoding, upsideDown, cpl: 48, spacing: true, gradient: false };
    await send(device, Buffer.from(receiptline.transform(markdown, given as never), 'latin1'));
    return device;
  };
  const ticket = [
    '^^^政务服务大厅',
    '"^^^^^^A001',
    '---',
    '_`离线`_ "加粗',
    '{width:auto; border:line}',
    '|业务|窗口|',
    '|不动产登记|3|',
    '-',
    '{border:none}',
    '{code:https://zw.example.gov.cn/t/1; option:qrcode,6,m}',
    '{code:A001234567; option:code128,2,72,hri}',
    '过号请重新取号￥12',
  ].join('\n');

  it.each(['escpos', 'generic'] as const)(
    'a Chinese ticket with big text, table, rules, QR, CODE128 and a cut comes out (%s)',
    async (command) => {
      const device = await print(ticket, { command, encoding: 'gb18030' });
      const { papers, refused, lines } = cameOut(device);
      expect(refused).toEqual([]);
      expect(papers.map(({ cut }) => cut)).toEqual(['partial']);
      const table = '│      不动产登记      │           3           │';
      expect(wordsOf(device).map((words) => words.replace(/" +/, '"'))).toEqual([
        '2x2 L "政务服务大厅"',
        '5x5 L bold "A001"',
        `1x1 L "${'─'.repeat(48)}"`,
        // Words beside each other in one line with styles of their own.
        '1x1 L bold underlined inverse "离线 加粗"',
        `1x1 L "╭${'─'.repeat(22)}┬${'─'.repeat(23)}╮"`,
        '1x1 L "│         业务         │          窗口          │"',
        `1x1 L "${table}"`,
        `1x1 L "╰${'─'.repeat(22)}┴${'─'.repeat(23)}╯"`,
        `image C ${command === 'escpos' ? 174 : 176}x174`,
        'barcode C "A001234567"',
        '1x1 C "A001234567"',
        '1x1 L "过号请重新取号￥12"',
      ]);
      const styled = lines.find((line) => line.kind === 'text' && line.text.includes('离线'));
      if (styled?.kind !== 'text') throw new Error('no styled line');
      expect(
        styled.cells.map(({ char, bold, underline, inverse }) => [char, bold, underline, inverse]),
      ).toEqual([
        ['离', false, true, true],
        ['线', false, true, true],
        [' ', false, false, false],
        ['加', true, false, false],
        ['粗', true, false, false],
      ]);
      const picture = lines.find((line) => line.kind === 'image');
      if (picture?.kind !== 'image') throw new Error('no picture');
      expect(readQrDots(dotRows(picture.rows, picture.width))).toBe('https://zw.example.gov.cn/t/1');
    },
  );

  it.each([
    ['multilingual', 'Café Äpfel €5 Привет Łódź', 'Café Äpfel €5 Привет Łódź'],
    ['cp437', 'Café ±½', 'Café ±½'],
    ['cp866', 'Талон А001', 'Талон А001'],
    ['cp1252', 'Prix 5 € déjà', 'Prix 5 € déjà'],
  ])('text in %s is read with its own code table', async (encoding, given, drawn) => {
    const device = await print(given, { command: 'epson', encoding });
    expect(wordsOf(device).map((words) => words.replace(/" +/, '"'))).toEqual([`1x1 L "${drawn}"`]);
    expect(cameOut(device).refused).toEqual([]);
  });

  it.each([
    ['upc', '03600029145'],
    ['upc', '01234565'],
    ['ean', '690123456789'],
    ['ean', '2012345'],
    ['code39', 'HALL-1.2 $/+%'],
    ['itf', '12345678'],
    ['codabar', 'A40156B'],
    ['code93', 'A001/b'],
    ['code93', 'HALLSIMULATOR00123A'],
    ['code128', 'A001'],
    ['code128', 'a12345678Z'],
    ['code128', 'A\u0009b'],
  ])('draws its %s %j with the same bars as the printer', async (type, data) => {
    // With code.hri its drawing is not needed: its own generator gives the widths.
    const module = 2;
    const device = await print(
      `{code:${data.replaceAll('\t', '\\x09')}; option:${type},${module},40,nohri}`,
      {
        command: 'epson',
        encoding: 'cp437',
      },
    );
    const [code] = cameOut(device).lines;
    expect(cameOut(device).refused).toEqual([]);
    if (code?.kind !== 'barcode') throw new Error(`no barcode: ${wordsOf(device).join()}`);
    const generate = (
      receiptline as unknown as { barcode: { generate(symbol: object): { widths: number[] } } }
    ).barcode.generate;
    const { widths } = generate({ data, type, width: module, height: 40, hri: false, quietZone: false });
    // Its list begins with the white before the code. A printer's wide bar is its own affair: only wide or narrow counts.
    const twoWidths = ['code39', 'itf', 'codabar'].includes(type);
    const kind = (dots: number) => (twoWidths ? (dots > module ? 'wide' : 'narrow') : dots / module);
    const bars = widths.filter((_, index) => index % 2 === 1);
    expect(code.bars.map(([, width]) => kind(width))).toEqual(bars.map(kind));
    const gaps = code.bars.slice(1).map(([x], index) => {
      const [before = 0, width = 0] = code.bars[index] ?? [];
      return x - before - width;
    });
    expect(gaps.map(kind)).toEqual(
      widths
        .filter((_, index) => index % 2 === 0 && index > 0)
        .slice(0, gaps.length)
        .map(kind),
    );
  });

  it('a picture comes out dot by dot, at its place', async () => {
    const device = await print(`{image:${png(frame).toString('base64')}}`, {
      command: 'epson',
      encoding: 'cp437',
    });
    const [picture] = cameOut(device).lines;
    if (picture?.kind !== 'image') throw new Error('no picture');
    expect(dotRows(picture.rows, picture.width)).toEqual(frame);
    expect(picture.x).toBe((576 - 16) / 2);
    expect(cameOut(device).refused).toEqual([]);
  });

  it('text upside down hangs from the right', async () => {
    const device = await print('|A001', { command: 'epson', encoding: 'cp437', upsideDown: true });
    const [line] = cameOut(device).lines;
    if (line?.kind !== 'text') throw new Error('no text');
    expect(line.upsideDown).toBe(true);
    expect(line.text.trim()).toBe('A001');
    // 'A' stands at the right edge, and the others to its left.
    expect(line.cells.map(({ x }) => x)).toEqual([564, 552, 540, 528]);
  });
});

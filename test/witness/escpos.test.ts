/**
 * The bytes of escpos alone on the simulated printer, over a real port, with the bugs that escpos-printer.md §7 lists: they
 * must come out as a printer would print them.
 */
import escpos from 'escpos';
import { afterEach, describe, expect, it } from 'vitest';
import { dotRows, frame, readQrDots } from './dots.ts';
import { cameOut, send, startWitnessPrinter, type WitnessPrinter, wordsOf } from './print-on.ts';

let printer: WitnessPrinter | undefined;
afterEach(async () => {
  await printer?.close();
  printer = undefined;
});
describe('escpos alone', () => {
  /** Keeps what the printer flushes. */
  class Collecting {
    readonly collected: Buffer[] = [];
    open(): this {
      return this;
    }
    write(data: Buffer): this {
      this.collected.push(Buffer.from(data));
      return this;
    }
    close(): this {
      return this;
    }
  }
  const chineseOn = Buffer.of(0x1c, 0x26);
  /** It prints after ESC @, as on a printer that somebody else has used before. */
  async function printed(compose: (sheet: escpos.Printer) => unknown) {
    const adapter = new Collecting();
    const sheet = new escpos.Printer(adapter as unknown as escpos.Adapter, { encoding: 'GB18030' });
    sheet.hardware('init');
    await compose(sheet);
    sheet.flush();
    const device = (printer = await startWitnessPrinter());
    await send(device, Buffer.concat(adapter.collected));
    const { papers, refused } = cameOut(device);
    return { cuts: papers.map(({ cut }) => cut), refused, words: wordsOf(device), device };
  }

  it('its text is Chinese only when somebody has switched Chinese on', async () => {
    const { words, refused } = await printed((sheet) =>
      sheet.text('你好').print(chineseOn).text('你好 A001'),
    );
    expect(words).toEqual(['1x1 L "─π║├"', '1x1 L "你好 A001"']);
    expect(refused).toEqual([]);
  });

  it('println sends UTF-8, which a printer reads as other Chinese', async () => {
    expect((await printed((sheet) => sheet.print(chineseOn).println('你好'))).words).toEqual([
      '1x1 L "浣犲ソ"',
    ]);
  });

  it('size 2 leaves Chinese small and takes bold away; size 3 does neither', async () => {
    const { words, refused, device } = await printed((sheet) =>
      sheet
        .print(chineseOn)
        .style('B')
        .size(2, 2)
        .text('号A')
        .style('B')
        .size(3 as 2, 3 as 2)
        .text('号A'),
    );
    expect(words).toEqual(['2x2 L "号A"', '3x3 L bold "号A"']);
    const [first] = device.currentPaper().lines;
    expect(first?.kind === 'text' && first.cells.map(({ w }) => w)).toEqual([1, 2]);
    // ESC 5 is no ESC/POS.
    expect(refused).toEqual(['unknown command', 'unknown command']);
  });

  it('aligns and cuts: three lines of feed are enough for the knife, one is not', async () => {
    const { words, cuts, refused } = await printed((sheet) =>
      sheet.align('CT').text('A').align('RT').text('B').cut(),
    );
    expect([words, cuts, refused]).toEqual([['1x1 C "A"', '1x1 R "B"'], ['full'], []]);
    await printer?.close();
    const close = await printed((sheet) => sheet.text('A').cut(true, 1));
    expect(close.cuts).toEqual(['partial']);
    expect(close.refused).toEqual([
      'cut through printed lines: feed the paper to the knife first (GS V 65/66)',
    ]);
  });

  it('a QR code as a picture comes out and is read', async () => {
    const { words, refused, device } = await printed(
      (sheet) =>
        new Promise<void>((resolve, reject) => {
          sheet
            .align('CT')
            .qrimage(
              'https://zw.example.gov.cn/t/1',
              { type: 'png', mode: 'dhdw' } as never,
              (error: unknown) => (error instanceof Error ? reject(error) : resolve()),
            );
        }),
    );
    expect(refused).toEqual([]);
    expect(words[0]).toMatch(/^image C \d+x\d+$/);
    const [picture] = device.currentPaper().lines;
    if (picture?.kind !== 'image') throw new Error('no picture');
    expect([picture.scaleX, picture.scaleY]).toEqual([2, 2]);
    expect(readQrDots(dotRows(picture.rows, picture.width), 2)).toBe('https://zw.example.gov.cn/t/1');
  });

  it.each([
    ['EAN13', '690123456789', '6901234567892'],
    ['EAN8', '2012345', '20123451'],
    ['CODE39', 'A001', 'A001'],
    ['ITF', '1234', '1234'],
  ] as const)('its %s ends with NUL and is printed with the text below', async (type, given, drawn) => {
    const { words, refused } = await printed((sheet) =>
      sheet.barcode(given, type, { width: 1, height: 80 } as never).text('on'),
    );
    expect(refused).toEqual([]);
    expect(words).toEqual([`barcode L "${drawn}"`, `1x1 L "${drawn}"`, '1x1 L "on"']);
  });

  it('its short CODE128 has no length, so the printer swallows 65 bytes of what comes behind', async () => {
    const { words, refused } = await printed((sheet) =>
      sheet
        .barcode('A123', 'CODE128', { width: 1, height: 80 } as never)
        .text('x'.repeat(70))
        .text('on'),
    );
    // 31 32 33 00 and 61 of the 70 letters are taken for the code.
    expect(words).toEqual([`1x1 L "${'x'.repeat(9)}"`, '1x1 L "on"']);
    expect(refused).toEqual(['GS k 73: data is not legal (it starts with {A, {B or {C)']);
  });

  it('a height over 127 is two bytes, and the second is text', async () => {
    const { words, refused } = await printed((sheet) =>
      sheet.barcode('A001', 'CODE39', { width: 1, height: 162 } as never).text('on'),
    );
    expect(words).toEqual(['1x1 L "óon"']);
    expect(refused).toEqual(['GS k in mid line']);
  });

  it('a width of 6 prints the word undefined', async () => {
    const { words } = await printed((sheet) =>
      sheet.barcode('A001', 'CODE39', { width: 6, height: 80 } as never).text('on'),
    );
    expect(words).toEqual(['1x1 L "undefinedon"']);
  });

  it('its QR code is another maker’s: the letters come out', async () => {
    const { words, refused } = await printed((sheet) => sheet.qrcode('https://x/1', 3, 'L', 6).text('on'));
    expect(words).toEqual(['1x1 L "Lhttps://x/1on"']);
    expect(new Set(refused)).toEqual(new Set(['unknown command']));
  });

  it('its drawer command takes two bytes of the text', async () => {
    const { words, refused } = await printed((sheet) => sheet.cashdraw(2).text('text'));
    expect(words).toEqual(['1x1 L "xt"']);
    expect(refused).toEqual(['drawer command: a kiosk printer has no drawer']);
  });

  it('¥ comes out as signs and digits', async () => {
    expect((await printed((sheet) => sheet.print(chineseOn).text('¥100'))).words).toEqual([
      '1x1 L "□0□6100"',
    ]);
  });

  it('a picture in columns of dots comes out as it is', async () => {
    const { words, device } = await printed(async (sheet) => {
      const pixels = {
        data: frame.flatMap((row) =>
          [...row].flatMap((dot) => (dot === '#' ? [0, 0, 0, 255] : [255, 255, 255, 255])),
        ),
        shape: [16, 8, 4],
      };
      await (sheet as unknown as { image(picture: unknown, density: string): Promise<unknown> }).image(
        new (escpos as unknown as { Image: new (pixels: object) => unknown }).Image(pixels),
        'd24',
      );
    });
    expect(words).toEqual(['image L 16x24']);
    const [picture] = device.currentPaper().lines;
    expect(picture?.kind === 'image' && dotRows(picture.rows, 16)).toEqual([
      ...frame,
      ...Array.from({ length: 16 }, () => '.'.repeat(16)),
    ]);
  });
});

/**
 * node-thermal-printer on the simulated printer, by its own network interface: what it means must come out on paper. It knows
 * nothing of this project.
 */
import thermal from 'node-thermal-printer';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../harness/programs.ts';
import { dotRows, frame, png, readQrDots } from './dots.ts';
import { cameOut, startWitnessPrinter, type WitnessPrinter, wordsOf } from './print-on.ts';

let printer: WitnessPrinter | undefined;
afterEach(async () => {
  await printer?.close();
  printer = undefined;
});
describe('node-thermal-printer', () => {
  /** Its own network: what it says of the job counts. */
  async function printing(characterSet: keyof typeof thermal.CharacterSet) {
    const device = (printer = await startWitnessPrinter());
    const make = new thermal.ThermalPrinter({
      type: thermal.PrinterTypes.EPSON,
      interface: `tcp://127.0.0.1:${device.portNumber}`,
      characterSet: thermal.CharacterSet[characterSet],
      width: 48,
    });
    /** A device has one host at a time: the next job can come when this one has gone on both sides. */
    const execute = async (options?: { waitForResponse: boolean }) => {
      const before = device.state().received;
      const bytes = make.getBuffer().length;
      const said = await make.execute(options);
      await until('the printer to take the job', () => device.state().received >= before + bytes);
      await until('its host to go', () => !device.state().hostPresent);
      make.clear();
      return said;
    };
    return { device, make, execute };
  }

  it('a ticket with Chinese, styles, tables, codes and a picture comes out', async () => {
    const { device, make, execute } = await printing('CHINA');
    make.alignCenter();
    make.bold(true);
    make.setTextSize(1, 1);
    make.println('政务大厅');
    make.bold(false);
    make.setTextSize(0, 0);
    make.println('A001 $5');
    make.alignLeft();
    make.table(['One', 'Two', 'Three']);
    make.tableCustom([
      { text: 'left', align: 'LEFT', width: 0.5, bold: true },
      { text: 'right', align: 'RIGHT', width: 0.5 },
    ]);
    make.invert(true);
    make.println('inverse');
    make.invert(false);
    make.underline(true);
    make.println('under');
    make.underline(false);
    make.upsideDown(true);
    make.println('turned');
    make.upsideDown(false);
    make.setTypeFontB();
    make.println('font B');
    make.setTypeFontA();
    make.drawLine();
    make.printQR('https://zw.example.gov.cn/t/1', { cellSize: 6, correction: 'M', model: 2 });
    make.code128('A001', { hriPos: 2, width: 2, height: 80 } as never);
    make.printBarcode('6901234567892', 67);
    await make.printImageBuffer(png(frame));
    make.newLine();
    make.cut();
    await execute();

    const { papers, refused, lines } = cameOut(device);
    expect(refused).toEqual([]);
    expect(papers.map(({ cut }) => cut)).toEqual(['full']);
    expect(wordsOf(device)).toEqual([
      '2x2 C bold "政务大厅"',
      // Its character set is China's: there the dollar is a yuan.
      '1x1 C "A001 ¥5"',
      '1x1 L "One             Two             Three           "',
      '1x1 L bold "left                                       right"',
      '1x1 L inverse "inverse"',
      '1x1 L underlined "under"',
      '1x1 L upside-down "turned"',
      '1x1 L "font B"',
      `1x1 L "${'-'.repeat(48)}"`,
      'qr L 6 "https://zw.example.gov.cn/t/1"',
      'barcode L "A001"',
      '1x1 L "A001"',
      'barcode L "6901234567892"',
      'image L 16x8',
    ]);
    const small = lines.find((line) => line.kind === 'text' && line.text === 'font B');
    expect(small?.kind === 'text' && small.cells[0]).toMatchObject({ width: 9, height: 17 });
    const code = lines.find((line) => line.kind === 'qr');
    if (code?.kind !== 'qr') throw new Error('no QR code');
    expect(
      readQrDots(
        code.rows.map((row) => row.replaceAll('1', '#')),
        6,
      ),
    ).toBe('https://zw.example.gov.cn/t/1');
    const picture = lines.find((line) => line.kind === 'image');
    expect(picture?.kind === 'image' && dotRows(picture.rows, 16)).toEqual(frame);
  });

  it('text goes over to the code table that has its characters', async () => {
    const { device, make, execute } = await printing('PC437_USA');
    // After a power-up the printer is in Chinese mode; this encoder never leaves it, and ESC @ comes only with the cut.
    make.add(Buffer.of(0x1b, 0x40));
    make.println('Grüße €');
    await execute();
    expect(wordsOf(device)).toEqual(['1x1 L "Grüße €"']);
  });

  it('asks for the paper in the data, and is answered', async () => {
    const { device, make, execute } = await printing('PC437_USA');
    await device.setFault('paper-near-end', true);
    // Its declarations have not got this one.
    await (make as unknown as { getStatus(): Promise<void> }).getStatus();
    expect(await execute({ waitForResponse: true })).toEqual(Buffer.of(0x03));
  });

  it('what a kiosk printer has not got is refused by name, and the rest is printed', async () => {
    const { device, make, execute } = await printing('PC437_USA');
    make.pdf417('A001');
    make.maxiCode('A001');
    make.println('on');
    await execute();
    expect(new Set(cameOut(device).refused)).toEqual(
      new Set([
        'GS ( k cn 48: this model prints QR codes (31h) only',
        'GS ( k cn 50: this model prints QR codes (31h) only',
      ]),
    );
    expect(wordsOf(device)).toEqual(['1x1 L "on"']);
  });
});

import iconv from 'iconv-lite';
import QRCode from 'qrcode';
import { code128 } from './code128.ts';
import type { Align, Cell, PaperLine } from './paper.ts';

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
/** A line ready to print; the paper gives it its y. `advance` is how far the paper moves, dots. */
export type DrawnLine = DistributiveOmit<PaperLine, 'y'>;

export type InterpreterOptions = {
  /** Printable width in dots. */
  width: number;
  /** Chinese mode after ESC @; many printers of Chinese make come back with it off. */
  chineseAfterInit: 'on' | 'off';
  /** Whether the font has the four-byte area of GB18030; most printers print only the two-byte area (§1.1). */
  fourByteArea: boolean;
  print: (line: DrawnLine, advance: number) => void;
  feed: (dots: number) => void;
  /** A command that the real device would ignore, with the reason. */
  refuse: (reason: string) => void;
};

const ankWidth = 12;
const chineseWidth = 24;
const characterHeight = 24;
/** 1/6 inch at 203 dpi. */
const defaultLineSpacing = 34;
const aligns: Record<number, Align> = {
  0: 'left',
  1: 'center',
  2: 'right',
  48: 'left',
  49: 'center',
  50: 'right',
};
const errorCorrection = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' } as const;

type Size = { w: number; h: number };

function startModes(chinese: boolean, width: number) {
  return {
    chinese,
    size: { w: 1, h: 1 } as Size,
    chineseSize: { w: 1, h: 1 } as Size,
    bold: false,
    underline: false,
    align: 'left' as Align,
    lineSpacing: defaultLineSpacing,
    left: 0,
    area: width,
    spacing: 0,
    chineseSpacing: [0, 0] as [number, number],
    barcodeHeight: 162,
    barcodeModule: 3,
    barcodeText: 0,
    qrModule: 3,
    qrCorrection: 'L' as 'L' | 'M' | 'Q' | 'H',
  };
}

/** Turns commands into drawn lines: the printer's own reading of its data, with its modes. */
export class Interpreter {
  #options: InterpreterOptions;
  #modes: ReturnType<typeof startModes>;
  #cells: Cell[] = [];
  #x = 0;
  #lead: number | undefined;
  /** The first two or three bytes of a four-byte character. */
  #four: number[] | undefined;
  #qrData: Uint8Array | undefined;
  #graphic: DrawnLine | undefined;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    // A Chinese model powers up with Chinese mode on (§1.1).
    this.#modes = startModes(true, options.width);
  }

  /** True when nothing stands in the line buffer: cut, QR and alignment only work here. */
  get atLineStart(): boolean {
    return this.#cells.length === 0 && this.#lead === undefined && !this.#four;
  }

  get chinese(): boolean {
    return this.#modes.chinese;
  }

  /** ESC @: clears the line buffer and all modes. */
  initialise(): void {
    this.clearLine();
    this.#modes = startModes(this.#options.chineseAfterInit === 'on', this.#options.width);
    this.#qrData = undefined;
    this.#graphic = undefined;
  }

  clearLine(): void {
    this.#cells = [];
    this.#x = 0;
    this.#lead = undefined;
    this.#four = undefined;
  }

  /** One byte of text. */
  text(byte: number): void {
    if (!this.#modes.chinese) return this.#single(byte);
    if (this.#four) return this.#fourByte(this.#four, byte);
    if (this.#lead === undefined) {
      if (byte >= 0x81 && byte <= 0xfe) this.#lead = byte;
      else this.#single(byte);
      return;
    }
    const lead = this.#lead;
    this.#lead = undefined;
    if (byte >= 0x40 && byte !== 0x7f && byte <= 0xfe) return this.#double(lead, byte);
    if (this.#options.fourByteArea && byte >= 0x30 && byte <= 0x39) {
      this.#four = [lead, byte];
      return;
    }
    // A lead byte without its partner: the font has nothing for it. `81 30 84 36` comes out as □0□6.
    this.#mark();
    this.text(byte);
  }

  /** Obeys a command that draws or sets a mode; false when it is none of those. */
  obey(name: string, parameters: Uint8Array): boolean {
    if (this.#lead !== undefined || this.#four) {
      this.#lead = undefined;
      this.#four = undefined;
      this.#mark();
    }
    const modes = this.#modes;
    const [n = 0, second = 0] = parameters;
    switch (name) {
      case 'NUL':
      case 'CR':
      case 'FF':
      case 'ESC t':
      case 'ESC R':
      case 'ESC M':
      case 'ESC {':
      case 'ESC V':
      case 'ESC =':
      case 'ESC r':
      case 'ESC c':
      case 'ESC D':
      case 'GS B':
      case 'GS P':
      case 'GS b':
      case 'GS f':
      case 'FS C':
      case 'FS ( C':
      case 'FS ( A':
      case 'GS ( D':
      case 'GS ( K':
      case 'GS ( E':
        return true;
      case 'LF':
        this.endLine();
        return true;
      case 'HT':
        this.#x = (Math.floor(this.#x / (8 * ankWidth)) + 1) * 8 * ankWidth;
        return true;
      case 'ESC d':
        this.endLine();
        if (n > 1) this.#options.feed((n - 1) * modes.lineSpacing);
        return true;
      case 'ESC J':
        if (this.#cells.length > 0) this.#printCells(n);
        else this.#options.feed(n);
        return true;
      case 'ESC 2':
        modes.lineSpacing = defaultLineSpacing;
        return true;
      case 'ESC 3':
        modes.lineSpacing = n;
        return true;
      case 'ESC E':
      case 'ESC G':
        modes.bold = (n & 1) === 1;
        return true;
      case 'ESC -':
      case 'FS -':
        modes.underline = n !== 0 && n !== 48;
        return true;
      case 'ESC !':
        // On these models ESC ! rules the single-byte characters only.
        modes.bold = (n & 0x08) !== 0;
        modes.underline = (n & 0x80) !== 0;
        modes.size = { w: n & 0x20 ? 2 : 1, h: n & 0x10 ? 2 : 1 };
        return true;
      case 'ESC a': {
        const align = aligns[n];
        if (!align) this.#options.refuse(`ESC a ${n}: not an alignment`);
        else if (!this.atLineStart)
          this.#options.refuse('ESC a in mid line: only works at the start of a line');
        else modes.align = align;
        return true;
      }
      case 'ESC  ':
        modes.spacing = n;
        return true;
      case 'ESC $':
        this.#x = Math.min(n + 256 * second, modes.area);
        return true;
      case 'GS !':
        if (n & 0x88) this.#options.refuse(`GS ! ${n}: sizes are 1 to 8`);
        else {
          modes.size = { w: (n >> 4) + 1, h: (n & 7) + 1 };
          modes.chineseSize = { ...modes.size };
        }
        return true;
      case 'GS L':
        if (!this.atLineStart) this.#options.refuse('GS L in mid line');
        else modes.left = Math.min(n + 256 * second, this.#options.width);
        return true;
      case 'GS W':
        if (!this.atLineStart) this.#options.refuse('GS W in mid line');
        else modes.area = n + 256 * second;
        return true;
      case 'FS &':
        modes.chinese = true;
        return true;
      case 'FS .':
        modes.chinese = false;
        return true;
      case 'FS !':
        modes.chineseSize = { w: n & 0x04 ? 2 : 1, h: n & 0x08 ? 2 : 1 };
        modes.underline = (n & 0x80) !== 0;
        return true;
      case 'FS W':
        modes.chineseSize = n & 1 ? { w: 2, h: 2 } : { w: 1, h: 1 };
        return true;
      case 'FS S':
        modes.chineseSpacing = [n, second];
        return true;
      case 'GS h':
        if (n === 0) this.#options.refuse('GS h 0: height is 1 to 255');
        else modes.barcodeHeight = n;
        return true;
      case 'GS w':
        if (n < 2 || n > 6) this.#options.refuse(`GS w ${n}: width is 2 to 6`);
        else modes.barcodeModule = n;
        return true;
      case 'GS H':
        modes.barcodeText = n & 3;
        return true;
      case 'GS k':
        this.#barcode(n, parameters.slice(2));
        return true;
      case 'GS ( k':
        this.#symbol(parameters);
        return true;
      case 'GS v 0':
        this.#raster(parameters);
        return true;
      case 'GS ( L':
        this.#graphics(parameters);
        return true;
      default:
        return false;
    }
  }

  /** LF: prints the line buffer, or feeds one line when it is empty. */
  endLine(): void {
    if (this.#cells.length > 0) this.#printCells(this.#modes.lineSpacing);
    else {
      this.#x = 0;
      this.#options.feed(this.#modes.lineSpacing);
    }
  }

  #area() {
    return Math.max(ankWidth, Math.min(this.#modes.area, this.#options.width - this.#modes.left));
  }

  #single(byte: number) {
    const char = byte < 0x80 ? String.fromCharCode(byte) : iconv.decode(Buffer.of(byte), 'cp437');
    this.#cell(char, ankWidth, this.#modes.size, this.#modes.spacing);
  }

  #fourByte(before: number[], byte: number) {
    const bytes = [...before, byte];
    this.#four = bytes.length < 4 ? bytes : undefined;
    if (this.#four) return;
    const char = iconv.decode(Buffer.from(bytes), 'gb18030');
    this.#cell(char, chineseWidth, this.#modes.chineseSize, this.#modes.chineseSpacing[1]);
  }

  #double(lead: number, trail: number) {
    const char = iconv.decode(Buffer.of(lead, trail), 'gb18030');
    const [left, right] = this.#modes.chineseSpacing;
    this.#x += left;
    this.#cell(char === '\ufffd' ? '□' : char, chineseWidth, this.#modes.chineseSize, right);
  }

  #mark() {
    this.#cell('□', ankWidth, this.#modes.size, this.#modes.spacing);
  }

  #cell(char: string, dots: number, size: Size, spacingAfter: number) {
    const width = dots * size.w;
    if (this.#x + width > this.#area()) {
      if (this.#cells.length > 0) this.#printCells(this.#modes.lineSpacing);
      this.#x = 0;
    }
    const { bold, underline } = this.#modes;
    this.#cells.push({ char, x: this.#x, width, w: size.w, h: size.h, bold, underline });
    this.#x += width + spacingAfter;
  }

  #offset(width: number) {
    const free = Math.max(0, this.#area() - width);
    const { align, left } = this.#modes;
    return left + (align === 'left' ? 0 : align === 'center' ? Math.floor(free / 2) : free);
  }

  #printCells(advance: number) {
    const cells = this.#cells;
    const last = cells[cells.length - 1];
    const offset = this.#offset(last ? last.x + last.width : 0);
    for (const cell of cells) cell.x += offset;
    const h = Math.max(...cells.map((cell) => cell.h));
    const height = h * characterHeight;
    this.clearLine();
    this.#options.print(
      {
        kind: 'text',
        height,
        text: cells.map((cell) => cell.char).join(''),
        w: Math.max(...cells.map((cell) => cell.w)),
        h,
        bold: cells.some((cell) => cell.bold),
        align: this.#modes.align,
        cells,
      },
      Math.max(height, advance),
    );
  }

  #barcode(system: number, data: Uint8Array) {
    if (system !== 73) return this.#options.refuse(`GS k ${system}: this model prints CODE128 (73) only`);
    if (!this.atLineStart) return this.#options.refuse('GS k in mid line');
    const code = data.length >= 2 ? code128(data) : undefined;
    if (!code) return this.#options.refuse('GS k 73: data is not legal (it starts with {A, {B or {C)');
    const module = this.#modes.barcodeModule;
    const width = code.widths.reduce((total, bars) => total + bars * module, 0);
    if (width > this.#area()) return this.#options.refuse(`GS k 73: ${width} dots are wider than the paper`);
    const offset = this.#offset(width);
    const bars: [number, number][] = [];
    let x = offset;
    for (const [index, modules] of code.widths.entries()) {
      if (index % 2 === 0) bars.push([x, modules * module]);
      x += modules * module;
    }
    const height = this.#modes.barcodeHeight;
    const { align } = this.#modes;
    const above = (this.#modes.barcodeText & 1) !== 0;
    const below = (this.#modes.barcodeText & 2) !== 0;
    if (above) this.#plain(code.text);
    this.#options.print({ kind: 'barcode', height, x: offset, align, data: code.text, bars }, height);
    if (below) this.#plain(code.text);
  }

  /** The readable text of a barcode, in the barcode's alignment. */
  #plain(text: string) {
    for (const char of text) this.#cell(char, ankWidth, { w: 1, h: 1 }, 0);
    this.#printCells(characterHeight);
  }

  /** GS ( k, cn 31h: QR code (§1.1). */
  #symbol(parameters: Uint8Array) {
    const [cn, fn, n = 0] = parameters;
    if (cn !== 0x31) return this.#options.refuse(`GS ( k cn ${cn}: this model prints QR codes (31h) only`);
    switch (fn) {
      case 0x41:
        if (n !== 0x31 && n !== 0x32) this.#options.refuse(`GS ( k model ${n}: 31h or 32h`);
        return;
      case 0x43:
        if (n < 1 || n > 16) this.#options.refuse(`GS ( k module ${n}: 1 to 16 dots`);
        else this.#modes.qrModule = n;
        return;
      case 0x45: {
        const level = errorCorrection[n as 48 | 49 | 50 | 51];
        if (level) this.#modes.qrCorrection = level;
        else this.#options.refuse(`GS ( k error correction ${n}: 30h to 33h`);
        return;
      }
      case 0x50:
        if (n !== 0x30 || parameters.length < 4)
          this.#options.refuse('GS ( k store: m must be 30h, 1 to 7089 bytes');
        else this.#qrData = parameters.slice(3);
        return;
      case 0x51:
        return this.#printQr();
      case 0x52:
        return;
      default:
        this.#options.refuse(`GS ( k fn ${fn}: unknown`);
    }
  }

  #printQr() {
    if (!this.#qrData) return this.#options.refuse('GS ( k print: no data stored');
    if (!this.atLineStart) return this.#options.refuse('GS ( k print in mid line');
    let code: QRCode.QRCode;
    try {
      code = QRCode.create([{ data: this.#qrData, mode: 'byte' }] as QRCode.QRCodeSegment[], {
        errorCorrectionLevel: this.#modes.qrCorrection,
      });
    } catch {
      return this.#options.refuse(`GS ( k print: ${this.#qrData.length} bytes do not fit a QR code`);
    }
    const { size, data } = code.modules;
    const moduleDots = this.#modes.qrModule;
    const width = size * moduleDots;
    if (width > this.#area())
      return this.#options.refuse(`GS ( k print: ${width} dots are wider than the paper`);
    const rows = Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_, x) => (data[y * size + x] ? '1' : '0')).join(''),
    );
    this.#options.print(
      {
        kind: 'qr',
        height: width,
        x: this.#offset(width),
        align: this.#modes.align,
        data: Buffer.from(this.#qrData).toString('utf8'),
        moduleDots,
        rows,
      },
      width,
    );
  }

  #image(
    width: number,
    bytesPerRow: number,
    height: number,
    data: Uint8Array,
    scaleX: number,
    scaleY: number,
  ): DrawnLine {
    const rows = Array.from({ length: height }, (_, y) =>
      Buffer.from(data.slice(y * bytesPerRow, (y + 1) * bytesPerRow)).toString('hex'),
    );
    const { align } = this.#modes;
    return {
      kind: 'image',
      height: height * scaleY,
      x: this.#offset(width * scaleX),
      align,
      width,
      scaleX,
      scaleY,
      rows,
    };
  }

  #raster(parameters: Uint8Array) {
    const [mode = 0, xLow = 0, xHigh = 0, yLow = 0, yHigh = 0] = parameters;
    if (!this.atLineStart) return this.#options.refuse('GS v 0 in mid line: needs an empty print buffer');
    const bytes = xLow + 256 * xHigh;
    const height = yLow + 256 * yHigh;
    if ((mode & 0xfc) !== 0 && (mode & 0xfc) !== 48)
      return this.#options.refuse(`GS v 0 mode ${mode}: 0 to 3`);
    const line = this.#image(
      bytes * 8,
      bytes,
      height,
      parameters.slice(5),
      mode & 1 ? 2 : 1,
      mode & 2 ? 2 : 1,
    );
    this.#options.print(line, line.height);
  }

  #graphics(parameters: Uint8Array) {
    const fn = parameters[1];
    if (fn === 0x70 || fn === 112) {
      const [, , , bx = 1, by = 1, , xLow = 0, xHigh = 0, yLow = 0, yHigh = 0] = parameters;
      const width = xLow + 256 * xHigh;
      this.#graphic = this.#image(
        width,
        Math.ceil(width / 8),
        yLow + 256 * yHigh,
        parameters.slice(10),
        bx,
        by,
      );
    } else if (fn === 2 || fn === 50) {
      if (this.#graphic) this.#options.print(this.#graphic, this.#graphic.height);
      else this.#options.refuse('GS ( L print: no graphic stored');
      this.#graphic = undefined;
    } else this.#options.refuse(`GS ( L fn ${fn}: this model has no stored pictures`);
  }
}

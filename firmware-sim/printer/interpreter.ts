import { Characters, brokenGlyph, characterWidth, plainGlyph } from './characters.ts';
import { readBarcode } from './barcodes.ts';
import { type DrawnLine, type Glyph, LineBuffer, placeOf } from './line-buffer.ts';
import { columnPicture, type Picture, rasterPicture, StoredGraphic } from './pictures.ts';
import { type QrPicture, QrSymbol } from './qr-symbol.ts';
import { type Modes, setMode, startModes } from './text-modes.ts';

export type InterpreterOptions = {
  /** Printable width in dots. */
  width: number;
  /** Chinese mode after ESC @; many printers of Chinese make come back with it off. */
  chineseAfterInit: 'on' | 'off';
  /** Whether the font has the four-byte area of GB18030; most printers print only the two-byte area (§1.1). */
  fourByteArea: boolean;
  /** `advance` is how far the paper moves, dots. */
  print: (line: DrawnLine, advance: number) => void;
  feed: (dots: number) => void;
  /** A command that the real device would ignore, with the reason. */
  refuse: (reason: string) => void;
};

/** Known commands of things this model has not got or that leave no trace on paper: taken, and nothing happens. */
const withoutTrace = new Set([
  'NUL',
  'CR',
  // In standard mode these two do nothing.
  'FF',
  'CAN',
  'ESC =',
  'ESC r',
  'ESC c',
  'ESC B',
  'ESC U',
  'GS b',
  'GS E',
  'GS |',
  'FS C',
  'FS ( C',
  'FS ( A',
  'GS ( D',
  'GS ( K',
  'GS ( E',
]);
/** Known commands of what this model has not got, whose absence is seen on paper. */
const notHad: Record<string, string> = {
  'ESC L': 'page mode',
  'ESC T': 'page mode',
  'ESC W': 'page mode',
  'ESC \f': 'page mode',
  'GS $': 'page mode',
  'GS \\': 'page mode',
  'ESC &': 'characters of the user',
  'ESC ?': 'characters of the user',
  'FS 2': 'characters of the user',
  'FS ?': 'characters of the user',
  'FS p': 'stored pictures',
  'FS q': 'stored pictures',
  'GS *': 'stored pictures',
  'GS /': 'stored pictures',
  'GS :': 'macros',
  'GS ^': 'macros',
  'ESC K': 'a way to feed backwards',
  'ESC e': 'a way to feed backwards',
};

/** Turns commands into drawn lines: the printer's own reading of its data, with its modes. */
export class Interpreter {
  #options: InterpreterOptions;
  #modes: Modes;
  #line = new LineBuffer();
  #characters: Characters;
  #qr = new QrSymbol();
  #graphic = new StoredGraphic();

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#characters = new Characters(options.fourByteArea);
    // A Chinese model powers up with Chinese mode on (§1.1).
    this.#modes = startModes(true, options.width);
  }

  /** True when nothing stands in the line buffer: cut, QR and alignment only work here. */
  get atLineStart(): boolean {
    return this.#line.empty && !this.#characters.begun;
  }

  get chinese(): boolean {
    return this.#modes.chinese;
  }

  /** ESC @: clears the line buffer and all modes. */
  initialise(): void {
    this.clearLine();
    this.#modes = startModes(this.#options.chineseAfterInit === 'on', this.#options.width);
    this.#qr = new QrSymbol();
    this.#graphic = new StoredGraphic();
  }

  clearLine(): void {
    this.#line.clear();
    this.#characters.drop();
  }

  /** One byte of text. */
  text(byte: number): void {
    for (const glyph of this.#characters.feed(byte, this.#modes)) this.#write(glyph);
  }

  /** Obeys a command that draws or sets a mode; false when it is none of those. */
  obey(name: string, parameters: Uint8Array): boolean {
    if (this.#characters.drop()) this.#write(brokenGlyph(this.#modes));
    const { atLineStart } = this;
    const done = setMode(this.#modes, name, parameters, { atLineStart, width: this.#options.width });
    if (done === 'other')
      return this.#move(name, parameters) || this.#draw(name, parameters) || this.#pass(name, parameters);
    if (done !== 'set') this.#options.refuse(done.refused);
    return true;
  }

  /** LF: prints the line buffer, or feeds one line when it is empty. */
  endLine(): void {
    this.#printLine(this.#modes.lineSpacing);
  }

  #move(name: string, parameters: Uint8Array): boolean {
    const [n = 0, second = 0] = parameters;
    const { lineSpacing } = this.#modes;
    switch (name) {
      case 'LF':
        this.endLine();
        return true;
      case 'ESC d':
        this.endLine();
        if (n > 1) this.#options.feed((n - 1) * lineSpacing);
        return true;
      case 'ESC J':
        this.#printLine(n);
        return true;
      case 'HT': {
        const wide = characterWidth(this.#modes);
        const next = this.#modes.tabs.find((tab) => tab * wide > this.#line.x);
        if (next !== undefined) this.#line.moveTo(Math.min(next * wide, this.#area));
        return true;
      }
      case 'ESC $':
        this.#line.moveTo(Math.min(n + 256 * second, this.#area));
        return true;
      case 'ESC \\': {
        const by = n + 256 * second;
        const to = this.#line.x + (by > 0x7fff ? by - 0x10000 : by);
        if (to >= 0 && to <= this.#area) this.#line.moveTo(to);
        return true;
      }
      default:
        return false;
    }
  }

  #draw(name: string, parameters: Uint8Array): boolean {
    switch (name) {
      case 'GS k':
        this.#barcode(parameters);
        return true;
      case 'GS ( k': {
        const code = this.#qr.obey(parameters);
        if (code) this.#atStart('GS ( k print', code, (picture) => this.#printQr(picture));
        return true;
      }
      case 'GS v 0':
        this.#atStart('GS v 0', rasterPicture(parameters), (picture) => this.#printPicture(picture));
        return true;
      case 'GS ( L': {
        const graphic = this.#graphic.obey(parameters);
        if (graphic) this.#atStart('GS ( L print', graphic, (picture) => this.#printPicture(picture));
        return true;
      }
      case 'ESC *': {
        const columns = columnPicture(parameters);
        if ('refused' in columns) this.#options.refuse(columns.refused);
        else this.#line.draw(columns, this.#area);
        return true;
      }
      default:
        return false;
    }
  }

  /** What is known and not drawn. */
  #pass(name: string, parameters: Uint8Array): boolean {
    const missing = notHad[name];
    if (missing) this.#options.refuse(`${name}: this model has not got ${missing}`);
    return missing !== undefined || withoutTrace.has(name) || (name === 'ESC S' && parameters.length === 0);
  }

  /** Prints what may only stand at the start of a line. */
  #atStart<T extends object>(what: string, read: T | { refused: string }, print: (read: T) => void): void {
    if ('refused' in read) this.#options.refuse(read.refused as string);
    else if (!this.atLineStart) this.#options.refuse(`${what} in mid line`);
    else print(read);
  }

  get #area(): number {
    const { area, left } = this.#modes;
    return Math.max(characterWidth(this.#modes), Math.min(area, this.#options.width - left));
  }

  get #layout() {
    const { align, left, upsideDown } = this.#modes;
    return { align, left, upsideDown, area: this.#area };
  }

  #write(glyph: Glyph): void {
    if (this.#line.write(glyph, this.#area)) return;
    if (!this.#line.empty) this.#printLine(this.#modes.lineSpacing);
    this.#line.clear();
    this.#line.write(glyph, Math.max(this.#area, glyph.before + glyph.width));
  }

  /** Prints the line buffer; feeds by `advance` when it is empty. */
  #printLine(advance: number): void {
    const lines = this.#line.take(this.#layout);
    if (lines.length === 0) return this.#options.feed(advance);
    const height = Math.max(...lines.map((line) => line.height));
    // What stands side by side has one y: only the last moves the paper.
    for (const [index, line] of lines.entries())
      this.#options.print(line, index === lines.length - 1 ? Math.max(height, advance) : 0);
  }

  #barcode(parameters: Uint8Array): void {
    this.#atStart('GS k', readBarcode(parameters), ({ text, widths }) => {
      const { barcodeModule: module, barcodeHeight: height, barcodeText, barcodeFont } = this.#modes;
      const dots = widths.map((modules) => Math.ceil(modules * module));
      const width = dots.reduce((total, one) => total + one, 0);
      if (width > this.#area) return this.#options.refuse(`GS k: ${width} dots are wider than the paper`);
      const x = placeOf(width, this.#layout);
      const bars: [number, number][] = [];
      let at = x;
      for (const [index, one] of dots.entries()) {
        if (index % 2 === 0) bars.push([at, one]);
        at += one;
      }
      const { align } = this.#modes;
      const readable = () => {
        for (const char of text) this.#line.write(plainGlyph(char, barcodeFont), Infinity);
        // In the middle of its bars, wherever they stand.
        const below = { align: 'center', left: x, area: width, upsideDown: false } as const;
        for (const line of this.#line.take(below)) this.#options.print({ ...line, align }, line.height);
      };
      if (barcodeText & 1) readable();
      this.#options.print({ kind: 'barcode', height, x, align, data: text, bars }, height);
      if (barcodeText & 2) readable();
    });
  }

  #printQr({ data, moduleDots, rows }: QrPicture): void {
    const height = rows.length * moduleDots;
    if (height > this.#area)
      return this.#options.refuse(`GS ( k print: ${height} dots are wider than the paper`);
    const x = placeOf(height, this.#layout);
    const { align } = this.#modes;
    this.#options.print({ kind: 'qr', height, x, align, data, moduleDots, rows }, height);
  }

  #printPicture(picture: Picture): void {
    this.#line.draw(picture, this.#area);
    this.#printLine(0);
  }
}

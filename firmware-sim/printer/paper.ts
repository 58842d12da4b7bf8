/** Everything is in dots; 8 dots are 1 mm (203 dpi). y counts from the paper's leading edge. */
export const dotsPerMm = 8;
/** The knife stands this far behind the print head: a cut without feeding leaves the last 12 mm on the next paper. */
export const headToCutterDots = 96;

export type Align = 'left' | 'center' | 'right';
/**
 * One printed character; `w`, `h` magnification 1…8. Its box is `width × height` dots at (x, line y), resting on the line's
 * foot (of a line upside down: hanging from its head). `inverse`: white on black.
 */
export type Cell = {
  char: string;
  x: number;
  width: number;
  height: number;
  w: number;
  h: number;
  bold: boolean;
  underline: boolean;
  inverse: boolean;
};

export type PaperLine =
  | {
      kind: 'text';
      y: number;
      height: number;
      text: string;
      w: number;
      h: number;
      bold: boolean;
      upsideDown: boolean;
      align: Align;
      cells: Cell[];
    }
  | {
      kind: 'qr';
      y: number;
      height: number;
      x: number;
      align: Align;
      data: string;
      moduleDots: number;
      rows: string[];
    }
  | {
      kind: 'barcode';
      y: number;
      height: number;
      x: number;
      align: Align;
      data: string;
      bars: [x: number, width: number][];
    }
  /** rows: one hex text a row, most significant bit left. */
  | {
      kind: 'image';
      y: number;
      height: number;
      x: number;
      align: Align;
      width: number;
      scaleX: number;
      scaleY: number;
      rows: string[];
    };

export type CutKind = 'full' | 'partial' | 'torn';

/** A piece of paper; while it still hangs in the printer `cut` is null. */
export type Paper = {
  n: number;
  /** When its first line was printed, RFC 3339; null while it is blank. */
  at: string | null;
  /** Printable width in dots: 576 (80 mm) or 384 (58 mm). */
  width: number;
  /** Length in dots. */
  height: number;
  cut: CutKind | null;
  lines: PaperLine[];
};

/** All text of a paper, a line each. */
export function paperText(paper: Paper): string {
  return paper.lines.flatMap((line) => (line.kind === 'text' ? [line.text] : [])).join('\n');
}

/** The contents of all QR codes of a paper. */
export function paperQr(paper: Paper): string[] {
  return paper.lines.flatMap((line) => (line.kind === 'qr' ? [line.data] : []));
}

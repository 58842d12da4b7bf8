/** What stands in the line that is being composed: characters and bit images, placed from the left edge of the area. */
import type { Align, Cell, PaperLine } from './paper.ts';

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;
/** A line ready to print; the paper gives it its y. */
export type DrawnLine = DistributiveOmit<PaperLine, 'y'>;

type Picture = Omit<Extract<DrawnLine, { kind: 'image' }>, 'align'>;
/** A character before it has its place; `before` and `after`: spacing in dots. */
export type Glyph = Omit<Cell, 'x'> & { before: number; after: number };

/** Where a line of `width` dots begins, from the left edge of the printable width. */
export function placeOf(width: number, layout: { align: Align; left: number; area: number }): number {
  const free = Math.max(0, layout.area - width);
  return (
    layout.left + (layout.align === 'left' ? 0 : layout.align === 'center' ? Math.floor(free / 2) : free)
  );
}

export class LineBuffer {
  #cells: Cell[] = [];
  #pictures: Picture[] = [];
  #x = 0;
  /** Whether a command has moved the place within this line. */
  #moved = false;

  get empty(): boolean {
    return this.#cells.length === 0 && this.#pictures.length === 0;
  }

  clear(): void {
    this.#cells = [];
    this.#pictures = [];
    this.#x = 0;
    this.#moved = false;
  }

  /** Where the next character goes, dots from the left edge of the area. */
  get x(): number {
    return this.#x;
  }

  moveTo(x: number): void {
    this.#x = x;
    this.#moved = true;
  }

  /** Puts a character behind what stands there; false when the area has no room for it. */
  write(glyph: Glyph, area: number): boolean {
    const { before, after, ...cell } = glyph;
    if (this.#x + before + cell.width > area) return false;
    this.#cells.push({ ...cell, x: this.#x + before });
    this.#x += before + cell.width + after;
    return true;
  }

  /** Puts a picture behind what stands there; what is wider than the room left is cut off, as a head has no dots there. */
  draw(picture: Omit<Picture, 'x' | 'kind'>, area: number): void {
    const room = Math.max(0, Math.floor((area - this.#x) / picture.scaleX));
    const width = Math.min(picture.width, room);
    this.#pictures.push({ ...picture, kind: 'image', width, x: this.#x });
    this.#x += width * picture.scaleX;
  }

  /** Takes the line out, aligned and ready to print: pictures first, its characters last. Empty when nothing stands there. */
  take(layout: { align: Align; left: number; area: number; upsideDown: boolean }): DrawnLine[] {
    const cells = this.#cells;
    const pictures = this.#pictures;
    const text = this.#moved ? asSeen(cells) : cells.map((cell) => cell.char).join('');
    const ends = [
      ...cells.map((cell) => cell.x + cell.width),
      ...pictures.map((picture) => picture.x + picture.width * picture.scaleX),
    ];
    const offset = placeOf(Math.max(0, ...ends), layout);
    this.clear();
    const { align, upsideDown } = layout;
    const drawn: DrawnLine[] = pictures.map((picture) => ({ ...picture, x: picture.x + offset, align }));
    if (cells.length === 0) return drawn;
    for (const cell of cells) {
      cell.x += offset;
      // Turned by 180 degrees: what is left is right.
      if (upsideDown) cell.x = 2 * layout.left + layout.area - cell.x - cell.width;
    }
    drawn.push({
      kind: 'text',
      height: Math.max(...cells.map((cell) => cell.height)),
      text,
      w: Math.max(...cells.map((cell) => cell.w)),
      h: Math.max(...cells.map((cell) => cell.h)),
      bold: cells.some((cell) => cell.bold),
      upsideDown,
      align,
      cells,
    });
    return drawn;
  }
}

/** The characters from left to right, whatever order they came in, with blanks where the paper is blank. */
function asSeen(cells: Cell[]): string {
  let end = 0;
  let text = '';
  for (const cell of [...cells].sort((one, other) => one.x - other.x)) {
    const column = cell.width / cell.w > 12 ? cell.width / 2 : cell.width;
    text += ' '.repeat(Math.max(0, Math.round((cell.x - end) / column))) + cell.char;
    end = Math.max(end, cell.x + cell.width);
  }
  return text;
}

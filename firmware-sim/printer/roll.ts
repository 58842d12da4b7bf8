import { type CutKind, dotsPerMm, headToCutterDots, type Paper } from './paper.ts';
import type { DrawnLine } from './line-buffer.ts';

export const fullRollMm = 80_000;
export const nearEndMm = 8_000;
const keptPapers = 200;

/** The paper on its way through the printer: what hangs out of it now, and every piece cut off so far (last 200). */
export class Roll {
  readonly papers: Paper[] = [];
  #width: number;
  #now: () => number;
  #count = 0;
  current: Paper;
  leftMm = fullRollMm;

  /** `now` gives ms since 1970 for the time on a paper. */
  constructor(width: number, now: () => number) {
    this.#width = width;
    this.#now = now;
    this.current = this.#blank(headToCutterDots);
  }

  #blank(height: number): Paper {
    return { n: ++this.#count, at: null, width: this.#width, height, cut: null, lines: [] };
  }

  print(line: DrawnLine, advance: number): void {
    this.current.at ??= new Date(this.#now()).toISOString();
    this.current.lines.push({ ...line, y: this.current.height });
    this.feed(advance);
  }

  feed(dots: number): void {
    this.current.height += dots;
    this.leftMm = Math.max(0, this.leftMm - dots / dotsPerMm);
  }

  /** Cuts at the knife, 12 mm behind the head; returns false when the knife went through something printed. */
  cut(kind: CutKind): boolean {
    const at = Math.max(0, this.current.height - headToCutterDots);
    const finished = this.current;
    const next = this.#blank(finished.height - at);
    const clean = finished.lines.every((line) => line.y + line.height <= at);
    next.lines = finished.lines
      .filter((line) => line.y + line.height > at)
      .map((line) => ({ ...line, y: line.y - at }));
    if (next.lines.length > 0) next.at = finished.at;
    finished.lines = finished.lines.filter((line) => line.y + line.height <= at);
    finished.height = at;
    finished.cut = kind;
    this.papers.push(finished);
    if (this.papers.length > keptPapers) this.papers.shift();
    this.current = next;
    return clean;
  }

  /** Somebody tears off what hangs out, all of it. */
  tear(): void {
    this.feed(headToCutterDots);
    this.cut('torn');
  }
}

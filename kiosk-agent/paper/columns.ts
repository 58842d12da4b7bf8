/**
 * Layout in columns. A column is the width of one ASCII character: 48 on 80 mm paper, 32 on 58 mm.
 * All texts are expected as `paperText` (encode.ts) gives them: no control characters, nothing the printer lacks.
 */

/** Columns of `text`: ASCII 1, everything else 2, as the printer's two-byte area draws it. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += character.codePointAt(0)! < 0x80 ? 1 : 2;
  return width;
}

/** Never first on a line. */
const CLOSING = new Set('，。、；：！？）》〉」』】〕｝”’…％℃·,.;:!?)]}%'.split(''));
/** Never last on a line. */
const OPENING = new Set('（《〈「『【〔｛“‘￥([{'.split(''));

/** What may not be torn: a run of ASCII without blanks (word, number, address), or one wide character. */
function pieces(text: string): string[] {
  const found = text.match(/ +|[!-~]+|[^ -~]/gu) ?? [];
  const glued: string[] = [];
  for (const piece of found) {
    const before = glued.at(-1);
    const glue =
      before !== undefined &&
      !piece.startsWith(' ') &&
      !before.endsWith(' ') &&
      (CLOSING.has(piece[0]!) || OPENING.has(before.at(-1)!));
    if (glue) glued[glued.length - 1] = before + piece;
    else glued.push(piece);
  }
  return glued;
}

/**
 * Breaks `text` into lines of at most `columns` [2…]. Words and numbers stay whole, punctuation stays with its word;
 * a piece longer than a line is torn. Blanks at a break are dropped. An empty text is one empty line.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let room = columns;
  const next = () => {
    lines.push(line.trimEnd());
    line = '';
    room = columns;
  };
  for (const piece of pieces(text)) {
    const width = widthOf(piece);
    if (width <= room) {
      line += piece;
      room -= width;
      continue;
    }
    if (line !== '') next();
    if (piece.startsWith(' ')) continue;
    for (const character of piece) {
      if (widthOf(character) > room) next();
      line += character;
      room -= widthOf(character);
    }
  }
  if (line !== '' || lines.length === 0) next();
  return lines;
}

/** `left` and `right` at the two edges of one line; when they do not fit, `left` wrapped, then `right` at the right edge. */
export function pair(left: string, right: string, columns: number): string[] {
  const gap = columns - widthOf(left) - widthOf(right);
  if (gap >= 1) return [left + ' '.repeat(gap) + right];
  return [
    ...wrap(left, columns),
    ...wrap(right, columns).map((line) => ' '.repeat(columns - widthOf(line)) + line),
  ];
}

/** `text` with blanks before it so that it stands in the middle; a text that does not fit is given back as it is. */
export function centre(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, Math.floor((columns - widthOf(text)) / 2))) + text;
}

/** The largest scale [1…`most`] at which one line of `text` fits into `columns`; 1 when none does. */
export function largestScale(text: string, columns: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(columns / Math.max(1, widthOf(text)))));
}

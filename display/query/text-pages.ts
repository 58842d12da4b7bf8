/** A long text in pieces that have room on a screen that never scrolls. Pure. */

/** Pieces of at most `most` characters, ended after a sentence where one ends in the last third; one empty piece for no text. */
export function textPages(text: string, most: number): string[] {
  const pages: string[] = [];
  let rest = [...text];
  while (rest.length > most) {
    let end = most;
    for (let at = most; at > (most * 2) / 3; at--)
      if (/[。！？；.!?\n]/.test(rest[at - 1] ?? '')) {
        end = at;
        break;
      }
    pages.push(rest.slice(0, end).join('').trim());
    rest = rest.slice(end);
  }
  pages.push(rest.join('').trim());
  return pages;
}

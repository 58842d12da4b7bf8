/** What does not fit a page that never scrolls. Pure. */

/** Services on one page: six big buttons; five of the larger ones when paging takes its own row. */
export function pageSize(services: number, elder: boolean): number {
  return elder && services > 6 ? 5 : 6;
}

/** The services of page `page` (from 0) and how many pages there are; a page past the end is the last one. */
export function pageOf<T>(
  items: T[],
  size: number,
  page: number,
): { items: T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const shown = Math.min(Math.max(0, page), pages - 1);
  return { items: items.slice(shown * size, shown * size + size), page: shown, pages };
}

/** Things shown in turn, by the hub's clock, so that all boards of a hall turn at the same moment. */
import { computed, type ComputedRef } from 'vue';
import { useNow } from '../clock.ts';

/** The item that is due now, each for `seconds`, the same for all or its own; undefined for none. */
export function useRotation<T>(
  items: () => T[],
  seconds: number | ((item: T) => number),
): ComputedRef<T | undefined> {
  const now = useNow();
  return computed(() => dueAt(items(), typeof seconds === 'number' ? () => seconds : seconds, now.value));
}

/** The item that is due at `ms` of the hub's clock. */
export function dueAt<T>(items: T[], secondsOf: (item: T) => number, ms: number): T | undefined {
  const round = items.reduce((sum, item) => sum + secondsOf(item), 0);
  let into = (ms / 1000) % Math.max(1, round);
  for (const item of items) {
    into -= secondsOf(item);
    if (into < 0) return item;
  }
  return items[0];
}

/** Pages of at most `size`, filled evenly: 7 by 6 become 4 and 3. */
export function evenPages<T>(items: T[], size: number): T[][] {
  return evenPagesBy(items, () => 1, size);
}

/** Pages whose items together have at most `size` lines, filled evenly; an item that is larger has a page of its own. */
export function evenPagesBy<T>(items: T[], linesOf: (item: T) => number, size: number): T[][] {
  const total = items.reduce((sum, item) => sum + linesOf(item), 0);
  const each = Math.min(size, Math.ceil(total / Math.max(1, Math.ceil(total / size))));
  const even = pagesBy(items, linesOf, each);
  const full = pagesBy(items, linesOf, size);
  return even.length > full.length ? full : even;
}

function pagesBy<T>(items: T[], linesOf: (item: T) => number, size: number): T[][] {
  const pages: T[][] = [];
  let left = 0;
  for (const item of items) {
    const lines = linesOf(item);
    if (lines > left || pages.length === 0) {
      pages.push([]);
      left = size;
    }
    pages[pages.length - 1]!.push(item);
    left -= lines;
  }
  return pages;
}

/** Width of a text in Chinese characters: a Latin letter takes about half of one. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += letter.charCodeAt(0) < 0x2e80 ? 0.56 : 1;
  return width;
}

/** Lines of a text in a column `columns` Chinese characters wide, with `around` more beside it; marks that do not break cost a little. */
export function linesOf(text: string, columns: number, around = 0): number {
  return Math.max(1, Math.ceil(((widthOf(text) + around) * 1.05) / columns));
}

/** Seconds that an old reader needs, looking up in the middle: a few for finding it, then four characters a second; 10…40. */
export function readingSeconds(...texts: string[]): number {
  const width = texts.reduce((sum, text) => sum + widthOf(text), 0);
  return Math.min(40, Math.max(10, Math.round(5 + width / 4)));
}

/** A text in parts no wider than `width`, cut behind a sentence or a clause where it can be. */
export function parts(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text];
  const result: string[] = [];
  for (const clause of text.split(/(?<=[。；！？，;!?]|[.,] )/u)) {
    const last = result[result.length - 1];
    if (last !== undefined && widthOf(last + clause) <= width) result[result.length - 1] = last + clause;
    else result.push(clause);
  }
  return result.map((part) => part.trim()).filter((part) => part !== '');
}

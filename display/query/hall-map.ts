/** Windows by where they stand, for the map. Pure. */
import type { Bilingual, ServiceView, WindowView } from '../../kiosk-agent/contract/live.ts';

/** `area`: null for windows of which the hall says nothing */
export type Block = {
  area: Bilingual | null;
  /** it is where one waits, not where the windows stand */ waiting: boolean;
  windows: WindowView[];
};

/**
 * The windows in order of number, in blocks: by their own area where the configuration gives one, else by where those
 * wait who come for the window's first service.
 */
export function blocksOf(
  windows: readonly WindowView[],
  services: Readonly<Record<string, ServiceView>>,
): Block[] {
  const blocks = new Map<string, Block>();
  for (const window of [...windows].sort((a, b) => a.window - b.window)) {
    const waits = window.services.map((id) => services[id]?.area).find((area) => area) ?? null;
    const area = window.area ?? waits;
    const waiting = window.area === undefined && area !== null;
    const name = `${waiting}${area?.zh ?? ''}`;
    const block = blocks.get(name) ?? { area, waiting, windows: [] };
    block.windows.push(window);
    blocks.set(name, block);
  }
  return [...blocks.values()];
}

/** What a visitor is told of a window: whether somebody is there. */
export function standing(window: WindowView): 'open' | 'paused' | 'closed' {
  return window.state === 'closed' ? 'closed' : window.state === 'paused' ? 'paused' : 'open';
}

/** How much room a page of the map has: in rows, with so many windows in one and so many rows for a block's heading. */
export type MapRoom = { rows: number; perRow: number; heading: number };

/** Blocks cut into pages that have room; a block that is longer than what is left goes on on the next page. */
export function pagesOf(blocks: readonly Block[], { rows, perRow, heading }: MapRoom): Block[][] {
  const pages: Block[][] = [[]];
  let left = rows;
  for (const block of blocks) {
    let rest = block.windows;
    while (rest.length > 0) {
      const wanted = heading + Math.ceil(rest.length / perRow);
      // A block that fits a page of its own is not torn.
      if (left < rows && (left < heading + 1 || (wanted > left && wanted <= rows))) {
        pages.push([]);
        left = rows;
      }
      const here = rest.slice(0, Math.max(1, left - heading) * perRow);
      pages[pages.length - 1]?.push({ ...block, windows: here });
      rest = rest.slice(here.length);
      left -= heading + Math.ceil(here.length / perRow);
    }
  }
  return pages;
}

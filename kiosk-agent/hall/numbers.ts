/** Running numbers of a day: the hub's own, beside the blocks that are leased to kiosks. */
import type { HallState } from './state.ts';

/**
 * The next number of the hub's own behind `prefix`: A001 … A999, A1000 …; passes by a number that is still on a ticket (one that
 * was at a window at midnight) and by the blocks that are leased on the day of `time`: those may be given elsewhere unheard.
 */
export function nextNumber(
  state: HallState,
  prefix: string,
  time: string,
): { running: number; number: string } {
  const inUse = numbersInUse(state);
  const today = time.slice(0, 10);
  const blocks = state.satellites.blocks.filter(
    (block) => block.prefix === prefix && block.untilDay >= today,
  );
  let running = (state.running[prefix] ?? 0) + 1;
  for (;;) {
    const block = blocks.find(({ from, to }) => from <= running && running <= to);
    if (block) running = block.to + 1;
    else if (inUse.has(numberOf(prefix, running))) running++;
    else return { running, number: numberOf(prefix, running) };
  }
}

/** As it stands on paper: at least three digits behind the prefix. */
export function numberOf(prefix: string, running: number): string {
  return prefix + String(running).padStart(3, '0');
}

/** All numbers that are on a ticket of this day, in whatever state. */
export function numbersInUse(state: HallState): Set<string> {
  return new Set(Object.values(state.tickets).map((ticket) => ticket.number));
}

/** Numbers for kiosks that may be cut off: each has a block of its own behind every prefix, and nobody else gives these. */
import type { EventDraft } from '../../contract/events.ts';
import { happened } from '../decision.ts';
import type { HallRules, HallState } from '../state.ts';
import { blocksOf } from './state.ts';

const DAY_MS = 24 * 3600_000;

/**
 * The leases that `agent` needs at `time`: a block for each prefix that it has none for, and the same block for longer when half
 * of its time is gone; none when it has all.
 */
export function leaseBlocks(state: HallState, rules: HallRules, agent: string, time: string): EventDraft[] {
  const { days, size } = rules.offlineNumbers;
  const today = time.slice(0, 10);
  const untilDay = dayAfter(today, days);
  const own = blocksOf(state.satellites, agent, today);
  return [...new Set(rules.services.map(({ prefix }) => prefix))].flatMap((prefix) => {
    const block = own.find((each) => each.prefix === prefix);
    if (block && daysBetween(today, block.untilDay) > days / 2) return [];
    const from = block?.from ?? firstFree(state, rules, prefix, today);
    const to = block?.to ?? from + size - 1;
    return [happened('hall.block.leased', agent, time, { agent, prefix, from, to, untilDay })];
  });
}

/** The lowest block that overlaps no other agent's and holds no number that is on a ticket: given today, or still at a window. */
function firstFree(state: HallState, rules: HallRules, prefix: string, today: string): number {
  const { from: lowest, size } = rules.offlineNumbers;
  const blocks = state.satellites.blocks.filter(
    (block) => block.prefix === prefix && block.untilDay >= today,
  );
  const onTickets = Object.values(state.tickets).flatMap(({ number, running }) =>
    number === numberOf(prefix, running) ? [{ from: running, to: running }] : [],
  );
  let from = lowest;
  for (;;) {
    const inTheWay = [...blocks, ...onTickets].find((each) => each.from < from + size && each.to >= from);
    if (!inTheWay) return from;
    from = inTheWay.to + 1;
  }
}

/** A701: as it stands on paper. */
export function numberOf(prefix: string, running: number): string {
  return prefix + String(running).padStart(3, '0');
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS;
}

/** Cards and codes, as the hub's devices count them. */
import type { Arrived } from './compare.ts';
import type { Scenario } from './format.ts';
import type { HubDevice } from './hub.ts';

export type Readings = Map<string, number>;
/** Cards and codes that each reader and scanner has read since the hub was started. */
export function readingsOf(devices: readonly HubDevice[]): Readings {
  return new Map(
    devices.flatMap(({ id, kind, counters }): [string, number][] => {
      if (kind === 'reader') return [[id, (counters['cardsRead'] ?? 0) + (counters['cardsUnreadable'] ?? 0)]];
      if (kind === 'scanner') return [[id, counters['scans'] ?? 0]];
      return [];
    }),
  );
}

/** `later` null: the hub was started again meanwhile. */
export function readBetween(
  before: Readings,
  later: Readings | null,
  { cards, codes }: Scenario,
  troubled: (device: string) => boolean,
): Arrived['read'] {
  const at = (what: 'cards' | 'codes', device: string) => ({
    what,
    device,
    count: later && (later.get(device) ?? 0) - (before.get(device) ?? 0),
    troubled: troubled(device),
  });
  return [
    ...[...new Set(cards.map(({ reader }) => reader))].map((reader) => at('cards', reader)),
    ...[...new Set(codes.map(({ scanner }) => scanner))].map((scanner) => at('codes', scanner)),
  ];
}

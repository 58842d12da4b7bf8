/** What retention must leave: events that an export has not read yet. What was read has been copied and does not need its event. */
import type { Database } from '../database.ts';
import type { KeptBack } from '../keeping/retention.ts';
import type { RatingExport } from './load.ts';
import { oldestUnsent } from './standing.ts';

export function keptForExports(list: RatingExport[]): KeptBack {
  return {
    name: 'rating exports',
    neededFrom: async (query: Database['query'], table) => {
      if (table !== 'events') return null;
      return (await oldestUnsent({ query }, list))?.toISOString().slice(0, 10) ?? null;
    },
  };
}

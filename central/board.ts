/**
 * All halls as they stand, for many viewers: read once, then only those that changed. What only the clock changes is seen within
 * {@link READ_ALL_MS}.
 */
import { z } from 'zod';
import type {
  ByLevel,
  HallList,
  HallRow,
  HallSort,
  HallState,
  ListedHall,
  Names,
  Summary,
} from '../kiosk-agent/contract/far-end.ts';
import type { Agents } from './agents.ts';
import type { Database } from './database.ts';
import { hallRows } from './overview.ts';
import type { Presence } from './link/intake.ts';
import { digitsApart, regionAt, regionCode, sharedDigits } from './regions.ts';

const READ_ALL_MS = 15_000;

const SORTS = {
  name: (row) => row.hall ?? row.agentId,
  region: (row) => `${row.hall === null ? '~' : ''}${row.region}/${row.hall}/${row.agentId}`,
  state: (row) => ['silent', 'away', 'never', 'connected'].indexOf(row.state),
  last: (row) => (row.lastEventAt === null ? 0 : Date.parse(row.lastEventAt)),
  tickets: (row) => row.tickets,
  waiting: (row) => row.waiting,
  wait: (row) => row.waitMeanS ?? -1,
  windows: (row) => row.windowsOpen,
  ratings: (row) => Object.values(row.ratings).reduce((sum, count) => sum + count, 0),
  bad: (row) => row.badOverdue * 1e6 + row.badOpen,
  opinions: (row) => row.opinionsOverdue * 1e6 + row.opinionsOpen,
  devices: (row) => row.devicesDown,
} satisfies Record<HallSort, (row: ListedHall) => string | number>;

export const listQuery = z.strictObject({
  region: regionCode.optional(),
  q: z.string().trim().max(60).optional(),
  state: z.enum(['connected', 'away', 'silent', 'never', 'trouble']).optional(),
  sort: z.enum(Object.keys(SORTS) as [HallSort]).default('region'),
  order: z.enum(['up', 'down']).default('up'),
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(1000).default(50),
});
export type ListQuery = z.infer<typeof listQuery>;
type Parts = {
  database: Database;
  agents: Agents;
  presence: (agentId: string) => Presence | undefined;
  names: Names;
  clock: () => Date;
  /** an agent that is away counts as silent after that */
  silentAfterMs: number;
};

export class HallBoard {
  readonly #parts: Parts;
  /** agent → its rows */
  #rows = new Map<string, HallRow[]>();
  #changed = new Set<string>();
  #readAllAt = -Infinity;
  #reading: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Something of this agent was committed, or it came or went. */
  changed(agentId: string): void {
    this.#changed.add(agentId);
  }

  /** Perhaps something of every agent. */
  changedAll(): void {
    this.#readAllAt = -Infinity;
  }

  /** All halls; those of some agents when they are named. Rejects with the database's error. */
  async rows(agentIds?: string[]): Promise<ListedHall[]> {
    const read = this.#reading.catch(() => undefined).then(() => this.#read());
    this.#reading = read;
    await read;
    const known = agentIds
      ? agentIds.flatMap((id) => this.#rows.get(id) ?? [])
      : [...this.#rows.values()].flat();
    const now = this.#parts.clock();
    return known.map((row) => this.#listed(row, now));
  }

  /** Filtered, summed, sorted, and one page of it. */
  async list(query: ListQuery): Promise<HallList> {
    const found = (await this.rows()).filter((row) => this.#matches(row, query));
    const key = SORTS[query.sort];
    const direction = query.order === 'up' ? 1 : -1;
    found.sort((a, b) => direction * compare(key(a), key(b)) || compare(SORTS.region(a), SORTS.region(b)));
    const pages = Math.max(1, Math.ceil(found.length / query.size));
    const page = Math.min(query.page, pages);
    const digits = digitsApart(
      found.map((row) => row.region),
      query.region,
    );
    const places = new Map<string, ListedHall[]>();
    for (const row of found) {
      const place = regionAt(row.region, digits);
      places.set(place, [...(places.get(place) ?? []), row]);
    }
    return {
      time: this.#parts.clock().toISOString(),
      halls: found.slice((page - 1) * query.size, page * query.size),
      ...{ total: found.length, page, pages },
      summary: summaryOf(found),
      regions: [...places]
        .map(([region, rows]) => ({ region, ...summaryOf(rows) }))
        .sort((a, b) => compare(a.region, b.region)),
    };
  }

  async #read(): Promise<void> {
    const { database, agents, presence, clock } = this.#parts;
    const now = clock();
    const all = now.getTime() - this.#readAllAt >= READ_ALL_MS;
    // An agent is let in by another process, which tells nobody.
    const unknown = (await agents.all()).map(({ agentId }) => agentId).filter((id) => !this.#rows.has(id));
    const wanted = [...new Set([...this.#changed, ...unknown])];
    if (!all && wanted.length === 0) return;
    this.#changed.clear();
    try {
      const rows = await hallRows(database, agents, presence, now, all ? undefined : wanted);
      if (all) this.#rows.clear();
      else for (const id of wanted) this.#rows.delete(id);
      for (const row of rows) this.#rows.set(row.agentId, [...(this.#rows.get(row.agentId) ?? []), row]);
      if (all) this.#readAllAt = now.getTime();
    } catch (error) {
      for (const id of wanted) this.#changed.add(id);
      throw error;
    }
  }

  #listed(row: HallRow, now: Date): ListedHall {
    const { names, silentAfterMs } = this.#parts;
    const away = row.since === null ? Infinity : now.getTime() - Date.parse(row.since);
    const state: HallState = row.connected
      ? 'connected'
      : row.hall === null
        ? 'never'
        : away > silentAfterMs
          ? 'silent'
          : 'away';
    const current = row.lastEventAt !== null && row.day === today(row.lastEventAt, now);
    return { ...row, state, current, name: (row.hall !== null && names.halls[row.hall]) || null };
  }

  #matches(row: ListedHall, { region, q, state }: ListQuery): boolean {
    if (region !== undefined && !row.region.startsWith(sharedDigits(region))) return false;
    if (state === 'trouble') {
      const wrong = row.badOverdue + row.opinionsOverdue + row.devicesDown > 0;
      if (!wrong && row.state === 'connected') return false;
    } else if (state !== undefined && row.state !== state) return false;
    if (!q) return true;
    const { names } = this.#parts;
    const place = [12, 9, 6, 4, 2].flatMap((digits) => names.regions[regionAt(row.region, digits)] ?? []);
    const words = [row.hall ?? '', row.agentId, row.region];
    for (const name of [...place, ...(row.name ? [row.name] : [])]) words.push(name.zh, name.en);
    return words.some((word) => word.toLowerCase().includes(q.toLowerCase()));
  }
}

export function summaryOf(rows: ListedHall[]): Summary {
  const halls = rows.filter((row) => row.hall !== null);
  const sum = (of: (row: ListedHall) => number, among = halls): number =>
    among.reduce((total, row) => total + of(row), 0);
  const current = halls.filter((row) => row.current);
  const level = (of: keyof ByLevel): number => sum((row) => row.ratings[of], current);
  return {
    halls: rows.length,
    connected: rows.filter((row) => row.connected).length,
    silent: rows.filter((row) => row.state === 'silent').length,
    tickets: sum((row) => row.tickets, current),
    waiting: sum((row) => row.waiting, current),
    finished: sum((row) => row.finished, current),
    windowsOpen: sum((row) => row.windowsOpen, current),
    ratings: { '5': level('5'), '4': level('4'), '3': level('3'), '2': level('2'), '1': level('1') },
    badOpen: sum((row) => row.badOpen),
    badOverdue: sum((row) => row.badOverdue),
    opinionsOpen: sum((row) => row.opinionsOpen),
    opinionsOverdue: sum((row) => row.opinionsOverdue),
    devicesDown: sum((row) => row.devicesDown),
  };
}

/** Today's date in the offset of `at`. */
function today(at: string, now: Date): string {
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)$/.exec(at) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 10);
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

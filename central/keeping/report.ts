/** What the store holds and what its keeping did: for whoever runs the server. */
import type { Database } from '../database.ts';
import { PARTITIONED, partitionsOf, type Partitioned } from './partitions.ts';
import type { Retention } from './retention.ts';
import type { KeepSettings } from './settings.ts';

/** `rows` is what the database estimates; of a table that it has not looked at yet they are counted. */
export type StoreReport = {
  kind: Database['kind'];
  version: string;
  /** without, the engine keeps events and ratings whole */
  partitioned: boolean;
  bytes: number;
  tables: { table: string; bytes: number }[];
  /** `month`: yyyy-MM; null: the rest, which takes what has no month of its own */
  partitions: { table: Partitioned; month: string | null; bytes: number; rows: number }[];
  /** when the oldest event that is still here came; null when there is none */
  oldestEvent: string | null;
  keep: KeepSettings;
  /** null until it ran for the first time */
  retention: ({ at: string } & Retention) | null;
};

/** Rejects with the database's error. */
export async function storeReport(database: Database, keep: KeepSettings): Promise<StoreReport> {
  const { query } = database;
  const [engine] = await query<{ version: string }>('SELECT version()');
  const sizes = await query<{ table: string; bytes: number; rows: number }>(SIZES);
  const byName = new Map(sizes.map((each) => [each.table, each]));
  const partitions: StoreReport['partitions'] = [];
  const tables = new Map(byName);
  for (const table of PARTITIONED)
    for (const { name, month } of await partitionsOf(query, table)) {
      const { bytes, rows } = byName.get(name) ?? { bytes: 0, rows: 0 };
      tables.delete(name);
      tables.get(table)!.bytes += bytes;
      const [counted] = rows < 0 ? await query<{ rows: number }>(`SELECT count(*) AS rows FROM ${name}`) : [];
      partitions.push({ table, month: month?.slice(0, 7) ?? null, bytes, rows: counted?.rows ?? rows });
    }
  let oldest: Date | null = null;
  const whole = [{ name: 'events', month: null }];
  const parts = partitions.length > 0 ? await partitionsOf(query, 'events') : whole;
  for (const { name, month } of parts.sort((a, b) => ((a.month ?? '') < (b.month ?? '') ? -1 : 1))) {
    const [first] = await query<{ at: Date | null }>(firstIn(name));
    if (first?.at && (oldest === null || first.at < oldest)) oldest = first.at;
    if (oldest !== null && month !== null) break;
  }
  const [run] = await query<{ at: Date; result: Retention }>(
    `SELECT at, result FROM keeping_runs WHERE task = 'retention'`,
  );
  const listed = [...tables.values()].map(({ table, bytes }) => ({ table, bytes }));
  return {
    kind: database.kind,
    version: engine!.version,
    partitioned: partitions.length > 0,
    bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
    tables: listed,
    partitions,
    oldestEvent: oldest?.toISOString() ?? null,
    keep,
    retention: run ? { at: run.at.toISOString(), ...run.result } : null,
  };
}

/** With indexes. A table in parts has no bytes of its own. */
const SIZES = `
  SELECT relname AS table, pg_total_relation_size(oid) AS bytes, reltuples::float8 AS rows
  FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY 1`;

/** A stream's events come in their order, so its first here is its oldest: no table is read through for it. */
const firstIn = (part: string) => `
  SELECT min(first.received_at) AS at FROM streams s CROSS JOIN LATERAL (
    SELECT received_at FROM ${part} e WHERE e.agent_id = s.agent_id AND e.epoch = s.epoch ORDER BY seq LIMIT 1) first`;

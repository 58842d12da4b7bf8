/**
 * Several servers on one database: what each tells the others, and what it hears of them.
 *
 * A server gathers for a moment whose events it took, who came and went and for whom it has a command, and writes that as
 * one row; every server asks for new rows with one statement twice a second, however many halls there are. Who is connected
 * where stands in `connections` as well, for a server that starts or has missed something. Alone on its database a server
 * writes no such rows. No LISTEN/NOTIFY: poolers and spread databases do not pass it on.
 */
import type { Logger } from 'pino';
import type { Database } from '../database.ts';
import type { Presence } from '../link/intake.ts';
import { Elsewhere, latest, type ConnectionRow } from './presence.ts';
import * as sql from './sql.ts';

/** Pauses, ms: before what was gathered is told, before the next look at the others, before the next sign of life. */
const TELL_MS = 250;
const LOOK_MS = 500;
const BEAT_MS = 5_000;
/** Who is connected where is read anew after this, ms, whatever was told. */
const READ_MS = 60_000;
/** More agents than this at once are told as "all". */
const TOLD_MAX = 2_000;

/** `agents`: those whose page rows have changed. */
type Told = { agents: string[] | 'all'; presence: ConnectionRow[]; commands: string[] };
type Other = { heard: number; seenAt: Date };

export type FleetEvents = {
  /** something of these agents has changed at another server; null: perhaps of all */
  changed: (agentIds: string[] | null) => void;
  /** another server has a command for these */
  commands: (agentIds: string[]) => void;
};
type Parts = {
  database: Database;
  /** host:port */
  name: string;
  /** unlike any other server's, also those of before */
  id: string;
  /** who is or was connected to this server */
  here: (agentId: string) => Presence | undefined;
  everybodyHere: () => Iterable<string>;
  clock: () => Date;
  log: Logger;
};

export class Fleet {
  readonly #parts: Parts;
  readonly #on: FleetEvents;
  readonly #elsewhere = new Elsewhere();
  /** the other servers that are running */
  readonly #others = new Map<string, Other>();
  #agents = new Set<string>();
  #came = new Set<string>();
  #commands = new Set<string>();
  #number = 0;
  #telling: Promise<void> = Promise.resolve();
  #looking: Promise<void> = Promise.resolve();
  #tellTimer: NodeJS.Timeout | null = null;
  #lookTimer: NodeJS.Timeout | null = null;
  #beatAt = -Infinity;
  #readAt = -Infinity;
  /** since when the database has answered without a break; -Infinity from the start */
  #goodSince = -Infinity;
  #failing = false;
  #closed = false;

  constructor(parts: Parts, on: FleetEvents) {
    this.#parts = parts;
    this.#on = on;
  }

  /** Takes its place among the servers and reads who is connected where. Rejects with the database's error. */
  async start(): Promise<void> {
    const { database, id, name } = this.#parts;
    // The embedded database has room for one process: whoever else stands there is of before.
    const alone = database.kind === 'embedded';
    await database.transaction(async (query) => {
      await query(sql.END_LEFTOVERS, [name, alone]);
      await query(sql.FORGET_LEFTOVERS, [name, alone]);
      await query(sql.ENTER, [id, name]);
    });
    await this.#look();
    this.#lookLater();
  }

  /** Other servers that are running now. */
  get others(): number {
    return this.#others.size;
  }

  /** Whether the agent is connected to any server, and since when it is or is not; undefined when it never was. */
  presence(agentId: string): Presence | undefined {
    const here = this.#parts.here(agentId);
    const all = this.#elsewhere.at(agentId);
    return latest(here ? [here, ...all] : all);
  }

  /** This server has taken something of the agent. */
  taken(agentId: string): void {
    if (this.#others.size === 0) return;
    this.#agents.add(agentId);
    this.#tellSoon();
  }

  /** The agent came to this server, or went. */
  came(agentId: string): void {
    this.#agents.add(agentId);
    this.#came.add(agentId);
    this.#tellSoon();
  }

  /** There is a command for an agent that is not connected here. */
  command(agentId: string): void {
    if (this.#others.size === 0) return;
    this.#commands.add(agentId);
    this.#tellSoon();
  }

  /** Tells what is left to tell and leaves the servers. Never rejects; may be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#lookTimer) clearTimeout(this.#lookTimer);
    if (this.#tellTimer) clearTimeout(this.#tellTimer);
    await Promise.all([this.#looking, this.#telling]);
    const { database, id } = this.#parts;
    // What is not said here is found out by the others, later.
    await this.#tell()
      .then(() => database.query(sql.LEAVE, [id]))
      .catch(() => undefined);
  }

  #tellSoon(): void {
    if (this.#closed) return;
    this.#tellTimer ??= setTimeout(() => {
      this.#telling = this.#tell()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#tellTimer = null;
          if (this.#agents.size + this.#came.size + this.#commands.size > 0) this.#tellSoon();
        });
    }, TELL_MS);
  }

  async #tell(): Promise<void> {
    const { database, id, here } = this.#parts;
    const agents = this.#agents;
    const came = this.#came;
    const commands = this.#commands;
    if (agents.size + came.size + commands.size === 0) return;
    this.#agents = new Set();
    this.#came = new Set();
    this.#commands = new Set();
    const presence = [...came].flatMap((agentId): ConnectionRow[] => {
      const at = here(agentId);
      return at ? [{ agentId, ...at }] : [];
    });
    const told: Told = {
      agents: agents.size > TOLD_MAX ? 'all' : [...agents],
      presence,
      commands: [...commands],
    };
    // A number that failed is not used again: it may have been committed. A gap makes the others read everything.
    const number = this.#others.size > 0 ? (this.#number += 1) : null;
    try {
      await database.transaction(async (query) => {
        if (presence.length > 0) {
          await query(sql.WRITE_CONNECTIONS, [id, JSON.stringify(presence.map(stored))]);
          await query(sql.FORGET_OLDER, [id, JSON.stringify([...came])]);
        }
        if (number !== null) await query(sql.TELL, [id, number, JSON.stringify(told)]);
      });
    } catch (error) {
      for (const agentId of agents) this.#agents.add(agentId);
      for (const agentId of came) this.#came.add(agentId);
      for (const agentId of commands) this.#commands.add(agentId);
      throw error;
    }
  }

  #lookLater(): void {
    const ms = this.#parts.database.kind === 'embedded' ? BEAT_MS : LOOK_MS;
    this.#lookTimer = setTimeout(() => {
      this.#looking = this.#look()
        .then(
          () => this.#works(),
          (error: unknown) => this.#failed(error),
        )
        .finally(() => {
          if (!this.#closed) this.#lookLater();
        });
    }, ms);
  }

  async #look(): Promise<void> {
    const now = performance.now();
    if (now - this.#beatAt >= BEAT_MS) {
      await this.#beat();
      this.#beatAt = now;
    }
    if (now - this.#readAt >= READ_MS) await this.#read(now);
    await this.#hear();
  }

  /** A sign of life. Where this server was taken for gone, it enters again with all who are connected to it. */
  async #beat(): Promise<void> {
    const { database, id, name, here, everybodyHere } = this.#parts;
    const [there] = await database.query(sql.BEAT, [id]);
    if (there) return;
    await database.query(sql.ENTER, [id, name]);
    for (const agentId of everybodyHere()) if (here(agentId)?.connected) this.came(agentId);
  }

  async #read(now: number): Promise<void> {
    const { database, id } = this.#parts;
    await database.query(sql.CLEAN_CHANGES);
    await database.query(sql.CLEAN_CONNECTIONS);
    const rows = await database.query<StoredConnection>(sql.CONNECTIONS, [id]);
    this.#elsewhere.clear();
    for (const { server, since, endEpoch, endSeq, ...row } of rows) {
      const end = endEpoch === null || endSeq === null ? {} : { end: { epoch: endEpoch, seq: endSeq } };
      this.#elsewhere.set(server, { ...row, since: since.toISOString(), ...end });
    }
    this.#readAt = now;
  }

  async #hear(): Promise<void> {
    const { database, id } = this.#parts;
    const heard = Object.fromEntries([...this.#others].map(([server, other]) => [server, other.heard]));
    const rows = await database.query<HeardRow>(sql.HEAR, [id, JSON.stringify(heard)]);
    const agents = new Set<string>();
    const commands = new Set<string>();
    let missed = false;
    for (const { server, living, seenAt, number, told } of rows) {
      if (!living) continue;
      const other = this.#others.get(server) ?? { heard: 0, seenAt };
      this.#others.set(server, other);
      other.seenAt = seenAt;
      if (number === null || told === null) continue;
      if (number !== other.heard + 1 || told.agents === 'all') missed = true;
      else for (const agentId of told.agents) agents.add(agentId);
      other.heard = number;
      for (const row of told.presence) this.#elsewhere.set(server, row);
      for (const agentId of told.commands) commands.add(agentId);
    }
    const running = new Set(rows.filter(({ living }) => living).map(({ server }) => server));
    for (const [server, { seenAt }] of this.#others) {
      if (running.has(server)) continue;
      this.#others.delete(server);
      this.#elsewhere.gone(server, seenAt.toISOString());
      // What it told last was perhaps not heard.
      missed = true;
    }
    // After a database that was away, the others need a moment to give their signs of life.
    if (performance.now() - this.#goodSince > sql.GONE_MS)
      for (const { server, living, name } of rows)
        if (!living) missed = (await this.#bury(server, name)) || missed;
    if (missed) {
      await this.#read(performance.now());
      this.#on.changed(null);
    } else if (agents.size > 0) this.#on.changed([...agents]);
    if (commands.size > 0) this.#on.commands([...commands]);
  }

  /** Writes down that a server is gone, and that its agents are away. */
  async #bury(server: string, name: string): Promise<boolean> {
    const { database, log } = this.#parts;
    const gone = await database.transaction(async (query) => {
      const [left] = await query<{ seenAt: Date }>(sql.BURY, [server]);
      if (left) await query(sql.END_CONNECTIONS, [server, left.seenAt]);
      return left !== undefined;
    });
    if (gone) log.warn({ server: name }, 'another server is gone');
    return gone;
  }

  #works(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#goodSince = performance.now();
  }

  #failed(error: unknown): void {
    if (!this.#failing) this.#parts.log.warn({ err: error }, 'the other servers cannot be heard or told');
    this.#failing = true;
  }
}

type HeardRow = {
  server: string;
  name: string;
  living: boolean;
  seenAt: Date;
  number: number | null;
  told: Told | null;
};
type StoredConnection = {
  agentId: string;
  server: string;
  connected: boolean;
  since: Date;
  endEpoch: string | null;
  endSeq: number | null;
};

function stored({ agentId, connected, since, end }: ConnectionRow): Record<string, unknown> {
  return {
    ...{ agent_id: agentId, connected, since },
    ...{ end_epoch: end?.epoch ?? null, end_seq: end?.seq ?? null },
  };
}

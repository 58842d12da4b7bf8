/** The replay and the reconnecting, put together: PostgreSQL, the far end's own processes, the agents, and the bare receiver beside it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../../central/database.ts';
import { tokenHash } from '../../../central/agents.ts';
import type { RetryTimes } from '../../../kiosk-agent/link/stream.ts';
import { runCentral, type CentralProcess } from '../../central/process.ts';
import { startPostgres } from '../../central/postgres.ts';
import { quantile } from '../raw.ts';
import { faultsOf } from './check.ts';
import { memoryOf, parentOf, postgresCosts, processorOf } from './costs.ts';
import { Fleet } from './fleet.ts';
import { officesOf, type Office } from './offices.ts';

export type NationOptions = {
  halls: number;
  windows: number;
  events: number;
  /** events of the bare receiver's run */
  bareEvents: number;
  servers: number;
  /** what each hall writes while it is cut off */
  backlog: number;
  /** other waits of the agents between their attempts than their own */
  retry?: RetryTimes;
  say: (line: string) => void;
  /** further environment of the far end's processes */
  env?: NodeJS.ProcessEnv;
};

export type Replayed = {
  what: string;
  events: number;
  batches: number;
  seconds: number;
  eventsPerS: number;
  receiptP50Ms: number;
  receiptP99Ms: number;
  /** processor µs an event: of the receiver, of PostgreSQL, of the agents */
  receiverUs: number;
  postgresUs: number;
  agentsUs: number;
  receiverMiB: number;
  postgresMiB: number;
  troubles: number;
};
export type Reconnected = {
  what: string;
  events: number;
  batches: number;
  p50S: number;
  p99S: number;
  lastS: number;
  receiverMiB: number;
  troubles: number;
};
export type NationResult = {
  settings: Record<string, string>;
  halls: number;
  windows: number;
  replays: Replayed[];
  /** the far end's events/s ÷ the bare receiver's */
  ratio: number;
  reconnects: Reconnected[];
  troubles: [string, number][];
  faults: string[];
};

const TOKEN = 'a-token-of-the-bench-for-all-halls';

/** Runs all of it. The folder is removed at the end. Rejects when something stands still for two minutes. */
export async function replayNation(options: NationOptions): Promise<NationResult> {
  const { say } = options;
  const offices = officesOf(options.halls, options.windows, options.events);
  const folder = mkdtempSync(join(tmpdir(), 'nation-'));
  const postgres = await startPostgres();
  const database = await openDatabase(folder, postgres.databaseUrl);
  const receivers: { kill(signal: NodeJS.Signals): Promise<void> }[] = [];
  try {
    const postmaster = await postmasterOf(database);
    const settings = await settingsOf(database);
    say(
      `PostgreSQL: ${Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
    );
    await letAllIn(database, offices);

    const bare = await runPeer(postgres.databaseUrl);
    receivers.push(bare);
    const beside = await replay('bare receiver', offices, [bare], postmaster, options.bareEvents, options);
    await beside.fleet.close();
    await bare.kill('SIGTERM');
    await database.query('DROP TABLE bare');
    await database.query('CHECKPOINT');

    const servers: CentralProcess[] = [];
    const environment = { DATABASE_URL: postgres.databaseUrl, LOG_LEVEL: 'error', ...options.env };
    const start = async (index: number, port = 0) => {
      const server = await runCentral(join(folder, `central-${index}`), port, environment);
      server.child.stderr!.pipe(process.stderr, { end: false });
      servers[index] = server;
      receivers[index + 1] = server;
    };
    for (let index = 0; index < options.servers; index += 1) await start(index);
    const far = await replay('far end', offices, servers, postmaster, options.events, options);
    const faults = await faultsOf(database, far.fleet.streams);

    const reconnects: Reconnected[] = [];
    if (options.backlog > 0) {
      reconnects.push(await sameSecond(far.fleet, servers, options));
      faults.push(...(await faultsOf(database, far.fleet.streams)));
      reconnects.push(await killed(far.fleet, servers, start, options));
      faults.push(...(await faultsOf(database, far.fleet.streams)));
    }
    await far.fleet.close();
    const replays = [beside.row, far.row];
    return {
      settings,
      halls: offices.length,
      windows: options.windows,
      replays,
      ratio: Number((far.row.eventsPerS / beside.row.eventsPerS).toFixed(2)),
      reconnects,
      troubles: [...far.fleet.troubles],
      faults: [...new Set(faults)],
    };
  } finally {
    await Promise.all(receivers.map((receiver) => receiver.kill('SIGKILL')));
    await database.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Receiver = { url: string; child: ChildProcess };

async function replay(
  what: string,
  offices: Office[],
  receivers: Receiver[],
  postmaster: number,
  most: number,
  { say, retry }: NationOptions,
): Promise<{ row: Replayed; fleet: Fleet }> {
  const fleet = new Fleet(
    offices,
    receivers.map(({ url }) => url),
    TOKEN,
    retry,
  );
  const connectMs = await fleet.start();
  say(`${what}: ${connectMs.length} agents connected in ${(Math.max(...connectMs) / 1000).toFixed(1)} s`);
  const costs = () => ({
    receiver: receivers.reduce((sum, { child }) => sum + processorOf(child.pid!), 0),
    postgres: postgresCosts(postmaster).processor,
    agents: processorOf(process.pid),
  });
  const [before, from] = [costs(), performance.now()];
  let told = from;
  let postgresMiB = 0;
  await fleet.replay(most, (acknowledged, time) => {
    if (performance.now() - told < 5_000) return;
    told = performance.now();
    postgresMiB = Math.max(postgresMiB, postgresCosts(postmaster).memory);
    const rate = Math.round(acknowledged / ((told - from) / 1000));
    say(`${what}: ${time.slice(11)}, ${acknowledged} events, ${rate}/s`);
  });
  const seconds = (performance.now() - from) / 1000;
  const after = costs();
  const events = fleet.acknowledged;
  const us = (of: keyof typeof after) => Math.round(((after[of] - before[of]) / events) * 1e6);
  const row: Replayed = {
    what,
    events,
    batches: fleet.batches,
    seconds: Number(seconds.toFixed(1)),
    eventsPerS: Math.round(events / seconds),
    receiptP50Ms: Math.round(quantile(fleet.receiptsMs, 0.5)),
    receiptP99Ms: Math.round(quantile(fleet.receiptsMs, 0.99)),
    receiverUs: us('receiver'),
    postgresUs: us('postgres'),
    agentsUs: us('agents'),
    receiverMiB: mostMemory(receivers),
    postgresMiB: Math.max(postgresMiB, postgresCosts(postmaster).memory),
    troubles: sum(fleet.troubles),
  };
  say(`${what}: ${JSON.stringify(row)}`);
  return { row, fleet };
}

/** All agents go down, write their backlog, and come back in the same moment, as when the power returns to a country. */
async function sameSecond(
  before: Fleet,
  servers: CentralProcess[],
  { backlog, say }: NationOptions,
): Promise<Reconnected> {
  await before.close();
  before.happen(backlog);
  const row = await reconnected('all agents in the same second', before, servers, backlog, () =>
    before.start(),
  );
  say(JSON.stringify(row));
  return row;
}

/** The far end is killed and started again while each agent has a backlog: the agents come back by themselves. */
async function killed(
  fleet: Fleet,
  servers: CentralProcess[],
  start: (index: number, port: number) => Promise<void>,
  { backlog, say }: NationOptions,
): Promise<Reconnected> {
  const ports = servers.map(({ port }) => port);
  await Promise.all(servers.map((server) => server.kill('SIGKILL')));
  fleet.happen(backlog);
  await Promise.all(ports.map((port, index) => start(index, port)));
  const row = await reconnected('the far end killed and started', fleet, servers, backlog, () =>
    fleet.level(),
  );
  say(JSON.stringify(row));
  return row;
}

async function reconnected(
  what: string,
  fleet: Fleet,
  servers: Receiver[],
  backlog: number,
  wait: () => Promise<number[]>,
): Promise<Reconnected> {
  const [troubles, batches] = [sum(fleet.troubles), fleet.batches];
  const levelMs = await wait();
  const seconds = (share: number) => Number((quantile(levelMs, share) / 1000).toFixed(2));
  return {
    what,
    events: backlog * fleet.streams.length,
    batches: fleet.batches - batches,
    ...{ p50S: seconds(0.5), p99S: seconds(0.99), lastS: seconds(1) },
    receiverMiB: mostMemory(servers),
    troubles: sum(fleet.troubles) - troubles,
  };
}

function mostMemory(receivers: Receiver[]): number {
  return receivers.reduce((total, { child }) => total + memoryOf(child.pid!).most, 0);
}

function sum(counts: Map<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

async function letAllIn(database: Database, offices: Office[]): Promise<void> {
  const rows = offices.map(({ agentId, region }) => ({
    agent_id: agentId,
    region,
    token_hash: tokenHash(TOKEN),
  }));
  await database.query(
    `INSERT INTO agents (agent_id, region, token_hash)
     SELECT agent_id, region, token_hash FROM jsonb_to_recordset($1::jsonb) AS all_of(agent_id text, region text, token_hash text)`,
    [JSON.stringify(rows)],
  );
}

async function postmasterOf(database: Database): Promise<number> {
  const [row] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return parentOf(row!.pid);
}

/** What the server was started with, of what matters here: nothing is set by the bench. */
async function settingsOf(database: Database): Promise<Record<string, string>> {
  const names = [
    'server_version',
    'fsync',
    'synchronous_commit',
    'wal_sync_method',
    'shared_buffers',
    'max_wal_size',
  ];
  const rows = await database.query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1)`,
    [names],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

async function runPeer(databaseUrl: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peer.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  const gone = once(child, 'exit');
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    gone.then(() => Promise.reject(new Error('the bare receiver ended before it was ready'))),
  ])) as [Buffer];
  const url = /http:\S+/.exec(line.toString())![0];
  return {
    url,
    child,
    kill: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await gone;
    },
  };
}

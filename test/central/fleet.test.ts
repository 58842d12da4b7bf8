/** Several servers as processes of their own on one PostgreSQL, behind a balancer. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { letIn, openAgents, type Agents } from '../../central/agents.ts';
import { openPostgres } from '../../central/postgres.ts';
import type { Database } from '../../central/database.ts';
import type { FarEndView, HallList } from '../../kiosk-agent/contract/far-end.ts';
import type { CommandHandler } from '../../kiosk-agent/link/commands.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { history, type History } from '../link/history.ts';
import { balancer, type Balancer } from './balancer.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';
import { runCentral, type CentralProcess } from './process.ts';

const REGION = '371000000000';
const HALLS = 6;
const SOON = { timeout: 20_000, interval: 50 };
type Hall = { agentId: string; journal: History; sender: LinkSender };

describe('two servers on one database', () => {
  let folder: string;
  let postgres: PostgresServer;
  let database: Database;
  let agents: Agents;
  let one: CentralProcess;
  let two: CentralProcess;
  let gate: Balancer;
  let tokens: { viewer: string; booking: string };
  const halls: Hall[] = [];
  const state = (name: string) => join(folder, name);
  const run = (name: string, port = 0) =>
    runCentral(state(name), port, { DATABASE_URL: postgres.databaseUrl });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleet-'));
    postgres = await startPostgres();
    for (const name of ['one', 'two']) {
      await mkdir(state(name));
      await writeFile(join(state(name), 'central.yaml'), 'stopping: {announceSeconds: 1}\n');
    }
    // Both make the tables and the tokens in the same moment.
    [one, two] = await Promise.all([run('one'), run('two')]);
    database = await openPostgres(postgres.databaseUrl);
    agents = await openAgents(folder, postgres.databaseUrl);
    gate = await balancer([one.port, two.port]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(halls.map(({ sender }) => sender.close()));
    await gate?.close();
    await Promise.all([one?.kill('SIGKILL'), two?.kill('SIGKILL')]);
    await agents?.close();
    await database?.close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function hall(
    agentId: string,
    port: number,
    { journal = history(agentId, `epoch-of-${agentId}`, `hall-of-${agentId}`), token = '' } = {},
    commands: Record<string, CommandHandler> = {},
  ): Promise<Hall> {
    const sender = new LinkSender({
      name: 'central',
      url: `socketio:http://127.0.0.1:${port}`,
      token: token || (await letIn(agents, agentId, REGION)),
      agentId,
      source: journal,
      clock: () => new Date(),
      random: Math.random,
      retry: { firstMs: 50, capMs: 400, refusedMs: 400 },
      timeoutMs: 5_000,
      commands,
    });
    sender.start();
    halls.push({ agentId, journal, sender });
    return { agentId, journal, sender };
  }
  const happen = ({ journal, sender }: Hall, count: number) => {
    journal.add(count);
    sender.wake();
  };
  const isLevel = ({ journal, sender }: Hall) =>
    sender.status.state === 'level' && sender.status.ackedSeq === journal.durableSeq;
  const get = async <T>(server: CentralProcess, path: string): Promise<T> =>
    (await (await fetch(`${server.url}api/v1/${path}`)).json()) as T;
  /** The list of halls as this server shows it, without the time of the question. */
  const shown = async (server: CentralProcess): Promise<Omit<HallList, 'time'>> => {
    const { time: _time, ...list } = await get<HallList>(server, 'halls?size=1000');
    return list;
  };
  const stateAt = async (server: CentralProcess, agentId: string) =>
    (await shown(server)).halls.find((row) => row.agentId === agentId)?.state;
  const serverOf = async (agentId: string): Promise<CentralProcess | undefined> => {
    const [row] = await database.query<{ name: string }>(
      'SELECT s.name FROM connections c JOIN servers s ON s.id = c.server WHERE c.agent_id = $1 AND c.connected',
      [agentId],
    );
    return [one, two].find(({ port }) => row?.name.endsWith(`:${port}`));
  };
  const allThere = async (server: CentralProcess) => {
    for (const { agentId, journal } of halls) {
      const events: { seq: number }[] = [];
      for (;;) {
        const after = events.at(-1)?.seq ?? 0;
        const page = await get<typeof events>(server, `events?agent=${agentId}&after=${after}&limit=1000`);
        if (page.length === 0) break;
        events.push(...page);
      }
      expect(events).toEqual(journal.events);
    }
    expect(await get(server, 'alarms')).toEqual([]);
  };

  test('the tokens that one of them made count at both, also as a cookie that the other has set', async () => {
    const files = ['one', 'two'].map((name) => join(state(name), 'tokens.json')).filter(existsSync);
    expect(files).toHaveLength(1);
    tokens = JSON.parse(await readFile(files[0]!, 'utf8'));
    const login = await fetch(`${one.url}api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: tokens.viewer }),
    });
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
    for (const server of [one, two]) {
      // Passed on by a proxy, nobody is on this machine.
      const ask = (headers: Record<string, string>) =>
        fetch(`${server.url}api/v1/halls`, { headers: { 'x-forwarded-for': '127.0.0.1', ...headers } });
      expect((await ask({})).status).toBe(401);
      expect((await ask({ cookie })).status).toBe(200);
      expect((await ask({ authorization: `Bearer ${tokens.viewer}` })).status).toBe(200);
    }
  });

  test('both show every hall as connected, with the same figures, wherever it is', async () => {
    for (let at = 0; at < HALLS; at += 1) await hall(`hub-${at}`, gate.port);
    for (const each of halls) happen(each, 30);
    await vi.waitUntil(() => halls.every(isLevel), SOON);
    const places = await vi.waitUntil(async () => {
      const found = await Promise.all(halls.map(({ agentId }) => serverOf(agentId)));
      return found.every(Boolean) && found;
    }, SOON);
    expect(new Set(places).size).toBe(2);
    await vi.waitUntil(async () => {
      const { halls: rows, summary } = await shown(two);
      return summary.connected === HALLS && rows.every((row) => row.through === 30 && row.backlog === 0);
    }, SOON);
    await vi.waitUntil(async () => (await shown(one)).summary.connected === HALLS, SOON);
    await vi.waitFor(async () => expect(await shown(one)).toEqual(await shown(two)), SOON);
  });

  test('a page at one server is told what the other takes', async () => {
    const { agentId, sender, journal } = halls[0]!;
    const other = (await serverOf(agentId)) === one ? two : one;
    const page = io(other.url, { path: '/live', transports: ['websocket'] });
    const changes: FarEndView[] = [];
    page.on('change', (change: FarEndView) => changes.push(change));
    await new Promise((resolve) => page.once('snapshot', resolve));
    happen({ agentId, sender, journal }, 3);
    const told = () =>
      changes
        .flatMap((change) => change.halls ?? [])
        .find((row) => row.agentId === agentId && row.through === 33);
    await vi.waitUntil(told, SOON);
    page.disconnect();
  });

  test('a command put at one server reaches a hall at the other, and so does a question that wants an answer', async () => {
    const got: string[] = [];
    const { agentId, sender } = await hall(
      'hub-asked',
      one.port,
      {},
      {
        appointments: async ({ data }) => {
          got.push(String(data.do ?? Object.keys(data)[0]));
          return { ok: true };
        },
        slots: async () => ({ ok: true, data: { slots: [] } }),
      },
    );
    happen(halls.at(-1)!, 3);
    await vi.waitUntil(async () => (await stateAt(two, agentId)) === 'connected', SOON);
    const booking = { authorization: `Bearer ${tokens.booking}` };
    const slots = await fetch(
      `${two.url}api/v1/halls/${agentId}/appointments/slots?service=transfer&from=2100-01-04`,
      {
        headers: booking,
      },
    );
    expect([slots.status, await slots.json()]).toEqual([200, expect.objectContaining({ slots: [] })]);
    const answer = await fetch(`${two.url}api/v1/halls/${agentId}/appointments`, {
      method: 'POST',
      headers: { ...booking, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ service: 'transfer', day: '2100-01-04', from: '10:00', to: '10:30' },
        ...{ channel: 'wechat', idempotencyKey: 'one' },
      }),
    });
    expect(answer.status).toBe(202);
    // Sooner than the outbox would notice by itself what another server has put there.
    await vi.waitUntil(() => got.length > 0, { timeout: 5_000 });
    const { appointment } = (await answer.json()) as { appointment: string };
    await vi.waitUntil(async () => {
      const url = `${one.url}api/v1/halls/${agentId}/appointments/${appointment}`;
      const read = await fetch(url, { headers: booking });
      return ((await read.json()) as { state: string }).state === 'delivered';
    }, SOON);
    expect(got).toHaveLength(1);
    expect(sender.status.state).toBe('level');
  });

  test('one is killed in the middle: the halls go on at the other, every event once and in order', async () => {
    const lone = await hall('hub-lone', one.port);
    happen(lone, 9);
    await vi.waitUntil(async () => (await stateAt(two, 'hub-lone')) === 'connected', SOON);
    const mobile = halls.filter(({ agentId }) => /^hub-\d+$/.test(agentId));
    for (const each of mobile) happen(each, 400);
    await vi.waitUntil(
      () => mobile.some(({ journal, sender }) => sender.status.ackedSeq > 33 && journal),
      SOON,
    );
    await one.kill('SIGKILL');
    for (const each of mobile) happen(each, 100);
    await vi.waitUntil(() => mobile.every(isLevel), SOON);
    await vi.waitUntil(
      async () =>
        (await shown(two)).halls.filter((row) => row.connected && row.backlog === 0).length >= HALLS,
      SOON,
    );
    // Nobody has said that it is gone: it has to be missed. Its time is set back here, so that the test need not wait.
    expect(await stateAt(two, 'hub-lone')).toBe('connected');
    await database.query(`UPDATE servers SET seen_at = now() - interval '1 minute' WHERE name LIKE $1`, [
      `%:${one.port}`,
    ]);
    await vi.waitUntil(async () => (await stateAt(two, 'hub-lone')) === 'away', SOON);
    await allThere(two);
    one = await run('one', one.port);
    await vi.waitUntil(() => isLevel(lone), SOON);
    await vi.waitUntil(async () => (await stateAt(two, 'hub-lone')) === 'connected', SOON);
  });

  test('one is stopped: it says so first, then its halls go to the other', async () => {
    const health = async () => {
      const answer = await fetch(`${two.url}api/v1/health`).catch(() => null);
      return answer && [answer.status, ((await answer.json()) as { status: string }).status];
    };
    const mobile = halls.filter(({ agentId }) => /^hub-\d+$/.test(agentId));
    const there = await Promise.all(mobile.map(({ agentId }) => serverOf(agentId)));
    expect(there.filter((server) => server === two)).toHaveLength(HALLS);
    const gone = new Promise((resolve) => two.child.once('exit', resolve));
    two.child.kill('SIGTERM');
    await vi.waitUntil(async () => (await health())?.[0] === 503, SOON);
    expect(await health()).toEqual([503, 'stopping']);
    for (const each of mobile) happen(each, 50);
    expect(await gone).toBe(0);
    await vi.waitUntil(() => halls.every(isLevel), SOON);
    await vi.waitUntil(async () => (await shown(one)).summary.connected === halls.length, SOON);
    await allThere(one);
    two = await run('two', two.port);
  });

  test('a copied machine, at both servers at once: nothing is taken twice, and it is there while one of the two is', async () => {
    const token = await letIn(agents, 'hub-copied', REGION);
    const journal = history('hub-copied', 'epoch-of-copies', 'hall-of-copies');
    const copies = [
      await hall('hub-copied', one.port, { journal, token }),
      await hall('hub-copied', two.port, { journal, token }),
    ];
    for (let at = 0; at < 10; at += 1) {
      journal.add(20);
      for (const { sender } of copies) sender.wake();
    }
    await vi.waitUntil(() => copies.every(isLevel), SOON);
    await allThere(two);
    const both = async () => Promise.all([one, two].map((server) => stateAt(server, 'hub-copied')));
    await vi.waitUntil(async () => (await both()).join() === 'connected,connected', SOON);
    await copies[0]!.sender.close();
    const left = async () =>
      database.query(`SELECT FROM connections WHERE agent_id = 'hub-copied' AND NOT connected`);
    await vi.waitUntil(async () => (await left()).length === 1, SOON);
    expect(await both()).toEqual(['connected', 'connected']);
    await copies[1]!.sender.close();
    await vi.waitUntil(async () => (await both()).join() === 'away,away', SOON);
  });
});

/** Two servers on one database behind a balancer that sends every request to the other one: the worst that a balancer does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { startPostgres, type PostgresServer } from '../central/postgres.ts';
import { history } from './history.ts';

let postgres: PostgresServer;
let stateDir: string;
let balancer: Server;
const centrals: Awaited<ReturnType<typeof startCentral>>[] = [];
/** requests that each server has answered */
const answered = [0, 0];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'balancer-'));
  postgres = await startPostgres();
  for (const name of ['a', 'b'])
    centrals.push(
      await startCentral({
        ...{ port: 0, host: '127.0.0.1', stateDir: join(stateDir, name), databaseUrl: postgres.databaseUrl },
        ...{ clock: () => new Date(), log: pino({ level: 'silent' }) },
      }),
    );
  let turn = 0;
  balancer = createServer(async (from, to) => {
    const body = await buffer(from);
    const pass = (tries: number) => {
      const which = turn++ % 2;
      const url = new URL(from.url!, centrals[which]!.url);
      const onward = ask(url, { method: from.method!, headers: from.headers, agent: false }, (answer) => {
        answered[which]! += 1;
        to.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'keep-alive' });
        answer.pipe(to);
      });
      onward.on('error', () => (tries > 0 && !to.headersSent ? pass(tries - 1) : to.destroy()));
      to.once('close', () => onward.destroy());
      onward.end(body);
    };
    pass(1);
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
}, 60_000);
afterAll(async () => {
  balancer?.close();
  balancer?.closeAllConnections();
  await Promise.all([...new Set(centrals)].map((central) => central.close()));
  await postgres?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test('every event is there once and in order, a command is done once, and one of the servers may go', async () => {
  const agents = await openAgents(stateDir, postgres.databaseUrl);
  const token = await letIn(agents, 'hub-1', '371000000000').finally(() => agents.close());
  const journal = history('hub-1', 'epoch-balanced');
  journal.add(1_500);
  const done: string[] = [];
  const sender = new LinkSender({
    name: 'central',
    url: `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`,
    ...{ token, agentId: 'hub-1', source: journal, clock: () => new Date(), random: Math.random },
    retry: { firstMs: 40, capMs: 150, refusedMs: 300 },
    commands: {
      test: async ({ id }) => {
        done.push(id);
        return { ok: true };
      },
    },
  });
  sender.start();
  const allThere = () =>
    vi.waitUntil(() => journal.cursor('central') === journal.durableSeq, { timeout: 20_000, interval: 10 });
  await allThere();
  expect(answered.every((requests) => requests > 3)).toBe(true);

  // Whichever server has the open request sends it; the answer comes to the other one first.
  const command = {
    ...{ id: 'one', name: 'test', data: {} },
    deadline: new Date(Date.now() + 60_000).toISOString(),
  };
  const said = await Promise.all(centrals.map(({ intake }) => intake.command('hub-1', command, 2_000)));
  expect(said).toContainEqual({ id: 'one', ok: true });
  expect(done).toEqual(['one']);

  journal.add(800);
  sender.wake();
  await vi.waitUntil(() => journal.cursor('central') > 1_500, { timeout: 20_000, interval: 5 });
  await centrals.shift()!.close();
  centrals.unshift(centrals[0]!);
  journal.add(100);
  sender.wake();
  await allThere();
  await sender.close();
  const stored: HallEvent[] = [];
  while (stored.length < journal.events.length) {
    const url = `${centrals[1]!.url}api/v1/events?agent=hub-1&limit=1000&after=${stored.at(-1)?.seq ?? 0}`;
    const page = (await (await fetch(url)).json()) as HallEvent[];
    if (page.length === 0) break;
    stored.push(...page);
  }
  expect(stored).toEqual(journal.events);
}, 60_000);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { history } from '../link/history.ts';
import { startPostgres } from './postgres.ts';

test('the database goes down and comes back: two servers on it, nothing lost, nothing twice', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'outage-'));
  const postgres = await startPostgres();
  const { databaseUrl } = postgres;
  const options = {
    port: 0,
    host: '127.0.0.1',
    databaseUrl,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  };
  // Both make the tables in the same moment.
  const [one, two] = await Promise.all([
    startCentral({ ...options, stateDir: join(stateDir, 'one') }),
    startCentral({ ...options, stateDir: join(stateDir, 'two') }),
  ]);
  const agents = await openAgents(stateDir, databaseUrl);
  const token = await letIn(agents, 'hub-1', '371000000000');
  await agents.close();
  const journal = history('hub-1', 'epoch-0001');
  // The same agent at both servers, as when a balancer moves it while its old connection still works.
  const senders = [one, two].map(
    ({ url }) =>
      new LinkSender({
        name: url,
        url: `socketio:${url}`,
        token,
        agentId: 'hub-1',
        source: journal,
        clock: () => new Date(),
        random: Math.random,
        retry: { firstMs: 50, capMs: 200, refusedMs: 200 },
        timeoutMs: 5_000,
      }),
  );
  for (const sender of senders) sender.start();
  const happen = (count: number) => {
    journal.add(count);
    for (const sender of senders) sender.wake();
  };
  const level = () =>
    vi.waitUntil(
      () => senders.every(({ status }) => status.state === 'level' && status.ackedSeq === journal.durableSeq),
      {
        timeout: 20_000,
      },
    );

  happen(500);
  await level();
  await postgres.down();
  happen(300);
  await vi.waitUntil(() => senders.every(({ status }) => status.state === 'away'), { timeout: 20_000 });
  expect((await fetch(`${one.url}api/v1/health`)).status).toBe(503);
  await postgres.up();
  await level();
  const events = await (await fetch(`${two.url}api/v1/events?agent=hub-1&limit=1000`)).json();
  expect(events).toEqual(journal.events);

  await Promise.all(senders.map((sender) => sender.close()));
  await Promise.all([one.close(), two.close()]);
  await postgres.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** The real far end in a process of its own, as every binding's suite has it. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { letIn, openAgents } from '../../central/agents.ts';
import { startEngine } from '../central/postgres.ts';
import { runCentral } from '../central/process.ts';
import type { FarEnd } from './suite.ts';

/** The broker in front of it, and PostgreSQL when several servers share it. */
type Behind = {
  port: number;
  configuration: string;
  mqtt: NonNullable<FarEnd['mqtt']>;
  databaseUrl?: string;
};
export type RunningFarEnd = FarEnd & { url: string };

/**
 * Starts it with its embedded store or on the server that is tested. `address`: the link's address when it listens on a port of
 * this machine. Behind a broker the link's port is the broker's, and the far end is up when it is connected there.
 */
export async function farEnd(address: (port: number) => string, behind?: Behind): Promise<RunningFarEnd> {
  const { stateDir, databaseUrl: own, stop: remove } = await startEngine();
  const databaseUrl = behind?.databaseUrl ?? own;
  if (behind) await writeFile(join(stateDir, 'central.yaml'), behind.configuration);
  const env = { DATABASE_URL: databaseUrl ?? '' };
  let running = await runCentral(stateDir, 0, env);
  const { port, url } = running;
  const atBroker = async () => {
    type Health = { mqtt?: { state: string } };
    while (behind && (await call<Health>('health')).mqtt?.state !== 'connected')
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  // The first server on a database has the tokens; what books asks that one.
  const booking = async () =>
    (JSON.parse(await readFile(join(stateDir, 'tokens.json'), 'utf8')) as { booking: string }).booking;
  async function call<T>(path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${url}api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(path.includes('/appointments') ? { authorization: `Bearer ${await booking()}` } : {}),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }
  await atBroker();
  return {
    port: behind?.port ?? port,
    url,
    ...(behind && { mqtt: behind.mqtt }),
    address,
    // What `agent add` does, beside the running server, without a process for each.
    letIn: async (agentId) => {
      const agents = await openAgents(stateDir, databaseUrl);
      return letIn(agents, agentId, '371000000000').finally(() => agents.close());
    },
    events: async (agentId, epoch) => {
      const events: HallEvent[] = [];
      for (;;) {
        const query = new URLSearchParams({
          agent: agentId,
          epoch,
          after: String(events.at(-1)?.seq ?? 0),
          limit: '1000',
        });
        const answer = await fetch(`${url}api/v1/events?${query}`);
        if (!answer.ok) throw new Error(await answer.text());
        const page = (await answer.json()) as HallEvent[];
        if (page.length === 0) return events;
        events.push(...page);
      }
    },
    hallState: async (agentId) => {
      type Halls = { halls: { agentId: string; state: string }[] };
      const { halls } = await call<Halls>(`halls?q=${agentId}`);
      return halls.find((hall) => hall.agentId === agentId)?.state ?? 'unknown';
    },
    book: async (agentId, day) => {
      const slot = { service: 'transfer', day, from: '10:00', to: '10:30' };
      const booked = await call<{ appointment: string }>(`halls/${agentId}/appointments`, {
        ...slot,
        idempotencyKey: randomUUID(),
      });
      return booked.appointment;
    },
    booked: async (agentId, code) =>
      (await call<{ state: string }>(`halls/${agentId}/appointments/${code}`)).state,
    kill: () => running.kill('SIGKILL'),
    restart: async () => {
      running = await runCentral(stateDir, port, env);
      await atBroker();
    },
    stop: async () => {
      await running.kill('SIGTERM');
      await remove();
    },
  };
}

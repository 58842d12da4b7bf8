/** The real far end in a process of its own, as every binding's suite has it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { letIn, openAgents } from '../../central/agents.ts';
import { runCentral } from '../central/process.ts';
import type { FarEnd } from './suite.ts';

/** Starts it with its embedded store. `address`: the link's address when it listens on a port of this machine. */
export async function farEnd(address: (port: number) => string): Promise<FarEnd> {
  const stateDir = await mkdtemp(join(tmpdir(), 'link-'));
  let running = await runCentral(stateDir);
  const { port, url } = running;
  const { booking } = JSON.parse(await readFile(join(stateDir, 'tokens.json'), 'utf8')) as {
    booking: string;
  };
  async function call<T>(path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${url}api/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(path.includes('/appointments') ? { authorization: `Bearer ${booking}` } : {}),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }
  return {
    port,
    address,
    // What `agent add` does, beside the running server, without a process for each.
    letIn: async (agentId) => {
      const agents = await openAgents(stateDir, undefined);
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
      running = await runCentral(stateDir, port);
    },
    stop: async () => {
      await running.kill('SIGTERM');
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

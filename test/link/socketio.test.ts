import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { letIn, openAgents } from '../../central/agents.ts';
import { startEngine } from '../central/postgres.ts';
import { runCentral } from '../central/process.ts';
import { linkSuite, type FarEnd } from './suite.ts';

/** The real far end in its own process, with its embedded store or on the server that is tested. */
async function farEnd(): Promise<FarEnd> {
  const { stateDir, databaseUrl, stop } = await startEngine();
  const env = { DATABASE_URL: databaseUrl ?? '' };
  let running = await runCentral(stateDir, 0, env);
  const { port, url } = running;
  return {
    port,
    address: (port) => `socketio:http://127.0.0.1:${port}`,
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
    kill: () => running.kill('SIGKILL'),
    restart: async () => {
      running = await runCentral(stateDir, port, env);
    },
    stop: async () => {
      await running.kill('SIGTERM');
      await stop();
    },
  };
}

linkSuite('the link over Socket.IO, with the far end as a process of its own', farEnd);

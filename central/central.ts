/** The far end, put together: store, receiver, page. */
import { mkdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { LINK_PATH } from '../kiosk-agent/contract/link.ts';
import { Access, centralTokens } from './access.ts';
import { agentsOf } from './agents.ts';
import { openDatabase } from './database.ts';
import { Live } from './live.ts';
import { Outbox } from './outbox.ts';
import { Receiver } from './receiver.ts';
import { centralWeb } from './web.ts';

export type CentralOptions = {
  port: number;
  host: string;
  stateDir: string;
  /** `postgres://…`; embedded in `stateDir` when it is not given */
  databaseUrl?: string | undefined;
  clock: () => Date;
  log: Logger;
};

/** Starts the far end. `close` waits for what is being stored. Rejects with StateTaken, or the error of port, folder or database. */
export async function startCentral(
  options: CentralOptions,
): Promise<{ url: string; receiver: Receiver; close: () => Promise<void> }> {
  const { stateDir, clock, log } = options;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const access = new Access(centralTokens(stateDir));
  let ready = false;
  let app: RequestListener = (_request, response) =>
    void response.writeHead(503, { 'retry-after': '2' }).end();
  const http = createServer((request, response) => app(request, response));
  http.on('upgrade', (request, socket) => {
    const path = request.url ?? '';
    if (!ready || (!path.startsWith(`${LINK_PATH}/`) && !path.startsWith('/live/'))) socket.destroy();
  });
  // The port first: a port that is taken must not cost the seconds that a database takes.
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, options.host, resolve);
  });
  const stopListening = () => {
    http.close();
    http.closeAllConnections();
  };

  const database = await openDatabase(stateDir, options.databaseUrl).catch((error: unknown) => {
    stopListening();
    throw error;
  });
  const agents = agentsOf(database, stateDir);
  const live: Live = new Live(http, database, agents, () => receiver, access, clock);
  const receiver: Receiver = new Receiver(http, database, agents, clock, log, {
    committed: (agentId) => live.changed(agentId),
    presence: (agentId) => {
      live.changed(agentId);
      if (receiver.presence(agentId)?.connected) outbox.wake(agentId);
    },
  });
  const outbox = new Outbox(
    database,
    {
      command: (agentId, command, withinMs) => receiver.command(agentId, command, withinMs),
      connected: (agentId) => receiver.presence(agentId)?.connected === true,
    },
    clock,
    log,
  );
  app = centralWeb({ database, agents, receiver, outbox, access, clock, log });
  ready = true;

  const close = async () => {
    await outbox.close();
    await Promise.all([receiver.close(), live.close()]);
    stopListening();
    await agents.close();
    await database.close();
  };
  const { port } = http.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/`, receiver, close };
}

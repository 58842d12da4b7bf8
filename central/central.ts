/** The far end, put together: store, receiver, page. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { LINK_PATH } from '../kiosk-agent/contract/link.ts';
import { Access, centralTokens } from './access.ts';
import type { FactSource } from './alerts/facts.ts';
import { checkSecrets } from './alerts/settings.ts';
import { AlertWatch } from './alerts/watch.ts';
import { agentsOf } from './agents.ts';
import { HallBoard } from './board.ts';
import { configurationSchema, type Configuration } from './configuration.ts';
import { openDatabase } from './database.ts';
import { catchUp } from './figures/figures.ts';
import { Intake } from './link/intake.ts';
import { SocketioReceiver } from './link/socketio.ts';
import { Live } from './live.ts';
import { readNames } from './names.ts';
import { Outbox } from './outbox.ts';
import { RatingExports } from './rating-exports/exports.ts';
import { loadExports } from './rating-exports/load.ts';
import { centralWeb } from './web.ts';

export type CentralOptions = {
  port: number;
  host: string;
  stateDir: string;
  /** `postgres://…`; embedded in `stateDir` when it is not given */
  databaseUrl?: string | undefined;
  /** file of names; `<stateDir>/names.yaml` when it is not given and there is one */
  namesFile?: string | undefined;
  configuration?: Configuration | undefined;
  /** an agent that is away counts as silent after that; 15 when it is not given */
  silentAfterMinutes?: number | undefined;
  clock: () => Date;
  log: Logger;
};

/** Starts the far end. `close` waits for what is being stored. Rejects with StateTaken, BadNames, or the error of port, folder or database. */
export async function startCentral(
  options: CentralOptions,
): Promise<{ url: string; intake: Intake; close: () => Promise<void> }> {
  const { stateDir, clock, log } = options;
  const configuration = options.configuration ?? configurationSchema.parse({});
  checkSecrets(configuration.alerts, process.env);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const access = new Access(centralTokens(stateDir));
  const names = readNames(stateDir, options.namesFile);
  const exportList = loadExports(options.configuration?.ratingExports ?? [], stateDir, process.env);
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
  const board = new HallBoard({
    ...{ database, agents, names, clock },
    presence: (id) => intake.presence(id),
    silentAfterMs: (options.silentAfterMinutes ?? 15) * 60_000,
  });
  const live: Live = new Live(http, database, board, access, clock);
  const changed = (agentId: string) => {
    board.changed(agentId);
    live.changed(agentId);
  };
  const intake: Intake = new Intake(database, agents, clock, log, {
    committed: (agentId) => changed(agentId),
    presence: (agentId) => {
      changed(agentId);
      if (intake.presence(agentId)?.connected) outbox.wake(agentId);
    },
  });
  const socketio = new SocketioReceiver(http, intake, log);
  const outbox = new Outbox(
    database,
    {
      command: (agentId, command, withinMs) => intake.command(agentId, command, withinMs),
      connected: (agentId) => intake.presence(agentId)?.connected === true,
    },
    clock,
    log,
  );
  const exports = new RatingExports(exportList, database, `${hostname()}:${randomUUID()}`, clock, log);
  app = centralWeb({
    ...{ database, agents, board, names, outbox, exports, access, clock, log },
    command: (agentId, command, withinMs) => intake.command(agentId, command, withinMs),
    publicSettings: configuration.public,
    alerts: configuration.alerts,
  });
  ready = true;
  // What other rooms know and the rules ask for: exports that nobody answers, configurations that were refused.
  const sources: FactSource[] = [];
  const alerts = new AlertWatch({
    ...{ database, board, names, clock, log, sources, settings: configuration.alerts },
    environment: process.env,
  });
  alerts.start();
  const ending = new AbortController();
  const caughtUp = catchUp(database, ending.signal).then(
    (events) => events > 0 && log.info({ events }, 'figures caught up with the stored events'),
    (error: unknown) => log.error({ err: error }, 'figures are behind; the next start goes on'),
  );

  const close = async () => {
    ending.abort();
    await Promise.all([outbox.close(), exports.close(), caughtUp, alerts.close()]);
    socketio.stop();
    await intake.close();
    socketio.close();
    await live.close();
    stopListening();
    await agents.close();
    await database.close();
  };
  const { port } = http.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/`, intake, close };
}

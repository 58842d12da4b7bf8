/** The far end, put together: store, receiver, page. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LINK_PATH } from '../kiosk-agent/contract/link.ts';
import { Access } from './access.ts';
import { unansweredExports } from './alerts/exports.ts';
import type { FactSource } from './alerts/facts.ts';
import { checkSecrets } from './alerts/settings.ts';
import { AlertWatch } from './alerts/watch.ts';
import { agentsOf } from './agents.ts';
import { HallBoard } from './board.ts';
import { configurationSchema, type Configuration } from './configuration.ts';
import { openDatabase } from './database.ts';
import { catchUp } from './figures/figures.ts';
import { Fleet } from './fleet/fleet.ts';
import { Keeping } from './keeping/keeping.ts';
import type { KeptBack } from './keeping/retention.ts';
import { HttpReceiver } from './link/http.ts';
import { Intake } from './link/intake.ts';
import { MqttReceiver } from './link/mqtt.ts';
import { brokerAccess } from './link/mqtt-settings.ts';
import { SocketioReceiver } from './link/socketio.ts';
import { Live } from './live.ts';
import { readNames } from './names.ts';
import { Outbox } from './outbox.ts';
import { tokenHashes } from './tokens.ts';
import { RatingExports } from './rating-exports/exports.ts';
import { keptForExports } from './rating-exports/kept-back.ts';
import { loadExports } from './rating-exports/load.ts';
import { centralWeb } from './web.ts';

/** A question to a hall without a time of its own is answered within this, ms. */
const COMMAND_MS = 10_000;

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

export type Central = {
  url: string;
  intake: Intake;
  /** the routes, for whoever compares them with their description */
  app: RequestListener;
  /** Says in its health that it stops, then leaves its agents to the other servers; with none, or aborted, at once. */
  drain: (signal: AbortSignal) => Promise<void>;
  /** Waits for what is being stored. */
  close: () => Promise<void>;
};

/** Starts the far end. Rejects with StateTaken, BadNames, BadConfiguration, or the error of port, folder or database. */
export async function startCentral(options: CentralOptions): Promise<Central> {
  const { stateDir, clock, log } = options;
  const configuration = options.configuration ?? configurationSchema.parse({});
  checkSecrets(configuration.alerts, process.env);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const names = readNames(stateDir, options.namesFile);
  const mqttSection = configuration.mqtt;
  // Before the port: a secret that is missing is a fault of the configuration.
  const broker = mqttSection && { settings: mqttSection, access: brokerAccess(mqttSection, process.env) };
  const exportList = loadExports(options.configuration?.ratingExports ?? [], stateDir, process.env);
  let ready = false;
  let app: RequestListener = (_request, response) =>
    void response
      .writeHead(503, { 'retry-after': '2', 'content-type': 'application/json' })
      .end('{"status":"starting"}');
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
  const givenUp = async (error: unknown): Promise<never> => {
    stopListening();
    await database.close();
    throw error;
  };
  const hashes = await tokenHashes(database, stateDir, configuration.tokens, log).catch(givenUp);
  const access = new Access(hashes, configuration.behindProxy !== 0);
  const agents = agentsOf(database, stateDir);
  const board = new HallBoard({
    ...{ database, agents, names, clock },
    presence: (id) => fleet.presence(id),
    silentAfterMs: (options.silentAfterMinutes ?? 15) * 60_000,
  });
  const live: Live = new Live(http, database, board, access, clock);
  const changed = (agentId: string) => {
    board.changed(agentId);
    live.changed(agentId);
  };
  const intake: Intake = new Intake(database, agents, clock, log, {
    committed: (agentId) => {
      changed(agentId);
      fleet.taken(agentId);
    },
    presence: (agentId) => {
      changed(agentId);
      fleet.came(agentId);
      if (intake.presence(agentId)?.connected) outbox.wake(agentId);
    },
  });
  const socketio = new SocketioReceiver(http, intake, log);
  const mqtt = broker && new MqttReceiver(broker, { intake, clock, random: Math.random, log });
  const overHttp = new HttpReceiver(http, intake, log);
  const outbox = new Outbox(
    database,
    {
      command: (agentId, command, withinMs) => intake.command(agentId, command, withinMs),
      connected: (agentId) => intake.presence(agentId)?.connected === true,
      elsewhere: (agentId) => fleet.command(agentId),
    },
    clock,
    log,
  );
  const exports = new RatingExports(exportList, database, `${hostname()}:${randomUUID()}`, clock, log);
  const { keep } = configuration;
  // Rooms that still need old rows stand here: retention asks them.
  const keptBack: KeptBack[] = [keptForExports(exportList)];
  const keeping = new Keeping({ database, keep, keptBack, holder: randomUUID(), clock, log });
  const { port } = http.address() as AddressInfo;
  const fleet: Fleet = new Fleet(
    {
      ...{ database, clock, log },
      name: `${hostname()}:${port}`,
      id: randomUUID(),
      here: (agentId) => intake.presence(agentId),
      everybodyHere: () => intake.everybody(),
      command: (agentId, command, withinMs) => intake.command(agentId, command, withinMs),
    },
    {
      changed: (agentIds) => {
        if (agentIds) return agentIds.forEach(changed);
        board.changedAll();
        live.changedAll();
      },
      commands: (agentIds) => {
        for (const agentId of agentIds) if (intake.presence(agentId)?.connected) outbox.wake(agentId);
      },
    },
  );
  await fleet.start().catch(givenUp);
  let stopping = false;
  const { behindProxy } = configuration;
  app = centralWeb({
    ...{ database, agents, board, names, outbox, exports, keep, access, clock, log, behindProxy },
    stopping: () => stopping,
    command: (agentId, command, withinMs = COMMAND_MS) => fleet.ask(agentId, command, withinMs),
    publicSettings: configuration.public,
    alerts: configuration.alerts,
    mqtt: () => mqtt?.state,
  });
  ready = true;
  // What other rooms know and the rules ask for: exports that nobody answers, configurations that were refused.
  const sources: FactSource[] = [unansweredExports];
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

  const drain = async (signal: AbortSignal) => {
    stopping = true;
    if (fleet.others === 0) return;
    const { announceSeconds, agentsPerSecond } = configuration.stopping;
    log.info({ announceSeconds, others: fleet.others }, 'stopping: the agents go to the other servers');
    await setTimeout(announceSeconds * 1000, undefined, { signal }).catch(() => undefined);
    await intake.release(agentsPerSecond, signal);
  };
  const close = async () => {
    stopping = true;
    ending.abort();
    await Promise.all([outbox.close(), exports.close(), caughtUp, alerts.close(), keeping.close()]);
    socketio.stop();
    overHttp.stop();
    await mqtt?.stop();
    await intake.close();
    socketio.close();
    await fleet.close();
    await mqtt?.close();
    await overHttp.close();
    await live.close();
    stopListening();
    await agents.close();
    await database.close();
  };
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/`, intake, app, drain, close };
}

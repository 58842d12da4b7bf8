/** The far end's HTTP: its page, and `/api/v1` for programs. Errors are RFC 9457 problem documents. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Names } from '../kiosk-agent/contract/far-end.ts';
import { agentId, epochId } from '../kiosk-agent/contract/link.ts';
import { HallError, PROBLEM_CODES } from '../kiosk-agent/contract/problem.ts';
import { COOKIE, OPERATOR_COOKIE, type Access } from './access.ts';
import type { Agents } from './agents.ts';
import { alertRoutes } from './alerts/routes.ts';
import type { AlertSettings } from './alerts/settings.ts';
import { appointmentRoutes } from './appointments.ts';
import { listQuery, type HallBoard } from './board.ts';
import { compare, comparisonQuery } from './comparison.ts';
import type { Database } from './database.ts';
import { downRoutes } from './down/routes.ts';
import { storeReport } from './keeping/report.ts';
import type { KeepSettings } from './keeping/settings.ts';
import { badRatings, devicesDown, devicesQuery, ledgerQuery, opinions } from './ledgers.ts';
import type { BrokerState } from './link/mqtt.ts';
import { eventsAfter, latestAlarms, latestRatings } from './overview.ts';
import type { Intake } from './link/intake.ts';
import { openapiDocument } from './openapi/document.ts';
import type { Outbox } from './outbox.ts';
import type { BehindProxy } from './fleet/settings.ts';
import { publicRoutes } from './public/routes.ts';
import type { PublicSettings } from './public/settings.ts';
import type { RatingExports } from './rating-exports/exports.ts';
import { ratingExportRoutes } from './rating-exports/routes.ts';
import { read } from './reading.ts';
import { statistics, statisticsQuery } from './statistics.ts';

/** The built screens; this server's page is one of them. */
const SCREENS = fileURLToPath(new URL('../display/dist/', import.meta.url));
const PAGE = 'far-end.html';

const limit = z.coerce.number().int().min(1).max(1000);
const eventsQuery = z.object({
  agent: agentId,
  epoch: epochId.optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: limit.default(100),
});
const latestQuery = z.object({ limit: limit.default(100) });
const loginBody = z.object({ token: z.string().min(1).max(256) });

type Parts = {
  database: Database;
  agents: Agents;
  board: HallBoard;
  names: Names;
  outbox: Outbox;
  exports: RatingExports;
  command: Intake['command'];
  publicSettings: PublicSettings;
  keep: KeepSettings;
  access: Access;
  clock: () => Date;
  log: Logger;
  behindProxy: BehindProxy;
  /** this server is told to stop: a balancer should send nobody here */
  stopping: () => boolean;
  alerts: AlertSettings;
  /** the broker of the link over MQTT, when there is one */
  mqtt?: () => BrokerState | undefined;
};

/** Builds the application; it holds nothing that must be closed. */
export function centralWeb(parts: Parts): Express {
  const { database, agents, board, names, outbox, exports, command, access, clock, log, alerts, keep, mqtt } =
    parts;
  const app = express();
  app.set('trust proxy', parts.behindProxy);
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          'upgrade-insecure-requests': null,
          'connect-src': ["'self'"],
          // A large workbook is packed beside the page.
          'worker-src': ["'self'", 'blob:'],
        },
      },
      // Plain HTTP on the machine itself; whoever puts TLS in front sets it there.
      strictTransportSecurity: false,
    }),
  );

  const api = express.Router();
  api.use(limited(1_200));
  api.get('/health', async (_request, response) => {
    if (parts.stopping()) return response.status(503).json({ status: 'stopping', store: database.kind });
    try {
      const [row] = await database.query<{ streams: number }>('SELECT count(*) AS streams FROM streams');
      const broker = mqtt?.();
      response.json({
        status: broker && broker.state !== 'connected' ? 'degraded' : 'ok',
        store: database.kind,
        streams: row?.streams ?? 0,
        // Anybody may ask this: why it is away stands in the log.
        ...(broker && { mqtt: { state: broker.state, since: broker.since } }),
      });
    } catch (error) {
      log.error({ err: error }, 'the database does not answer');
      response.status(503).json({ status: 'failing', store: database.kind });
    }
  });
  const description = openapiDocument();
  api.get('/openapi.json', (_request, response) => {
    response.set('cache-control', 'public, max-age=3600').json(description);
  });
  api.post('/login', limited(10), express.json({ limit: '1kb' }), (request, response) => {
    const { token } = read(loginBody, request.body);
    const operator = access.isOperator(token);
    if (!operator && !access.isViewer(token))
      throw new HallError(
        'not-signed-in',
        'this is neither the viewer nor the operator token of this server',
      );
    const cookie = operator ? OPERATOR_COOKIE : COOKIE;
    response.cookie(cookie, token, { httpOnly: true, sameSite: 'strict', path: '/', secure: request.secure });
    response.status(204).end();
  });
  api.get('/login', (request, response) => {
    response.json({
      signedIn: access.isSignedIn(request) || access.operates(request),
      operates: access.operates(request),
    });
  });
  api.delete('/login', (_request, response) => {
    response.clearCookie(COOKIE, { path: '/' });
    response.clearCookie(OPERATOR_COOKIE, { path: '/' });
    response.status(204).end();
  });
  api.use(
    '/halls/:agentId/appointments',
    appointmentRoutes({ database, agents, outbox, command, clock, onlyBooking: access.onlyBooking }),
  );
  const { publicSettings } = parts;
  api.use(
    '/public',
    limited(publicSettings.perMinute),
    publicRoutes({ database, board, names, clock, settings: publicSettings }),
  );
  api.use((request, _response, next) => {
    if (access.mayLook(request)) return next();
    throw new HallError(
      'not-signed-in',
      'the viewer token is needed: "viewer" in tokens.json of the state folder',
    );
  });
  api.use(downRoutes({ database, agents, outbox, clock, onlyOperator: access.onlyOperator }));
  api.get('/halls', async (request, response) => {
    response.json(await board.list(read(listQuery, request.query)));
  });
  api.get('/statistics', async (request, response) => {
    response.json(await statistics(database, read(statisticsQuery, request.query)));
  });
  api.get('/comparison', async (request, response) => {
    response.json(await compare(database, board, read(comparisonQuery, request.query), clock()));
  });
  api.get('/ratings/bad', async (request, response) => {
    response.json(await badRatings(database, read(ledgerQuery, request.query), clock()));
  });
  api.get('/opinions', async (request, response) => {
    response.json(await opinions(database, read(ledgerQuery, request.query), clock()));
  });
  api.get('/devices/down', async (request, response) => {
    const devices = await devicesDown(database, read(devicesQuery, request.query).region);
    response.json({ devices });
  });
  api.use('/rating-exports', ratingExportRoutes({ database, exports, clock }));
  api.get('/names', (_request, response) => {
    response.json(names);
  });
  api.get('/ratings', async (request, response) => {
    response.json(await latestRatings(database, read(latestQuery, request.query).limit));
  });
  api.use('/alerts', alertRoutes(database, alerts, clock));
  api.get('/alarms', async (request, response) => {
    response.json(await latestAlarms(database, read(latestQuery, request.query).limit));
  });
  api.get('/events', async (request, response) => {
    const query = read(eventsQuery, request.query);
    response.json(await eventsAfter(database, query.agent, query.epoch, query.after, query.limit));
  });
  api.get('/store', async (_request, response) => {
    response.json(await storeReport(database, keep));
  });
  app.use('/api/v1', api);

  // Names of built files change with what is in them.
  app.use('/assets', express.static(`${SCREENS}assets`, { index: false, immutable: true, maxAge: '365d' }));
  app.get('/icon.svg', (_request, response) => response.sendFile('icon.svg', { root: SCREENS }));
  app.get('/', (_request, response) => {
    if (existsSync(SCREENS + PAGE))
      return response.set('cache-control', 'no-cache').sendFile(PAGE, { root: SCREENS });
    return response
      .status(503)
      .type('text/plain; charset=utf-8')
      .send(
        '页面还没有生成：请在程序文件夹运行 npm run build，然后刷新本页。\n' +
          'The page has not been built yet: run "npm run build" in the folder of the program, then reload this page.\n',
      );
  });
  app.use((request) => {
    throw new HallError('not-found', `there is nothing at ${request.path}`);
  });
  app.use(problem(log));
  return app;
}

function limited(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Without `behindProxy` in the configuration all visitors of a proxy share one allowance.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: () => {
      throw new HallError('too-many-requests', `at most ${perMinute} requests a minute`);
    },
  });
}

const problem =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const known = error instanceof HallError ? error : fromExpress(error);
    const status = PROBLEM_CODES[known.code];
    const { retryAfterS } = known.facts;
    if (typeof retryAfterS === 'number') response.set('retry-after', String(retryAfterS));
    if (status >= 500 && known.code !== 'hall-away')
      log.error({ path: request.path, err: error }, 'request not answered');
    response
      .status(status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `urn:hall:problem:${known.code}`,
          status,
          code: known.code,
          detail: known.message,
          ...known.facts,
        }),
      );
  };

function fromExpress(error: unknown): HallError {
  const { status, message } = error as { status?: number; message?: string };
  if (status !== undefined && status >= 400 && status < 500)
    return new HallError('bad-request', message ?? 'bad request');
  return new HallError('internal', 'the server could not answer; its log says why', {}, error);
}

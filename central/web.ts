/** The far end's HTTP: its page, and `/api/v1` for programs. Errors are RFC 9457 problem documents. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { agentId, epochId } from '../kiosk-agent/contract/link.ts';
import { HallError, PROBLEM_CODES } from '../kiosk-agent/contract/problem.ts';
import { COOKIE, type Access } from './access.ts';
import type { Agents } from './agents.ts';
import { appointmentRoutes } from './appointments.ts';
import type { Database } from './database.ts';
import { eventsAfter, hallRows, latestAlarms, latestRatings } from './overview.ts';
import type { Outbox } from './outbox.ts';
import { read } from './reading.ts';
import type { Receiver } from './receiver.ts';

const PAGE = fileURLToPath(new URL('./page/', import.meta.url));
const FONTS = fileURLToPath(new URL('../node_modules/@fontsource/noto-sans-sc/', import.meta.url));

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
  receiver: Receiver;
  outbox: Outbox;
  access: Access;
  clock: () => Date;
  log: Logger;
};

/** Builds the application; it holds nothing that must be closed. */
export function centralWeb({ database, agents, receiver, outbox, access, clock, log }: Parts): Express {
  const app = express();
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
    try {
      const [row] = await database.query<{ streams: number }>('SELECT count(*) AS streams FROM streams');
      response.json({ status: 'ok', store: database.kind, streams: row?.streams ?? 0 });
    } catch (error) {
      log.error({ err: error }, 'the database does not answer');
      response.status(503).json({ status: 'failing', store: database.kind });
    }
  });
  api.post('/login', limited(10), express.json({ limit: '1kb' }), (request, response) => {
    const { token } = read(loginBody, request.body);
    if (!access.isViewer(token))
      throw new HallError('not-signed-in', 'this is not the viewer token of this server');
    response.cookie(COOKIE, token, { httpOnly: true, sameSite: 'strict', path: '/', secure: request.secure });
    response.status(204).end();
  });
  api.use(
    '/halls/:agentId/appointments',
    appointmentRoutes({ database, agents, outbox, clock, onlyBooking: access.onlyBooking }),
  );
  api.use((request, _response, next) => {
    if (access.mayLook(request)) return next();
    throw new HallError(
      'not-signed-in',
      'the viewer token is needed: "viewer" in tokens.json of the state folder',
    );
  });
  api.get('/halls', async (_request, response) => {
    response.json(await hallRows(database, agents, (id) => receiver.presence(id)));
  });
  api.get('/ratings', async (request, response) => {
    response.json(await latestRatings(database, read(latestQuery, request.query).limit));
  });
  api.get('/alarms', async (request, response) => {
    response.json(await latestAlarms(database, read(latestQuery, request.query).limit));
  });
  api.get('/events', async (request, response) => {
    const query = read(eventsQuery, request.query);
    response.json(await eventsAfter(database, query.agent, query.epoch, query.after, query.limit));
  });
  app.use('/api/v1', api);

  app.use('/fonts', express.static(FONTS, { index: false, maxAge: '30d' }));
  app.use(express.static(PAGE, { maxAge: 0 }));
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
    // A proxy in front is a deployment of its own; then all its visitors share one allowance.
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
    if (status >= 500) log.error({ path: request.path, err: error }, 'request not answered');
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

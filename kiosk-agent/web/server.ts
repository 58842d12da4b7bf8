/** The hub's HTTP server: the API, the live feed, and the built screens. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { z } from 'zod';
import { HallError } from '../contract/problem.ts';
import { Access, cookieOf, isLoopback } from './access.ts';
import { announcementRoutes } from './announcements.ts';
import { appointmentRoutes } from './appointments.ts';
import { deviceRoutes } from './devices.ts';
import { callBackRoutes } from './callbacks.ts';
import { healthRoutes } from './health.ts';
import { identityRoutes } from './identity.ts';
import { hallViews, serveLive } from './live.ts';
import { pictureRoutes } from './pictures.ts';
import type { AgentParts } from './parts.ts';
import { body, notFound, problems } from './problems.ts';
import { myTicketRoutes } from './my-ticket.ts';
import { opinionRoutes } from './opinions.ts';
import { ratingRoutes } from './ratings.ts';
import { rateRoutes, reasonLinkRoutes, reasonRoutes } from './reason.ts';
import { queryRoutes } from './query.ts';
import { noticeRoutes } from './notice.ts';
import { offerRoutes } from './offer.ts';
import { staffPhotoRoutes } from './staff-photos.ts';
import { statisticsRoutes } from './statistics.ts';
import { surgeRoutes } from './surge.ts';
import { systemRoutes } from './system.ts';
import { TicketKeys } from './ticket-keys.ts';
import { ticketRoutes } from './tickets.ts';
import { traceRoutes } from './trace.ts';
import { publicView, staffView } from './views.ts';
import { windowRoutes } from './windows.ts';

/** Pages of the one-page application; anything else that is not a file is 404. */
const PAGES =
  /^\/(?:kiosk|query|board|window\/\d{1,3}|clerk|manager|technician|t\/[A-Za-z0-9-]{1,64}|r\/[0-9a-f-]{1,40})?\/?$/;

/** More than 1000 events of the longest texts. */
const EVENTS_PAGE_BYTES = 16 * 1024 * 1024;

export type WebServer = { url: string; port: number; close(): Promise<void> };

/**
 * Starts listening on HOST:PORT (port 0: any free one).
 * Throws the socket's error (EADDRINUSE, EACCES) when it cannot.
 */
export function startWeb(parts: AgentParts, stateFolder: string, screensFolder: string): Promise<WebServer> {
  return startServer(parts, stateFolder, screensFolder, (http, access) => {
    const live = serveLive(http, parts, hallViews(parts), access, screensFolder);
    access.knowSatellites((token) => parts.satellites.agentOf(token));
    parts.satellites.serve(http);
    return { api: api(parts, access, () => live.screens()), close: () => live.close() };
  });
}

export type ServerParts = Pick<AgentParts, 'config' | 'clock' | 'localToken' | 'log'>;
/** What an agent of one role serves under /api/v1, and what is closed with the server. */
export type Served = { api: Router; close(): Promise<void> };

/** The server itself, with its screens: what `serve` puts into it depends on the agent's role. Throws as {@link startWeb}. */
export async function startServer(
  parts: ServerParts,
  stateFolder: string,
  screensFolder: string,
  serve: (http: Server, access: Access) => Served,
): Promise<WebServer> {
  const access = new Access(stateFolder, parts.config.agent.localScreens, parts.clock, parts.localToken);
  const app = express();
  const http = createServer(app);
  const served = serve(http, access);

  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'", 'ws:', 'wss:'],
          // A large workbook is packed beside the page.
          workerSrc: ["'self'", 'blob:'],
          frameAncestors: ["'none'"],
          objectSrc: ["'none'"],
          baseUri: ["'self'"],
          formAction: ["'self'"],
        },
      },
      // The hall's network has no certificates: without TLS these two would lock screens out.
      strictTransportSecurity: false,
      crossOriginOpenerPolicy: false,
    }),
  );
  app.use(
    '/api/v1',
    limiter(1200, 60),
    express.json({ limit: '32kb', strict: true }),
    access.middleware,
    served.api,
  );
  app.use(express.static(screensFolder, { index: false, setHeaders: cacheFor }));
  app.get(PAGES, (_request, response) => {
    const page = join(screensFolder, 'index.html');
    if (!existsSync(page)) throw new HallError('not-found', 'The screens are not built: npm run build.');
    response.set('cache-control', 'no-cache').sendFile(page);
  });
  app.use(notFound, problems(parts.log));

  // A stuck client must not hold a connection for ever.
  http.requestTimeout = 30_000;
  http.headersTimeout = 10_000;
  const { host, port } = listenAddress(parts.config.agent.listen);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const bound = http.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    port: bound.port,
    url: `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${bound.port}/`,
    close: () =>
      (closing ??= (async () => {
        http.closeAllConnections();
        await served.close();
        await new Promise<void>((resolve) => http.close(() => resolve()));
      })()),
  };
}

/** HOST and PORT of a `listen` setting. */
export function listenAddress(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(':');
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) };
}

function api(parts: AgentParts, access: Access, screens: () => number): Router {
  const router = Router();
  router.use(healthRoutes(parts, screens));
  router.use('/tickets', ticketRoutes(parts, access));
  router.use('/appointments', appointmentRoutes(parts, access));
  router.use('/calls', announcementRoutes(parts, access));
  router.use('/windows', reasonLinkRoutes(parts, access));
  router.use('/windows', windowRoutes(parts, access));
  const keys = new TicketKeys(parts.secrets);
  router.use('/my-ticket', limiter(60, 60), rateRoutes(parts, keys), myTicketRoutes(parts, keys));
  router.use('/staff', staffPhotoRoutes(parts.staffPhotos));
  router.use('/reason', limiter(60, 60), reasonRoutes(parts));
  router.use('/ratings', ratingRoutes(parts, access));
  router.use('/callbacks', callBackRoutes(parts, access));
  router.use('/opinions', opinionRoutes(parts, access));
  router.use('/identity', limiter(60, 60), identityRoutes(parts, access));
  router.use('/query', queryRoutes(parts, access));
  sessionRoutes(router, parts, access);

  router.get('/services', (_request, response) => {
    response.json(Object.values(publicView(parts).services));
  });
  router.get('/queue', (request, response) => {
    const shared = publicView(parts);
    const staff =
      request.caller && ['clerk', 'manager', 'technician', 'integrator'].includes(request.caller.role);
    response.json(staff ? { ...shared, tickets: staffView(parts, shared).tickets } : shared);
  });
  router.get('/events', access.allow('integrator', 'manager'), async (request, response) => {
    const { after, limit } = body(
      z.object({
        after: z.coerce.number().int().min(0).default(0),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      request.query,
    );
    // A page is as long as was asked for: whoever gets fewer has read everything.
    response.json(await parts.journal.read(after, limit, EVENTS_PAGE_BYTES));
  });
  router.use('/devices', deviceRoutes(parts, access));
  router.use(systemRoutes(parts, access, screens));
  router.use(traceRoutes(parts, access));
  router.use(offerRoutes(parts));
  router.use(pictureRoutes(parts.config));
  router.use(
    noticeRoutes(
      { printMaterials: parts.printMaterials, clock: parts.clock, timeZone: parts.rules.timeZone },
      access,
    ),
  );
  router.use(surgeRoutes(parts, access));
  router.use(statisticsRoutes(parts, access));
  router.use(notFound);
  return router;
}

/** Signing in and out: screens on this PC, staff by their number, programs by their token. */
export function sessionRoutes(router: Router, parts: Pick<AgentParts, 'clock'>, access: Access): void {
  const wish = z.union([
    z.strictObject({ staff: z.string().min(1).max(16), pin: z.string().min(1).max(12) }),
    z.strictObject({ token: z.string().min(8).max(256) }),
    z.strictObject({ screen: z.enum(['kiosk', 'window', 'board']) }),
  ]);
  const answer = (
    request: Request,
    response: Response,
    role: Parameters<Access['issue']>[0],
    staff: string | null,
  ): void => {
    const { value, maxAgeMs } = access.issue(role, staff);
    response.cookie(cookieOf(request), value, {
      httpOnly: true,
      sameSite: 'strict',
      path: '/',
      maxAge: maxAgeMs,
    });
    response.json({ role, ...(staff === null ? {} : { staff }) });
  };
  router.post('/session', limiter(60, 60), async (request, response) => {
    const who = body(wish, request.body);
    if ('staff' in who)
      answer(request, response, await access.register.signIn(who.staff, who.pin, parts.clock()), who.staff);
    else if ('token' in who) {
      const role = await access.register.roleOfToken(who.token);
      if (!role) throw new HallError('not-signed-in', 'The token is not known.');
      answer(request, response, role, null);
    } else {
      if (!access.isLocalScreen(request, who.screen))
        throw new HallError(
          'not-signed-in',
          `A ${who.screen} on another PC needs a token: hall token create --role ${who.screen}.`,
        );
      answer(request, response, who.screen, null);
    }
  });
  router.get('/session', (request, response) => {
    const { caller } = request;
    if (!caller) throw new HallError('not-signed-in', 'Nobody is signed in.');
    // A screen that asks gets a fresh cookie: it keeps its right as long as it is in use.
    if (caller.by === 'cookie' && caller.staff === null) answer(request, response, caller.role, null);
    else response.json({ role: caller.role, ...(caller.staff === null ? {} : { staff: caller.staff }) });
  });
  router.delete('/session', (request, response) => {
    response.clearCookie(cookieOf(request), { path: '/' }).status(204).end();
  });
}

/** At most `limit` requests in `seconds` from one address; programs and screens on this PC are not counted. */
export function limiter(limit: number, seconds: number) {
  return rateLimit({
    windowMs: seconds * 1000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: (request: Request) => isLoopback(request.socket.remoteAddress ?? ''),
    handler: (_request, _response, next) =>
      next(new HallError('too-many-requests', 'Too many requests; wait a little.')),
  });
}

/** Built files carry a hash in their name and never change; the page itself is asked for each time. */
function cacheFor(response: Response, path: string): void {
  response.set(
    'cache-control',
    path.includes(`${join('display', 'dist', 'assets')}`)
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
  );
}

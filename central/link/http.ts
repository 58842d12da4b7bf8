/**
 * The far side of the link over plain HTTP requests, for gateways that let nothing else through (docs/link.md).
 *
 * Any server may take any request: what must last is in the database. A connection is what this server has heard of a stream;
 * it is over when its long poll broke off, or when nothing came for a while.
 */
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import {
  agentId,
  epochId,
  HTTP_BATCH_TYPE,
  HTTP_LINK_PATH,
  HTTP_WAIT_MAX_S,
  linkCommandAnswer,
  type Receipt,
} from '../../kiosk-agent/contract/link.ts';
import { HallError, PROBLEM_CODES } from '../../kiosk-agent/contract/problem.ts';
import { bearerOf } from '../access.ts';
import { read } from '../reading.ts';
import { HttpStream } from './http-stream.ts';
import { MESSAGE_MAX_BYTES, type Intake, type Passport } from './intake.ts';

/** A request is read and answered within this time, ms. The largest batch needs 33 s on a line of 8 kB/s. */
const REQUEST_MS = 90_000;
/** Answers under way get this long at the end, ms. */
const LAST_ANSWERS_MS = 500;

const REFUSED_STATUS = {
  'bad-event': 422,
  'too-large': 413,
  'chain-broken': 409,
  'store-failed': 503,
} as const;

const streamParams = z.object({ agentId, epoch: epochId });
/** The end of the agent's log, as the greeting of the other bindings has it. */
const welcomeQuery = z
  .strictObject({
    seq: z.coerce.number().int().min(0).optional(),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .refine(({ seq, hash }) => (seq === undefined) === (hash === undefined), 'seq and hash: both or none');
const commandsQuery = z.strictObject({
  wait: z.coerce.number().int().min(0).max(HTTP_WAIT_MAX_S).default(0),
});

/** Takes `/link/v1/` of `http` before everything that listens there already; `close` ends its requests. */
export class HttpReceiver {
  readonly #intake: Intake;
  readonly #log: Logger;
  readonly #requestMs: number;
  readonly #streams = new Map<string, HttpStream>();
  readonly #answering = new Set<Promise<void>>();
  #closed = false;

  constructor(http: HttpServer, intake: Intake, log: Logger, requestMs = REQUEST_MS) {
    this.#intake = intake;
    this.#log = log;
    this.#requestMs = requestMs;
    const app = this.#app();
    const others = http.listeners('request') as ((request: unknown, response: unknown) => void)[];
    http.removeAllListeners('request');
    http.on('request', (request, response) => {
      if (request.url?.startsWith(`${HTTP_LINK_PATH}/`)) return app(request, response);
      for (const other of others) other.call(http, request, response);
    });
  }

  /** Ends the waiting for commands. What is being stored is answered before `close`. */
  stop(): void {
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.over('stopping');
  }

  async close(): Promise<void> {
    this.stop();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, LAST_ANSWERS_MS);
    await Promise.race([Promise.all(this.#answering), late.promise]);
    clearTimeout(timer);
  }

  #app(): express.Express {
    const app = express();
    app.disable('x-powered-by').disable('etag');
    const router = express.Router({ mergeParams: true });
    app.use(
      `${HTTP_LINK_PATH}/:agentId/:epoch`,
      (request, response, next) => {
        this.#watch(request, response);
        next();
      },
      router,
    );

    router.get('/', async (request, response) => {
      const { seq, hash } = read(welcomeQuery, request.query);
      const passport = await this.#admit(request, hash === undefined ? undefined : { seq: seq!, hash });
      response.json(await this.#join(passport).joined.welcome());
    });
    router.post(
      '/events',
      async (request, response, next) => {
        // Whoever is not let in has nothing read.
        response.locals['passport'] = await this.#admit(request);
        if (request.is(HTTP_BATCH_TYPE) === false)
          throw new HallError('wrong-content-type', `events come as ${HTTP_BATCH_TYPE}, plain or gzip`);
        next();
      },
      express.json({ type: HTTP_BATCH_TYPE, limit: MESSAGE_MAX_BYTES }),
      async (request, response) => {
        const stream = this.#stream(response.locals['passport'] as Passport);
        const receipt = await stream.joined.take(request.body);
        if (receipt.refused?.code === 'store-failed') response.set('retry-after', '2');
        response.status(statusOf(receipt)).json(receipt);
      },
    );
    router.get('/commands', async (request, response) => {
      const { wait } = read(commandsQuery, request.query);
      const stream = this.#stream(await this.#admit(request));
      const command = await stream.next(wait * 1000, response);
      if (command === null) response.status(204).end();
      else response.json(command);
    });
    router.post(
      '/commands/:id',
      async (request, response, next) => {
        response.locals['passport'] = await this.#admit(request);
        next();
      },
      express.json({ limit: '256kb' }),
      async (request, response) => {
        const stream = this.#stream(response.locals['passport'] as Passport);
        const answer = read(linkCommandAnswer, request.body);
        if (!stream.answered(request.params['id'] as string, answer))
          throw new HallError(
            'no-such-command',
            'nobody here waits for the answer to this command (any more)',
          );
        response.status(204).end();
      },
    );
    app.use((request) => {
      throw new HallError('not-found', `there is nothing at ${request.method} ${request.path}`);
    });
    app.use(this.#problem);
    return app;
  }

  async #admit(request: Request, last?: { seq: number; hash: string }): Promise<Passport> {
    const params = read(streamParams, request.params);
    const token = bearerOf(request);
    if (token === undefined)
      throw new HallError('not-let-in', 'Authorization: Bearer with the link token is needed');
    const admitted = await this.#intake.admit({ ...params, token, ...(last && { last }) });
    if ('passport' in admitted) return admitted.passport;
    const { code, why } = admitted.notLetIn;
    this.#log.warn({ code, from: request.socket.remoteAddress }, 'request refused: %s', why);
    // What else is in the request was read before: a token that cannot be one.
    throw new HallError(code === 'bad-auth' ? 'not-let-in' : code, why);
  }

  /** The connection that this server has of the stream; else one begins. */
  #stream(passport: Passport): HttpStream {
    const { agentId, epoch } = passport.stream;
    const stream = this.#streams.get(`${agentId}/${epoch}`) ?? this.#join(passport);
    stream.heard();
    return stream;
  }

  #join(passport: Passport): HttpStream {
    if (this.#closed) throw new HallError('stopping', 'the far end is stopping');
    const key = `${passport.stream.agentId}/${passport.stream.epoch}`;
    const stream: HttpStream = new HttpStream(
      (line) => this.#intake.join(passport, line),
      () => {
        if (this.#streams.get(key) === stream) this.#streams.delete(key);
      },
    );
    this.#streams.set(key, stream);
    return stream;
  }

  /** Every request ends, however slowly it is sent or read. */
  #watch(request: Request, response: Response): void {
    const timer = setTimeout(() => {
      if (response.headersSent) return void request.socket.destroy();
      this.#send(response, new HallError('too-slow', `a request may take ${this.#requestMs / 1000} s`));
    }, this.#requestMs);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answering.add(promise);
    response.once('close', () => {
      clearTimeout(timer);
      this.#answering.delete(promise);
      resolve();
    });
  }

  readonly #problem: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    if (response.headersSent) return void request.socket.destroy();
    const known = error instanceof HallError ? error : fromReading(error);
    if (known.code === 'internal')
      this.#log.error({ path: request.path, err: error }, 'request not answered');
    this.#send(response, known);
  };

  #send(response: Response, { code, message, facts }: HallError): void {
    const status = PROBLEM_CODES[code];
    // The rest of a body that is not read would be taken for the next request.
    if (!response.req.complete) response.set('connection', 'close');
    if (status === 503) response.set('retry-after', '2');
    if (status === 401) response.set('www-authenticate', 'Bearer');
    const document = { type: `urn:hall:problem:${code}`, status, code, detail: message, ...facts };
    response.status(status).type('application/problem+json').send(JSON.stringify(document));
  }
}

function statusOf({ refused }: Receipt): number {
  return refused ? REFUSED_STATUS[refused.code] : 200;
}

/** What express says of a body that it could not read. */
function fromReading(error: unknown): HallError {
  const { status, message } = error as { status?: number; message?: string };
  if (status === 413)
    return new HallError('too-large', `a body may have ${MESSAGE_MAX_BYTES} bytes, also when it is unpacked`);
  if (status === 415) return new HallError('wrong-content-type', message ?? 'this content cannot be read');
  if (status !== undefined && status >= 400 && status < 500)
    return new HallError('bad-request', message ?? 'bad request');
  return new HallError('internal', 'the server could not answer; its log says why', {}, error);
}

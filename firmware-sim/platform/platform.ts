/** A registration platform as docs/platform.md has it: strict, with invented cases, and with faults. */
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { samplePeople, type SamplePerson } from '../id-reader/people.ts';
import { listen } from '../port/listen.ts';
import { onlyLoopback } from '../web/gate.ts';
import { problemHandler, sendProblem } from '../web/problem.ts';
import { type Case, casesOf, peopleWithCases } from './cases.ts';
import {
  createPlatformFaults,
  type PlatformFault,
  type PlatformFaultOptions,
  platformFaults,
} from './faults.ts';
import { personHash } from './person-hash.ts';

export type PlatformOptions = {
  /** 0 = any free port; on 127.0.0.1 */
  port: number;
  token: string;
  /** 32 bytes, shared with the hall */
  secret: Uint8Array;
  /** The platform's clock; default the computer's. Cases go on with it. */
  now?: () => Date;
  /** on from the start */
  faults?: PlatformFault[];
  onCall?: (call: PlatformCall) => void;
};
/** A call as it came: what stood in the address, what in the body, and the status it got (0: none). */
export type PlatformCall = { n: number; address: string; body: string; status: number };
export type PlatformHandle = {
  /** what the hall's configuration wants */
  readonly url: string;
  /** the last 100 */
  calls(): PlatformCall[];
  setFault(name: PlatformFault, on: boolean, options?: PlatformFaultOptions): void;
  close(): Promise<void>;
};

const query = z.strictObject({
  person: z.strictObject({
    scheme: z.literal('hmac-sha256'),
    year: z.int(),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  caseNumber: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,40}$/)
    .optional(),
});
const faultSwitch = z.strictObject({
  name: z.enum(platformFaults),
  on: z.boolean(),
  ms: z.int().min(0).max(600_000).optional(),
  times: z.int().min(1).max(1_000_000).optional(),
});

const hugeBytes = 8 * 1024 * 1024;
const keptCalls = 100;

/** Starts it; rejects with a PortError when the port cannot be opened, with a RangeError for a secret not of 32 bytes. */
export async function startPlatform(options: PlatformOptions): Promise<PlatformHandle> {
  const { token, secret, now = () => new Date() } = options;
  const start = now();
  const people = new Map<number, Map<string, SamplePerson>>();
  const faults = createPlatformFaults();
  for (const name of options.faults ?? []) faults.set(name, true);
  const calls: PlatformCall[] = [];
  const waits = new Set<NodeJS.Timeout>();
  let count = 0;

  /** The people of a year, by hash: computed when the year is first asked for. */
  function peopleOf(year: number): Map<string, SamplePerson> {
    let known = people.get(year);
    if (!known) {
      known = new Map(peopleWithCases.map(({ id, number }) => [personHash(secret, year, number), id]));
      people.set(year, known);
    }
    return known;
  }
  const localYear = () => new Date(now().getTime() + 8 * 3_600_000).getUTCFullYear();
  peopleOf(localYear());

  function log(request: Request, response: Response): void {
    const call: PlatformCall = {
      n: (count += 1),
      address: request.originalUrl,
      body: typeof request.body === 'string' ? request.body : '',
      status: 0,
    };
    calls.push(call);
    if (calls.length > keptCalls) calls.shift();
    response.once('close', () => {
      if (response.headersSent) call.status = response.statusCode;
      options.onCall?.({ ...call });
    });
  }

  function answerTo(request: Request, response: Response, names: boolean): Case[] | null {
    const refuse = (status: number, code: string, detail: string) => {
      sendProblem(response, status, code, 'The call is refused', detail);
      return null;
    };
    if (!sameToken(request.headers.authorization, token))
      return refuse(401, 'token', 'Send authorization: Bearer with the token of this hall.');
    if (request.originalUrl.includes('?'))
      return refuse(400, 'address', 'Nothing may stand behind the path; everything goes into the body.');
    const read = query.safeParse(json(request.body));
    if (!read.success)
      return refuse(
        400,
        'body',
        `The body is not as docs/platform.md has it: ${z.prettifyError(read.error)}`,
      );
    const { person, caseNumber } = read.data;
    if (Math.abs(person.year - localYear()) > 1)
      return refuse(400, 'year', `There is no key of ${person.year} here; it is ${localYear()}.`);
    const id = peopleOf(person.year).get(person.hash);
    const cases = id ? casesOf(id, start, now(), caseNumber) : [];
    if (!names || !id) return cases;
    const { number } = samplePeople[id];
    return cases.map((one) => ({
      ...one,
      applicant: { name: nameOf(id), idNumber: number },
      name: nameOf(id),
    }));
  }

  async function serve(request: Request, response: Response): Promise<void> {
    log(request, response);
    const on = faults.take();
    const slow = on.get('slow');
    if (slow) await later(slow.ms ?? 10_000);
    if (on.has('silent') || response.destroyed) return;
    if (on.has('reset')) return void request.socket.resetAndDestroy();
    if (on.has('error-500')) return sendProblem(response, 500, 'internal', 'Broken', 'By fault error-500.');
    if (on.has('busy-503')) {
      response.setHeader('retry-after', '1');
      return sendProblem(response, 503, 'busy', 'Busy', 'By fault busy-503.');
    }
    if (on.has('wrong-token')) return sendProblem(response, 401, 'token', 'Refused', 'By fault wrong-token.');
    if (on.has('redirect')) return response.redirect(307, '/elsewhere');
    const cases = answerTo(request, response, on.has('tells-names'));
    if (!cases) return;
    const body = JSON.stringify({ cases });
    if (on.has('garbage')) return void response.type('json').end(`<html>${body.slice(0, 40)}`);
    if (on.has('other-shape'))
      return void response.json({ cases: cases.map((one) => ({ ...one, limitWorkingDays: 'five' })) });
    if (on.has('half-answer')) {
      response.type('json').setHeader('content-length', Buffer.byteLength(body));
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    }
    if (on.has('huge'))
      return void Readable.from(huge(body))
        .on('error', () => {})
        .pipe(response.type('json'));
    response.json({ cases });
  }

  function later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        waits.delete(timer);
        resolve();
      }, ms);
      waits.add(timer);
    });
  }

  const app = express();
  app.disable('x-powered-by');
  app.use(onlyLoopback());
  app.use(express.text({ type: 'application/json', limit: '16kb' }));
  app.post('/v1/cases/query', serve);
  // Where fault redirect leads: a call that arrives here has taken the token with it.
  app.post('/elsewhere', (request, response) => {
    log(request, response);
    response.json({ cases: [] });
  });
  app.get('/faults', (_request, response) => void response.json({ faults: faults.list() }));
  app.post('/faults', (request, response) => {
    const read = faultSwitch.safeParse(json(request.body));
    if (!read.success)
      return sendProblem(
        response,
        400,
        'fault',
        'No such fault',
        `Send {"name", "on", "ms"?, "times"?}; name is ${platformFaults.join(', ')}.`,
      );
    const { name, on, ms, times } = read.data;
    faults.set(name, on, { ...(ms !== undefined && { ms }), ...(times !== undefined && { times }) });
    response.json({ faults: faults.list() });
  });
  app.use((request: Request, response: Response) =>
    sendProblem(response, 404, 'path', 'Nothing is here', `${request.method} ${request.path} is not served.`),
  );
  app.use(problemHandler);

  const server = createServer(app);
  const port = await listen(server, '127.0.0.1', options.port);
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls.map((call) => ({ ...call })),
    setFault: faults.set,
    close() {
      closing ??= new Promise((resolve) => {
        for (const timer of waits) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function sameToken(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function json(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

function nameOf(id: SamplePerson): string {
  const person = samplePeople[id];
  return 'name' in person ? person.name : person.englishName;
}

/** The true answer behind so much white space that it is still JSON. */
function* huge(body: string) {
  const blank = ' '.repeat(64 * 1024);
  for (let sent = 0; sent < hugeBytes; sent += blank.length) yield blank;
  yield body;
}

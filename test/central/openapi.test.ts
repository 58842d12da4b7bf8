/** The documents for other programs: they are valid, and they say what the running server does. */
import { Validator } from '@seriousme/openapi-schema-validator';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Router } from 'express';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { centralTokens } from '../../central/access.ts';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { openapiDocument } from '../../central/openapi/document.ts';
import { OPERATIONS } from '../../central/openapi/operations.ts';
import { asyncapiDocument } from '../../kiosk-agent/contract/asyncapi.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT } from '../harness/programs.ts';

const run = promisify(execFile);
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into as they come
type Json = Record<string, any>;
const NOW = new Date('2026-11-23T01:00:00.000Z');

let folder: string;
let central: Awaited<ReturnType<typeof startCentral>>;
let hall: Hall;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openapi-'));
  central = await startCentral({
    ...{ port: 0, host: '127.0.0.1', stateDir: folder, clock: () => NOW, log: pino({ level: 'silent' }) },
  });
  const agents = await openAgents(folder, undefined);
  const token = join(folder, 'link.token');
  await writeFile(token, await letIn(agents, 'hub-1', '371000000000'));
  await agents.close();
  hall = await startHall(
    join(folder, 'hall'),
    hallYaml(`links: [{name: central, url: "socketio:${central.url}", token: "file:${token}"}]`),
    () => NOW,
  );
});
afterAll(async () => {
  await hall?.close();
  await central?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the OpenAPI document is one, is the file in docs, and is what the server serves', async () => {
  const document = openapiDocument();
  expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
  const file = JSON.parse(await readFile(join(ROOT, 'docs', 'far-end.openapi.json'), 'utf8'));
  expect(file).toEqual(JSON.parse(JSON.stringify(document)));
  expect(await (await fetch(new URL('api/v1/openapi.json', central.url))).json()).toEqual(file);
});

test('every route of the running server is documented, and everything that is documented is a route', () => {
  const documented = OPERATIONS.map(({ method, path }) => `${method} /api/v1${path}`).sort();
  const routes = routesOf(central.app).filter((each) => each.includes(' /api/v1/'));
  expect(routes.sort()).toEqual(documented);
});

test('every example is taken by the running server, and its answer is what the document says', async () => {
  const tokens = centralTokens(folder);
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const document = openapiDocument() as Json;
  const names: Record<string, string> = { agentId: 'hub-1', hall: 'hall-1' };
  await vi.waitUntil(
    async () => (await fetch(new URL('api/v1/public/halls/hall-1', central.url))).status === 200,
    { timeout: 10_000 },
  );
  const order = ['post', 'put', 'get', 'delete'];
  const examples = OPERATIONS.filter(({ example }) => example).sort(
    (a, b) => order.indexOf(a.method) - order.indexOf(b.method),
  );
  for (const { method, path, access, example, status } of examples) {
    const at = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      name === 'code' && path.startsWith('/regions') ? '371000000000' : (names[name] ?? `no-${name}`),
    );
    const url = new URL(`api/v1${at}?${new URLSearchParams(example!.query).toString()}`, central.url);
    const token = access === 'anybody' ? null : tokens[access];
    const answer = await fetch(url, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(example!.body ? { 'content-type': 'application/json' } : {}),
      },
      ...(example!.body ? { body: JSON.stringify(example!.body) } : {}),
    });
    const text = await answer.text();
    expect([method, path, answer.status, answer.status === status ? '' : text]).toEqual([
      method,
      path,
      status,
      '',
    ]);
    if (status === 204) continue;
    const body = JSON.parse(text) as Json;
    names['code'] ??= body['appointment'];
    names['notice'] ??= body['notice'];
    const { schema } = document['paths'][path][method].responses[status].content['application/json'];
    const fits = ajv.compile(schema);
    expect([method, path, fits(body), fits.errors]).toEqual([method, path, true, null]);
  }
});

test('a call without its token, and a wrong body, are answered with problem documents', async () => {
  const ajv = new Ajv2020({ strict: false });
  const problem = ajv.compile(((openapiDocument() as Json)['components'].schemas as Json)['Problem']);
  const { operator } = centralTokens(folder);
  for (const headers of [{}, { authorization: `Bearer ${operator}`, 'content-type': 'application/json' }]) {
    const answer = await fetch(new URL('api/v1/notices', central.url), {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect([answer.status, problem(await answer.json())]).toEqual([
      Object.keys(headers).length ? 400 : 401,
      true,
    ]);
  }
});

test('the AsyncAPI document is one, is the file in docs, and every event of a real log fits it', async () => {
  const document = JSON.parse(JSON.stringify(asyncapiDocument())) as Json;
  const schema = (specs as unknown as { schemasWithoutId: Json }).schemasWithoutId['3.0.0'];
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const valid = ajv.compile(schema);
  expect([valid(document), valid.errors]).toEqual([true, null]);
  expect(JSON.parse(await readFile(join(ROOT, 'docs', 'events.asyncapi.json'), 'utf8'))).toEqual(document);

  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1024' });
  await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    language: 'zh',
    delivery: 'screen',
    idempotencyKey: 'k',
  });
  for (const action of ['call-next', 'start', 'finish'])
    await hall.as('clerk')('POST', `windows/1/${action}`, {});
  const { body } = await hall.as('integrator')('GET', 'events?after=0&limit=1000');
  const events = body as unknown as Json[];
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(9);
  const checks = new Ajv({ strict: false });
  addFormats.default(checks);
  for (const event of events) {
    const fits = checks.compile(document['components'].schemas[event['type']]);
    expect([event['type'], fits(event), fits.errors]).toEqual([event['type'], true, null]);
    expect(fits({ ...event, data: null })).toBe(false);
  }
});

test('the lines of docs/booking.md do what they say', async () => {
  const page = await readFile(join(ROOT, 'docs', 'booking.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block!);
  expect(blocks).toHaveLength(5);
  const env = {
    ...process.env,
    FAR_END: central.url.replace(/\/$/, ''),
    BOOKING_TOKEN: centralTokens(folder).booking,
    HALL: 'hub-1',
    WORK: folder,
  };
  const answers: string[] = [];
  for (const block of blocks)
    answers.push((await run('bash', ['-euo', 'pipefail', '-c', block], { env })).stdout);
  expect(answers[0]).toContain('"hall":"hall-1"');
  expect(answers[1]).toContain('"free":');
  expect(answers[2]).toContain('"channel":"wechat"');
  expect(answers[4]).toContain('"what":"cancel"');
});

type Layer = {
  rawPath?: string;
  route?: { path: string; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
};

/** `method /path/{parameter}` of every route, through the routers in it. */
function routesOf(app: unknown, base = ''): string[] {
  const { stack } = ((app as { router?: Router }).router ?? app) as unknown as { stack: Layer[] };
  return stack.flatMap(({ rawPath, route, handle }) => {
    const path = (part: string) => (base + part).replace(/\/$/, '').replaceAll(/:(\w+)/g, '{$1}');
    if (route) return Object.keys(route.methods).map((method) => `${method} ${path(route.path)}`);
    return handle?.stack ? routesOf(handle, path(rawPath === '/' ? '' : (rawPath ?? ''))) : [];
  });
}

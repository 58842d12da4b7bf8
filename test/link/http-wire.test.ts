/** The wire of the HTTP binding as whoever writes a gateway meets it: what is answered to what. */
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { HttpReceiver } from '../../central/link/http.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import { HTTP_BATCH_TYPE } from '../../kiosk-agent/contract/link.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { history, type History } from './history.ts';

const log = pino({ level: 'silent' });

describe('the link over HTTP, on the wire', () => {
  let stateDir: string;
  let central: Awaited<ReturnType<typeof startCentral>>;
  let count = 0;
  const servers: Server[] = [];

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'link-http-'));
    central = await startCentral({ port: 0, host: '127.0.0.1', stateDir, clock: () => new Date(), log });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });
  afterAll(async () => {
    await central?.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  type Hall = { agentId: string; epoch: string; token: string; journal: History };
  async function hall(): Promise<Hall> {
    const agentId = `gate-${++count}`;
    const agents = await openAgents(stateDir, undefined);
    const token = await letIn(agents, agentId, '371000000000').finally(() => agents.close());
    return { agentId, epoch: `epoch-gate-${count}`, token, journal: history(agentId, `epoch-gate-${count}`) };
  }
  async function call({ agentId, epoch, token }: Omit<Hall, 'journal'>, path = '', init: RequestInit = {}) {
    const answer = await fetch(`${central.url}link/v1/${agentId}/${epoch}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
    const said = await answer.text();
    return { status: answer.status, headers: answer.headers, body: said === '' ? null : JSON.parse(said) };
  }
  const batch = (events: unknown): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': HTTP_BATCH_TYPE },
    body: JSON.stringify(events),
  });
  const packed = (bytes: Buffer): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': HTTP_BATCH_TYPE, 'content-encoding': 'gzip' },
    body: new Uint8Array(bytes),
  });
  const listening = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };

  test('a batch is answered by its receipt: how far it is on disk, or why nothing of it was taken', async () => {
    const at = await hall();
    const events = at.journal.add(40);
    expect(await call(at)).toMatchObject({ status: 200, body: { through: 0 } });
    expect(await call(at, '/events', batch(events.slice(0, 10)))).toMatchObject({
      status: 200,
      body: { through: 10 },
    });
    const zipped = packed(gzipSync(JSON.stringify(events.slice(10, 20))));
    expect(await call(at, '/events', zipped)).toMatchObject({ status: 200, body: { through: 20 } });
    expect(await call(at, '/events', batch(events.slice(30)))).toMatchObject({
      status: 200,
      body: { through: 20 },
    });
    const odd = [...events.slice(20, 22), { ...events[22], data: { nothing: true } }];
    expect(await call(at, '/events', batch(odd))).toMatchObject({
      status: 422,
      body: { through: 20, refused: { code: 'bad-event', index: 2 } },
    });
    expect(await call(at, '/events', batch(at.journal.add(501)))).toMatchObject({
      status: 413,
      body: { through: 20, refused: { code: 'too-large' } },
    });
    const other = [{ ...events[19], subject: 'another-life' }];
    expect(await call(at, '/events', batch(other))).toMatchObject({
      status: 409,
      body: { through: 20, refused: { code: 'chain-broken', index: 0 } },
    });
    expect((await call(at, '/events', batch(events.slice(20)))).body).toEqual({ through: 40 });
    expect((await call(at)).body).toEqual({ through: 40 });
  });

  test('an agent that says where its log ends is told where the far end stands, and a shorter log raises an alarm', async () => {
    const at = await hall();
    await call(at, '/events', batch(at.journal.add(5)));
    expect((await call(at, `?seq=2&hash=${'0'.repeat(64)}`)).body).toEqual({ through: 5 });
    const alarms = (await (await fetch(`${central.url}api/v1/alarms`)).json()) as { agentId: string }[];
    expect(alarms.filter(({ agentId }) => agentId === at.agentId)).toHaveLength(1);
  });

  test('what is no batch is answered with a problem and its code; nothing is stored', async () => {
    const at = await hall();
    const events = at.journal.add(3);
    const problem = async (path: string, init: RequestInit = {}, who: Partial<Hall> = {}) => {
      const { status, headers, body } = await call({ ...at, ...who }, path, init);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({
        type: `urn:hall:problem:${body.code}`,
        status,
        detail: expect.any(String),
      });
      return `${status} ${body.code}`;
    };
    const json = { ...batch(events), headers: { 'content-type': 'application/json' } };
    expect(await problem('/events', json)).toBe('415 wrong-content-type');
    expect(await problem('/events', { ...batch(events), body: '[{"seq": 1,' })).toBe('400 bad-request');
    expect(await problem('/events', packed(Buffer.from('not gzip')))).toBe('400 bad-request');
    const half = gzipSync(JSON.stringify(events)).subarray(0, -12);
    expect(await problem('/events', packed(half))).toBe('400 bad-request');
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    expect(bomb.length).toBeLessThan(70_000);
    expect(await problem('/events', packed(bomb))).toBe('413 too-large');
    expect(await problem('/events', { ...batch([]), body: ' '.repeat(2_000_000) })).toBe('413 too-large');
    expect(await problem('', {}, { agentId: 'Hub_1' })).toBe('400 bad-request');
    expect(await problem('', {}, { epoch: 'short' })).toBe('400 bad-request');
    expect(await problem('', {}, { agentId: '%ff' })).toBe('400 bad-request');
    expect(await problem('?seq=3')).toBe('400 bad-request');
    expect(await problem('/commands?wait=3600')).toBe('400 bad-request');
    expect(await problem('/elsewhere')).toBe('404 not-found');
    expect((await call(at)).body).toEqual({ through: 0 });
  });

  test('an unknown agent and a wrong token are the same to whoever asks; no token is told how', async () => {
    const at = await hall();
    const wrong = await call(
      { ...at, token: 'a-token-that-is-not-the-one' },
      '/events',
      batch(at.journal.add(1)),
    );
    const unknown = await call({ ...at, agentId: 'gate-nobody' }, '/events', batch(at.journal.add(1)));
    const short = await call({ ...at, token: 'x' });
    for (const { status, body } of [wrong, unknown, short])
      expect([status, body.code]).toEqual([401, 'not-let-in']);
    expect(unknown.body.detail.replace('gate-nobody', at.agentId)).toBe(wrong.body.detail);
    const without = await fetch(`${central.url}link/v1/${at.agentId}/${at.epoch}`);
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    await without.text();
  });

  test('commands come down one by one, also when two are sent at once, and each answer counts once', async () => {
    const at = await hall();
    await call(at);
    expect((await call(at, '/commands?wait=0')).status).toBe(204);
    const command = (id: string) => ({
      id,
      name: 'surge',
      deadline: new Date(Date.now() + 60_000).toISOString(),
      data: {},
    });
    const first = call(at, '/commands?wait=25');
    await vi.waitUntil(() => central.intake.presence(at.agentId)?.connected);
    const asked = ['one', 'two'].map((id) => central.intake.command(at.agentId, command(id), 8_000));
    const ids = [(await first).body.id, (await call(at, '/commands?wait=25')).body.id];
    expect(ids).toEqual(['one', 'two']);
    const answer = (id: string, said: object) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, ...said }),
    });
    expect((await call(at, '/commands/two', answer('two', { refused: 'not-now' }))).status).toBe(204);
    expect((await call(at, '/commands/one', answer('one', { ok: true }))).status).toBe(204);
    expect(await Promise.all(asked)).toEqual([
      { id: 'one', ok: true },
      { id: 'two', refused: 'not-now' },
    ]);
    expect(await call(at, '/commands/one', answer('one', { ok: true }))).toMatchObject({
      status: 404,
      body: { code: 'no-such-command' },
    });
  });

  test('a newer request for commands ends the older one, and a newer connection tells it so', async () => {
    const at = await hall();
    await call(at);
    const older = call(at, '/commands?wait=25');
    // Whichever of the two is there first: one of them ends the other.
    const newer = call(at, '/commands?wait=25');
    expect((await Promise.race([older, newer])).status).toBe(204);
    await call(at);
    expect((await Promise.all([older, newer])).map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  test('a request that is never finished is ended', async () => {
    const at = await hall();
    const http = createServer();
    const receiver = new HttpReceiver(http, central.intake, log, 200);
    const socket = connect(await listening(http), '127.0.0.1');
    const said = text(socket);
    socket.write(
      `POST /link/v1/${at.agentId}/${at.epoch}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${at.token}\r\n` +
        `Content-Type: ${HTTP_BATCH_TYPE}\r\nContent-Length: 1000\r\n\r\n[{`,
    );
    expect(await said).toMatch(/^HTTP\/1\.1 408 [^]*"code":"too-slow"/);
    await receiver.close();
  });

  test('an agent goes through the proxy that the environment names, and past it where it says so', async () => {
    const { token, agentId, journal } = await hall();
    journal.add(600);
    let passed = 0;
    const proxy = createServer((from, to) => {
      passed += 1;
      forward(from.url!, from, to);
    });
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${await listening(proxy)}`);
    vi.stubEnv('NO_PROXY', '');
    const sender = () => {
      const url = central.url;
      const made = new LinkSender({
        ...{ name: 'central', url, token, agentId, source: journal },
        clock: () => new Date(),
        random: () => 0.5,
      });
      made.start();
      return made;
    };
    const through = sender();
    await vi.waitUntil(() => journal.cursor('central') === 600, { timeout: 10_000 });
    await through.close();
    expect(passed).toBeGreaterThan(2);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    passed = 0;
    journal.add(10);
    const past = sender();
    await vi.waitUntil(() => journal.cursor('central') === 610, { timeout: 10_000 });
    await past.close();
    expect(passed).toBe(0);
  });

  test('a gateway that cannot unpack bodies gets them plain', async () => {
    const { token, agentId, journal } = await hall();
    const encodings: (string | undefined)[] = [];
    const gateway = createServer((from, to) => {
      if (from.method === 'POST') encodings.push(from.headers['content-encoding']);
      if (from.headers['content-encoding']) return void to.writeHead(415).end();
      forward(new URL(from.url!, central.url).href, from, to);
    });
    journal.add(400);
    const sender = new LinkSender({
      ...{ name: 'central', url: `http://127.0.0.1:${await listening(gateway)}/`, token, agentId },
      ...{ source: journal, clock: () => new Date(), random: () => 0.5 },
    });
    sender.start();
    await vi.waitUntil(() => journal.cursor('central') === 400, { timeout: 10_000 });
    await sender.close();
    expect(encodings.filter((one) => one === 'gzip')).toHaveLength(1);
    const stored = (await (
      await fetch(`${central.url}api/v1/events?agent=${agentId}&limit=1000`)
    ).json()) as HallEvent[];
    expect(stored).toEqual(journal.events);
  });
});

/** Passes a request on as it is, and its answer back. */
function forward(url: string, from: IncomingMessage, to: ServerResponse): void {
  const onward = ask(url, { method: from.method ?? 'GET', headers: from.headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  });
  onward.on('error', () => to.destroy());
  to.on('close', () => onward.destroy());
  from.pipe(onward);
}

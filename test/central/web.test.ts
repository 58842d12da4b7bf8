import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import type { FarEndView, HallList } from '../../kiosk-agent/contract/far-end.ts';
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import type { CommandHandler } from '../../kiosk-agent/link/commands.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { history } from '../link/history.ts';

const REGION = '371000000000';

describe('the far end', () => {
  let stateDir: string;
  let central: Awaited<ReturnType<typeof startCentral>>;
  let token: string;
  const senders: LinkSender[] = [];

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'web-'));
    central = await startCentral({
      port: 0,
      host: '127.0.0.1',
      stateDir,
      clock: () => new Date(),
      log: pino({ level: 'silent' }),
    });
    ({ viewer: token } = JSON.parse(await readFile(join(stateDir, 'tokens.json'), 'utf8')));
  });
  afterAll(async () => {
    await Promise.all(senders.map((sender) => sender.close()));
    await central.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  async function hall(agentId: string, commands: Record<string, CommandHandler> = {}) {
    const agents = await openAgents(stateDir, undefined);
    const linkToken = await letIn(agents, agentId, REGION);
    await agents.close();
    const journal = history(agentId, `epoch-of-${agentId}`, `hall-of-${agentId}`, Date.now() - 60_000);
    const sender = new LinkSender({
      name: 'central',
      url: `socketio:${central.url}`,
      token: linkToken,
      agentId,
      source: journal,
      clock: () => new Date(),
      random: () => 0.5,
      commands,
    });
    senders.push(sender);
    const happen = async (count: number) => {
      journal.add(count);
      sender.wake();
      await vi.waitUntil(() => journal.cursor('central') === journal.durableSeq, { timeout: 10_000 });
    };
    return { journal, sender, happen };
  }

  /** A request with any Host, as a browser that was led astray would send it. */
  function ask(
    path: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: string; type: string }> {
    return new Promise((resolve, reject) => {
      request(new URL(path, central.url), { headers }, (answer) => {
        let body = '';
        answer.on('data', (bytes) => (body += bytes));
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, body, type: answer.headers['content-type'] ?? '' }),
        );
      })
        .on('error', reject)
        .end();
    });
  }

  test('a live viewer gets a snapshot and then a change for each commit', async () => {
    const { sender, happen } = await hall('hub-live');
    sender.start();
    await happen(6);
    const socket = io(central.url, { path: '/live', transports: ['websocket'] });
    const snapshot = await new Promise<FarEndView>((resolve) => socket.once('snapshot', resolve));
    expect(snapshot.ratings[0]).toMatchObject({ agentId: 'hub-live', seq: 6 });
    const changes: FarEndView[] = [];
    socket.on('change', (change: FarEndView) => changes.push(change));
    await happen(3);
    await vi.waitUntil(() => changes.some((change) => change.ratings[0]?.seq === 9), { timeout: 10_000 });
    expect(changes.at(-1)!.halls).toMatchObject([{ hall: 'hall-of-hub-live', through: 9, connected: true }]);
    await sender.close();
    await vi.waitUntil(() => changes.some((change) => change.halls?.some((row) => row.connected === false)), {
      timeout: 10_000,
    });
    socket.disconnect();
  });

  test('a browser elsewhere needs the viewer token, and so does one that was led here under another name', async () => {
    const { host } = new URL(central.url);
    expect((await ask('/api/v1/halls', { host })).status).toBe(200);
    const refused = await ask('/api/v1/halls', { host: 'hall.example:80' });
    expect([refused.status, refused.type]).toEqual([
      401,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(JSON.parse(refused.body)).toMatchObject({ status: 401, code: 'not-signed-in' });
    expect((await ask('/api/v1/halls', { host, 'x-forwarded-for': '10.0.0.1' })).status).toBe(401);
    expect((await ask('/api/v1/halls', { host, origin: 'http://evil.example' })).status).toBe(401);
    const elsewhere = { host: 'hall.example' };
    expect(
      (await ask('/api/v1/halls', { ...elsewhere, authorization: 'Bearer not-the-token-at-all' })).status,
    ).toBe(401);
    expect((await ask('/api/v1/halls', { ...elsewhere, authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await ask('/api/v1/halls', { ...elsewhere, cookie: `central_viewer=${token}` })).status).toBe(
      200,
    );
    expect((await ask('/api/v1/health', elsewhere)).status).toBe(200);
    expect((await ask('/live/?EIO=4&transport=polling', elsewhere)).status).toBe(403);
  });

  test('the viewer token, once entered, is kept in a cookie that scripts cannot read', async () => {
    const login = (body: unknown) =>
      fetch(`${central.url}api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await login({ token });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/central_viewer=.*HttpOnly.*SameSite=Strict/);
    expect((await login({ token: 'wrong' })).status).toBe(401);
    expect((await login({})).status).toBe(400);
  });

  test('signed in by the cookie or not is told to the page, and signing out takes the cookie', async () => {
    const { host } = new URL(central.url);
    const told = async (headers: Record<string, string>) =>
      JSON.parse((await ask('/api/v1/login', { host, ...headers })).body);
    expect(await told({})).toEqual({ signedIn: false, operates: false });
    expect(await told({ cookie: `central_viewer=${token}` })).toEqual({ signedIn: true, operates: false });
    expect(await told({ cookie: 'central_viewer=something-else-entirely' })).toEqual({
      signedIn: false,
      operates: false,
    });
    const answer = await fetch(`${central.url}api/v1/login`, { method: 'DELETE' });
    expect(answer.headers.get('set-cookie')).toMatch(/central_viewer=;.*1970/);
  });

  test('whatever is read of the halls wants the token elsewhere', async () => {
    for (const path of [
      'halls',
      'statistics?from=2026-01-01&to=2026-01-02',
      'ratings',
      'ratings/bad',
      'opinions',
    ])
      expect([path, (await ask(`/api/v1/${path}`, { host: 'hall.example' })).status]).toEqual([path, 401]);
    for (const path of ['devices/down', 'alarms', 'names', 'events?agent=hub-1'])
      expect([path, (await ask(`/api/v1/${path}`, { host: 'hall.example' })).status]).toEqual([path, 401]);
  });

  test('halls are searched, filtered by region and state, sorted, and given in pages', async () => {
    const { sender, happen } = await hall('hub-in-the-list');
    sender.start();
    await happen(7);
    const list = async (query: string) => {
      const answer = await fetch(`${central.url}api/v1/halls?${query}`);
      expect(answer.status).toBe(200);
      return (await answer.json()) as HallList;
    };
    const found = await list('q=IN-THE-LIST');
    expect(found).toMatchObject({ total: 1, pages: 1, summary: { halls: 1, connected: 1, waiting: 1 } });
    expect(found.halls[0]).toMatchObject({ hall: 'hall-of-hub-in-the-list', state: 'connected', backlog: 0 });
    expect(found.regions).toMatchObject([{ region: '370000000000', halls: 1 }]);
    expect((await list('q=IN-THE-LIST&region=110000000000')).total).toBe(0);
    expect((await list('q=IN-THE-LIST&region=371000000000&state=connected')).total).toBe(1);
    expect((await list('q=IN-THE-LIST&state=away')).total).toBe(0);
    const all = await list('sort=name&order=down&size=1000');
    const names = all.halls.map((row) => row.hall ?? row.agentId);
    expect(names).toEqual([...names].sort().reverse());
    const second = await list('sort=name&order=down&size=1&page=2');
    expect([second.pages, second.halls[0]?.agentId]).toEqual([all.total, all.halls[1]?.agentId]);
  });

  test.each([
    ['/api/v1/halls?region=37', 'region'],
    ['/api/v1/halls?sort=beauty', 'sort'],
    ['/api/v1/statistics?from=2026-01-02&to=2026-01-01', 'from'],
    ['/api/v1/statistics?from=2024-01-01&to=2026-01-01', 'from'],
    ['/api/v1/statistics?from=2026-01-01&to=2026-01-01&by=staff', 'agent'],
    ['/api/v1/statistics?from=2026-01-01&to=2026-01-01&by=hour&service=transfer', 'by'],
    ['/api/v1/ratings/bad?state=late', 'state'],
    ['/api/v1/events', 'agent'],
    ['/api/v1/events?agent=hub-1&after=x', 'after'],
    ['/api/v1/events?agent=hub-1&limit=5000', 'limit'],
    ['/api/v1/ratings?limit=0', 'limit'],
  ])('%s is a bad request that names the field %s', async (path, field) => {
    const answer = await fetch(new URL(path, central.url));
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'bad-request', field }),
    ]);
  });

  test('whoever runs the server is told what its store holds and keeps, the months made and what went last', async () => {
    await vi.waitUntil(
      async () => JSON.parse((await ask('/api/v1/store', { host: '127.0.0.1' })).body).retention !== null,
      { timeout: 20_000 },
    );
    const store = JSON.parse((await ask('/api/v1/store', { host: '127.0.0.1' })).body);
    expect(store).toMatchObject({ kind: 'embedded', partitioned: true, keep: { events: 25, ratings: 61 } });
    expect(store.partitions.filter(({ table }: { table: string }) => table === 'events')).toHaveLength(4);
    expect(store.retention).toMatchObject({ dropped: [], deleted: {}, keptBack: [] });
    expect((await ask('/api/v1/store', { host: 'hall.example' })).status).toBe(401);
  });

  test('what is not there is a problem document, too', async () => {
    const answer = await fetch(`${central.url}api/v1/nothing`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'not-found' }),
    ]);
  });

  test('a command is done once, in time, and only when the hall knows it', async () => {
    const done: string[] = [];
    const { sender } = await hall('hub-command', {
      notice: async ({ data }) => {
        done.push(String(data.text));
        return { ok: true };
      },
      surge: () => Promise.reject(new Error('no windows')),
    });
    const command = (id: string, name: string, seconds = 10): LinkCommand => ({
      id,
      name,
      deadline: new Date(Date.now() + seconds * 1000).toISOString(),
      data: { text: id },
    });
    const { intake } = central;
    expect(await intake.command('hub-command', command('c-0', 'notice'))).toMatchObject({
      refused: 'away',
    });
    sender.start();
    await vi.waitUntil(() => sender.status.state === 'level', { timeout: 10_000 });
    expect(await intake.command('hub-command', command('c-1', 'notice'))).toEqual({ id: 'c-1', ok: true });
    expect(await intake.command('hub-command', command('c-1', 'notice'))).toEqual({ id: 'c-1', ok: true });
    expect(await intake.command('hub-command', command('c-2', 'dance'))).toMatchObject({
      id: 'c-2',
      refused: 'unknown-command',
    });
    expect(await intake.command('hub-command', command('c-3', 'surge'))).toMatchObject({
      refused: 'failed',
      why: 'no windows',
    });
    expect(done).toEqual(['c-1']);
  });

  test('the newest connection of an agent is the one that counts', async () => {
    const { journal, sender } = await hall('hub-twice');
    sender.start();
    await vi.waitUntil(() => sender.status.state === 'level', { timeout: 10_000 });
    const agents = await openAgents(stateDir, undefined);
    const linkToken = await letIn(agents, 'hub-twice', REGION);
    await agents.close();
    const auth = { agentId: 'hub-twice', epoch: journal.epoch, token: linkToken };
    const copy = io(central.url, { path: '/link', transports: ['websocket'], auth, forceNew: true });
    await new Promise((resolve) => copy.once('welcome', resolve));
    // The older one is put out; its token has ended, so it stays out.
    await vi.waitUntil(() => sender.status.state === 'refused', { timeout: 10_000 });
    expect(copy.connected).toBe(true);
    copy.disconnect();
  });
});

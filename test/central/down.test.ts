/** What goes down to halls, through the front door of the far end, to real agents: and what anybody may ask. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import { configurationSchema } from '../../central/configuration.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';

const REGION = '371000000000';
const NOW = '2026-11-23T01:00:00.000Z';
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into as they come
type Json = Record<string, any>;
type Answer = { status: number; body: Json; headers: Headers };

describe('down to halls', () => {
  let folder: string;
  let central: Awaited<ReturnType<typeof startCentral>>;
  let tokens: { viewer: string; booking: string; operator: string };
  let now = new Date(NOW);
  const halls = new Map<string, { hall: Hall; yaml: string }>();

  const run = async (port: number, more: object = {}) => {
    central = await startCentral({
      ...{ port, host: '127.0.0.1', stateDir: folder, clock: () => now, log: pino({ level: 'silent' }) },
      configuration: configurationSchema.parse(more),
    });
  };
  async function call(
    method: string,
    path: string,
    body?: object,
    token = tokens.operator,
    headers = {},
  ): Promise<Answer> {
    const answer = await fetch(new URL(`api/v1/${path}`, central.url), {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : {}, headers: answer.headers };
  }
  const until = (look: () => Promise<boolean>) => vi.waitUntil(look, { timeout: 15_000, interval: 50 });

  async function open(agentId: string, more = '') {
    const token = join(folder, `${agentId}.token`);
    const agents = await openAgents(folder, undefined);
    await writeFile(token, await letIn(agents, agentId, REGION));
    await agents.close();
    const yaml = hallYaml(
      `links: [{name: central, url: "socketio:${central.url}", token: "file:${token}"}]\n${more}`,
    )
      .replace('id: hub-1', `id: ${agentId}`)
      .replace('id: hall-1', `id: hall-of-${agentId}`)
      .replace('timeZone: Asia/Shanghai', 'timeZone: Asia/Shanghai, opening: {from: "08:00", to: "17:00"}');
    return begin(agentId, yaml);
  }
  const restarts: string[] = [];
  async function begin(agentId: string, yaml: string): Promise<Hall> {
    const hall = await startHall(join(folder, `state-${agentId}`), yaml, () => now, {
      onRestart: () => restarts.push(agentId),
      quietMs: 40,
    });
    halls.set(agentId, { hall, yaml });
    return hall;
  }
  async function beginAnew(agentId: string): Promise<Hall> {
    const { hall, yaml } = halls.get(agentId)!;
    await hall.close();
    return begin(agentId, yaml);
  }
  const wanted = async (agentId: string) =>
    (await call('GET', `halls/${agentId}/configuration`)).body['wanted'] as Json | null;
  const state = (agentId: string, state: string) =>
    until(async () => (await wanted(agentId))?.['state'] === state);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'down-'));
    await run(0);
    tokens = JSON.parse(await readFile(join(folder, 'tokens.json'), 'utf8'));
    await open('one');
  });
  afterAll(async () => {
    for (const { hall } of halls.values()) await hall.close();
    await central?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('only the operator sends anything down; the viewer and the booking service do not', async () => {
    const put = { version: 1, configuration: {} };
    const surge = { step: 'end', reason: 'x', idempotencyKey: 'k' };
    for (const token of ['', tokens.viewer, tokens.booking, 'x'.repeat(43)]) {
      expect((await call('PUT', 'halls/one/configuration', put, token)).status).toBe(401);
      expect((await call('PUT', `regions/${REGION}/configuration`, put, token)).status).toBe(401);
      expect((await call('POST', 'notices', {}, token)).status).toBe(401);
      expect((await call('DELETE', 'notices/n1', undefined, token)).status).toBe(401);
      expect((await call('POST', 'halls/one/surge', surge, token)).status).toBe(401);
    }
    expect((await call('GET', 'configurations', undefined, tokens.viewer)).status).toBe(200);
  });

  test('a configuration is taken, and in effect from the next start; the file keeps what the office does not name', async () => {
    const configuration = {
      hall: { opening: { from: '09:00', to: '16:00' }, calendar: { holidays: ['2026-12-31'] } },
      services: { transfer: { fee: { zh: '80元', en: '80 yuan' } }, 'not-here': { minutes: 5 } },
      rules: { followUp: { clock: { contacted: 2 } } },
    };
    const put = await call('PUT', 'halls/one/configuration', { version: 7, configuration });
    expect(put).toMatchObject({ status: 202, body: { agentId: 'one', wanted: { version: 7 } } });
    await state('one', 'taken');
    expect(await wanted('one')).toMatchObject({ leftOut: ['not-here'] });
    const { hall } = halls.get('one')!;
    // It waits until the hall is at rest; whoever runs the agent then begins it anew.
    await vi.waitUntil(() => restarts.includes('one'));
    const before = await hall.as('manager')('GET', 'queue');
    expect(before.body).toMatchObject({ hall: { openingHours: '08:00–17:00' } });

    const anew = await beginAnew('one');
    await state('one', 'in-effect');
    const after = await anew.as('manager')('GET', 'queue');
    expect(after.body).toMatchObject({
      hall: { openingHours: '09:00–16:00', name: { zh: '测试大厅' } },
      services: { transfer: { fee: { zh: '80元' }, name: { zh: '转移登记' } }, mortgage: { fee: null } },
    });
    expect((await call('GET', 'halls/one/configuration')).body).toMatchObject({
      inEffect: { version: 7 },
      content: { version: 7, configuration },
    });
    expect(await anew.as('technician')('GET', 'system')).toMatchObject({
      body: { office: { inEffect: 7, waits: null, refused: null } },
    });
  });

  test('an older version, or the same one with other content, is refused; the same once more changes nothing', async () => {
    const first = { version: 20, configuration: { hall: { notices: [] } } };
    expect((await call('PUT', 'halls/one/configuration', first)).status).toBe(202);
    // The same content, its words in another order.
    const again = { configuration: { hall: { notices: [] } }, version: 20 };
    expect((await call('PUT', 'halls/one/configuration', again)).status).toBe(202);
    for (const body of [
      { version: 20, configuration: {} },
      { version: 19, configuration: { hall: { notices: [] } } },
    ])
      expect(await call('PUT', 'halls/one/configuration', body)).toMatchObject({
        status: 409,
        body: { code: 'old-version', version: 20 },
      });
    await state('one', 'taken');
  });

  test.each([
    [{ hall: { id: 'other' } }, 'configuration.hall'],
    [{ agent: { listen: '0.0.0.0:1' } }, 'configuration'],
    [{ devices: [] }, 'configuration'],
    [{ links: [] }, 'configuration'],
    [{ services: { transfer: { prefix: 'Z' } } }, 'configuration.services.transfer'],
    [{ hall: { calendar: { file: '/etc/passwd' } } }, 'configuration.hall.calendar'],
  ])('what belongs to the hall itself is not the office’s: %j', async (configuration, field) => {
    const answer = await call('PUT', 'halls/one/configuration', { version: 99, configuration });
    expect(answer).toMatchObject({ status: 400, body: { field } });
  });

  test('what does not fit is refused with the setting and why, and the hall keeps what it has', async () => {
    const hall = await open('two');
    await call('PUT', 'halls/two/configuration', {
      version: 1,
      configuration: { hall: { opening: { from: '10:00', to: '15:00' } } },
    });
    await state('two', 'taken');
    const bad = { version: 2, configuration: { hall: { opening: { from: '25:00', to: '15:00' } } } };
    await call('PUT', 'halls/two/configuration', bad);
    await until(async () => (await wanted('two'))?.['path'] !== undefined);
    expect(await wanted('two')).toMatchObject({ version: 2, state: 'refused', path: 'hall.opening.from' });
    expect(await hall.as('technician')('GET', 'system')).toMatchObject({
      body: { office: { inEffect: null, waits: 1, refused: { version: 2, path: 'hall.opening.from' } } },
    });
    const anew = await beginAnew('two');
    expect((await anew.as('manager')('GET', 'queue')).body).toMatchObject({
      hall: { openingHours: '10:00–15:00' },
    });
  });

  test('a region is one put a hall, also for one that is away until it comes', async () => {
    await open('three');
    const { hall, yaml } = halls.get('three')!;
    await hall.close();
    const put = await call('PUT', `regions/${REGION}/configuration`, {
      version: 15,
      configuration: { rules: { rating: { seconds: 45 } } },
    });
    expect(put.status).toBe(202);
    expect(put.body['halls'].map((each: Json) => each['agentId'])).toEqual(['one', 'three', 'two']);
    // Hall one has a newer one already.
    expect(put.body['refused']).toEqual([{ agentId: 'one', version: 20 }]);
    await state('two', 'taken');
    expect((await wanted('three'))?.['state']).toBe('queued');
    await begin('three', yaml);
    await state('three', 'taken');
    expect(
      (await call('PUT', `regions/990000000000/configuration`, { version: 1, configuration: {} })).body,
    ).toEqual({ halls: [], refused: [] });
  });

  test('a notice hangs in the halls of its region while its time is, and comes down', async () => {
    const wish = {
      regions: [REGION],
      text: { zh: '系统维护，今日15时停办', en: 'Closed from 15:00 today for maintenance' },
      from: '2026-11-23T01:05:00Z',
      until: '2026-11-23T09:00:00Z',
      where: ['board', 'kiosk'],
      idempotencyKey: 'notice-1',
    };
    const posted = await call('POST', 'notices', wish);
    expect(posted).toMatchObject({ status: 202, body: { where: ['board', 'kiosk'], withdrawnAt: null } });
    const id = posted.body['notice'] as string;
    expect((await call('POST', 'notices', wish)).body['notice']).toBe(id);
    expect(await call('POST', 'notices', { ...wish, text: { zh: '别的', en: 'other' } })).toMatchObject({
      status: 409,
      body: { code: 'key-reused' },
    });
    const states = async () => (await call('GET', `notices/${id}`)).body['states'];
    await until(async () => (await states())['shown'] === 3);
    const hall = halls.get('two')!.hall;
    const shown = async () => ((await hall.as('manager')('GET', 'queue')).body as Json)['day'].notices;
    expect(await shown()).toBeUndefined();
    now = new Date('2026-11-23T01:06:00Z');
    expect(await shown()).toEqual([{ text: wish.text, where: ['board', 'kiosk'] }]);
    // A start in between changes nothing.
    const anew = await beginAnew('two');
    expect(((await anew.as('manager')('GET', 'queue')).body as Json)['day'].notices).toHaveLength(1);

    expect((await call('DELETE', `notices/${id}`)).status).toBe(202);
    await until(async () => (await states())['withdrawn'] === 3);
    expect(((await anew.as('manager')('GET', 'queue')).body as Json)['day'].notices).toBeUndefined();
    expect((await call('GET', 'notices')).body['notices']).toMatchObject([
      { notice: id, states: { withdrawn: 3 } },
    ]);
    expect((await call('DELETE', 'notices/nothing')).status).toBe(404);
    expect(await call('POST', 'notices', { ...wish, until: NOW, idempotencyKey: 'late' })).toMatchObject({
      status: 400,
      body: { field: 'until' },
    });
  });

  test('a surge starts, changes and ends from the far end; the hall’s rules decide', async () => {
    const step = (body: object) => call('POST', 'halls/two/surge', body);
    const measures = { notice: { zh: '人多', en: 'Busy' } };
    const surge = async () => (await call('GET', 'halls/two/surge')).body;
    await step({ step: 'start', reason: '开学', measures, idempotencyKey: 's-1' });
    await step({ step: 'start', reason: '开学', measures, idempotencyKey: 's-1' });
    await until(async () => (await surge())['running'] !== null);
    expect(await surge()).toMatchObject({
      running: { by: 'central', reason: '开学', measures },
      steps: [{ step: 'start', state: 'delivered' }],
    });
    expect(await step({ step: 'start', reason: '别的', measures, idempotencyKey: 's-1' })).toMatchObject({
      status: 409,
    });
    await step({ step: 'start', reason: '又', measures, idempotencyKey: 's-2' });
    await until(async () => (await surge())['steps'][0].state === 'refused');
    expect((await surge())['steps'][0]).toMatchObject({ refused: 'surge-running' });
    await step({ step: 'end', reason: '过了', idempotencyKey: 's-3' });
    await until(async () => (await surge())['running'] === null);
  });

  test('anybody may ask how many wait and how long, and nothing of a person is in the answer', async () => {
    const { hall } = halls.get('two')!;
    now = new Date('2026-11-23T03:00:00Z');
    await hall.as('clerk')('POST', 'windows/1/open', { staff: '1024' });
    for (const n of [1, 2])
      expect(
        (
          await hall.as('kiosk')('POST', 'tickets', {
            service: 'transfer',
            language: 'zh',
            delivery: 'screen',
            idempotencyKey: `w-${n}`,
          })
        ).status,
      ).toBe(201);
    now = new Date('2026-11-23T03:04:00Z');
    await hall.as('kiosk')('POST', 'tickets', {
      service: 'transfer',
      language: 'zh',
      delivery: 'screen',
      idempotencyKey: 'w-3',
    });
    const path = 'public/halls/hall-of-two';
    await until(async () => {
      now = new Date(now.getTime() + 20_000);
      return (await call('GET', path, undefined, '')).body['waiting'] === 3;
    });
    const answer = await call('GET', path, undefined, '', { origin: 'https://map.example' });
    expect(answer.body).toMatchObject({
      ...{ hall: 'hall-of-two', open: true, connected: true, windowsOpen: 1 },
      services: [
        { service: 'transfer', waiting: 3, windowsOpen: 1, wait: { fromMinutes: expect.any(Number) } },
        { service: 'mortgage', waiting: 0, windowsOpen: 0, wait: null },
      ],
      asOf: '2026-11-23T03:04:00.000Z',
    });
    expect(JSON.stringify(answer.body)).not.toContain('1024');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=15');
    const tag = answer.headers.get('etag')!;
    expect(
      (await call('GET', path, undefined, '', { 'if-none-match': tag, 'cache-control': 'max-age=0' })).status,
    ).toBe(304);
    expect(
      (await call('GET', 'public/halls', undefined, '')).body['halls'].map((each: Json) => each['hall']),
    ).toContain('hall-of-one');
    expect((await call('GET', 'public/halls?region=990000000000', undefined, '')).body['halls']).toEqual([]);
    expect((await call('GET', 'public/halls/none', undefined, '')).status).toBe(404);
  });

  test('a configuration waits while somebody is in line or a window is open', async () => {
    const { hall } = halls.get('two')!;
    const clerk = hall.as('clerk');
    const put = { version: 16, configuration: { rules: { rating: { seconds: 50 } } } };
    await call('PUT', 'halls/two/configuration', put);
    await state('two', 'taken');
    expect(await hall.as('technician')('GET', 'system')).toMatchObject({ body: { office: { waits: 16 } } });
    const { length } = restarts;
    for (const _ of [1, 2, 3]) {
      expect((await clerk('POST', 'windows/1/call-next', {})).status).toBe(200);
      await clerk('POST', 'windows/1/missed', {});
    }
    // Three are missed, and the window is open.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(restarts).toHaveLength(length);
    await clerk('POST', 'windows/1/close', { reason: 'done' });
    await vi.waitUntil(() => restarts.length === length + 1);
  });

  test('free slots are those of the hall in this moment; a hall that is away says when to ask again', async () => {
    const slots = (more = '') =>
      call(
        'GET',
        `halls/two/appointments/slots?service=transfer&from=2026-11-24${more}`,
        undefined,
        tokens.booking,
      );
    const before = await slots();
    expect(before).toMatchObject({ status: 200, body: { service: 'transfer', slots: expect.any(Array) } });
    const first = before.body['slots'][0];
    const booked = await call(
      'POST',
      'halls/two/appointments',
      { service: 'transfer', day: first.day, from: first.from, to: first.to, idempotencyKey: 'slot-1' },
      tokens.booking,
    );
    expect(booked.status).toBe(202);
    await until(async () => (await slots()).body['slots'][0].free === first.free - 1);
    expect((await slots('&to=2026-11-25')).body['slots'].at(-1).day).toBe('2026-11-25');
    expect(
      await call(
        'GET',
        'halls/two/appointments/slots?service=none&from=2026-11-24',
        undefined,
        tokens.booking,
      ),
    ).toMatchObject({ status: 404, body: { code: 'unknown-service' } });
    expect((await slots('&to=2026-11-01')).status).toBe(400);
    expect(
      (
        await call(
          'GET',
          'halls/two/appointments/slots?service=transfer&from=2026-11-24',
          undefined,
          tokens.viewer,
        )
      ).status,
    ).toBe(401);
    await halls.get('two')!.hall.close();
    await until(async () => (await slots()).status === 503);
    const away = await slots();
    expect(away).toMatchObject({ status: 503, body: { code: 'hall-away' } });
    expect(away.headers.get('retry-after')).toBe('10');
  });

  test('public display can be switched off, and kept to some web sites', async () => {
    const { port } = new URL(central.url);
    await central.close();
    await run(Number(port), { public: { origins: ['https://city.example'] } });
    const ask = (origin: string) => call('GET', 'public/halls', undefined, '', { origin });
    expect((await ask('https://city.example')).headers.get('access-control-allow-origin')).toBe(
      'https://city.example',
    );
    expect((await ask('https://other.example')).headers.get('access-control-allow-origin')).toBeNull();
    await central.close();
    await run(Number(port), { public: { enabled: false } });
    expect((await ask('https://city.example')).status).toBe(404);
  });
});

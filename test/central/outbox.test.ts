/** Commands that wait for their agent, and appointments on their way to a hall and back. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { centralTokens } from '../../central/access.ts';
import { letIn, openAgents } from '../../central/agents.ts';
import { startCentral } from '../../central/central.ts';
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import type { CommandHandler } from '../../kiosk-agent/link/commands.ts';
import { LinkSender } from '../../kiosk-agent/link/sender.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { history } from '../link/history.ts';
import { ENGINES, type Engine } from './postgres.ts';

const REGION = '371000000000';
const NOW = '2026-11-23T01:00:00.000Z';
const person = { hash: 'a'.repeat(64), year: 2026, masked: '990***********001X' };
const wish = (more: object = {}) => ({
  service: 'transfer',
  day: '2026-11-24',
  from: '10:00',
  to: '10:30',
  channel: 'wechat',
  idempotencyKey: crypto.randomUUID(),
  ...more,
});
type Answer = { status: number; body: Record<string, unknown> };

describe.each(ENGINES)('the outbox in %s', (_name, start) => {
  let engine: Engine;
  let stateDir: string;
  let central: Awaited<ReturnType<typeof startCentral>>;
  let booking: string;
  let now = new Date(NOW);
  let count = 0;
  const senders: LinkSender[] = [];
  const hubs: Hall[] = [];
  const run = async (port = 0) => {
    central = await startCentral({
      port,
      host: '127.0.0.1',
      stateDir,
      databaseUrl: engine.databaseUrl,
      clock: () => now,
      log: pino({ level: 'silent' }),
    });
  };

  beforeAll(async () => {
    engine = await start();
    ({ stateDir } = engine);
    await run();
    ({ booking } = JSON.parse(await readFile(join(stateDir, 'tokens.json'), 'utf8')));
  });
  afterEach(async () => {
    await Promise.all([...senders.splice(0), ...hubs.splice(0)].map((each) => each.close()));
    now = new Date(NOW);
  });
  afterAll(async () => {
    await central?.close();
    await engine?.stop();
  });

  async function agent() {
    const agentId = `hub-${++count}`;
    const agents = await openAgents(stateDir, engine.databaseUrl);
    const token = await letIn(agents, agentId, REGION);
    await agents.close();
    return { agentId, token, journal: history(agentId, `epoch-000${count}`, `hall-${count}`) };
  }
  type LetIn = Awaited<ReturnType<typeof agent>>;
  /** The hall is there and does what `handler` says; with every command that it has been sent. */
  function connect({ agentId, token, journal }: LetIn, handler: CommandHandler = async () => ({ ok: true })) {
    const got: LinkCommand[] = [];
    const sender = new LinkSender({
      name: 'central',
      url: `socketio:${central.url}`,
      token,
      agentId,
      source: journal,
      clock: () => now,
      random: () => 0.5,
      retry: { firstMs: 40, capMs: 150, refusedMs: 300 },
      commands: {
        appointments: (command) => {
          got.push(command);
          return handler(command);
        },
      },
    });
    senders.push(sender);
    sender.start();
    return { got, sender };
  }
  async function call(method: string, path: string, body?: unknown, token = booking): Promise<Answer> {
    const answer = await fetch(new URL(`api/v1/halls/${path}`, central.url), {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  const book = (hall: LetIn, more: object = {}) => call('POST', `${hall.agentId}/appointments`, wish(more));
  const state = async (hall: LetIn, code: unknown) =>
    (await call('GET', `${hall.agentId}/appointments/${String(code)}`)).body;
  const becomes = (hall: LetIn, code: unknown, wanted: string) =>
    vi.waitUntil(async () => (await state(hall, code))['state'] === wanted, { timeout: 10_000 });
  /** Says what the hall's log would say. */
  function happens(hall: LetIn, sender: LinkSender, code: unknown, what: string, data: object = {}) {
    hall.journal.addOdd({
      type: `hall.appointment.${what}`,
      subject: String(code),
      data: { appointment: code, ...data },
    });
    sender.wake();
  }

  test('takes appointments from the booking service only, whoever else may look', async () => {
    const { agentId } = await agent();
    const { viewer } = JSON.parse(await readFile(join(stateDir, 'tokens.json'), 'utf8'));
    for (const token of ['', viewer, 'x'.repeat(43)])
      expect((await call('POST', `${agentId}/appointments`, wish(), token)).status).toBe(401);
    expect((await call('POST', 'hub-nobody/appointments', wish())).status).toBe(404);
  });

  test('keeps what is booked while the hall is away, over a restart, and delivers it in order, each once', async () => {
    const hall = await agent();
    const first = await book(hall, { idempotencyKey: 'one', person });
    expect(first).toMatchObject({
      status: 202,
      body: {
        appointment: expect.stringMatching(/^C[A-HJ-NP-Z2-9]{7}$/),
        service: 'transfer',
        day: '2026-11-24',
        from: '10:00',
        to: '10:30',
        channel: 'wechat',
        masked: '990***********001X',
        state: 'queued',
        delivery: [{ what: 'book', state: 'queued' }],
      },
    });
    expect(JSON.stringify(first.body)).not.toContain(person.hash);
    const code = first.body['appointment'];
    expect((await book(hall, { idempotencyKey: 'one', person })).body['appointment']).toBe(code);
    expect(await book(hall, { idempotencyKey: 'one', from: '11:00', to: '11:30' })).toMatchObject({
      status: 409,
      body: { code: 'key-reused', appointment: code },
    });
    const second = (await book(hall)).body['appointment'];
    await call('DELETE', `${hall.agentId}/appointments/${second}`);

    await central.close();
    await run();
    const { got } = connect(hall);
    await becomes(hall, second, 'delivered');
    expect(got.map(({ data }) => data)).toEqual([
      { appointments: [expect.objectContaining({ appointment: code, person, bookedAt: NOW })] },
      { appointments: [expect.objectContaining({ appointment: second })] },
      { cancelled: [second] },
    ]);
    expect(new Set(got.map(({ id }) => id)).size).toBe(3);
    expect((await state(hall, code))['state']).toBe('delivered');
    // A hall that is there gets the next one at once.
    await becomes(hall, (await book(hall)).body['appointment'], 'delivered');
    expect(got).toHaveLength(4);
  });

  test('asks again under the same id when an answer is lost, and under a new one when the hall could not', async () => {
    const hall = await agent();
    const code = (await book(hall)).body['appointment'];
    const lost = connect(hall, () => new Promise(() => undefined));
    await vi.waitUntil(() => lost.got.length > 0);
    await lost.sender.close();
    let failures = 1;
    const { got } = connect(hall, async () => {
      if (failures-- > 0) throw new Error('the disk refuses');
      return { ok: true };
    });
    await becomes(hall, code, 'delivered');
    const { id } = lost.got[0]!;
    expect(got.map((command) => command.id)).toEqual([id, `${id}.1`]);
  });

  test('tells why the hall has refused, and goes on with the next one', async () => {
    const hall = await agent();
    const codes = [(await book(hall)).body['appointment'], (await book(hall)).body['appointment']];
    connect(hall, async ({ data }) => {
      const [{ appointment }] = data['appointments'] as [{ appointment: string }];
      return appointment === codes[0]
        ? { refused: 'unknown-service', why: 'no service transfer' }
        : { ok: true };
    });
    await becomes(hall, codes[1], 'delivered');
    expect(await state(hall, codes[0])).toMatchObject({
      state: 'refused',
      delivery: [{ what: 'book', state: 'refused', refused: 'unknown-service', why: 'no service transfer' }],
    });
  });

  test('delivers nothing past its deadline, and books no day that is over', async () => {
    const hall = await agent();
    const code = (await book(hall)).body['appointment'];
    now = new Date('2026-11-25T13:00:00Z');
    const { got } = connect(hall);
    await becomes(hall, code, 'expired');
    expect(got).toEqual([]);
    expect(await book(hall)).toMatchObject({ status: 400, body: { field: 'day' } });
  });

  test('moves an appointment by a newer copy of its code, also within one moment', async () => {
    const hall = await agent();
    const appointment = (await book(hall, { person })).body['appointment'];
    const moved = await book(hall, { appointment, from: '11:00', to: '11:30', person });
    expect(moved.body).toMatchObject({ appointment, from: '11:00', delivery: [{}, { what: 'book' }] });
    const { got } = connect(hall);
    await becomes(hall, appointment, 'delivered');
    const copies = got.map(({ data }) => (data['appointments'] as [{ bookedAt: string }])[0].bookedAt);
    expect(copies).toEqual([NOW, '2026-11-23T01:00:00.001Z']);
    expect(await book(hall, { appointment: 'CZZZZZZZ' })).toMatchObject({ status: 404 });
  });

  test('tells what became of it in the hall', async () => {
    const hall = await agent();
    const { sender } = connect(hall);
    const slot = wish();
    const [came, stayed, gone] = [
      (await book(hall)).body['appointment'],
      (await book(hall)).body['appointment'],
      (await book(hall)).body['appointment'],
    ];
    for (const code of [came, stayed, gone]) {
      await becomes(hall, code, 'delivered');
      happens(hall, sender, code, 'booked', { ...slot, bookedAt: NOW });
    }
    await becomes(hall, gone, 'booked');
    happens(hall, sender, came, 'checked-in', {
      ticketId: 't-1',
      number: 'A001',
      service: 'transfer',
      by: 'card',
      punctual: 'early',
    });
    happens(hall, sender, stayed, 'lapsed');
    happens(hall, sender, gone, 'cancelled', { by: 'visitor' });
    happens(hall, sender, 'H2345678', 'booked', { ...slot, bookedAt: NOW, channel: 'kiosk' });
    await becomes(hall, 'H2345678', 'booked');
    expect(await state(hall, came)).toMatchObject({ state: 'checked-in', number: 'A001' });
    expect(await state(hall, stayed)).toMatchObject({ state: 'lapsed' });
    expect(await state(hall, gone)).toMatchObject({ state: 'cancelled' });
    expect(await call('GET', `${hall.agentId}/appointments/CZZZZZZZ`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-appointment' },
    });
  });

  test('reaches a real hall, is checked in there while this server is away, and is told of afterwards', async () => {
    const real = await agent();
    const tokenFile = join(stateDir, 'link.token');
    await writeFile(tokenFile, real.token);
    const hub = await startHall(
      join(stateDir, 'hub'),
      hallYaml(`links: [{name: central, url: "socketio:${central.url}", token: "file:${tokenFile}"}]`)
        .replace('id: hub-1', `id: ${real.agentId}`)
        .replace('timeZone: Asia/Shanghai', 'timeZone: Asia/Shanghai, opening: {from: "08:00", to: "17:00"}'),
      () => now,
    );
    hubs.push(hub);
    const day = '2026-11-23';
    const code = (await book(real, { day, person })).body['appointment'];
    await becomes(real, code, 'booked');
    const full = (await book(real, { day })).body['appointment'];
    const over = (await book(real, { day })).body['appointment'];
    const odd = (await book(real, { day, service: 'nothing' })).body['appointment'];
    await becomes(real, odd, 'refused');
    await becomes(real, over, 'booked');
    await call('DELETE', `${real.agentId}/appointments/${full}`);
    await becomes(real, full, 'cancelled');
    expect(await hub.as('kiosk')('GET', `appointments/${code}`)).toMatchObject({
      body: { appointment: code, channel: 'wechat', masked: person.masked, state: 'booked' },
    });
    expect(await hub.as('integrator')('GET', 'events?after=0&limit=100')).toMatchObject({
      body: expect.arrayContaining([
        expect.objectContaining({ data: expect.objectContaining({ action: 'appointment-overbooked' }) }),
      ]),
    });

    const port = Number(new URL(central.url).port);
    await central.close();
    now = new Date('2026-11-23T02:10:00.000Z');
    const came = await hub.as('kiosk')('POST', `appointments/${code}/check-in`, {
      delivery: 'screen',
      idempotencyKey: 'tap-1',
    });
    expect(came).toMatchObject({ status: 201, body: { class: 'appointment', number: 'A001' } });
    await run(port);
    await becomes(real, code, 'checked-in');
    expect(await state(real, code)).toMatchObject({ number: 'A001', delivery: [{ state: 'delivered' }] });
  });

  test.each([
    [{ day: '24.11.2026' }, 'day'],
    [{ from: '10:60' }, 'from'],
    [{ channel: 'kioskk' }, 'channel'],
    [{ person: { ...person, hash: '99' } }, 'person.hash'],
    [{ person: { ...person, name: 'x' } }, 'person'],
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ number: '990' }, 'body'],
  ])('a wish with %j is a bad request that names %s', async (more, field) => {
    const hall = await agent();
    const answer = await book(hall, more);
    expect([answer.status, answer.body['detail']]).toEqual([400, expect.stringContaining(`${field}:`)]);
  });
});

test('a server of before gets its booking token, and keeps the viewer token that it has', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'tokens-'));
  const file = join(stateDir, 'tokens.json');
  await writeFile(file, JSON.stringify({ viewer: 'a-token-of-before-this' }));
  const tokens = centralTokens(stateDir);
  expect(tokens.viewer).toBe('a-token-of-before-this');
  expect(tokens.booking).toMatch(/^.{43}$/);
  expect(centralTokens(stateDir)).toEqual(tokens);
  await writeFile(file, '{"viewer": ""}');
  expect(() => centralTokens(stateDir)).toThrow(/tokens\.json is damaged/);
  await rm(stateDir, { recursive: true });
});

/** The contract's calls through the front door of a real agent. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('api');
let hall: Hall;
beforeAll(async () => {
  hall = await startHall(folder.path);
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

const take = (service = 'transfer', more: object = {}): Promise<Answer> =>
  hall.as('kiosk')('POST', 'tickets', { service, delivery: 'screen', idempotencyKey: randomUUID(), ...more });
const clerk = (action: string, content?: unknown): Promise<Answer> =>
  hall.as('clerk')('POST', `windows/${action}`, content);

describe('the API', () => {
  it('tells its health to everybody', async () => {
    const { status, body } = await hall.as(null)('GET', 'health');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      agentId: 'hub-1',
      role: 'hub',
      journal: { writable: true, backlog: 0 },
      devices: [],
      links: [],
    });
  });

  it('gives one ticket for one idempotency key, however often and however fast it is asked', async () => {
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        hall.as('kiosk')('POST', 'tickets', { service: 'mortgage', delivery: 'screen', idempotencyKey }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(9);
    expect(new Set(answers.map((answer) => answer.body['ticketId'])).size).toBe(1);
    expect(
      await hall.as('kiosk')('POST', 'tickets', { service: 'transfer', delivery: 'screen', idempotencyKey }),
    ).toMatchObject({ status: 409, body: { code: 'key-reused' } });
  });

  it('takes any printable key for a tap, and no other', async () => {
    const tap = (idempotencyKey: unknown) => take('mortgage', { idempotencyKey });
    for (const key of ['k', 'kiosk_1:2026/7', 'constructor', 'toString', 'x'.repeat(128)])
      expect(await tap(key)).toMatchObject({ status: 201 });
    for (const key of ['', 'a b', '__proto__', 'x'.repeat(129), 7, null])
      expect(await tap(key)).toMatchObject({ status: 400, body: { field: 'idempotencyKey' } });
  });

  it('never gives a number twice under a crowd of taps', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => take()));
    const numbers = answers.map((answer) => answer.body['number']);
    expect(new Set(numbers).size).toBe(100);
    expect(answers.every((answer) => answer.body['state'] === 'waiting')).toBe(true);
  });

  it('leads a visit from the tap to the rating', async () => {
    const ticket = (await take('mortgage', { language: 'en' })).body;
    expect(await clerk('3/open', { staff: '1003' })).toMatchObject({
      status: 200,
      body: { window: 3, state: 'idle', staff: '1003', ticket: null },
    });
    let called = await clerk('3/call-next');
    while (
      called.body['ticket'] !== null &&
      (called.body['ticket'] as { ticketId: string }).ticketId !== ticket['ticketId']
    ) {
      await clerk('3/start');
      await clerk('3/finish');
      called = await clerk('3/call-next');
    }
    expect(called.body).toMatchObject({ state: 'called', ticket: { number: ticket['number'], call: 1 } });
    expect((await clerk('3/start')).body).toMatchObject({ state: 'serving' });
    const finished = (await clerk('3/finish')).body as {
      state: string;
      evaluation: { session: number; state: string };
    };
    expect(finished).toMatchObject({ state: 'idle', evaluation: { state: 'open' } });
    const rated = await hall.as('window')('POST', 'windows/3/rate', {
      session: finished.evaluation.session,
      level: 5,
    });
    expect(rated).toMatchObject({ status: 200, body: { evaluation: { state: 'rated' } } });
    expect(JSON.stringify(rated.body)).not.toContain('level');
    expect(
      await hall.as('window')('POST', 'windows/3/rate', { session: finished.evaluation.session, level: 1 }),
    ).toMatchObject({ status: 409, body: { code: 'no-evaluation' } });
    expect(await hall.as('kiosk')('GET', `tickets/${String(ticket['ticketId'])}`)).toMatchObject({
      body: { state: 'finished' },
    });
  });

  it('lets exactly one of two windows win a call', async () => {
    await clerk('1/open', { staff: '1001' });
    await clerk('2/open', { staff: '1002' });
    const [one, two] = await Promise.all([clerk('1/call-next'), clerk('2/call-next')]);
    const tickets = [one, two].map(
      (answer) => (answer.body['ticket'] as { ticketId: string } | null)?.ticketId,
    );
    expect(tickets[0]).not.toBe(tickets[1]);
  });

  it('says why not, with the state that refused', async () => {
    expect(await clerk('1/open', { staff: '1009' })).toMatchObject({
      status: 409,
      body: { code: 'window-taken', status: 409, title: 'window-taken' },
    });
    expect(await clerk('1/finish')).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
    expect(await clerk('1/recall')).toMatchObject({ status: 409, body: { code: 'recall-too-soon' } });
    expect(await clerk('1/pause', {})).toMatchObject({
      body: { code: expect.stringMatching(/reason-needed|wrong-state/) },
    });
    expect(await clerk('9/open', { staff: '1' })).toMatchObject({
      status: 404,
      body: { code: 'unknown-window' },
    });
    expect(await take('nothing')).toMatchObject({ status: 404, body: { code: 'unknown-service' } });
    expect(await hall.as('kiosk')('GET', 'tickets/t00')).toMatchObject({
      status: 404,
      body: { code: 'unknown-ticket' },
    });
    expect(await hall.as('kiosk')('GET', 'tickets/__proto__')).toMatchObject({ status: 404 });
  });

  it('names the field of a bad request', async () => {
    expect(
      await hall.as('kiosk')('POST', 'tickets', { service: 5, idempotencyKey: randomUUID() }),
    ).toMatchObject({ status: 400, body: { code: 'bad-request', field: 'service' } });
    expect(
      await hall.as('kiosk')('POST', 'tickets', {
        service: 'transfer',
        idempotencyKey: randomUUID(),
        vip: true,
      }),
    ).toMatchObject({ status: 400, body: { field: 'vip' } });
    expect(await hall.as('kiosk')('POST', 'tickets', '{"service":')).toMatchObject({
      status: 400,
      body: { code: 'bad-request' },
    });
    expect(await clerk('2/transfer', { reason: 'x' })).toMatchObject({
      status: 400,
      body: { field: 'service' },
    });
    expect(await hall.as(null)('GET', 'nothing')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('lets in only who may: no token, a wrong one, another role', async () => {
    expect(await hall.as(null)('POST', 'tickets', { service: 'transfer' })).toMatchObject({
      status: 401,
      body: { code: 'not-signed-in' },
    });
    expect(
      (
        await fetch(new URL('api/v1/health', hall.url), {
          headers: { authorization: 'Bearer nonsense-nonsense' },
        })
      ).status,
    ).toBe(401);
    expect(await hall.as('kiosk')('POST', 'windows/1/call-next')).toMatchObject({
      status: 403,
      body: { code: 'not-allowed' },
    });
    expect(await hall.as('clerk')('GET', 'events?after=0')).toMatchObject({ status: 403 });
    expect(await hall.as('board')('GET', 'events?after=0')).toMatchObject({ status: 403 });
  });

  it('hands out the events in order, chained, from where one left off', async () => {
    const events = (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as {
      seq: number;
      prev: string;
      type: string;
    }[];
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]).toMatchObject({ type: 'hall.day.opened', prev: '0'.repeat(64) });
    const rest = (await hall.as('integrator')('GET', 'events?after=5&limit=2')).body as unknown as {
      seq: number;
    }[];
    expect(rest.map((event) => event.seq)).toEqual([6, 7]);
    expect(await hall.as('integrator')('GET', 'events?limit=100000')).toMatchObject({ status: 400 });
  });

  it('shows metrics on this computer', async () => {
    const text = await (await fetch(new URL('api/v1/metrics', hall.url))).text();
    expect(text).toContain('hall_journal_writable 1');
    expect(text).toMatch(/hall_tickets_waiting \d+/);
  });

  it('answers a ticket without a printer with what the visitor can do, and takes it on the screen', async () => {
    const failed = await hall.as('kiosk')('POST', 'tickets', {
      service: 'transfer',
      idempotencyKey: randomUUID(),
    });
    expect(failed).toMatchObject({
      status: 201,
      body: { state: 'print-failed', paperFault: 'no-printer', printed: false },
    });
    const onScreen = await hall.as('kiosk')('POST', `tickets/${String(failed.body['ticketId'])}/on-screen`);
    expect(onScreen).toMatchObject({
      status: 200,
      body: { state: 'waiting', printed: true, number: failed.body['number'] },
    });
    expect(await hall.as(null)('GET', `my-ticket/${String(failed.body['key'])}`)).toMatchObject({
      status: 200,
      body: { number: failed.body['number'], state: 'waiting' },
    });
    // Every screen shows its id; only the paper has its key.
    for (const method of ['GET', 'DELETE'])
      expect(await hall.as(null)(method, `my-ticket/${String(failed.body['ticketId'])}`)).toMatchObject({
        status: 404,
        body: { code: 'unknown-ticket' },
      });
  });

  it('keeps everything over a restart, also which number is next', async () => {
    const before = (await take()).body;
    await hall.close();
    hall = await startHall(folder.path);
    expect(await hall.as('kiosk')('GET', `tickets/${String(before['ticketId'])}`)).toMatchObject({
      body: { number: before['number'], state: 'waiting' },
    });
    const after = (await take()).body;
    expect(Number(String(after['number']).slice(1))).toBe(Number(String(before['number']).slice(1)) + 1);
  });

  it('gives tickets during the whole opening time and not outside it, and says so before anybody taps', async () => {
    using night = temporaryFolder('night');
    let now = new Date('2026-11-23T00:29:59Z'); // 08:29:59 in the hall
    const closed = await startHall(
      night.path,
      hallYaml().replace(
        'timeZone: Asia/Shanghai',
        'timeZone: Asia/Shanghai, opening: {from: "08:30", to: "17:00"}',
      ),
      () => now,
    );
    try {
      const tap = () =>
        closed.as('kiosk')('POST', 'tickets', {
          service: 'transfer',
          delivery: 'screen',
          idempotencyKey: randomUUID(),
        });
      const taking = async () =>
        ((await closed.as(null)('GET', 'queue')).body['day'] as { taking: boolean }).taking;
      expect(await taking()).toBe(false);
      expect(await tap()).toMatchObject({
        status: 409,
        body: { code: 'outside-hours', from: '08:30', to: '17:00' },
      });
      now = new Date('2026-11-23T00:30:00Z');
      expect(await taking()).toBe(true);
      expect(await tap()).toMatchObject({ status: 201, body: { number: 'A001' } });
      now = new Date('2026-11-23T08:59:59Z');
      expect(await tap()).toMatchObject({ status: 201 });
      now = new Date('2026-11-23T09:00:00Z');
      expect(await tap()).toMatchObject({ status: 409 });
    } finally {
      await closed.close();
    }
  });

  it('closes twice without harm', async () => {
    await hall.close();
    await hall.close();
    hall = await startHall(folder.path);
    await until('health', async () => (await hall.as(null)('GET', 'health')).status === 200);
  });
});

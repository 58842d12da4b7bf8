/** Surge, suggestions and the offer before printing, through the front door of a real agent with a clock of its own. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server, type Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('surge');
const http = createServer();
const io = new Server(http, { path: '/link', transports: ['websocket'] });
let now = new Date('2026-11-23T09:00:00+08:00');
let central: Socket | null = null;
let hall: Hall;

beforeAll(async () => {
  // The next hop, as far as it matters here: it takes everything, and asks for something.
  io.on('connection', (socket) => {
    central = socket;
    socket.emit('welcome', { through: 0 });
    socket.on('events', (events: { seq: number }[], done: (receipt: object) => void) =>
      done({ through: events.at(-1)?.seq ?? 0 }),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const tokenFile = join(folder.path, 'link.token');
  writeFileSync(tokenFile, 'a-token-of-this-test');
  hall = await startHall(
    folder.path,
    hallYaml(
      `links: [{name: central, url: "socketio:http://127.0.0.1:${port}", token: "file:${tokenFile}"}]\n`,
    )
      .replace('timeZone: Asia/Shanghai', 'timeZone: Asia/Shanghai, opening: {from: "08:30", to: "17:00"}')
      .replace(
        '{number: 3, services: [mortgage]}',
        '{number: 3, services: [mortgage]}, {number: 9, services: [], temporary: true}',
      ),
    () => now,
  );
});
afterAll(async () => {
  await hall?.close();
  await io.close();
  folder[Symbol.dispose]();
});

const at = (clock: string): void => void (now = new Date(`2026-11-23T${clock}:00+08:00`));
const take = (service = 'transfer'): Promise<Answer> =>
  hall.as('kiosk')('POST', 'tickets', { service, delivery: 'screen', idempotencyKey: randomUUID() });
const manager = (method: string, path: string, content?: unknown): Promise<Answer> =>
  hall.as('manager')(method, path, content);
const clerk = (action: string, content?: unknown): Promise<Answer> =>
  hall.as('clerk')('POST', `windows/${action}`, content);
const order = (name: string, data: object, id: string = randomUUID()): Promise<Record<string, unknown>> =>
  central!.timeout(5000).emitWithAck('command', { id, name, deadline: '2026-11-23T23:00:00+08:00', data });
const measures = {
  extendUntil: '18:30',
  windows: [{ window: 9, services: ['transfer'] }],
  notice: { zh: '今日延时服务至18:30', en: 'Open until 18:30 today' },
};

describe('before a ticket is printed', () => {
  it('the kiosk hears that there is time, and offers nothing else', async () => {
    await clerk('1/open', { staff: '1001' });
    const { status, body } = await hall.as('kiosk')('GET', 'services/transfer/offer');
    expect(status).toBe(200);
    expect(body).toMatchObject({ service: 'transfer', waiting: 0, servedToday: 'yes', offer: null });
    expect(body['expectedEnd']).toBe('2026-11-23T09:10:00.000+08:00');
    const services = (await hall.as(null)('GET', 'services')).body as unknown as Record<string, unknown>[];
    expect(services[0]).toMatchObject({ service: 'transfer', servedToday: 'yes' });
    expect(await hall.as('kiosk')('GET', 'services/nothing/offer')).toMatchObject({ status: 404 });
  });

  it('the kiosk hears that it becomes too late, with three appointments, and gives the ticket all the same', async () => {
    at('16:20');
    for (let n = 0; n < 8; n++) await take();
    const { body } = await hall.as('kiosk')('GET', 'services/transfer/offer');
    expect(body).toMatchObject({ waiting: 8, servedToday: 'no' });
    const { slots } = body['offer'] as { slots: { day: string; from: string }[] };
    // The slots of the next working day, a Tuesday.
    expect(slots).toHaveLength(3);
    expect(slots[0]).toMatchObject({ day: '2026-11-24', from: '08:30' });
    const ticket = await take();
    expect(ticket).toMatchObject({ status: 201, body: { state: 'waiting', servedToday: 'no' } });
    // What was offered can be booked.
    const booked = await hall.as('kiosk')('POST', 'appointments', {
      service: 'transfer',
      ...slots[0],
      to: undefined,
      idempotencyKey: randomUUID(),
    });
    expect(booked.status).toBe(201);
  });
});

describe('a surge', () => {
  it('is for supervisors', async () => {
    for (const role of ['clerk', 'kiosk', 'technician', 'integrator'] as const) {
      expect(await hall.as(role)('GET', 'surge')).toMatchObject({ status: 403 });
      expect(await hall.as(role)('POST', 'surge', { reason: 'x', measures })).toMatchObject({ status: 403 });
      expect(await hall.as(role)('GET', 'suggestions')).toMatchObject({ status: 403 });
    }
    expect(await hall.as(null)('POST', 'surge/end', { reason: 'x' })).toMatchObject({ status: 401 });
  });

  it('is asked for with a reason and with measures that the hall has', async () => {
    expect(await manager('POST', 'surge', { measures })).toMatchObject({
      status: 400,
      body: { code: 'reason-needed' },
    });
    expect(await manager('POST', 'surge', { reason: 'x', measures: { extendTo: '18:00' } })).toMatchObject({
      ...{ status: 400, body: { code: 'bad-request', field: 'measures.extendTo' } },
    });
    const windows = [{ window: 77, services: ['transfer'] }];
    expect(await manager('POST', 'surge', { reason: 'x', measures: { windows } })).toMatchObject({
      ...{ status: 404, body: { code: 'unknown-window' } },
    });
    expect(await manager('POST', 'surge/end', { reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'no-surge' },
    });
  });

  it('extends the hours, opens the temporary window and stands on every screen', async () => {
    at('17:05');
    expect(await take()).toMatchObject({ status: 409, body: { code: 'outside-hours' } });
    const started = await manager('POST', 'surge', { reason: '人多', measures });
    expect(started).toMatchObject({
      status: 201,
      body: { current: { by: 'staff', measures }, closesAt: '2026-11-23T18:30:00.000+08:00' },
    });
    expect(await manager('POST', 'surge', { reason: 'x', measures })).toMatchObject({
      ...{ status: 409, body: { code: 'surge-running' } },
    });
    const { day } = (await hall.as(null)('GET', 'queue')).body as unknown as { day: Record<string, unknown> };
    expect(day).toMatchObject({ taking: true, surge: { notice: measures.notice, extendUntil: '18:30' } });
    expect(JSON.stringify(day)).not.toContain('人多');
    expect((await take()).status).toBe(201);
    await clerk('9/open', { staff: '1009' });
    expect(await clerk('9/call-next')).toMatchObject({
      ...{ status: 200, body: { window: 9, services: ['transfer'], ticket: { service: 'transfer' } } },
    });
  });

  it('is changed and ended, and each step stands in the log', async () => {
    const longer = { ...measures, extendUntil: '19:00' };
    expect(await manager('POST', 'surge/change', { reason: '还有人', measures: longer })).toMatchObject({
      ...{ status: 200, body: { current: { measures: longer } } },
    });
    expect(await manager('POST', 'surge/end', { reason: '人少了' })).toMatchObject({
      status: 200,
      body: { current: null },
    });
    expect(await take()).toMatchObject({ status: 409, body: { code: 'outside-hours' } });
    const events = (await manager('GET', 'events?limit=1000')).body as unknown as {
      type: string;
      data: { action?: string; reason?: string };
    }[];
    const reasons = events.filter(({ data }) => data.action === 'surge').map(({ data }) => data.reason);
    expect(reasons).toEqual(['人多', '还有人', '人少了']);
  });

  it('comes from the central server too, and the same command twice is one surge', async () => {
    at('10:00');
    await until('the link', () => central !== null);
    const wish = { step: 'start', reason: 'county order', measures: { notice: measures.notice } };
    expect(await order('surge', wish, 'c-1')).toMatchObject({ ok: true });
    expect(await order('surge', wish, 'c-1')).toMatchObject({ ok: true });
    expect((await manager('GET', 'surge')).body).toMatchObject({ current: { surge: 'c-1', by: 'central' } });
    expect(await order('surge', wish, 'c-2')).toMatchObject({ refused: 'surge-running' });
    expect(await order('surge', { step: 'start', reason: '' }, 'c-3')).toMatchObject({
      refused: 'bad-command',
    });
    expect(await order('surge', { step: 'end', reason: 'over' }, 'c-4')).toMatchObject({ ok: true });
    expect((await manager('GET', 'surge')).body).toMatchObject({ current: null });
  });
});

describe('suggestions', () => {
  it('name the window that would help, with the waits before and after', async () => {
    const { status, body } = await manager('GET', 'suggestions');
    expect(status).toBe(200);
    const { suggestions, services, windows } = body as unknown as {
      suggestions: { window: number; service: string; waitBeforeS: number; waitAfterS: number }[];
      services: { service: string; waiting: number }[];
      windows: { window: number }[];
    };
    expect(services.find(({ service }) => service === 'transfer')?.waiting).toBeGreaterThan(5);
    expect(windows.map(({ window }) => window)).toEqual([1, 2, 3, 9]);
    const [best] = suggestions;
    expect(best).toMatchObject({ service: 'transfer', window: 2 });
    expect(best?.waitAfterS).toBeLessThan(best?.waitBeforeS ?? 0);
  });
});

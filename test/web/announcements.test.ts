/** Proof of play: what a board reports of a call, what the log keeps of it, and what staff see. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StaffView, WindowView } from '../../kiosk-agent/contract/live.ts';
import { announcedOf } from '../../kiosk-agent/hall/announcements/heard.ts';
import { emptyState, type HallState, type Ticket } from '../../kiosk-agent/hall/state.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder } from '../harness/programs.ts';

const folder = temporaryFolder('announcements');
let hall: Hall;
const photos = join(folder.path, 'photos');
beforeAll(async () => {
  mkdirSync(photos, { recursive: true });
  writeFileSync(join(photos, '1024.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
  hall = await startHall(
    folder.path,
    hallYaml().replace('name: {zh: 测试大厅', `staffPhotos: ${JSON.stringify(photos)}, name: {zh: 测试大厅`),
  );
  await hall.as('clerk')('POST', 'windows/1/open', { staff: '1024' });
  await hall.as('clerk')('POST', 'windows/2/open', { staff: '77' });
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

const at = (): string => localTime(new Date(), 'Asia/Shanghai');
async function called(): Promise<{ ticketId: string; call: number; window: number }> {
  await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });
  const { body } = await hall.as('clerk')('POST', 'windows/1/call-next');
  return { ticketId: (body as unknown as WindowView).ticket!.ticketId, call: 1, window: 1 };
}
const report = (said: object, more: object = {}) =>
  hall.as('board')('POST', 'calls/played', {
    screen: 'east',
    how: 'clips',
    startedAt: at(),
    endedAt: at(),
    ...said,
    ...more,
  });
type Logged = { type: string; data: Record<string, unknown> };
const logged = async (ticketId: string): Promise<Logged[]> =>
  ((await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as Logged[]).filter(
    ({ type, data }) => type === 'hall.call.announced' && data['ticketId'] === ticketId,
  );
describe('a board’s report of a call', () => {
  it('is kept once for each call and board, however often it is delivered', async () => {
    const call = await called();
    for (let again = 0; again < 3; again++) expect((await report(call)).status).toBe(204);
    expect((await report(call, { screen: 'west', how: 'silent', why: 'blocked' })).status).toBe(204);
    expect(
      (await logged(call.ticketId)).map(({ data }) => [data['screen'], data['how'], data['why']]),
    ).toEqual([
      ['east', 'clips', undefined],
      ['west', 'silent', 'blocked'],
    ]);
    await hall.as('clerk')('POST', 'windows/1/missed');
  });

  it('is refused for a call that nobody made, a window that is not there, and more than it says', async () => {
    const call = await called();
    expect((await report(call, { call: 2 })).body).toMatchObject({ code: 'wrong-state', calls: 1 });
    expect((await report(call, { ticketId: 'nobody' })).body).toMatchObject({ code: 'unknown-ticket' });
    expect((await report(call, { window: 9 })).body).toMatchObject({ code: 'unknown-window' });
    expect((await report(call, { screen: 'a b' })).status).toBe(400);
    expect((await report(call, { name: '张三' })).status).toBe(400);
    expect(await logged(call.ticketId)).toEqual([]);
    await hall.as('clerk')('POST', 'windows/1/missed');
  });

  it('comes from boards only, each with a cookie of its own', async () => {
    for (const role of ['clerk', 'kiosk', 'window', null] as const)
      expect([401, 403]).toContain((await hall.as(role)('POST', 'calls/played', {})).status);
    const local = await fetch(new URL('api/v1/session', hall.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hall-screen': 'board' },
      body: JSON.stringify({ screen: 'board' }),
    });
    expect(local.status).toBe(200);
    expect(local.headers.get('set-cookie')).toContain('hall_board=');
  });

  it('keeps no more boards for one call than a hall can have', async () => {
    const call = await called();
    for (let board = 0; board < 20; board++) await report(call, { screen: `board-${board}` });
    expect(await logged(call.ticketId)).toHaveLength(16);
    await hall.as('clerk')('POST', 'windows/1/missed');
  });
});

describe('what staff see of a call', () => {
  const ticket = {
    ticketId: 't',
    state: 'called',
    calls: 2,
    calledAt: '2026-06-20T09:00:00+08:00',
  } as Ticket;
  const hallWith = (
    boards: HallState['announcements']['heard'][string],
    lastAt: string | null,
  ): HallState => ({
    ...emptyState(),
    announcements: { heard: { t: boards }, lastAt },
  });
  const lastAt = '2026-06-20T08:59:00+08:00';
  const afterS = (seconds: number): string =>
    new Date(Date.parse('2026-06-20T09:00:00+08:00') + seconds * 1000).toISOString();

  it('is played when one board said it, silent when it was only shown', () => {
    expect(announcedOf(hallWith({ 2: { a: 'silent', b: 'clips' } }, lastAt), ticket, afterS(5))).toBe(
      'played',
    );
    expect(announcedOf(hallWith({ 2: { a: 'silent', b: 'chime-only' } }, lastAt), ticket, afterS(5))).toBe(
      'silent',
    );
  });
  it('is not-heard when no board has told of this call in time; an earlier call does not count', () => {
    const earlier = hallWith({ 1: { a: 'speech' } }, lastAt);
    expect(announcedOf(earlier, ticket, afterS(40))).toBeUndefined();
    expect(announcedOf(earlier, ticket, afterS(46))).toBe('not-heard');
  });
  it('is nothing in a hall without boards, and once the visitor is served', () => {
    expect(announcedOf(hallWith({}, null), ticket, afterS(90))).toBeUndefined();
    expect(announcedOf(hallWith({}, '2026-06-10T09:00:00+08:00'), ticket, afterS(90))).toBeUndefined();
    expect(announcedOf(hallWith({}, lastAt), { ...ticket, state: 'serving' }, afterS(90))).toBeUndefined();
  });

  it('stands on the window’s ticket in the feed of staff, and not on public screens', async () => {
    const call = await called();
    await report(call);
    const snapshot = async (auth: object): Promise<StaffView> => {
      const socket = io(hall.url, { path: '/live', auth, transports: ['websocket'], forceNew: true });
      const found = await new Promise<{ view: StaffView }>((resolve) => socket.once('snapshot', resolve));
      socket.close();
      return found.view;
    };
    const token = hall.tokens['clerk'];
    await expect
      .poll(async () => (await snapshot({ role: 'clerk', token })).windows[1]?.ticket?.announced)
      .toBe('played');
    expect((await snapshot({ role: 'board' })).windows[1]?.ticket).not.toHaveProperty('announced');
  });
});

describe('a photo of the staff', () => {
  it('is at the window whose clerk has a file, and served to the screen', async () => {
    const windows = (await hall.as(null)('GET', 'queue')).body['windows'] as Record<string, WindowView>;
    expect(windows[1]?.photo).toBe('/api/v1/staff/1024/photo');
    expect(windows[2]).not.toHaveProperty('photo');
    const answer = await fetch(new URL(windows[1]!.photo!, hall.url));
    expect(answer.headers.get('content-type')).toBe('image/png');
  });
  it('is nothing else in that folder, and nothing outside it', async () => {
    for (const number of ['77', '..%2F1024', '..%2F..%2Fsession.key'])
      expect((await fetch(new URL(`/api/v1/staff/${number}/photo`, hall.url))).status).toBe(404);
  });
});

/** The ledger of opinions through the front door of a real agent: terminal, staff, supervisor. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Register } from '../../kiosk-agent/web/staff.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('opinions');
const yaml = hallYaml('rules: {opinions: {dueWorkingDays: 2}}');
let hall: Hall;
let now = new Date('2026-11-23T09:00:00+08:00');
beforeAll(async () => {
  hall = await startHall(folder.path, yaml, () => now);
  await new Register(folder.path).setPin('2001', 'clerk', '482913');
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

const opinion = (more: object = {}): object => ({
  kind: 'complaint',
  text: '等候时间太长',
  idempotencyKey: randomUUID(),
  ...more,
});
const atTerminal = (content: object): Promise<Answer> => hall.as('kiosk')('POST', 'opinions', content);
const manager = (method: string, path: string, content?: object): Promise<Answer> =>
  hall.as('manager')(method, path, content);
const look = (number: unknown, code: unknown): Promise<Answer> =>
  hall.as('kiosk')('POST', 'opinions/look', { opinion: number, code });
const ledger = async (query = ''): Promise<Record<string, unknown>[]> =>
  (await manager('GET', `opinions${query}`)).body['opinions'] as Record<string, unknown>[];

describe('filing at the terminal', () => {
  it('answers with the ledger number, a code and the day of the answer; a retry answers the same', async () => {
    const content = opinion();
    const answers = await Promise.all([1, 2, 3].map(() => atTerminal(content)));
    const filed = answers.find(({ status }) => status === 201);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(filed?.body).toEqual({
      opinion: 'Y20261123-001',
      code: expect.stringMatching(/^[2-9A-HJ-NP-Z]{6}$/),
      dueDay: '2026-11-25',
    });
    for (const { body } of answers) expect(body).toEqual(filed?.body);
    expect(await atTerminal({ ...content, text: 'other' })).toMatchObject({
      status: 409,
      body: { code: 'key-reused' },
    });
    const events = JSON.stringify((await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body);
    expect(events).toContain('Y20261123-001');
    expect(events, 'the code is told once').not.toContain(String(filed?.body['code']));
  });

  it('keeps no number of a person', async () => {
    const { body } = await atTerminal(
      opinion({ text: '我是990101199001011234，电话 139-0000-0000，请回复' }),
    );
    const [kept] = (await ledger()).filter((each) => each['opinion'] === body['opinion']);
    expect(kept?.['text']).toBe('我是******************，电话 *************，请回复');
  });

  it('takes several lines, and refuses what is empty, too long or not text', async () => {
    expect((await atTerminal(opinion({ text: '一\n二' }))).status).toBe(201);
    for (const text of ['', '   ', 'x'.repeat(1001), 'a\u0000b', 7, null])
      expect((await atTerminal(opinion({ text }))).status, String(text).slice(0, 10)).toBe(400);
    for (const wrong of [
      { kind: 'spam' },
      { window: 77 },
      { idempotencyKey: '__proto__' },
      { session: 5 },
      { code: 'x' },
    ])
      expect((await atTerminal(opinion(wrong))).status, JSON.stringify(wrong)).toBeGreaterThanOrEqual(400);
    for (const role of [null, 'window', 'technician', 'integrator'] as const)
      expect([401, 403]).toContain((await hall.as(role)('POST', 'opinions', opinion())).status);
  });

  it('leaves the other ways to the staff, who say which', async () => {
    expect((await atTerminal(opinion({ channel: 'hotline' }))).body).toMatchObject({ field: 'channel' });
    expect((await hall.as('clerk')('POST', 'opinions', opinion())).body).toMatchObject({ field: 'channel' });
    expect((await hall.as('clerk')('POST', 'opinions', opinion({ channel: 'letter' }))).status).toBe(201);
    expect(
      (await hall.as('clerk')('POST', 'opinions', opinion({ channel: 'rating', session: 1 }))).body,
    ).toMatchObject({
      field: 'session',
    });
  });
});

describe('the ledger', () => {
  it('goes from filed to struck off, and the visitor reads the answer with number and code', async () => {
    const { body: filed } = await atTerminal(opinion());
    const path = `opinions/${String(filed['opinion'])}`;
    const by = { staff: 'm1' };
    expect((await look(filed['opinion'], filed['code'])).body).toMatchObject({
      state: 'filed',
      answer: null,
    });
    expect((await manager('POST', `${path}/assign`, { to: '2001', ...by })).body).toMatchObject({
      state: 'assigned',
      assignedTo: '2001',
    });
    expect(
      (await manager('POST', `${path}/close`, { outcome: 'resolved', reason: 'x', ...by })).body,
    ).toMatchObject({
      code: 'wrong-state',
      state: 'assigned',
    });
    await manager('POST', `${path}/answer`, { text: '已增开两个窗口', ...by });
    expect((await manager('POST', `${path}/close`, { outcome: 'resolved', ...by })).body['code']).toBe(
      'reason-needed',
    );
    expect(
      (await manager('POST', `${path}/close`, { outcome: 'resolved', reason: '已答复', ...by })).body,
    ).toMatchObject({
      state: 'closed',
      closed: { outcome: 'resolved', reason: '已答复', by: 'm1' },
    });
    const read = await look(filed['opinion'], String(filed['code']).toLowerCase());
    expect(read.body).toEqual({
      opinion: filed['opinion'],
      kind: 'complaint',
      state: 'closed',
      filedAt: '2026-11-23T09:00:00.000+08:00',
      dueDay: '2026-11-25',
      answer: { text: '已增开两个窗口', at: '2026-11-23T09:00:00.000+08:00' },
      outcome: 'resolved',
    });
    now = new Date('2026-11-24T09:00:00+08:00');
    expect((await manager('POST', `${path}/reopen`, { reason: '来电', ...by })).body).toMatchObject({
      state: 'assigned',
      dueDay: '2026-11-26',
    });
    const traces = (await manager('GET', 'trace?action=opinion-closed')).body['traces'];
    expect(traces).toMatchObject([{ reason: `${String(filed['opinion'])} resolved: 已答复`, staff: 'm1' }]);
  });

  it('lists by state and by what is late, without codes, for supervisors only', async () => {
    const all = await ledger();
    expect(JSON.stringify(all)).not.toContain('codeHash');
    expect((await ledger('?state=assigned')).map((each) => each['state'])).toEqual(['assigned']);
    expect(await ledger('?overdue=true')).toEqual([]);
    now = new Date('2026-11-26T09:00:00+08:00');
    const late = await ledger('?overdue=true');
    expect(late.length).toBe(all.length - 1);
    expect(late[0]).toMatchObject({ overdue: true, workingDaysLeft: -1 });
    expect((await manager('GET', 'opinions?state=lost')).status).toBe(400);
    for (const role of ['clerk', 'kiosk', null] as const) {
      expect([401, 403]).toContain((await hall.as(role)('GET', 'opinions')).status);
      expect([401, 403]).toContain(
        (await hall.as(role)('POST', 'opinions/Y20261123-001/answer', { text: 'x' })).status,
      );
    }
    expect((await manager('POST', 'opinions/Y20261123-999/assign', { to: '1', staff: 'm1' })).status).toBe(
      404,
    );
    expect((await manager('POST', 'opinions/__proto__/assign', { to: '1', staff: 'm1' })).status).toBe(404);
  });
});

describe('looking with a code', () => {
  it('says nothing about numbers, and stops who tries codes, while other opinions can be read', async () => {
    const { body: one } = await atTerminal(opinion());
    const { body: two } = await atTerminal(opinion());
    const wrong = await look(one['opinion'], 'AAAAAA');
    expect(wrong).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await look('Y20200101-001', 'AAAAAA')).toEqual(wrong);
    for (let n = 0; n < 4; n++) await look(one['opinion'], 'AAAAAB');
    expect(await look(one['opinion'], one['code'])).toMatchObject({
      status: 429,
      body: { code: 'too-many-attempts' },
    });
    for (let n = 0; n < 10; n++) expect((await look(two['opinion'], two['code'])).status).toBe(200);
    expect(
      (await hall.as('clerk')('POST', 'opinions/look', { opinion: two['opinion'], code: two['code'] }))
        .status,
    ).toBe(403);
  });
});

/** Statistics through the front door, over two days of a real agent. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('statistics');
let now = new Date('2026-11-23T09:00:00+08:00');
let hall: Hall;
const start = async (): Promise<void> => void (hall = await startHall(folder.path, hallYaml(), () => now));
const pass = (seconds: number): void => void (now = new Date(now.getTime() + seconds * 1000));
const statistics = (
  query = '',
  role: 'manager' | 'integrator' | 'clerk' | null = 'manager',
): Promise<Answer> => hall.as(role)('GET', `statistics${query}`);

async function visit(window: number, staff: string, level: number): Promise<void> {
  const service = 'transfer';
  await hall.as('kiosk')('POST', 'tickets', { service, delivery: 'screen', idempotencyKey: randomUUID() });
  await hall.as('clerk')('POST', `windows/${window}/open`, { staff });
  pass(120);
  await hall.as('clerk')('POST', `windows/${window}/call-next`);
  await hall.as('clerk')('POST', `windows/${window}/start`);
  pass(400);
  const finished = await hall.as('clerk')('POST', `windows/${window}/finish`);
  const { session } = finished.body['evaluation'] as { session: number };
  expect((await hall.as('window')('POST', `windows/${window}/rate`, { session, level })).status).toBe(200);
}

beforeAll(async () => {
  await start();
  await visit(1, '1001', 5);
  await visit(2, '1002', 1);
  now = new Date('2026-11-24T09:00:00+08:00');
  await visit(1, '1001', 4);
});
afterAll(async () => {
  await hall?.close();
  folder[Symbol.dispose]();
});

describe('statistics', () => {
  it('are for supervisors and programs', async () => {
    expect((await statistics('', 'integrator')).status).toBe(200);
    expect((await statistics('', 'clerk')).status).toBe(403);
    expect((await statistics('', null)).status).toBe(401);
  });

  it('are those of today when no day is named', async () => {
    expect((await statistics()).body).toMatchObject({
      ...{ from: '2026-11-24', to: '2026-11-24', by: 'hall', days: 1, withToday: true },
      rows: [{ key: 'hall', tickets: 1, served: 1, asked: 1, ratings: [0, 0, 0, 1, 0] }],
    });
  });

  it('add up closed days and today, by each group', async () => {
    const all = '?from=2026-11-01&to=2026-11-30';
    expect((await statistics(all)).body).toMatchObject({
      ...{ first: '2026-11-23', last: '2026-11-24', days: 2 },
      rows: [
        {
          ...{ tickets: 3, called: 3, served: 3, ratings: [1, 0, 0, 1, 1] },
          waited: { count: 3, sumS: 360, maxS: 120 },
          atWindow: { count: 3, sumS: 1200 },
        },
      ],
    });
    expect((await statistics(`${all}&by=staff`)).body['rows']).toMatchObject([
      { key: '1001', served: 2, ratings: [0, 0, 0, 1, 1] },
      { key: '1002', served: 1, ratings: [1, 0, 0, 0, 0] },
    ]);
    expect((await statistics(`${all}&by=window`)).body['rows']).toMatchObject([{ key: '1' }, { key: '2' }]);
    expect((await statistics('?from=2026-11-23&to=2026-11-23&by=service')).body).toMatchObject({
      ...{ withToday: false, rows: [{ key: 'transfer', served: 2 }] },
    });
  });

  it('are told day by day too, with the hours in which things happened', async () => {
    const span = '?from=2026-11-01&to=2026-11-30';
    const byDay = (query: string) => hall.as('manager')('GET', `statistics/days${span}${query}`);
    expect((await byDay('')).body).toMatchObject({
      ...{ by: 'hall', oldest: '2026-11-23' },
      days: [
        {
          ...{ day: '2026-11-23', closed: true, tickets: 2, served: 2, ratings: [1, 0, 0, 0, 1] },
          hours: { '09': { tickets: 2, called: 2, waitedSumS: 240, served: 2 } },
        },
        { day: '2026-11-24', closed: false, tickets: 1, hours: { '09': { tickets: 1, served: 1 } } },
      ],
    });
    expect((await byDay('&by=service&key=transfer')).body).toMatchObject({
      days: [{ served: 2, hours: { '09': { served: 2 } } }, { served: 1 }],
    });
    // What has had nothing on a day has zeros, and a member of staff has no hours.
    expect((await byDay('&by=staff&key=1002')).body).toMatchObject({
      days: [
        { served: 1, ratings: [1, 0, 0, 0, 0], hours: null },
        { served: 0, hours: null },
      ],
    });
    expect((await byDay('&by=service&key=constructor')).body).toMatchObject({
      days: [{ tickets: 0, hours: {} }, { tickets: 0 }],
    });
    expect(await byDay('&by=window')).toMatchObject({ status: 400, body: { field: 'key' } });
    expect((await hall.as('clerk')('GET', 'statistics/days')).status).toBe(403);
  });

  it('say which field of a question is wrong', async () => {
    for (const [query, field] of [
      ['?from=yesterday', 'from'],
      ['?to=2026-02-30', 'to'],
      ['?by=level', 'by'],
      ['?from=2026-11-24&to=2026-11-23', 'from'],
      ['?day=2026-11-24', 'day'],
    ])
      expect(await statistics(query)).toMatchObject({ status: 400, body: { code: 'bad-request', field } });
  });

  it('are the same after a restart', async () => {
    const before = (await statistics('?from=2026-11-01&to=2026-11-30&by=window')).body;
    await hall.close();
    await start();
    await until('the hall', async () => (await hall.as(null)('GET', 'health')).status === 200);
    expect((await statistics('?from=2026-11-01&to=2026-11-30&by=window')).body).toEqual(before);
  });
});

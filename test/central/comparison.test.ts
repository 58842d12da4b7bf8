/** Regions side by side, from the halls' own events. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentsOf } from '../../central/agents.ts';
import { HallBoard } from '../../central/board.ts';
import { compare } from '../../central/comparison.ts';
import { openDatabase, type Database } from '../../central/database.ts';
import { takeBatch } from '../../central/store.ts';
import { history } from '../link/history.ts';

const NOW = new Date('2026-11-23T03:30:00Z');
const DAY = '2026-11-23';
const HOUR_MS = 3_600_000;
let stateDir: string;
let database: Database;
let board: HallBoard;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'comparison-'));
  database = await openDatabase(stateDir, undefined);
  board = new HallBoard({
    ...{ database, agents: agentsOf(database, stateDir), clock: () => NOW, silentAfterMs: 900_000 },
    ...{ names: { regions: {}, halls: {}, services: {} }, presence: () => undefined },
  });
  await hall('hub-a', '370102000000', { asked: 4, rated: [5, 1], waitedS: 600 });
  await hall('hub-b', '371002000000', { asked: 2, rated: [5, 4], waitedS: 60 });
  await hall('hub-c', '371003000000', { asked: 0, rated: [], waitedS: 1_200 });
});
afterAll(async () => {
  await database.close();
  await rm(stateDir, { recursive: true, force: true });
});

/** A hall with a ticket in the last full hour today and two in that hour a week ago, and ratings of today. */
async function hall(
  agentId: string,
  region: string,
  of: { asked: number; rated: number[]; waitedS: number },
) {
  const log = history(agentId, `epoch-${agentId}`, `hall-of-${agentId}`);
  const add = (type: string, at: number, data: object) => {
    const time = new Date(at + 8 * HOUR_MS).toISOString().replace('Z', '+08:00');
    log.addOdd({ type, time, region, data } as never);
  };
  const ticket = (n: number) => ({ ticketId: `t-${n}`, number: `A00${n}`, service: 'transfer' });
  const reserved = (n: number, at: number) =>
    add('hall.ticket.reserved', at, {
      ...{ ...ticket(n), running: n, class: 'normal', language: 'zh', idempotencyKey: `k-${n}` },
      ...{ delivery: 'paper', ahead: 0, waitMinS: null, waitMaxS: null },
    });
  const lastHour = NOW.getTime() - HOUR_MS;
  reserved(1, lastHour - 7 * 24 * HOUR_MS);
  reserved(2, lastHour - 7 * 24 * HOUR_MS);
  reserved(3, lastHour);
  const at = { window: 1, staff: '1001' };
  add('hall.ticket.called', lastHour + 1, { ...ticket(3), ...at, call: 1, waitedS: of.waitedS });
  const [time] = [new Date(NOW).toISOString()];
  for (let session = 1; session <= of.asked; session += 1)
    add('hall.rating.requested', NOW.getTime() - 60_000, {
      ...{ ...ticket(3), ...at, session, stage: '', promptedAt: time, openUntil: time },
    });
  for (const [n, level] of of.rated.entries())
    add('hall.rating.given', NOW.getTime() - 30_000, {
      ...{
        ...ticket(3),
        ...at,
        session: n + 1,
        stage: '',
        level,
        keyRaw: null,
        source: 'press',
        device: null,
      },
      ...{ promptedAt: time, pressedAt: time, clockOffsetMs: 0, flags: [] },
    });
  for (let session = of.rated.length + 1; session <= of.asked; session += 1)
    add('hall.rating.lapsed', NOW.getTime() - 1_000, { ...ticket(3), session, window: 1, why: 'timeout' });
  add('hall.waits.told', NOW.getTime() - 1_000, {
    ...{ open: true, windowsOpen: 1 },
    services: [
      { service: 'transfer', waiting: 2, windowsOpen: 1, waitMinS: of.waitedS, waitMaxS: of.waitedS + 120 },
    ],
  });
  const { receipt } = await takeBatch(database, { agentId, epoch: log.epoch }, region, log.events);
  expect(receipt.refused).toBeUndefined();
}

const ask = (region?: string) => compare(database, board, { region, from: DAY, to: DAY }, NOW);

test('cities stand beside each other with waits, load against the same hour of before, and who rated by himself', async () => {
  const { by, places, whole } = await ask();
  expect(by).toBe('region');
  expect(places.map(({ key }) => key)).toEqual(['370100000000', '371000000000']);
  const [jinan, weihai] = places as [(typeof places)[number], (typeof places)[number]];
  expect(jinan).toMatchObject({ hourTickets: 1, hourUsual: 2, expectedS: 660 });
  expect(jinan.days).toMatchObject({ asked: 4, lapsed: 2, ratings: [1, 0, 0, 0, 1], tickets: 1 });
  expect(weihai).toMatchObject({ hourTickets: 2, hourUsual: 4, expectedS: (120 + 1_260) / 2, halls: 2 });
  expect(weihai.days.waited).toMatchObject({ count: 2, sumS: 1_260, maxS: 1_200 });
  expect(whole.days).toMatchObject({ tickets: 3, asked: 6, ratings: [1, 0, 0, 1, 2] });
});

test('a county has its halls side by side; logs that do not fit and days that differ are counted on their days', async () => {
  await database.query(
    `INSERT INTO chain_alarms (agent_id, epoch, seq, kind, at) VALUES
       ('hub-b', 'e', 1, 'set-back', '2026-11-22T16:30:00Z'), ('hub-b', 'e', 2, 'set-back', '2026-11-22T15:30:00Z')`,
  );
  await database.query(
    `INSERT INTO day_closings (agent_id, epoch, seq, hall, day, at, fits) VALUES
       ('hub-b', 'e', 1, 'hall-of-hub-b', '${DAY}', now(), false), ('hub-b', 'e', 2, 'hall-of-hub-b', '2026-11-20', now(), false)`,
  );
  const { by, places } = await ask('371002000000');
  expect([by, places.map(({ key, hall: name }) => [key, name])]).toEqual([
    'hall',
    [['hub-b', 'hall-of-hub-b']],
  ]);
  expect(places[0]).toMatchObject({ chainAlarms: 1, differing: 1, away: 1 });
  expect((await ask('110000000000')).places).toEqual([]);
});

/** `/system` and `/log`: what a technician learns of the computer without a keyboard at it. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LogAnswer } from '../../kiosk-agent/contract/machine.ts';
import { RecentLog } from '../../kiosk-agent/cli/recent-log.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder } from '../harness/programs.ts';

const folder = temporaryFolder('system');
const recentLog = new RecentLog();
const log = pino({ serializers: { error: pino.stdSerializers.err } }, recentLog);
let now = new Date('2026-11-23T09:00:00+08:00');
let hall: Hall;
beforeAll(async () => {
  hall = await startHall(folder.path, hallYaml(), () => now, { log, recentLog });
});
afterAll(async () => {
  await hall?.close();
  folder[Symbol.dispose]();
});
const lines = async (after = 0): Promise<LogAnswer> =>
  (await hall.as('technician')('GET', `log?after=${after}`)).body as unknown as LogAnswer;

it('tells version, uptime, disk and journal', async () => {
  now = new Date('2026-11-23T10:00:00+08:00');
  const { status, body } = await hall.as('technician')('GET', 'system');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    agentId: 'hub-1',
    role: 'hub',
    version: 'test',
    node: process.versions.node,
    uptimeS: 3600,
    startedAt: '2026-11-23T01:00:00.000Z',
  });
  const { disk, journal } = body as unknown as {
    disk: { freeBytes: number; totalBytes: number };
    journal: { lastSeq: number; bytes: number };
  };
  expect(disk.freeBytes).toBeGreaterThan(0);
  expect(disk.totalBytes).toBeGreaterThan(disk.freeBytes);
  expect(journal.bytes).toBeGreaterThan(0);
});

it('tells the log from a line on, each once', async () => {
  const before = (await lines()).lines.at(-1)?.n ?? 0;
  log.info({ link: 'central', state: 'away', nested: { a: 1 } }, 'link');
  log.error({ error: new Error('disk full') }, 'not written');
  const { run, lines: told } = await lines(before);
  expect(told).toMatchObject([
    { n: before + 1, level: 'info', text: 'link', facts: { link: 'central', state: 'away' } },
    { n: before + 2, level: 'error', text: 'not written', facts: { error: 'disk full' } },
  ]);
  expect(JSON.stringify(told)).not.toMatch(/at .*\.ts:\d+|nested|hostname/);
  expect(await lines(before + 2)).toEqual({ run, lines: [] });
});

it('lets nothing out that looks like an ID number or a mobile number, and keeps 500 lines', async () => {
  log.warn({ detail: 'card 99010119900307123X, call 13900000000' }, 'for 990101199003071234');
  const told = JSON.stringify((await lines()).lines.at(-1));
  expect(told).toContain('card ***, call ***');
  expect(told).not.toMatch(/990101|1390000/);
  for (let n = 0; n < 600; n++) log.info({ serial: n }, 'again');
  const kept = (await lines()).lines;
  expect(kept).toHaveLength(500);
  expect(kept.at(-1)?.facts).toEqual({ serial: 599 });
});

it('is for technicians; a supervisor sees the state, not the log', async () => {
  expect((await hall.as('manager')('GET', 'system')).status).toBe(200);
  for (const role of ['clerk', 'kiosk', null] as const)
    expect((await hall.as(role)('GET', 'system')).status, String(role)).toBeGreaterThanOrEqual(401);
  for (const role of ['clerk', 'manager', null] as const)
    expect((await hall.as(role)('GET', 'log')).status, String(role)).toBeGreaterThanOrEqual(401);
  expect((await hall.as('technician')('GET', 'log?after=x')).status).toBe(400);
});

/** The register of traces through the front door: what left the order, why, and whether the log that says so is whole. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { ROOT, temporaryFolder } from '../harness/programs.ts';

const folder = temporaryFolder('trace');
const file = join(folder.path, 'journal', 'journal.sqlite');
let hall: Hall;

const YAML = hallYaml(`
video: {template: "https://recorder.example/play?channel={channel}&start={start}&end={end}", cameras: {"1": ch-7}, beforeS: 10, afterS: 20}
rules:
  reasons: {pause: [{zh: 短暂休息, en: Short break}]}
`);
type Trace = Record<string, unknown> & { seq: number; action: string; prev: string; hash: string };
const traces = async (query = ''): Promise<{ traces: Trace[]; next: number | null }> => {
  const { status, body } = await hall.as('manager')('GET', `trace${query}`);
  expect(status).toBe(200);
  return body as never;
};
const clerk = async (action: string, content: object = {}): Promise<void> => {
  const { status, body } = await hall.as('clerk')('POST', `windows/${action}`, content);
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`);
};

beforeAll(async () => {
  hall = await startHall(folder.path, YAML);
  for (const [window, staff] of [
    [1, '1001'],
    [2, '1002'],
  ] as const) {
    await clerk(`${window}/open`, { staff });
    await clerk(`${window}/pause`, { reason: 'Short break' });
    await clerk(`${window}/resume`);
    await clerk(`${window}/pause`, { reason: 'printer paper: 更换纸张' });
  }
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});

describe('the register of traces', () => {
  it('tells each trace with its reason, its place in the chain and the way to its picture', async () => {
    const all = await traces();
    expect(all.next).toBeNull();
    expect(all.traces.map(({ action, window, staff, reason }) => [action, window, staff, reason])).toEqual([
      ['pause', 1, '1001', 'Short break'],
      ['pause', 1, '1001', 'printer paper: 更换纸张'],
      ['pause', 2, '1002', 'Short break'],
      ['pause', 2, '1002', 'printer paper: 更换纸张'],
    ]);
    const { body } = await hall.as('integrator')('GET', 'events?limit=1000');
    const events = body as unknown as { seq: number; prev: string }[];
    for (const { seq, prev, hash } of all.traces) {
      expect(events.find((event) => event.seq === seq)?.prev).toBe(prev);
      const next = events.find((event) => event.seq === seq + 1);
      if (next) expect(next.prev).toBe(hash);
    }
    const time = new Date(String(all.traces[0]!['time'])).getTime();
    const link = new URL(String(all.traces[0]!['playback']));
    expect(link.origin).toBe('https://recorder.example');
    expect(link.searchParams.get('channel')).toBe('ch-7');
    expect(Math.abs(Date.parse(link.searchParams.get('start')!) - (time - 10_000))).toBeLessThan(1001);
    // No camera looks at window 2, so there is nothing to show.
    expect(all.traces[2]).not.toHaveProperty('playback');
  });

  it('gives page after page, and only what was asked for', async () => {
    const seen: number[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const page: Awaited<ReturnType<typeof traces>> = await traces(`?after=${next}&limit=1`);
      expect(page.traces.length).toBeLessThanOrEqual(1);
      seen.push(...page.traces.map(({ seq }) => seq));
      next = page.next;
    }
    expect(seen).toEqual((await traces()).traces.map(({ seq }) => seq));
    expect((await traces('?window=2')).traces).toHaveLength(2);
    expect((await traces('?staff=1001&action=pause')).traces).toHaveLength(2);
    expect((await traces('?action=surge')).traces).toEqual([]);
    expect(await hall.as('manager')('GET', 'trace?action=green-channel')).toMatchObject({
      status: 400,
      body: { code: 'bad-request', field: 'action' },
    });
  });

  it('gives the traces of the days asked for, and says which days can be looked at', async () => {
    const days = (await hall.as('manager')('GET', 'trace/days')).body['days'] as string[];
    expect(days).toHaveLength(1);
    const today = days[0]!;
    const all = (await traces()).traces;
    expect((await traces(`?from=${today}&through=${today}`)).traces).toEqual(all);
    expect((await traces(`?from=${today}&window=2`)).traces).toEqual(
      all.filter((each) => each['window'] === 2),
    );
    expect(await traces('?through=2020-01-01')).toEqual({ traces: [], next: null });
    expect(await hall.as('manager')('GET', 'trace?from=yesterday')).toMatchObject({
      status: 400,
      body: { code: 'bad-request', field: 'from' },
    });
    expect(await hall.as('clerk')('GET', 'trace/days')).toMatchObject({ status: 403 });
  });

  it('is for supervisors; the reasons to choose from are for the clerk, and free text is always possible', async () => {
    for (const role of ['kiosk', 'clerk', 'technician'] as const)
      expect(await hall.as(role)('GET', 'trace')).toMatchObject({ status: 403 });
    for (const role of ['integrator', 'clerk'] as const)
      expect(await hall.as(role)('GET', 'trace/verify')).toMatchObject({ status: 403 });
    const { body } = await hall.as('clerk')('GET', 'reasons');
    expect(body).toMatchObject({ pause: [{ zh: '短暂休息', en: 'Short break' }], transfer: [] });
    expect(await hall.as('kiosk')('GET', 'reasons')).toMatchObject({ status: 403 });
  });

  it('verifies the whole log while the hall goes on', async () => {
    const [verified] = await Promise.all([
      hall.as('manager')('GET', 'trace/verify'),
      ...Array.from({ length: 20 }, (_, tap) =>
        hall.as('kiosk')('POST', 'tickets', {
          service: 'transfer',
          delivery: 'screen',
          idempotencyKey: `tap-${tap}`,
        }),
      ),
    ]);
    expect(verified).toMatchObject({ status: 200, body: { ok: true } });
    const again = await hall.as('manager')('GET', 'trace/verify');
    const events = (await hall.as('integrator')('GET', 'events?limit=1000')).body as unknown as object[];
    expect(again.body).toMatchObject({ ok: true, records: events.length, through: events.length });
    expect((await hall.as('manager')('GET', 'trace/verify/progress')).body).toEqual({ running: null });
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[join(ROOT, 'kiosk-agent', 'cli.ts'), 'journal', 'verify', '--state', folder.path],
      ...['--against', `${String(again.body['through'])}:${String(again.body['hash'])}`],
    ]);
    expect(stdout).toContain('good, records 1 to');
  });

  it('names the first record that somebody changed from outside', async () => {
    const { seq } = (await traces()).traces[2]!;
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.prepare("UPDATE events SET json = replace(json, 'Short', 'Green') WHERE seq = ?").run(seq);
    database.close();
    expect((await hall.as('manager')('GET', 'trace/verify')).body).toEqual({
      ok: false,
      firstBad: { seq, why: `record ${seq} was changed: its text does not fit its hash` },
    });
  });
});

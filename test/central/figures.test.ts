/** Figures, ledgers and what is wrong now, read from the events of real days; recounted by hand, and made again from nothing. */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../central/database.ts';
import { catchUp } from '../../central/figures/figures.ts';
import { badRatings, devicesDown, ledgerQuery, opinions } from '../../central/ledgers.ts';
import { hallRows } from '../../central/overview.ts';
import { statistics, statisticsQuery } from '../../central/statistics.ts';
import { takeBatch } from '../../central/store.ts';
import { CHAIN_START, type EventDraft, type HallEvent } from '../../kiosk-agent/contract/events.ts';
import { Hall } from '../rules/hall.ts';
import { Recount } from '../year/recount.ts';
import { startPostgres } from './postgres.ts';

const REGION = '371000000000';
const agents = {
  all: async () => [],
  find: async () => undefined,
  put: async () => {},
  close: async () => {},
};
const noSignal = new AbortController().signal;

async function embedded() {
  const stateDir = await mkdtemp(join(tmpdir(), 'figures-'));
  return {
    open: () => openDatabase(stateDir, undefined),
    stop: () => rm(stateDir, { recursive: true, force: true }),
  };
}
async function server() {
  const stateDir = await mkdtemp(join(tmpdir(), 'figures-'));
  const { databaseUrl, stop } = await startPostgres();
  return {
    open: () => openDatabase(stateDir, databaseUrl),
    stop: async () => {
      await stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Three days of two windows by the real rules: ratings of every level, lapses, misses, people who leave; the third is still open. */
function threeDays(): Hall {
  const hall = new Hall({}, '2026-11-23T08:30:00+08:00');
  let session = 0;
  for (const [index, day] of ['2026-11-23', '2026-11-24', '2026-11-25'].entries()) {
    hall.at(`${day}T08:30:00+08:00`).do({ name: 'day.check' });
    for (const window of [1, 2]) hall.open(window);
    for (let visit = 0; visit < 12 + index; visit++) {
      const window = 1 + (visit % 2);
      const ticketId = hall.waiting(visit % 3 === 1 && window === 2 ? 'mortgage' : 'transfer');
      hall.wait(30 + visit * 170);
      if (visit % 5 === 4) {
        hall.do({ name: 'ticket.cancel', ticketId, by: 'visitor' });
        continue;
      }
      hall.do({ name: 'window.call', window, ticketId, reason: 'test' });
      if (visit % 7 === 6) {
        hall.wait(60).do({ name: 'window.missed', window });
        continue;
      }
      hall.wait(5).do({ name: 'window.start', window });
      hall.wait(90 + visit * 60).do({ name: 'window.finish', window, session: ++session });
      if (visit % 4 === 3) hall.wait(40).do({ name: 'rating.lapse', session, why: 'timeout' });
      else
        hall
          .wait(5)
          .do({ name: 'rating.touch', window, session, level: (1 + (visit % 5)) as 1 | 2 | 3 | 4 | 5 });
    }
  }
  return hall;
}

/** The drafts as an agent's journal has them. */
function chained(drafts: EventDraft[], agentId: string, epoch: string): HallEvent[] {
  let prev = CHAIN_START;
  return drafts.map(({ type, subject, time, data }, index) => {
    const event = {
      ...{
        specversion: '1.0',
        id: `${agentId}/${index + 1}`,
        source: `/halls/${agentId}-hall/agents/${agentId}`,
      },
      ...{ type, subject, time, datacontenttype: 'application/json', seq: index + 1, epoch, prev },
      ...{ region: REGION, data },
    } as HallEvent;
    prev = createHash('sha256').update(canonicalize(event)!).digest('hex');
    return event;
  });
}

describe.each([
  ['the embedded database', embedded],
  ['a PostgreSQL server', server],
])('the figures in %s', (_name, start) => {
  let engine: Awaited<ReturnType<typeof embedded>>;
  let database: Database;
  let made = 0;
  beforeAll(async () => {
    engine = await start();
    database = await engine.open();
  });
  afterAll(async () => {
    await database?.close();
    await engine?.stop();
  });

  /** Hands in these drafts as a new agent's, in batches of `size`; its events and how to ask about it. */
  async function handIn(drafts: EventDraft[], size = 7) {
    const stream = { agentId: `hub-${++made}`, epoch: `epoch-of-${made}` };
    const events = chained(drafts, stream.agentId, stream.epoch);
    for (let at = 0; at < events.length; at += size)
      expect(
        (await takeBatch(database, stream, REGION, events.slice(at, at + size))).receipt.refused,
      ).toBeUndefined();
    const ask = (more: object) =>
      statistics(
        database,
        statisticsQuery.parse({ from: '2026-11-23', to: '2026-11-25', agent: stream.agentId, ...more }),
      );
    return { ...stream, stream, events, ask };
  }
  const withoutKey = (rows: { key: string }[]) =>
    Object.fromEntries(
      rows.map(({ key, ...tally }) => {
        const { hall: _hall, region: _region, ...line } = tally as Record<string, unknown>;
        return [key, line];
      }),
    );

  test('say what a count by hand of the same events says: whole, by day, service, window and staff', async () => {
    const { events, ask } = await handIn(threeDays().log);
    const recount = new Recount();
    const days = new Map<string, Recount>();
    let day = '';
    let skipped = 0;
    for (const event of events) {
      recount.take(event);
      if (event.type === 'hall.day.opened') {
        day = event.data.day;
        days.set(day, new Recount());
        skipped = event.seq - 1;
      }
      days.get(day)?.take({ ...event, seq: event.seq - skipped });
    }
    const { year } = recount;
    expect(year.hall.lapsed).toBeGreaterThan(3);
    expect(year.hall.cancelled).toBeGreaterThan(3);
    expect(withoutKey((await ask({ by: 'all' })).rows)).toEqual({ all: year.hall });
    expect(withoutKey((await ask({ by: 'hall' })).rows)).toEqual({ [`hub-${made}`]: year.hall });
    expect(withoutKey((await ask({ by: 'service' })).rows)).toEqual(year.services);
    expect(withoutKey((await ask({ by: 'window' })).rows)).toEqual(year.windows);
    expect(withoutKey((await ask({ by: 'staff' })).rows)).toEqual(year.staff);
    const byDay = withoutKey((await ask({ by: 'day' })).rows);
    expect(Object.keys(byDay)).toEqual([...days.keys()]);
    for (const [name, { year: sheet }] of days) expect(byDay[name]).toEqual(sheet.hall);
    expect(withoutKey((await ask({ by: 'region' })).rows)).toHaveProperty('370000000000');
  });

  test('filters meet: one service at one window by one member of staff, and a day alone', async () => {
    const { events, ask } = await handIn(threeDays().log);
    const wanted = events.filter(
      ({ type, data }) =>
        type === 'hall.rating.given' &&
        (data as { window: number }).window === 2 &&
        (data as { service: string }).service === 'mortgage',
    );
    expect(wanted.length).toBeGreaterThan(0);
    const { rows } = await ask({ by: 'all', window: 2, service: 'mortgage', staff: 's2' });
    expect(rows[0]!.ratings.reduce((sum, count) => sum + count)).toBe(wanted.length);
    expect((await ask({ by: 'all', window: 2, service: 'mortgage', staff: 's1' })).rows).toEqual([]);
    const [first] = (await ask({ by: 'day', to: '2026-11-23' })).rows;
    expect(first?.tickets).toBe(12);
    expect((await ask({ by: 'all', region: '110000000000' })).rows).toEqual([]);
    const hours = (await ask({ by: 'hour' })).rows;
    expect(hours.reduce((sum, row) => sum + row.tickets, 0)).toBe(12 + 13 + 14);
  });

  test('a day closed by its hall fits its events, the running day is in the sums, and a changed total is named', async () => {
    const honest = await handIn(threeDays().log, 50);
    expect((await honest.ask({})).days).toEqual({ closed: 2, running: 1, differing: 0 });
    const drafts = structuredClone(threeDays().log);
    const closing = drafts.find(({ type }) => type === 'hall.day.closed')!;
    (closing.data as { totals: { hall: { ratings: number[] } } }).totals.hall.ratings[0]! -= 1;
    const changed = await handIn(drafts, 20);
    const { days, differing } = await changed.ask({});
    expect(days).toEqual({ closed: 2, running: 1, differing: 1 });
    expect(differing).toEqual([
      { agentId: changed.agentId, hall: `${changed.agentId}-hall`, day: '2026-11-23' },
    ]);
  });

  test('are made again from the stored events, the same, while new ones come in', async () => {
    const drafts = threeDays().log;
    const { stream, events, ask } = await handIn(drafts.slice(0, -20));
    const later = chained(drafts, stream.agentId, stream.epoch).slice(events.length);
    await database.transaction(async (query) => {
      for (const table of ['tallies', 'hall_months', 'day_closings', 'open_evaluations', 'bad_ratings'])
        await query(`DELETE FROM ${table} WHERE agent_id = $1`, [stream.agentId]);
      await query('UPDATE streams SET counted = 0, open_day = null, day_tally = null WHERE agent_id = $1', [
        stream.agentId,
      ]);
    });
    await takeBatch(database, stream, REGION, later.slice(0, 10));
    expect((await ask({})).rows).toEqual([]);
    expect(await catchUp(database, noSignal)).toBe(events.length + 10);
    await takeBatch(database, stream, REGION, later.slice(10));
    // A batch that comes twice counts once.
    await takeBatch(database, stream, REGION, later);
    expect(await catchUp(database, noSignal)).toBe(0);
    const recount = new Recount();
    for (const event of [...events, ...later]) recount.take(event);
    expect(withoutKey((await ask({})).rows)).toEqual({ all: recount.year.hall });
    expect((await ask({})).days).toEqual({ closed: 2, running: 1, differing: 0 });
  });

  test('bad ratings stand with their clock: overdue ones first, an appeal stops it, and what is closed is done', async () => {
    const hall = new Hall({}, '2026-11-23T09:00:00+08:00');
    const bad = (session: number, window: number) => {
      hall.wait(60).evaluating(session, window);
      hall.wait(5).do({ name: 'rating.touch', window, session, level: 1 });
      hall.wait(60);
    };
    bad(1, 1);
    bad(2, 2);
    bad(3, 1);
    const step = { name: 'follow-up.step', staff: 's9' } as const;
    hall.do({ ...step, session: 2, step: 'contacted' });
    hall.do({ ...step, session: 3, step: 'appealed', text: 'pressed by a child' });
    hall.do({ name: 'rating.give-reason', session: 1, options: ['slow'], by: 'qr' });
    const { agentId } = await handIn(hall.log);
    const read = async (now: string, state = 'open') =>
      badRatings(database, ledgerQuery.parse({ agent: agentId, state }), new Date(now));
    const monday = await read('2026-11-23T12:00:00+08:00');
    expect(monday.counts).toEqual({ open: 3, overdue: 0 });
    const thursday = await read('2026-11-26T09:00:00+08:00');
    expect(
      thursday.ratings.map(({ session, overdue, daysLate, next, state }) => [
        ...[session, overdue, daysLate, next?.step, state],
      ]),
    ).toEqual([
      [1, true, 2, 'contacted', 'open'],
      [3, false, 0, 'contacted', 'appealed'],
      [2, false, 0, 'answered', 'open'],
    ]);
    expect(thursday.ratings[0]).toMatchObject({
      reason: { options: ['slow'], by: 'qr' },
      level: 1,
      window: 1,
    });
    expect(thursday).toMatchObject({
      regions: [{ region: '370000000000', open: 3, overdue: 1 }],
      halls: [{ agentId, open: 3, overdue: 1 }],
    });
    expect((await read('2026-11-26T09:00:00+08:00', 'overdue')).total).toBe(1);
    const [row] = await hallRows(database, agents, () => undefined, new Date('2026-11-26T09:00:00+08:00'), [
      agentId,
    ]);
    expect(row).toMatchObject({ badOpen: 3, badOverdue: 1, windowsOpen: 2 });
  });

  test('opinions stand with theirs, and a device is down until it is back', async () => {
    const hall = new Hall({}, '2026-11-23T09:00:00+08:00');
    for (const key of ['one', 'two'])
      hall.wait(60).do({
        ...{ name: 'opinion.file', kind: 'complaint', channel: 'query', text: `It took long (${key})` },
        ...{ codeHash: 'a'.repeat(64), idempotencyKey: key },
      });
    const [first, second] = Object.keys(hall.state.opinions.known) as [string, string];
    hall.wait(60).do({ name: 'opinion.assign', opinion: first, to: 's2', by: 's9' });
    hall.wait(60).do({ name: 'opinion.answer', opinion: second, text: 'We are sorry.', by: 's9' });
    const at = (minute: number) => `2026-11-23T10:${minute}:00.000+08:00`;
    const device = (type: string, minute: number, data: object) =>
      ({ type, subject: 'x', time: at(minute), data }) as EventDraft;
    const { agentId } = await handIn([
      ...hall.log,
      device('hall.device.faulted', 10, { device: 'printer-1', fault: 'paper-out' }),
      device('hall.device.lost', 11, { device: 'evaluator-1', why: 'unplugged' }),
      device('hall.device.recovered', 12, { device: 'printer-1', from: 'paper-out' }),
    ]);
    const { opinions: rows, counts } = await opinions(
      database,
      ledgerQuery.parse({ agent: agentId }),
      new Date('2026-12-03T09:00:00+08:00'),
    );
    expect(counts).toEqual({ open: 2, overdue: 1 });
    expect(rows).toMatchObject([
      { opinion: first, state: 'assigned', assignedTo: 's2', overdue: true, daysLate: 3 },
      { opinion: second, state: 'answered', answer: 'We are sorry.', overdue: false },
    ]);
    expect((await devicesDown(database, REGION)).filter((row) => row.agentId === agentId)).toMatchObject([
      { device: 'evaluator-1', state: 'lost', why: 'unplugged', since: at(11) },
    ]);
  });
});

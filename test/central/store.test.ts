import fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { letIn, openAgents, tokenHash } from '../../central/agents.ts';
import { migrate, openDatabase, type Database } from '../../central/database.ts';
import { eventsAfter, hallRows, latestAlarms, latestRatings, latestTickets } from '../../central/overview.ts';
import { Outbox } from '../../central/outbox.ts';
import { takeBatch, through } from '../../central/store.ts';
import type { LinkCommand } from '../../kiosk-agent/contract/link.ts';
import { history } from '../link/history.ts';
import { startPostgres } from './postgres.ts';

const flushed = vi.hoisted(() => ({ count: 0 }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const fsyncSync = (file: number) => {
    real.fsyncSync(file);
    flushed.count += 1;
  };
  return { ...real, fsyncSync };
});

const REGION = '371000000000';
type Engine = {
  open: () => Promise<Database>;
  stateDir: string;
  databaseUrl: string | undefined;
  stop: () => Promise<void>;
};

async function embedded(): Promise<Engine> {
  const stateDir = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    open: () => openDatabase(stateDir, undefined),
    stateDir,
    databaseUrl: undefined,
    stop: () => rm(stateDir, { recursive: true, force: true }),
  };
}

async function server(): Promise<Engine> {
  const stateDir = await mkdtemp(join(tmpdir(), 'store-'));
  const { databaseUrl, stop } = await startPostgres();
  return {
    open: () => openDatabase(stateDir, databaseUrl),
    stateDir,
    databaseUrl,
    stop: async () => {
      await stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

describe.each([
  ['the embedded database', embedded],
  ['a PostgreSQL server', server],
])('the store in %s', (_name, start) => {
  let engine: Engine;
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    engine = await start();
    database = await engine.open();
  });
  afterAll(async () => {
    await database?.close();
    await database?.close();
    await engine?.stop();
  });

  function stream() {
    count += 1;
    const name = { agentId: `hub-${count}`, epoch: `epoch-000${count}` };
    return { name, journal: history(name.agentId, name.epoch, `hall-${count}`) };
  }
  const take = async (name: { agentId: string; epoch: string }, batch: unknown) =>
    (await takeBatch(database, name, REGION, batch)).receipt;
  const stored = (name: { agentId: string; epoch: string }) =>
    eventsAfter(database, name.agentId, name.epoch, 0, 1000);

  test('its tables are made once, however often it is asked', async () => {
    await Promise.all([migrate(database), migrate(database)]);
    const files = (await readdir(new URL('../../central/migrations/', import.meta.url))).sort();
    const run = await database.query<{ name: string }>('SELECT name FROM migrations');
    expect(run.map(({ name }) => name).sort()).toEqual(files);
  });

  test('commands for an agent wait in it, are asked in order until they are answered, and are put once for a key', async () => {
    const asked: string[] = [];
    const connected = new Set<string>();
    const line = {
      connected: (agentId: string) => connected.has(agentId),
      command: async (agentId: string, { id, data }: LinkCommand) => {
        if (!connected.has(agentId)) return { refused: 'away' };
        asked.push(id);
        return data['text'] === 'two' ? { refused: 'unknown-command', why: 'no' } : { ok: true as const };
      },
    };
    let now = new Date('2026-03-02T01:00:00Z');
    const open = () => new Outbox(database, line, () => now, pino({ level: 'silent' }));
    const wish = (key: string, hours: number) => ({
      agentId: 'hub-outbox',
      key,
      name: 'notice',
      subject: 'n-1',
      data: { text: key },
      deadline: new Date(now.getTime() + hours * 3_600_000),
    });
    const before = open();
    const ids = [];
    for (const [key, hours] of [
      ['late', 1],
      ['one', 9],
      ['two', 9],
      ['one', 9],
    ] as const)
      ids.push((await before.put(wish(key, hours))).id);
    expect(new Set(ids).size).toBe(3);
    await before.close();
    await before.close();

    now = new Date('2026-03-02T03:00:00Z');
    connected.add('hub-outbox');
    const outbox = open();
    const states = async () =>
      (await outbox.about('hub-outbox', 'notice', 'n-1')).map(({ state, refused }) => refused ?? state);
    await vi.waitUntil(async () => !(await states()).includes('queued'), { timeout: 10_000 });
    expect(await states()).toEqual(['expired', 'delivered', 'unknown-command']);
    expect(asked).toEqual(ids.slice(1, 3));
    await outbox.close();
  });

  test('what is acknowledged has been flushed to the disk', async () => {
    // A server of its own does its own flushing.
    if (database.kind === 'postgres') {
      expect(await database.query('SHOW fsync')).toEqual([{ fsync: 'on' }]);
      return;
    }
    const { name, journal } = stream();
    for (let i = 0; i < 5; i++) {
      const before = flushed.count;
      await take(name, journal.add(3));
      expect(flushed.count).toBeGreaterThan(before);
    }
  });

  test('gives back every event as it came', async () => {
    const { name, journal } = stream();
    const batch = journal.add(7);
    expect(await take(name, batch)).toEqual({ through: 7 });
    expect(await stored(name)).toEqual(batch);
    expect(await eventsAfter(database, name.agentId, undefined, 5, 1)).toEqual([batch[5]]);
  });

  test('whatever pieces come in whatever order, it has a beginning of the history, each event once', async () => {
    const piece = fc.tuple(fc.integer({ min: 0, max: 29 }), fc.integer({ min: 1, max: 12 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (pieces, together) => {
          const { name, journal } = stream();
          journal.add(42);
          let has = 0;
          const send = ([start, length]: [number, number]) =>
            take(name, journal.events.slice(start, start + length));
          if (together) {
            await Promise.all(pieces.map(send));
            has = await through(database, name);
          } else {
            for (const [start, length] of pieces) {
              if (start <= has) has = Math.max(has, start + length);
              expect(await send([start, length])).toEqual({ through: has });
            }
          }
          expect(await stored(name)).toEqual(journal.events.slice(0, has));
        },
      ),
      { seed: 20260302, numRuns: 25 },
    );
  });

  test('the same batch over many connections at once is stored once', async () => {
    const { name, journal } = stream();
    const batch = journal.add(60);
    const receipts = await Promise.all(Array.from({ length: 8 }, () => take(name, batch)));
    expect(receipts).toEqual(Array(8).fill({ through: 60 }));
    expect(await stored(name)).toEqual(batch);
    expect((await latestRatings(database, 1000)).filter((row) => row.agentId === name.agentId)).toHaveLength(
      20,
    );
  });

  test('a bad event takes the whole batch with it, and its index is named', async () => {
    const { name, journal } = stream();
    journal.add(3);
    journal.addOdd({ region: 'nowhere' });
    journal.add(2);
    expect(await take(name, journal.events)).toEqual({
      through: 0,
      refused: { code: 'bad-event', index: 3, why: expect.stringContaining('region') },
    });
    expect(await stored(name)).toEqual([]);
  });

  test.each([
    ['no batch', 'events', undefined],
    ['an empty batch', [], undefined],
    ['something else than an event', [null], 0],
  ])('%s is refused', async (_what, batch, index) => {
    const { name } = stream();
    const receipt = await take(name, batch);
    expect(receipt.refused?.code).toBe('bad-event');
    expect(receipt.refused?.index).toBe(index);
  });

  test.each(['a\u0000b', 'half \ud83d', '\udc00 half'])(
    'a text that no database can hold is a bad event, not a failed store',
    async (text) => {
      const { name, journal } = stream();
      journal.addOdd({ type: 'hall.future.thing', data: { text } });
      expect(await take(name, journal.events)).toMatchObject({ refused: { code: 'bad-event', index: 0 } });
    },
  );

  test('texts that only look like escapes are kept as they are', async () => {
    const { name, journal } = stream();
    journal.addOdd({ type: 'hall.future.thing', data: { text: '\\u0000 \\\\ud800 😀 "威海"' } });
    expect(await take(name, journal.events)).toEqual({ through: 1 });
    expect(await stored(name)).toEqual(journal.events);
  });

  test('an event that is not linked to the one before it is taken and raises an alarm', async () => {
    const { name, journal } = stream();
    journal.add(4);
    journal.addOdd({ prev: 'f'.repeat(64) });
    journal.add(4);
    expect(await take(name, journal.events)).toEqual({ through: 9 });
    const alarms = (await latestAlarms(database, 100)).filter((row) => row.agentId === name.agentId);
    expect(alarms).toMatchObject([{ seq: 5, kind: 'prev-differs' }]);
  });

  test('a change behind the last batch is found at the next one', async () => {
    const { name, journal } = stream();
    await take(name, journal.add(4));
    (journal.events[3]!.data as { confirmedBy: string }).confirmedBy = 'staff';
    expect(await take(name, journal.add(2))).toEqual({ through: 6 });
    const alarms = (await latestAlarms(database, 100)).filter((row) => row.agentId === name.agentId);
    expect(alarms).toMatchObject([{ seq: 5, kind: 'prev-differs' }]);
  });

  test('another history under the same epoch is refused, also in the middle, and raises an alarm', async () => {
    const { name, journal } = stream();
    await take(name, journal.add(10));
    const other = journal.copyUpTo(4);
    other.addOdd({ subject: 'another-life' });
    const receipt = await take(name, other.events);
    expect(receipt).toMatchObject({ through: 10, refused: { code: 'chain-broken', index: 4 } });
    expect(await stored(name)).toEqual(journal.events);
    expect((await latestAlarms(database, 100)).filter((row) => row.agentId === name.agentId)).toMatchObject([
      { seq: 5, kind: 'other-history' },
    ]);
  });

  test('halls, tickets and ratings are read from the events, in the time of the hall', async () => {
    const { name, journal } = stream();
    journal.add(8);
    await take(name, journal.events.slice(0, 5));
    await take(name, journal.events.slice(3));
    const agents = await openAgents(engine.stateDir, engine.databaseUrl);
    const [hall] = await hallRows(database, agents, () => undefined, new Date('2026-03-02T02:00:00Z'), [
      name.agentId,
    ]);
    await agents.close();
    expect(hall).toMatchObject({
      hall: `hall-${count}`,
      region: REGION,
      through: 8,
      day: '2026-03-02',
      lastEventAt: '2026-03-02T09:00:00.800+08:00',
      tickets: 3,
      ratings: { '5': 0, '4': 0, '3': 1, '2': 1, '1': 0 },
      connected: false,
    });
    const [rating] = (await latestRatings(database, 1000)).filter((row) => row.agentId === name.agentId);
    expect(rating).toMatchObject({
      seq: 6,
      session: 2,
      number: 'A002',
      window: 3,
      level: 3,
      source: 'press',
      device: { serial: 'E1', boot: '1', seq: 2 },
      pressedAt: '2026-03-02T09:00:00.600+08:00',
      flags: [],
    });
    const [ticket] = (await latestTickets(database, 1000)).filter((row) => row.agentId === name.agentId);
    expect(ticket).toMatchObject({ number: 'A003', state: 'called', window: 4 });
  });

  test('an older epoch that arrives late does not turn the day of the hall back', async () => {
    const old = stream();
    old.journal.add(2);
    const anew = history(old.name.agentId, `${old.name.epoch}-2`, `hall-${count}`, Date.UTC(2026, 2, 4, 1));
    await take({ ...old.name, epoch: anew.epoch }, anew.add(1));
    await take(old.name, old.journal.events);
    const agents = await openAgents(engine.stateDir, engine.databaseUrl);
    const [hall] = await hallRows(database, agents, () => undefined, new Date('2026-03-04T02:00:00Z'), [
      old.name.agentId,
    ]);
    await agents.close();
    expect(hall).toMatchObject({ day: '2026-03-04', epoch: anew.epoch, tickets: 1, waiting: 1 });
  });

  test('an agent is let in beside the open database, and a new token ends the old one', async () => {
    const agents = await openAgents(engine.stateDir, engine.databaseUrl);
    const first = await letIn(agents, 'hub-9', REGION);
    const second = await letIn(agents, 'hub-9', '371002000000');
    expect(first).not.toBe(second);
    expect(await agents.find('hub-9')).toEqual({
      agentId: 'hub-9',
      region: '371002000000',
      tokenHash: tokenHash(second),
    });
    expect(await agents.find('nobody')).toBeUndefined();
    await agents.close();
    await agents.close();
  });

  test('what was taken is there when it is opened again', async () => {
    const { name, journal } = stream();
    await take(name, journal.add(5));
    await database.close();
    database = await engine.open();
    expect(await through(database, name)).toBe(5);
    expect(await take(name, journal.add(1))).toEqual({ through: 6 });
  });
});

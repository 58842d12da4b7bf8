import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../central/database.ts';
import { withLease } from '../../central/lease.ts';

describe('a lease', () => {
  let folder: string;
  let database: Database;
  const now = () => new Date();
  const FOR_MS = 600;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lease-'));
    database = await openDatabase(folder, undefined);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The database as a server sees it whose way to it is cut: statements get no answer, or fail. */
  function cutOff(): { database: Database; cut: () => void } {
    let isCut = false;
    const query: Database['query'] = (sql, parameters) =>
      isCut ? Promise.reject(new Error('cut')) : database.query(sql, parameters);
    return { database: { ...database, query }, cut: () => (isCut = true) };
  }

  test('one of many who ask at once does the work; the others are told who does and until when', async () => {
    const end = Promise.withResolvers<string>();
    let running = 0;
    const work = () => {
      running += 1;
      return end.promise;
    };
    const asked = ['one', 'two', 'three', 'one'].map((holder) =>
      withLease(database, 'push', holder, 60_000, now, work).then((outcome) => ({ holder, ...outcome })),
    );
    await vi.waitUntil(() => running > 0, { timeout: 5_000 });
    const early = await Promise.all(
      asked.map((outcome) => Promise.race([outcome, new Promise<null>((go) => setTimeout(go, 100, null))])),
    );
    const refused = early.filter((outcome) => outcome !== null);
    expect([running, refused.length]).toEqual([1, 3]);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ ran: false, heldBy: 'one' });
      if (!outcome.ran) expect(outcome.until.getTime()).toBeGreaterThan(Date.now());
    }
    end.resolve('done');
    expect((await Promise.all(asked)).filter(({ ran }) => ran)).toMatchObject([{ value: 'done' }]);
  });

  test('it is given back at the end, also when the work fails', async () => {
    const failing = withLease(database, 'alerts', 'one', 60_000, now, () =>
      Promise.reject(new Error('no way')),
    );
    await expect(failing).rejects.toThrow('no way');
    expect(await withLease(database, 'alerts', 'two', 60_000, now, async () => 2)).toEqual({
      ran: true,
      value: 2,
    });
  });

  test('work that takes longer than the lease keeps it', async () => {
    const end = Promise.withResolvers<void>();
    const began = Promise.withResolvers<AbortSignal>();
    const first = withLease(database, 'long', 'one', FOR_MS, now, (signal) => {
      began.resolve(signal);
      return end.promise;
    });
    const signal = await began.promise;
    const untilAtFirst = await until('long');
    await vi.waitUntil(async () => (await until('long')) > untilAtFirst + 2 * FOR_MS, { timeout: 10_000 });
    expect(await withLease(database, 'long', 'two', FOR_MS, now, async () => 2)).toMatchObject({
      ran: false,
      heldBy: 'one',
    });
    expect(signal.aborted).toBe(false);
    end.resolve();
    await first;
  });

  test('who is cut off from the database learns that the lease is lost, and another takes it over', async () => {
    const one = cutOff();
    const end = Promise.withResolvers<void>();
    const began = Promise.withResolvers<AbortSignal>();
    const first = withLease(one.database, 'cut', 'one', FOR_MS, now, (signal) => {
      began.resolve(signal);
      return end.promise;
    });
    const signal = await began.promise;
    one.cut();
    const two = () => withLease(database, 'cut', 'two', 60_000, now, async () => 'taken over');
    expect(await two()).toMatchObject({ ran: false });
    await vi.waitUntil(async () => (await two()).ran, { timeout: 10_000, interval: 50 });
    await vi.waitUntil(() => signal.aborted, { timeout: 10_000 });
    end.resolve();
    await first;
  });

  test('who was held up does not prolong or give back what another has now', async () => {
    const end = Promise.withResolvers<void>();
    const began = Promise.withResolvers<AbortSignal>();
    const first = withLease(database, 'held-up', 'one', FOR_MS, now, (signal) => {
      began.resolve(signal);
      return end.promise;
    });
    const signal = await began.promise;
    // As if nothing had been heard of it for as long as it was given, and another had had it meanwhile.
    await database.query(`UPDATE leases SET until = now(), turn = turn + 1 WHERE name = 'held-up'`);
    const endTwo = Promise.withResolvers<void>();
    const beganTwo = Promise.withResolvers<void>();
    const second = withLease(database, 'held-up', 'one', 60_000, now, () => {
      beganTwo.resolve();
      return endTwo.promise;
    });
    await beganTwo.promise;
    await vi.waitUntil(() => signal.aborted, { timeout: 10_000 });
    end.resolve();
    await first;
    expect(await until('held-up')).toBeGreaterThan(Date.now() + 30_000);
    endTwo.resolve();
    await second;
  });

  async function until(name: string): Promise<number> {
    const [row] = await database.query<{ until: Date }>('SELECT until FROM leases WHERE name = $1', [name]);
    return row!.until.getTime();
  }
});

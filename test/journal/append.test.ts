import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { expect, test } from 'vitest';
import { CHAIN_START, parseEvent } from '../../kiosk-agent/contract/events.ts';
import type { EventDraft } from '../../kiosk-agent/contract/events.ts';
import { newFolder, openIn } from './folder.ts';
import { draft, drafts } from './records.ts';

test('numbers are given at once, in the order of the calls, and the records come back in that order', async () => {
  const { journal } = await openIn(newFolder().folder);
  const first = journal.append(drafts(2));
  const second = journal.append([draft(3)]);
  expect(first.events.map((event) => event.seq)).toEqual([1, 2]);
  expect(second.events.map((event) => event.seq)).toEqual([3]);
  expect(journal.lastSeq).toBe(3);
  expect(journal.durableSeq).toBe(0);
  const order: number[] = [];
  await Promise.all([second.durable.then(() => order.push(2)), first.durable.then(() => order.push(1))]);
  expect(order).toEqual([1, 2]);
  expect(journal.durableSeq).toBe(3);
  expect(await journal.read(0, 10)).toEqual([...first.events, ...second.events]);
});

test('a record is the CloudEvent of the contract and carries the SHA-256 of the whole record before it', async () => {
  const { journal } = await openIn(newFolder().folder, { randomEpoch: () => 'epoch-of-a-test' });
  const [one, two] = await journal.append(drafts(2)).durable;
  expect(one).toMatchObject({
    specversion: '1.0',
    id: 'hub-1/1',
    source: '/halls/weihai-01/agents/hub-1',
    subject: 't-1',
    seq: 1,
    epoch: 'epoch-of-a-test',
    prev: CHAIN_START,
    region: '371000000000',
  });
  expect(two?.prev).toBe(createHash('sha256').update(canonicalize(one)!).digest('hex'));
  for (const event of await journal.read(0, 2)) expect(parseEvent(event)).toMatchObject({ ok: true });
});

test('a journal that is opened again goes on with the next number in the same chain and epoch', async () => {
  const { folder } = newFolder();
  const { journal } = await openIn(folder);
  const [one] = await journal.append([draft(1)]).durable;
  await journal.close();
  const again = await openIn(folder);
  expect(again.repaired).toBeNull();
  expect(again.journal.epoch).toBe(journal.epoch);
  expect(again.journal.lastSeq).toBe(1);
  const [two] = await again.journal.append([draft(2)]).durable;
  expect(two?.seq).toBe(2);
  expect(two?.prev).toBe(createHash('sha256').update(canonicalize(one)!).digest('hex'));
});

test('64 writers who wait at the same time share flushes', async () => {
  const { journal } = await openIn(newFolder().folder);
  const rounds = 20;
  await Promise.all(
    Array.from({ length: 64 }, async (_, writer) => {
      for (let round = 0; round < rounds; round += 1)
        await journal.append([draft(writer * rounds + round)]).durable;
    }),
  );
  const { commits, lastSeq } = await journal.stat();
  expect(lastSeq).toBe(64 * rounds);
  // Shared among 64 it is about 2 a round; alone it would be 1280.
  expect(commits).toBeLessThan((64 * rounds) / 8);
});

test('one writer who waits for each record has each on disk with a flush of its own', async () => {
  const { journal } = await openIn(newFolder().folder);
  for (let count = 1; count <= 10; count += 1) await journal.append([draft(count)]).durable;
  expect((await journal.stat()).commits).toBe(10);
});

test('reading ends at the limit and at the number of bytes, but gives at least one record', async () => {
  const { journal } = await openIn(newFolder().folder);
  await journal.append(drafts(20)).durable;
  expect((await journal.read(5, 3)).map((event) => event.seq)).toEqual([6, 7, 8]);
  const size = canonicalize((await journal.read(9, 1))[0])!.length;
  expect((await journal.read(9, 100, size * 3 + 2)).map((event) => event.seq)).toEqual([10, 11, 12]);
  expect(await journal.read(9, 100, 1)).toHaveLength(1);
  expect(await journal.read(20, 100)).toEqual([]);
});

test('what JSON cannot hold is refused before it has a number, and the next record takes that number', async () => {
  const { journal } = await openIn(newFolder().folder);
  const bad = { ...draft(1), data: { ...draft(1).data, running: Number.NaN } } as unknown as EventDraft;
  expect(() => journal.append([draft(0), bad])).toThrow();
  expect(journal.lastSeq).toBe(0);
  expect((await journal.append([draft(1)]).durable)[0]?.seq).toBe(1);
});

test('a cursor moves forward only, and never beyond what is on disk', async () => {
  const { folder } = newFolder();
  const { journal } = await openIn(folder);
  await journal.append(drafts(5)).durable;
  expect(await journal.cursor('central')).toBe(0);
  await journal.setCursor('central', 4);
  await journal.setCursor('central', 2);
  expect(await journal.cursor('central')).toBe(4);
  await expect(journal.setCursor('central', 6)).rejects.toThrow(RangeError);
  await expect(journal.setCursor('central', -1)).rejects.toThrow(RangeError);
  await journal.close();
  const again = await openIn(folder);
  expect(await again.journal.cursor('central')).toBe(4);
  expect(await again.journal.cursor('archive')).toBe(0);
});

test('the newest snapshot of the asked version comes back, and replay gives it and the records after it', async () => {
  const { folder } = newFolder();
  const { journal } = await openIn(folder);
  await journal.append(drafts(5)).durable;
  await journal.saveSnapshot(2, 1, { at: 2 });
  await journal.saveSnapshot(4, 1, { at: 4 });
  await expect(journal.saveSnapshot(6, 1, {})).rejects.toThrow(RangeError);
  await journal.close();
  const again = (await openIn(folder)).journal;
  expect(await again.loadSnapshot(1)).toEqual({ seq: 4, state: { at: 4 } });
  expect(await again.loadSnapshot(2)).toBeNull();
  const states: unknown[] = [];
  const seqs: number[] = [];
  const replayed = await again.replay(
    1,
    (state) => states.push(state),
    (event) => seqs.push(event.seq),
  );
  expect(states).toEqual([{ at: 4 }]);
  expect(seqs).toEqual([5]);
  expect(replayed).toEqual({ snapshot: { epoch: journal.epoch, seq: 4 }, events: 1, complete: true });
  const all: number[] = [];
  expect(
    await again.replay(
      2,
      () => expect.unreachable(),
      (event) => all.push(event.seq),
    ),
  ).toEqual({ snapshot: null, events: 5, complete: true });
  expect(all).toEqual([1, 2, 3, 4, 5]);
});

test('closing waits for what is under way, may be done twice, and later calls are refused', async () => {
  const { folder } = newFolder();
  const { journal } = await openIn(folder);
  const { durable } = journal.append(drafts(3));
  const closing = journal.close();
  expect(await durable).toHaveLength(3);
  await closing;
  await journal.close();
  expect(() => journal.append([draft(4)])).toThrow(expect.objectContaining({ code: 'stopping' }));
  await expect(journal.read(0, 1)).rejects.toMatchObject({ code: 'stopping' });
  expect(await journal.probe()).toBe(false);
  expect((await openIn(folder)).journal.lastSeq).toBe(3);
});

import {
  appendFileSync,
  cpSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { Journal } from '../../kiosk-agent/journal/journal.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { edit, filled, newFolder, openIn } from './folder.ts';
import { draft, drafts } from './records.ts';

const RECORDS = 400;
const original = newFolder('kept');
let epoch: string;
let records: HallEvent[];
beforeAll(async () => {
  epoch = await filled(original.folder, RECORDS, async (journal) => {
    await journal.setCursor('central', 100);
    await journal.saveSnapshot(200, 1, { at: 200 });
    records = await everything(journal);
  });
});
afterAll(() => rmSync(original.state, { recursive: true }));

function copy(): { folder: string; file: string } {
  const place = newFolder();
  cpSync(original.folder, place.folder, { recursive: true });
  return place;
}

async function everything(journal: Journal): Promise<HallEvent[]> {
  const events: HallEvent[] = [];
  for (const sealed of journal.sealed()) events.push(...(await sealed.read(0, 1e6, 1e9)));
  return [...events, ...(await journal.read(0, 1e6, 1e9))];
}

async function replayed(journal: Journal): Promise<{ states: unknown[]; places: string[] }> {
  const states: unknown[] = [];
  const places: string[] = [];
  await journal.replay(
    1,
    (state) => states.push(state),
    (event) => places.push(`${event.epoch === epoch ? 'old' : 'new'} ${event.seq}`),
  );
  return { states, places };
}

function flip(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset]! ^= 0xff;
  writeFileSync(file, bytes);
}

test('the good part is kept as a sealed epoch, the damaged file is set aside, and a new epoch begins', async () => {
  const { folder, file } = copy();
  edit(file, "UPDATE events SET json = replace(json, 'A301', 'A999') WHERE seq = 301");
  const { journal, repaired } = await openIn(folder, { clock: () => new Date('2026-11-23T10:05:33Z') });
  expect(repaired).toEqual({
    setAside: join(folder, 'journal.damaged-20261123T100533Z.sqlite'),
    keptThrough: 300,
    why: 'record 301 was changed: its text does not fit its hash',
  });
  expect(verifyJournal(repaired!.setAside)).toMatchObject({ ok: false, seq: 301 });
  expect(journal.epoch).not.toBe(epoch);
  const [first] = await journal.append([draft(1)]).durable;
  expect(first).toMatchObject({ seq: 1, epoch: journal.epoch });
  const [sealed] = journal.sealed();
  expect(sealed).toMatchObject({ epoch, lastSeq: 300 });
  expect(await sealed!.read(0, 1e6, 1e9)).toEqual(records.slice(0, 300));
  // What the next hop had is remembered; the rest of the epoch can still be sent to it.
  expect(await sealed!.cursor('central')).toBe(100);
  expect((await journal.stat()).links['central']).toMatchObject({ acked: 0, pending: 201 });
  await sealed!.setCursor('central', 300);
  await expect(sealed!.setCursor('central', 301)).rejects.toThrow(RangeError);
  await journal.close();
  const again = await openIn(folder);
  expect(again.repaired).toBeNull();
  expect(again.journal).toMatchObject({ epoch: journal.epoch, lastSeq: 1 });
  expect(await again.journal.sealed()[0]!.cursor('central')).toBe(300);
});

test('after a repair the state is rebuilt from the saved snapshot, the saved records and the new ones', async () => {
  const { folder, file } = copy();
  edit(file, 'DELETE FROM events WHERE seq = 204');
  const { journal } = await openIn(folder);
  expect(await replayed(journal)).toEqual({
    states: [{ at: 200 }],
    places: ['old 201', 'old 202', 'old 203'],
  });
  await journal.append(drafts(2)).durable;
  expect((await replayed(journal)).places).toEqual(['old 201', 'old 202', 'old 203', 'new 1', 'new 2']);
  await journal.saveSnapshot(1, 1, { at: 'new 1' });
  expect(await replayed(journal)).toEqual({ states: [{ at: 'new 1' }], places: ['new 2'] });
});

test('a sealed epoch goes when each link has all of it and a newer snapshot makes it unnecessary', async () => {
  const { folder, file } = copy();
  edit(file, 'DELETE FROM events WHERE seq = 204');
  const { journal } = await openIn(folder, { clock: () => new Date('2027-11-23T00:00:00Z') });
  const retain = async () => {
    await journal.retain({ keepDays: 30, links: ['central'] });
    return journal.sealed().length;
  };
  await journal.append([draft(1, '2027-11-23T00:00:00Z')]).durable;
  await journal.saveSnapshot(1, 1, {});
  expect(await retain()).toBe(1);
  await journal.sealed()[0]!.setCursor('central', 203);
  expect(await retain()).toBe(0);
  expect(readdirSync(folder).filter((name) => name.startsWith('sealed'))).toEqual([]);
  expect((await journal.read(0, 10)).map((event) => event.seq)).toEqual([1]);
});

test('damage in what every link has and the snapshot contains costs no record that still has to be sent', async () => {
  const { folder, file } = copy();
  edit(file, `UPDATE events SET seq = -7 WHERE seq = 7; UPDATE events SET json = 'x' WHERE seq = 150`);
  edit(file, 'DELETE FROM events WHERE seq = -7; UPDATE cursors SET seq = 180');
  // The part that is needed is sound, so nothing is repaired until a page of the old part cannot be read at all.
  expect(verifyJournal(file)).toMatchObject({ ok: false, seq: 7 });
  edit(file, "UPDATE head SET hash = 'x'");
  const { journal, repaired } = await openIn(folder);
  expect(repaired).toMatchObject({ keptThrough: RECORDS });
  const [sealed] = journal.sealed();
  expect((await sealed!.read(180, 1e6, 1e9)).map((event) => event.seq)).toEqual(
    records.slice(180).map((event) => event.seq),
  );
  expect((await replayed(journal)).states).toEqual([{ at: 200 }]);
  expect((await replayed(journal)).places[0]).toBe('old 201');
});

const WRECKS = [
  ['an empty file', (file: string) => truncateSync(file, 0)],
  ['a file full of something else', (file: string) => writeFileSync(file, 'not a database, '.repeat(5000))],
  ["another program's database", (file: string) => (rmSync(file), edit(file, 'CREATE TABLE something (a)'))],
  ['a file whose header is gone', (file: string) => flip(file, 3)],
] as const;
test.each(WRECKS)('%s is set aside, and the agent starts with a new epoch', async (_what, wreck) => {
  const { folder, file } = copy();
  wreck(file);
  const bytes = readFileSync(file);
  const { journal, repaired } = await openIn(folder);
  expect(repaired).toMatchObject({ keptThrough: 0 });
  expect(readFileSync(repaired!.setAside)).toEqual(bytes);
  expect(journal.sealed()).toEqual([]);
  expect((await journal.append([draft(1)]).durable)[0]?.seq).toBe(1);
});

test('of a file that was cut off, the records before the cut are kept', async () => {
  const { folder, file } = copy();
  truncateSync(file, Math.floor(statSync(file).size * 0.6));
  const { journal, repaired } = await openIn(folder);
  expect(repaired?.keptThrough).toBeGreaterThan(50);
  expect(await everything(journal)).toEqual(records.slice(0, repaired!.keptThrough));
});

async function expectWorkGoesOn(offsets: readonly number[]): Promise<void> {
  const { folder, file } = copy();
  const { size } = statSync(file);
  for (const offset of offsets) flip(file, offset);
  const { journal, repaired } = await openIn(folder);
  const read = await everything(journal).catch((error: { code: string }) => error.code);
  // A record older than what is checked at start is found when it is read.
  if (typeof read === 'string') expect(read).toBe('internal');
  else for (const event of read) expect(event).toEqual(records[event.seq - 1]);
  if (repaired) expect(statSync(repaired.setAside).size).toBe(size);
  const [next] = await journal.append([draft(1)]).durable;
  expect(next?.seq).toBe(repaired ? 1 : RECORDS + 1);
  await journal.close();
  rmSync(dirname(folder), { recursive: true });
}

test('whatever byte is hit, no changed record is ever handed out and work goes on', async () => {
  const size = statSync(original.file).size;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(size - 1), { minLength: 1, maxLength: 4 }), expectWorkGoesOn),
    { numRuns: 20 },
  );
});

/** Every byte of SQLite's header in the long run; else where each of its fields begins, and the ends of those that are numbers of ours. */
const HEADER = process.env['HALL_LONG']
  ? Array.from({ length: 100 }, (_, offset) => offset)
  : [0, 16, 18, 19, 20, 21, 22, 23, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 63, 64, 68, 71, 72, 92, 96];
test('whatever byte of the header is hit, work goes on', async () => {
  for (const offset of HEADER) await expectWorkGoesOn([offset]);
}, 120_000);

test('a repair that was interrupted after the damaged file was set aside is taken up by the next start', async () => {
  const { folder, file } = copy();
  edit(file, 'DELETE FROM events WHERE seq = 204');
  const first = await openIn(folder);
  await first.journal.close();
  rmSync(file);
  const { journal, repaired } = await openIn(folder);
  expect(repaired).toMatchObject({ setAside: first.repaired!.setAside, keptThrough: 203 });
  expect(await everything(journal)).toEqual(records.slice(0, 203));
});

test('a write-ahead log without its file is set aside and never joined to the new one', async () => {
  const { folder, file } = copy();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; UPDATE cursors SET seq = 120');
  cpSync(`${file}-wal`, `${file}-kept`);
  database.close();
  rmSync(file);
  cpSync(`${file}-kept`, `${file}-wal`);
  const { journal, repaired } = await openIn(folder);
  expect(repaired?.why).toMatch(/is missing/);
  expect(statSync(`${repaired!.setAside}-wal`).size).toBeGreaterThan(0);
  await journal.append(drafts(3)).durable;
  expect(verifyJournal(file)).toMatchObject({ ok: true, last: 3 });
});

test('a file from a newer version is refused and left as it is', async () => {
  const { folder, file } = copy();
  edit(file, 'PRAGMA user_version = 99; ALTER TABLE events ADD COLUMN something_new TEXT');
  await expect(openIn(folder)).rejects.toThrow(/newer version/);
  expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
});

test('an epoch that the next hop knows further than this file is sealed at the next start', async () => {
  const { folder } = copy();
  const { journal } = await openIn(folder);
  journal.beginNewEpochAtStart('central holds record 500, this file ends at 400');
  await journal.close();
  const again = await openIn(folder);
  expect(again.repaired).toMatchObject({
    keptThrough: RECORDS,
    why: 'central holds record 500, this file ends at 400',
  });
  expect(again.journal.epoch).not.toBe(epoch);
  expect(again.journal.sealed()).toMatchObject([{ epoch, lastSeq: RECORDS }]);
  await again.journal.close();
  expect((await openIn(folder)).repaired).toBeNull();
});

test('a torn page at the end of the write-ahead log loses nothing that was acknowledged before it', async () => {
  const { folder, file } = newFolder();
  const { journal } = await openIn(folder);
  await journal.append(drafts(10)).durable;
  const crashed = newFolder();
  cpSync(folder, crashed.folder, {
    recursive: true,
    filter: (path) => !path.includes('lock') && !path.endsWith('-shm'),
  });
  await journal.close();
  appendFileSync(`${crashed.file}-wal`, 'half a page');
  const { journal: next, repaired } = await openIn(crashed.folder);
  expect(repaired).toBeNull();
  expect(next.lastSeq).toBe(10);
  expect(verifyJournal(file)).toMatchObject({ ok: true, last: 10 });
});

test('an old record that was changed is never handed out: reading it says which one it is', async () => {
  const { folder, file } = newFolder();
  await filled(folder, 1500, async (journal) => {
    await journal.setCursor('central', 1500);
    await journal.saveSnapshot(1500, 1, {});
  });
  edit(file, "UPDATE events SET json = replace(json, 'A005', 'A999') WHERE seq = 5");
  const { journal, repaired } = await openIn(folder);
  expect(repaired).toBeNull();
  expect(await journal.read(5, 1)).toHaveLength(1);
  await expect(journal.read(0, 10)).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('record 5'),
  });
});

test('trouble with a sealed file does not touch the records that are being appended', async () => {
  const { folder, file } = copy();
  edit(file, 'DELETE FROM events WHERE seq = 204');
  const { journal } = await openIn(folder);
  edit(
    join(folder, `sealed-${epoch}.sqlite`),
    "CREATE TRIGGER refuse BEFORE INSERT ON cursors BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  const [sealed] = journal.sealed();
  const { durable } = journal.append(drafts(2));
  const refused = sealed!.setCursor('central', 203);
  const behind = journal.append([draft(3)]).durable;
  await expect(refused).rejects.toMatchObject({ code: 'journal-unwritable' });
  expect(await durable).toHaveLength(2);
  expect((await behind)[0]?.seq).toBe(3);
  expect(journal).toMatchObject({ writable: true, durableSeq: 3 });
});

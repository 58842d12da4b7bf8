import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256, toRow, type Row } from '../../kiosk-agent/journal/chain.ts';
import { journalCommand, readAgainst } from '../../kiosk-agent/journal/commands.ts';
import type { JournalCommandOptions, JournalVerb } from '../../kiosk-agent/journal/commands.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { parseEvent, type HallEvent } from '../../kiosk-agent/contract/events.ts';
import { edit, filled, newFolder, openIn } from './folder.ts';
import { draft, drafts } from './records.ts';

async function run(
  verb: JournalVerb,
  options: JournalCommandOptions,
): Promise<{ code: number; lines: string[] }> {
  let text = '';
  const out = new Writable({
    highWaterMark: 64,
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      setImmediate(done);
    },
  });
  const code = await journalCommand(verb, options, out);
  await new Promise((settle) => out.end(settle));
  return { code, lines: text.split('\n').slice(0, -1) };
}

const forged = (seq: number) => `INSERT INTO events SELECT ${seq}, json, hash FROM events WHERE seq = 3`;
const EDITS = [
  ['changes a letter of a record', "UPDATE events SET json = replace(json, 't-5', 't-6') WHERE seq = 5", 5],
  ['adds a space that changes no meaning', "UPDATE events SET json = json || ' ' WHERE seq = 5", 5],
  [
    'changes the hash of a record',
    "UPDATE events SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 5",
    5,
  ],
  ['removes a record from the middle', 'DELETE FROM events WHERE seq = 5', 5],
  ['removes the first record', 'DELETE FROM events WHERE seq = 1', 1],
  ['removes the last records', 'DELETE FROM events WHERE seq > 17', 18],
  ['removes all records', 'DELETE FROM events', 1],
  ['appends a copy of a record', forged(21), 21],
  ['inserts a record before the first', forged(0), 0],
  [
    'swaps two records',
    'UPDATE events SET seq = 99 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 99',
    5,
  ],
  [
    'closes the gap after a removal',
    'DELETE FROM events WHERE seq = 5; UPDATE events SET seq = -seq WHERE seq > 5; UPDATE events SET seq = -seq - 1 WHERE seq < 0',
    5,
  ],
  [
    'removes the last record and sets the head back',
    'DELETE FROM events WHERE seq = 20; UPDATE head SET seq = 19, hash = (SELECT hash FROM events WHERE seq = 19)',
    20,
  ],
  [
    'pretends that the first records were retired',
    'DELETE FROM events WHERE seq < 5; UPDATE head SET base_seq = 4',
    5,
  ],
] as const;

const good = newFolder('kept');
beforeAll(() =>
  filled(good.folder, 20, async (journal) => {
    await journal.setCursor('central', 20);
    await journal.saveSnapshot(20, 1, { day: '2026-11-23', seq: 20 });
  }),
);
afterAll(() => rmSync(good.state, { recursive: true }));

test.each(EDITS)('verify names the first bad record when somebody %s', async (_what, sql, seq) => {
  const { folder, file } = newFolder();
  cpSync(good.folder, folder, { recursive: true });
  expect(verifyJournal(file)).toMatchObject({ ok: true, first: 1, last: 20 });
  edit(file, sql);
  expect(verifyJournal(file)).toMatchObject({ ok: false, seq });
});

test('a changed record whose own hash was made to fit is found at the next one', async () => {
  const { folder, file } = newFolder();
  await filled(folder, 20);
  const database = new DatabaseSync(file);
  const { json } = database.prepare('SELECT json FROM events WHERE seq = 5').get() as { json: string };
  const changed = json.replace('A005', 'A006');
  database.prepare('UPDATE events SET json = ?, hash = ? WHERE seq = 5').run(changed, sha256(changed));
  database.close();
  expect(verifyJournal(file)).toMatchObject({
    ok: false,
    seq: 6,
    why: expect.stringContaining('does not follow record 5'),
  });
});

const SEED = 20261124;
const RUNS = 150;

const rowsOf = (file: string): Row[] => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare('SELECT seq, json, hash FROM events ORDER BY seq').all() as Row[];
  } finally {
    database.close();
  }
};

/** The first record that is not what was written, told by comparing with what was written. */
function firstOther(written: Row[], now: Row[]): number | null {
  if (now[0] && now[0].seq < 1) return now[0].seq;
  for (let index = 0; index < Math.max(written.length, now.length); index += 1) {
    const [one, other] = [written[index], now[index]];
    if (one?.seq !== other?.seq || one?.json !== other?.json || one?.hash !== other?.hash) return index + 1;
  }
  return null;
}

/** One edit as somebody with a database tool makes it; `pick` and `other` choose the place. */
type Edit = { kind: (typeof KINDS)[number]; pick: number; other: number; column: number };
const KINDS = [
  'letter',
  'number',
  'remove',
  'insert',
  'swap',
  'duplicate',
  'cut',
  'shift',
  'reverse',
] as const;

function carryOut(database: DatabaseSync, { kind, pick, other, column }: Edit): void {
  const seq = 1 + (pick % 20);
  const second = 1 + (other % 20);
  const run = (sql: string, ...values: (string | number)[]) => database.prepare(sql).run(...values);
  switch (kind) {
    case 'letter': {
      const name = (['json', 'hash'] as const)[column % 2] ?? 'json';
      const row = database.prepare(`SELECT ${name} AS text FROM events WHERE seq = ?`).get(seq) as {
        text: string;
      };
      const at = other % row.text.length;
      const letter = String.fromCharCode(32 + ((row.text.charCodeAt(at) - 32 + 1 + (column % 90)) % 95));
      run(
        `UPDATE events SET ${name} = ? WHERE seq = ?`,
        row.text.slice(0, at) + letter + row.text.slice(at + 1),
        seq,
      );
      return;
    }
    case 'number':
      run('UPDATE events SET seq = ? WHERE seq = ?', [0, -1, 21, 22, 5_000_000][column % 5]!, seq);
      return;
    case 'remove':
      run('DELETE FROM events WHERE seq = ?', seq);
      return;
    case 'insert':
      run("INSERT INTO events VALUES (?, json('{}'), ?)", [0, -7, 21, 40][column % 4]!, 'f'.repeat(64));
      return;
    case 'duplicate':
      run(
        'INSERT OR REPLACE INTO events SELECT ?, json, hash FROM events WHERE seq = ?',
        [21, 0, second][column % 3]!,
        seq,
      );
      return;
    case 'swap':
      run('UPDATE events SET seq = 99 WHERE seq = ?', seq);
      run('UPDATE events SET seq = ? WHERE seq = ?', seq, second);
      run('UPDATE events SET seq = ? WHERE seq = 99', second);
      return;
    case 'cut':
      run('DELETE FROM events WHERE seq > ?', seq - 1);
      return;
    case 'shift':
      run('DELETE FROM events WHERE seq = ?', seq);
      run('UPDATE events SET seq = -seq WHERE seq > ?', seq);
      run('UPDATE events SET seq = -seq - 1 WHERE seq < 0');
      return;
    case 'reverse':
      run('UPDATE events SET seq = -seq');
      run('UPDATE events SET seq = 21 + seq WHERE seq < 0');
  }
}

test(`${RUNS} random edits, removals, insertions, swaps and moves: each is found, and the first bad record named`, () => {
  const written = rowsOf(good.file);
  const met = new Map<string, number>();
  const { folder, file } = newFolder();
  fc.assert(
    fc.property(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        pick: fc.nat(999),
        other: fc.nat(99_999),
        column: fc.nat(999),
      }),
      (one) => {
        rmSync(folder, { recursive: true, force: true });
        cpSync(good.folder, folder, { recursive: true });
        const database = new DatabaseSync(file);
        carryOut(database, one);
        database.close();
        const first = firstOther(written, rowsOf(file));
        const verdict = verifyJournal(file);
        // A swap of a record with itself, or a copy onto itself, changes nothing.
        if (first === null) expect(verdict).toMatchObject({ ok: true, last: 20 });
        else expect(verdict).toMatchObject({ ok: false, seq: first });
        if (first !== null) met.set(one.kind, (met.get(one.kind) ?? 0) + 1);
      },
    ),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(KINDS.filter((kind) => (met.get(kind) ?? 0) < 3)).toEqual([]);
});

test('whatever byte of the file is changed: it is found, or every record still reads as it was written', () => {
  const written = rowsOf(good.file);
  const bytes = readFileSync(good.file);
  const { folder, file } = newFolder();
  cpSync(good.folder, folder, { recursive: true });
  let found = 0;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const edited = Buffer.from(bytes);
      edited[at] = bytes[at]! ^ change;
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
      writeFileSync(file, edited);
      const verdict = verifyJournal(file);
      if (!verdict.ok) found += 1;
      else expect(firstOther(written, rowsOf(file))).toBeNull();
    }),
    { seed: SEED, numRuns: 300, endOnFailure: true },
  );
  expect(found).toBeGreaterThan(50);
});

test.each([
  ['the agent', "UPDATE head SET agent = 'hub-2'"],
  ['the epoch', "UPDATE head SET epoch = 'another-epoch'"],
  ['the last number', 'UPDATE head SET seq = 19'],
  ['the last hash', "UPDATE head SET hash = replace(hash, substr(hash, 1, 1), 'x')"],
  ['the beginning', 'UPDATE head SET base_seq = 1'],
  ['the hash before the beginning', "UPDATE head SET base_hash = replace(base_hash, '0', '1')"],
  ['a cursor beyond the end', 'UPDATE cursors SET seq = 21'],
  ["a snapshot's text", "UPDATE snapshots SET state = replace(state, '23', '24')"],
  ["a snapshot's hash", "UPDATE snapshots SET hash = 'f'"],
  ['a trigger', 'CREATE TRIGGER later AFTER INSERT ON events BEGIN DELETE FROM events WHERE seq = 1; END'],
])('what stands beside the records is looked at too: %s', (_what, sql) => {
  const { folder, file } = newFolder();
  cpSync(good.folder, folder, { recursive: true });
  edit(file, sql);
  expect(verifyJournal(file)).toMatchObject({ ok: false });
});

/** Rewrites everything from record `from` on, hashes and head and all, as somebody who knows the chain would. */
function rewrite(file: string, from: number): void {
  const rows = rowsOf(file);
  const database = new DatabaseSync(file);
  let prev = rows[from - 2]?.hash ?? '0'.repeat(64);
  for (const { seq, json } of rows.slice(from - 1)) {
    const event = { ...(JSON.parse(json) as HallEvent), prev };
    if (seq === from) event.time = '2026-11-23T09:00:00+08:00';
    const row = toRow(event);
    database.prepare('UPDATE events SET json = ?, hash = ? WHERE seq = ?').run(row.json, row.hash, seq);
    database.prepare('UPDATE head SET hash = ?').run(row.hash);
    prev = row.hash;
  }
  database.close();
}

test('a rest that was rewritten whole, and a tail that was cut with its head set back, are found against the far end', async () => {
  const end = rowsOf(good.file).at(-1)!;
  const against = readAgainst(`20:${end.hash}`)!;
  expect(verifyJournal(good.file, { against })).toMatchObject({ ok: true, hash: end.hash });
  for (const from of [1, 7, 20]) {
    const { folder, file, state } = newFolder();
    cpSync(good.folder, folder, { recursive: true });
    rewrite(file, from);
    // The file alone cannot tell: that is what the far end's copy is for.
    expect(verifyJournal(file)).toMatchObject({ ok: true });
    expect(verifyJournal(file, { against })).toMatchObject({ ok: false, seq: 20 });
    const { code, lines } = await run('verify', { state, against });
    expect([code, lines[0]]).toEqual([1, expect.stringContaining('not the one that the far end has')]);
  }
  const { folder, file } = newFolder();
  cpSync(good.folder, folder, { recursive: true });
  edit(
    file,
    'DELETE FROM events WHERE seq > 15; UPDATE head SET seq = 15, hash = (SELECT hash FROM events WHERE seq = 15); DELETE FROM cursors; DELETE FROM snapshots',
  );
  expect(verifyJournal(file)).toMatchObject({ ok: true, last: 15 });
  expect(verifyJournal(file, { against })).toMatchObject({ ok: false, seq: 16 });
  expect(readAgainst('20')).toBeNull();
  expect(readAgainst(`20:${end.hash.toUpperCase()}`)).toBeNull();
});

test('stat, dump, verify and export read beside the agent that writes', async () => {
  const { state, folder } = newFolder();
  const { journal } = await openIn(folder);
  await journal.append(drafts(300)).durable;
  await journal.setCursor('central', 120);
  const writing = journal.append(drafts(50, 301)).durable;
  const stat = await run('stat', { state, json: true });
  expect(stat.code).toBe(0);
  expect(JSON.parse(stat.lines[0]!)).toMatchObject({
    epoch: journal.epoch,
    firstSeq: 1,
    links: { central: { acked: 120, oldestPendingAt: draft(121).time } },
  });
  const verify = await run('verify', { state });
  expect(verify.code).toBe(0);
  await writing;
  const exported = await run('export', { state, after: 340 });
  expect(exported.code).toBe(0);
  expect(exported.lines).toHaveLength(10);
  for (const line of exported.lines) expect(parseEvent(JSON.parse(line))).toMatchObject({ ok: true });
  const dump = await run('dump', { state });
  expect(dump.lines).toHaveLength(350);
  expect(dump.lines[4]).toMatch(
    /^ +5 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}hall\.ticket\.printed +t-5 +\{.*"A005".*\}$/,
  );
  await journal.append([draft(351)]).durable;
});

test('verify exits 1 and names the first bad record', async () => {
  const { state, folder, file } = newFolder();
  await filled(folder, 20);
  edit(file, 'DELETE FROM events WHERE seq = 7');
  const { code, lines } = await run('verify', { state });
  expect(code).toBe(1);
  expect(lines).toEqual([`${file}: first bad record 7: record 7 is missing`]);
});

test.each(['stat', 'dump', 'verify', 'export'] as const)(
  '%s of a folder without a journal says which file is missing',
  async (verb) => {
    const { state, file } = newFolder();
    const { code, lines } = await run(verb, { state });
    expect(code).toBe(1);
    expect(lines[0]).toContain(file);
  },
);

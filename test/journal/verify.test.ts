import { cpSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../kiosk-agent/journal/chain.ts';
import { journalCommand } from '../../kiosk-agent/journal/commands.ts';
import type { JournalCommandOptions, JournalVerb } from '../../kiosk-agent/journal/commands.ts';
import { verifyJournal } from '../../kiosk-agent/journal/verify.ts';
import { parseEvent } from '../../kiosk-agent/contract/events.ts';
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
beforeAll(() => filled(good.folder, 20, (journal) => journal.setCursor('central', 20)));
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

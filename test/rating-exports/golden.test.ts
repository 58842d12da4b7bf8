/** Literal events of a hall, and what each profile makes of them, to the byte. */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../central/database.ts';
import { collect } from '../../central/rating-exports/collect.ts';
import { encode } from '../../central/rating-exports/encode.ts';
import { loadExports } from '../../central/rating-exports/load.ts';
import { begin, nextPage } from '../../central/rating-exports/push.ts';
import { takeBatch } from '../../central/store.ts';
import { CHAIN_START, type EventDraft, type HallEvent } from '../../kiosk-agent/contract/events.ts';

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'rating-exports');
const NOW = new Date('2026-12-07T09:00:00+08:00');
const stream = { agentId: 'hub-1', epoch: 'epoch-0001' };

let stateDir: string;
let database: Database;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'golden-exports-'));
  database = await openDatabase(stateDir, undefined);
  const drafts = JSON.parse(await readFile(join(GOLDEN, 'events.json'), 'utf8')) as EventDraft[];
  let prev = CHAIN_START;
  const events = drafts.map((draft, index) => {
    const event = {
      ...{
        specversion: '1.0',
        id: `hub-1/${index + 1}`,
        source: '/halls/weihai-01/agents/hub-1',
        subject: 'x',
      },
      ...{ ...draft, datacontenttype: 'application/json', seq: index + 1, epoch: stream.epoch, prev },
      region: '371002000000',
    } as HallEvent;
    prev = createHash('sha256').update(canonicalize(event)!).digest('hex');
    return event;
  });
  expect((await takeBatch(database, stream, '371002000000', events)).receipt).toEqual({
    through: events.length,
  });
});
afterAll(async () => {
  await database?.close();
  await rm(stateDir, { recursive: true, force: true });
});

test.each([
  ['generic', 'json'],
  ['zhejiang', 'json'],
  ['fujian', 'xml'],
  ['anhui', 'json'],
])('%s', async (name, ending) => {
  const settings = {
    ...{
      id: name,
      profile: join(GOLDEN, name, 'profile.yaml'),
      regions: ['370000000000'],
      url: 'http://127.0.0.1:1/',
    },
    ...{ secrets: {}, from: '2026-11-23', deadlineSeconds: 5, keepSentDays: 60 },
  };
  const [wanted] = loadExports([settings], GOLDEN, {});
  const { transport } = wanted!.profile;
  if ('notPublic' in transport) throw new Error('the golden profiles name their transport');
  await begin(database, wanted!);
  await collect(database, wanted!, () => NOW, new AbortController().signal);
  const bodies: string[] = [];
  for (let page; (page = await nextPage(database, wanted!, NOW)) !== null && page.length > 0;) {
    for (const { id, record } of page) bodies.push(encode([{ id, record }], transport, {}).body);
    await database.query(
      `UPDATE rating_export_records SET state = 'sent' WHERE export_id = $1 AND state = 'waiting' AND record IS NOT NULL`,
      [name],
    );
  }
  const rows = await database.query<{
    id: string;
    state: string;
    answer: string | null;
    missing: { say: string }[] | null;
  }>(
    `SELECT rating->>'recordId' AS id, state, answer, missing FROM rating_export_records WHERE export_id = $1 AND state <> 'sent' ORDER BY seq, kind`,
    [name],
  );
  const not = rows.map(
    ({ id, state, answer, missing }) =>
      `${id} ${state}: ${answer ?? missing?.map(({ say }) => say).join('; ')}`,
  );
  await same(join(GOLDEN, name, `sent.${ending}`), `${bodies.map(decoded).join('\n')}\n`);
  await same(join(GOLDEN, name, 'not-sent.txt'), not.map((line) => `${line}\n`).join(''));
});

/** A form is easier to read undone; that it is one is another test's. */
const decoded = (body: string): string =>
  body.startsWith('{') || body.startsWith('<')
    ? body
    : JSON.stringify(Object.fromEntries(new URLSearchParams(body)));

async function same(file: string, text: string): Promise<void> {
  if (process.env.HALL_WRITE_GOLDEN) await writeFile(file, text);
  expect(text).toBe(await readFile(file, 'utf8'));
}

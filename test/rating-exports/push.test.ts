/** Ratings on their way to a region that is away, slow, broken, or says no. */
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../central/database.ts';
import { collect } from '../../central/rating-exports/collect.ts';
import { RatingExports } from '../../central/rating-exports/exports.ts';
import { writeFiles } from '../../central/rating-exports/files.ts';
import { loadExports, type RatingExport } from '../../central/rating-exports/load.ts';
import { begin, push } from '../../central/rating-exports/push.ts';
import {
  exportTrouble,
  oldestUnsent,
  ratingExports,
  refusedRecords,
  retryRefused,
} from '../../central/rating-exports/standing.ts';
import { takeBatch } from '../../central/store.ts';
import { CHAIN_START, type HallEvent } from '../../kiosk-agent/contract/events.ts';
import { startPostgres } from '../central/postgres.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const log = pino({ level: 'silent' });
const START = Date.parse('2026-11-23T09:00:00+08:00');
const MINUTE = 60_000;
const DAY = 86_400_000;
const local = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().replace('Z', '+08:00');

let folder: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let database: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'));
  postgres = await startPostgres();
  database = await openDatabase(folder, postgres.databaseUrl);
});
afterAll(async () => {
  await database?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

let receiver: Receiver;
let clock: number;
let made = 0;
const now = () => new Date(clock);
const noSignal = new AbortController().signal;
/** Each test has a city of its own. */
let city = 10;
let region: string;
beforeEach(() => {
  clock = START;
  region = `33${(city += 1)}00000000`;
});
afterEach(() => receiver?.close());

/** A hall whose events come in as they are told. */
function hall(of = region) {
  const agentId = `hub-${(made += 1)}`;
  const stream = { agentId, epoch: `epoch-${agentId}` };
  let seq = 0;
  let prev = CHAIN_START;
  let pending: HallEvent[] = [];
  const tell = (type: string, at: number, data: Record<string, unknown>) => {
    seq += 1;
    const event = {
      ...{
        specversion: '1.0',
        id: `${agentId}/${seq}`,
        source: `/halls/${agentId}-hall/agents/${agentId}`,
        type,
      },
      ...{
        subject: 'x',
        time: local(at),
        datacontenttype: 'application/json',
        seq,
        epoch: stream.epoch,
        prev,
      },
      ...{ region: of, data },
    } as unknown as HallEvent;
    prev = createHash('sha256').update(canonicalize(event)!).digest('hex');
    pending.push(event);
  };
  const ticket = (session: number) => ({
    session,
    ticketId: `t-${session}`,
    number: `A${String(session % 1000).padStart(3, '0')}`,
    service: 'transfer',
  });
  return {
    ...stream,
    async arrive() {
      for (; pending.length > 0; pending = pending.slice(350))
        expect(
          (await takeBatch(database, stream, of, pending.slice(0, 350))).receipt.refused,
        ).toBeUndefined();
    },
    rated: (session: number, level = 5, at = clock, more: object = {}) =>
      tell('hall.rating.given', at, {
        ...ticket(session),
        ...{ stage: '', window: 3, staff: '1001', level, keyRaw: '5', source: 'press', device: null },
        ...{ promptedAt: local(at - 9_000), pressedAt: local(at), clockOffsetMs: 0, flags: [], ...more },
      }),
    asked: (session: number, at = clock) =>
      tell('hall.rating.requested', at, {
        ...ticket(session),
        stage: '',
        window: 3,
        staff: '1001',
        promptedAt: local(at),
        openUntil: local(at + 30_000),
      }),
    lapsed: (session: number, at = clock) =>
      tell('hall.rating.lapsed', at, { ...ticket(session), window: 3, why: 'timeout' }),
    followed: (session: number, step: string, more: object = {}, at = clock) =>
      tell('hall.rating.followed-up', at, { session, step, staff: '1009', ...more }),
    alive: (at = clock) => tell('hall.day.opened', at, { day: local(at).slice(0, 10) }),
  };
}

async function exportTo(own: string, more: object = {}): Promise<RatingExport> {
  const id = `e-${(made += 1)}`;
  await writeFile(join(folder, `${id}.yaml`), own);
  const settings = {
    ...{
      id,
      profile: `${id}.yaml`,
      regions: [region],
      url: receiver.url,
      secrets: {},
      from: '2026-11-23',
    },
    ...{ deadlineSeconds: 1, keepSentDays: 60, ...more },
  };
  const [wanted] = loadExports([settings], folder, {});
  await begin(database, wanted!);
  return wanted!;
}
const generic = 'extends: generic\n';
const xml = `extends: fujian
channels: {press: P, screen: S, qr: Q, callback: C, default: D}
fields: {EXE_ID: {required: never}, acceptDate: {required: never}, resultDate: {required: never}, userProp: {required: never}, userName: {required: never}, userPageType: {required: never}, certKey: {required: never}, projectName: {required: never}, contactMobile: {required: never}, type: {required: never}, queue: {value: {fact: session}, required: always}}
mapping:
  services: {transfer: {itemCode: a, businessCode: b, businessName: c, proStatus: '2', nodeName: d}}
  halls: {}
transport: {format: xml, taken: {format: xml, code: code, is: ['200'], receipt: data.evaluateUnid, why: message}}
`;
/** The hall of these tests has a code only because the test gives it one. */
const xmlFor = (agentId: string) =>
  xml.replace('halls: {}', `halls: {${agentId}-hall: {regionCode: '351001'}}`);

async function round(wanted: RatingExport): Promise<void> {
  await collect(database, wanted, now, noSignal);
  await push(database, wanted, now, noSignal, log);
}
async function standing(wanted: RatingExport) {
  return (await ratingExports(database, [wanted], now()))[0]!;
}

/** `npm run test:long` takes ten thousand. */
const MANY = process.env.HALL_LONG ? 10_000 : 1_000;

test(`${MANY} ratings while the receiver is away for a day: nothing lost, nothing twice, each in its order`, async () => {
  receiver = await startReceiver('records');
  const wanted = await exportTo(generic);
  const one = hall();
  receiver.mood = 'away';
  for (let session = 1; session <= MANY; session += 1)
    one.rated(session, 1 + (session % 5), START + session * 8_000);
  await one.arrive();
  for (clock = START + MINUTE; clock < START + DAY; clock += 30 * MINUTE) await round(wanted);
  expect(receiver.taken.size).toBe(0);
  const away = await standing(wanted);
  expect(away).toMatchObject({ sent: 0, lastAnswer: { answered: false } });
  expect(away.waiting).toBe(MANY);
  // One message each time somebody looks: it never gives up, and does not hammer.
  expect(receiver.requests).toBe(48);
  expect((await exportTrouble(database, now())).find(({ exportId }) => exportId === wanted.id)).toMatchObject(
    {
      waiting: away.waiting,
      oldestAt: new Date(START + 8_000),
    },
  );

  receiver.mood = 'well';
  clock += 5 * MINUTE;
  await round(wanted);
  clock += 5 * MINUTE;
  await round(wanted);
  expect(receiver.taken.size).toBe(MANY);
  expect([...receiver.taken.values()].every(({ times }) => times === 1)).toBe(true);
  const inOrder = receiver.order.filter(
    (_, at, all) => at === 0 || Number(all[at]!.split('/')[2]) > Number(all[at - 1]!.split('/')[2]),
  );
  expect(inOrder.length).toBe(MANY);
  expect(await standing(wanted)).toMatchObject({
    sent: MANY,
    waiting: 0,
    oldestAt: null,
    refused: { total: 0 },
  });
  await round(wanted);
  expect([...receiver.taken.values()].every(({ times }) => times === 1)).toBe(true);
}, 60_000);

test.each(['failing', 'slow', 'garbage', 'lost'] as const)(
  '%s: the same record again under the same id, until it is answered',
  async (mood) => {
    receiver = await startReceiver('records');
    const wanted = await exportTo(generic);
    const one = hall();
    for (const session of [1, 2, 3]) one.rated(session);
    await one.arrive();
    receiver.mood = mood;
    for (let tries = 0; tries < 2; tries += 1, clock += 10 * MINUTE) await round(wanted);
    expect(await standing(wanted)).toMatchObject({
      sent: 0,
      waiting: 3,
      failures: 2,
      lastAnswer: { answered: false },
    });
    receiver.mood = 'well';
    await round(wanted);
    // A record that came again as another one would have been answered with 500.
    expect(await standing(wanted)).toMatchObject({ sent: 3, waiting: 0, failures: 0 });
    expect([...receiver.taken.values()].map(({ times }) => times)).toEqual(
      mood === 'lost' ? [3, 3, 3] : [1, 1, 1],
    );
    expect(receiver.mostAtOnce).toBe(1);
  },
);

test('a province that says no: kept with its answer, the others go on; again when somebody says so', async () => {
  receiver = await startReceiver('xml');
  const one = hall();
  const wanted = await exportTo(xmlFor(one.agentId));
  for (const session of [1, 2, 3]) one.rated(session);
  await one.arrive();
  receiver.refuses = (text) => text.includes('<queue>2</queue>');
  await round(wanted);
  const after = await standing(wanted);
  expect(after).toMatchObject({
    sent: 2,
    waiting: 0,
    refused: { total: 1, reasons: [{ why: 'code 401: 字段不符', n: 1 }] },
  });
  const [refused] = await refusedRecords(database, wanted.id);
  expect(refused).toMatchObject({
    id: `${one.agentId}/${one.epoch}/2/first`,
    level: 5,
    number: 'A002',
    why: 'code 401: 字段不符',
  });
  clock += DAY;
  await round(wanted);
  expect(receiver.requests).toBe(3);
  receiver.refuses = () => false;
  expect(await retryRefused(database, wanted.id, [refused!.id])).toBe(1);
  await round(wanted);
  expect(await standing(wanted)).toMatchObject({ sent: 3, refused: { total: 0 } });
});

test('one record that the receiver chokes on does not hold up the others', async () => {
  receiver = await startReceiver('xml');
  const one = hall();
  const wanted = await exportTo(xmlFor(one.agentId));
  for (let session = 1; session <= 20; session += 1) one.rated(session, 5, START + session);
  await one.arrive();
  receiver.chokesOn = (text) => text.includes('<queue>1</queue>');
  for (let tries = 0; tries < 6; tries += 1, clock += MINUTE / 2) await round(wanted);
  expect(await standing(wanted)).toMatchObject({ sent: 19, waiting: 1 });
  receiver.chokesOn = () => false;
  clock += DAY;
  await round(wanted);
  expect(await standing(wanted)).toMatchObject({ sent: 20, waiting: 0 });
});

describe('what a region is told', () => {
  const rule = `${generic}defaultRule: {days: 7, count: natural, level: 3, source: test}\n`;

  test('a visit nobody rated goes as a default after its days, and only when its hall was heard of since', async () => {
    receiver = await startReceiver('records');
    const wanted = await exportTo(rule);
    const one = hall();
    one.asked(1);
    one.lapsed(1, START + 30_000);
    await one.arrive();
    clock = Date.parse('2026-12-01T00:00:01+08:00');
    await round(wanted);
    expect(receiver.taken.size).toBe(0);
    expect(await standing(wanted)).toMatchObject({ waiting: 0, held: 1 });
    one.alive();
    await one.arrive();
    await round(wanted);
    expect([...receiver.taken.values()].map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        channel: 'default',
        isDefault: 1,
        satisfaction: 3,
        staff: '1001',
        pressedAt: '2026-12-01T00:00:00.000+08:00',
      },
    ]);
    expect(await standing(wanted)).toMatchObject({ sent: 1, sentDefaults: 1 });
  });

  test('who rates from the phone within the days is no default', async () => {
    receiver = await startReceiver('records');
    const wanted = await exportTo(rule);
    const one = hall();
    one.asked(1);
    one.lapsed(1, START + 30_000);
    await one.arrive();
    await round(wanted);
    one.rated(1, 4, START + 3_600_000, { source: 'qr' });
    clock = START + 20 * DAY;
    one.alive();
    await one.arrive();
    await round(wanted);
    expect([...receiver.taken.values()].map(({ body }) => JSON.parse(body))).toMatchObject([
      { channel: 'qr', isDefault: 0, satisfaction: 4 },
    ]);
  });

  test('a bad rating whose appeal was upheld while it was held is left out; one that has gone is counted', async () => {
    receiver = await startReceiver('records');
    const holds = await exportTo(`${generic}appeals: {holdDays: 5}\n`);
    const atOnce = await exportTo(generic);
    const one = hall();
    for (const session of [1, 2, 3]) one.rated(session, session === 3 ? 5 : 1);
    await one.arrive();
    for (const wanted of [holds, atOnce]) await round(wanted);
    expect([(await standing(holds)).sent, (await standing(atOnce)).sent]).toEqual([1, 3]);
    clock += DAY;
    one.followed(1, 'appealed');
    one.followed(2, 'appealed');
    await one.arrive();
    await round(holds);
    clock += 30 * DAY;
    await round(holds);
    expect(await standing(holds)).toMatchObject({ sent: 1, held: 2 });
    one.followed(1, 'appeal-decided', { outcome: 'upheld' });
    one.followed(2, 'appeal-decided', { outcome: 'refused' });
    await one.arrive();
    for (const wanted of [holds, atOnce]) await round(wanted);
    expect(await standing(holds)).toMatchObject({ sent: 2, held: 0, waiting: 0, upheldLater: 0 });
    expect((await standing(atOnce)).upheldLater).toBe(1);
  });

  test('the second rating goes after the first one, and never before it', async () => {
    receiver = await startReceiver('records');
    const wanted = await exportTo(generic);
    const one = hall();
    one.rated(1, 1);
    one.followed(1, 'rated-again', { level: 4 }, START + 10);
    await one.arrive();
    receiver.mood = 'failing';
    await round(wanted);
    receiver.mood = 'well';
    clock += 10 * MINUTE;
    await round(wanted);
    await round(wanted);
    expect(receiver.order.map((id) => id.split('/')[3])).toEqual(['first', 'second']);
    expect(JSON.parse(receiver.taken.get(receiver.order[1]!)!.body)).toMatchObject({
      attempt: 2,
      satisfaction: 4,
      channel: 'callback',
    });
  });

  test('what lacks a mapping is put aside by service and field, and goes once the profile has it', async () => {
    receiver = await startReceiver('xml');
    const one = hall();
    const without = await exportTo(xml);
    one.rated(1);
    await one.arrive();
    await round(without);
    expect(await standing(without)).toMatchObject({
      sent: 0,
      waiting: 0,
      incomplete: { total: 1, fields: [{ service: 'transfer', field: 'regionCode', why: 'mapping', n: 1 }] },
    });
    await writeFile(join(folder, `${without.id}.yaml`), xmlFor(one.agentId));
    const [mended] = loadExports([without.settings], folder, {});
    await begin(database, mended!);
    await round(mended!);
    expect(await standing(mended!)).toMatchObject({ sent: 1, incomplete: { total: 0, fields: [] } });
  });

  test('only halls of its regions, only from its day on', async () => {
    receiver = await startReceiver('records');
    const wanted = await exportTo(generic);
    const [here, elsewhere] = [hall(), hall('340100000000')];
    for (const one of [here, elsewhere]) {
      one.rated(1, 5, START - DAY);
      one.rated(2);
      await one.arrive();
    }
    await round(wanted);
    expect(
      [...receiver.taken.keys()].filter(
        (id) => id.startsWith(here.agentId) || id.startsWith(elsewhere.agentId),
      ),
    ).toEqual([`${here.agentId}/${here.epoch}/2/first`]);
  });
});

test('two servers on one database: one of them sends, each record once; what is not read yet is kept by retention', async () => {
  receiver = await startReceiver('records');
  const wanted = await exportTo(generic);
  const one = hall();
  for (let session = 1; session <= 300; session += 1) one.rated(session);
  await one.arrive();
  expect(await oldestUnsent(database, [wanted])).toBeInstanceOf(Date);
  const other = await openDatabase(folder, postgres.databaseUrl);
  const servers = [
    new RatingExports([wanted], database, 'a', now, log),
    new RatingExports([wanted], other, 'b', now, log),
  ];
  await vi.waitUntil(
    async () => (await standing(wanted)).sent >= 300 && (await standing(wanted)).waiting === 0,
    { timeout: 20_000 },
  );
  await Promise.all(servers.map((server) => server.close()));
  await other.close();
  const mine = [...receiver.taken].filter(([id]) => id.startsWith(`${one.agentId}/`));
  expect(mine.map(([, { times }]) => times)).toEqual(new Array(300).fill(1));
  expect(receiver.mostAtOnce).toBe(1);
  expect(await oldestUnsent(database, [wanted])).toBeNull();
});

test('files: numbered, with a check sum, each record in one file; one that was cut off is written again the same', async () => {
  receiver = await startReceiver('records');
  const out = await mkdtemp(join(tmpdir(), 'export-files-'));
  const wanted = await exportTo(generic, { url: undefined });
  const one = hall();
  for (const session of [1, 2, 3]) one.rated(session);
  await one.arrive();
  await collect(database, wanted, now, noSignal);
  const [first] = (await writeFiles(database, wanted, out, now())).filter(({ records }) => records > 0);
  const text = await readFile(join(out, first!.name), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string });
  expect(lines.map(({ id }) => id)).toEqual(
    expect.arrayContaining([1, 2, 3].map((n) => `${one.agentId}/${one.epoch}/${n}/first`)),
  );
  const manifest = JSON.parse(
    await readFile(join(out, first!.name.replace('.jsonl', '.manifest.json')), 'utf8'),
  ) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    number: 1,
    records: lines.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
  expect(await writeFiles(database, wanted, out, now())).toEqual([]);
  // Cut off between the number and the end: the database says waiting, with a number.
  await database.query(`UPDATE rating_export_records SET state = 'waiting' WHERE export_id = $1`, [
    wanted.id,
  ]);
  await rm(join(out, first!.name));
  one.rated(4);
  await one.arrive();
  await collect(database, wanted, now, noSignal);
  const [again, next] = await writeFiles(database, wanted, out, now());
  expect(again).toEqual(first);
  expect(await readFile(join(out, first!.name), 'utf8')).toBe(text);
  expect(next).toMatchObject({ name: `${wanted.id}-000002.jsonl`, records: 1 });
  expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
  await rm(out, { recursive: true, force: true });
});

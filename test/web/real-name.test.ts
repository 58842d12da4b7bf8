/**
 * Real names through the front door of a real agent: cards on simulated readers over TCP, typed numbers, the platform behind the
 * same secret. At the end no number and no name stands anywhere.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdReader, type IdReaderHandle } from '../../firmware-sim/id-reader/id-reader.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { checkSecret, personHash } from '../../firmware-sim/platform/person-hash.ts';
import { startPlatform, type PlatformHandle } from '../../firmware-sim/platform/platform.ts';
import { startScanner, type ScannerHandle } from '../../firmware-sim/scanner/scanner.ts';
import type { HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { KioskMessages, TicketView } from '../../kiosk-agent/contract/live.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const ANNA = samplePeople['citizen-common'].number;
const BEN = samplePeople['citizen-two-characters'].number;
const folder = temporaryFolder('real-name');
const secrets = temporaryFolder('real-name-secrets');
const logged: string[] = [];
const sockets: Socket[] = [];
let hall: Hall;
let kioskReader: IdReaderHandle;
let windowReader: IdReaderHandle;
let scanner: ScannerHandle;
let platform: PlatformHandle;
/** The hall's clock runs from a Monday morning on, and can be put forward. */
let aheadMs = 0;
const MORNING = Date.parse('2026-11-23T10:00:00+08:00') - performance.now();

const configuration = (): string =>
  `${hallYaml()
    .replace('listen: "127.0.0.1:0"', 'listen: "127.0.0.1:0", localScreens: [window]')
    .replace('name: {zh: 转移登记, en: Transfer}}', 'name: {zh: 转移登记, en: Transfer}, realName: required}')
    .replace('name: {zh: 抵押登记, en: Mortgage}}', 'name: {zh: 抵押登记, en: Mortgage}, realName: off}')}
devices:
  - {id: reader-kiosk, model: sdt, port: "${kioskReader.port}"}
  - {id: reader-1, model: sdt, port: "${windowReader.port}", window: 1}
  - {id: scanner-kiosk, model: scanner-serial, port: "${scanner.port}"}
identity: {secret: "file:${join(secrets.path, 'secret')}"}
platform: {url: "${platform.url}", token: "file:${join(secrets.path, 'token')}"}
`;

async function start(): Promise<void> {
  hall = await startHall(
    folder.path,
    configuration(),
    () => new Date(MORNING + performance.now() + aheadMs),
    // Everything that the agent would ever say.
    { log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }) },
  );
}

beforeAll(async () => {
  writeFileSync(join(secrets.path, 'secret'), checkSecret);
  writeFileSync(join(secrets.path, 'token'), 'token-of-the-hall\n');
  kioskReader = await startIdReader({ port: 'tcp:0' });
  windowReader = await startIdReader({ port: 'tcp:0' });
  scanner = await startScanner({ port: 'tcp:0' });
  platform = await startPlatform({ port: 0, token: 'token-of-the-hall', secret: checkSecret });
  await start();
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  await hall.close();
  for (const device of [kioskReader, windowReader, scanner, platform]) await device.close();
  folder[Symbol.dispose]();
  secrets[Symbol.dispose]();
});

type Heard = { [E in keyof KioskMessages]: KioskMessages[E][] };
/** A screen, and all cards and codes that it hears. */
async function screen(auth: Record<string, unknown>, extraHeaders = {}): Promise<Heard> {
  const socket = io(hall.url, {
    path: '/live',
    auth,
    extraHeaders,
    transports: ['websocket'],
    forceNew: true,
  });
  sockets.push(socket);
  const heard: Heard = { card: [], 'card-unreadable': [], scan: [] };
  for (const event of ['card', 'card-unreadable', 'scan'] as const)
    socket.on(event, (message: unknown) => (heard[event] as unknown[]).push(message));
  await new Promise<void>((resolve, reject) => {
    socket.once('snapshot', () => resolve());
    socket.once('connect_error', reject);
  });
  return heard;
}
const identify = (number: unknown): Promise<Answer> => hall.as('kiosk')('POST', 'identity', { number });
const idCardOf = async (number: string): Promise<string> =>
  String((await identify(number)).body['idCard'] ?? '');
const take = (more: object = {}, service = 'transfer'): Promise<Answer> =>
  hall.as('kiosk')('POST', 'tickets', { service, delivery: 'screen', idempotencyKey: randomUUID(), ...more });
const keyOf = async (ticketId: unknown): Promise<string> =>
  String((await hall.as('kiosk')('GET', `tickets/${String(ticketId)}`)).body['key']);
const leave = async (ticketId: unknown): Promise<Answer> =>
  hall.as(null)('DELETE', `my-ticket/${await keyOf(ticketId)}`);
const staffTicket = async (ticketId: unknown): Promise<TicketView | undefined> =>
  ((await hall.as('clerk')('GET', 'queue')).body['tickets'] as Record<string, TicketView>)[String(ticketId)];
const events = async (): Promise<HallEvent[]> =>
  (await hall.as('manager')('GET', 'events?after=0&limit=1000')).body as unknown as HallEvent[];

describe('a typed number', () => {
  it.each([
    ['99000019490101001', '18 digits'],
    ['99000019490101001Y', '18 digits'],
    ['990000194902300012', 'birth date'],
    ['990000209901010012', 'birth date'],
    ['990000194901010011', 'check digit'],
    [7, 'string'],
  ])('%s is refused with the field', async (number, why) => {
    const answer = await identify(number);
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad-request', field: 'number' } });
    expect(answer.body['detail']).toContain(why);
  });

  it('becomes a one-time key and a masked form, for the kiosk only', async () => {
    const answer = await identify(' 990000 19490101 001x ');
    expect(answer).toMatchObject({ status: 201, body: { masked: '990***********001X' } });
    expect(String(answer.body['idCard'])).toMatch(/^[\w-]{22}$/);
    expect((await hall.as('clerk')('POST', 'identity', { number: ANNA })).status).toBe(403);
    expect((await hall.as(null)('POST', 'identity', { number: ANNA })).status).toBe(401);
  });
});

describe('a ticket with a name', () => {
  it('is needed where the service requires it; one live ticket for one person', async () => {
    expect(await take()).toMatchObject({ status: 409, body: { code: 'identity-needed' } });
    expect(await take({ idCard: 'nobody' })).toMatchObject({
      status: 409,
      body: { code: 'identity-needed', field: 'idCard' },
    });
    const first = await take({ idCard: await idCardOf(ANNA) });
    expect(first).toMatchObject({ status: 201, body: { state: 'waiting' } });
    expect(first.body).not.toHaveProperty('holder');
    const second = await idCardOf(ANNA);
    expect(await take({ idCard: second })).toMatchObject({
      status: 409,
      body: {
        code: 'already-has-ticket',
        number: first.body['number'],
        ticketId: first.body['ticketId'],
      },
    });
    // The refused card is still good; the ticket that stood in the way is left from the phone.
    expect(await leave(first.body['ticketId'])).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    const third = await take({ idCard: second });
    expect(third.status).toBe(201);
    await leave(third.body['ticketId']);
  });

  it('uses a card once, but one tap however often it comes', async () => {
    const idCard = await idCardOf(BEN);
    const idempotencyKey = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => take({ idCard, idempotencyKey })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body['ticketId'])).size).toBe(1);
    expect(await take({ idCard }, 'mortgage')).toMatchObject({ body: { code: 'identity-needed' } });
    aheadMs += 180_000;
    expect((await take({ idCard, idempotencyKey })).status).toBe(200);
    await leave(answers[0]?.body['ticketId']);
  });

  it('is not to be had with a key that is older than two minutes, or forgotten', async () => {
    const old = await idCardOf(BEN);
    aheadMs += 120_001;
    expect(await take({ idCard: old })).toMatchObject({ body: { code: 'identity-needed' } });
    const left = await idCardOf(BEN);
    expect((await hall.as('kiosk')('DELETE', `identity/${left}`)).status).toBe(204);
    expect(await take({ idCard: left })).toMatchObject({ body: { code: 'identity-needed' } });
  });

  it('drops the person where the service keeps no names', async () => {
    const { body } = await take({ idCard: await idCardOf(BEN) }, 'mortgage');
    const reserved = (await events()).find((event) => event.subject === body['ticketId']);
    expect(reserved).toMatchObject({ type: 'hall.ticket.reserved' });
    expect(reserved?.data).not.toHaveProperty('person');
    await leave(body['ticketId']);
  });

  it('takes further services, refused with the field when there is no such one', async () => {
    const idCard = await idCardOf(BEN);
    expect(await take({ idCard, further: ['passport'] })).toMatchObject({
      status: 400,
      body: { field: 'further' },
    });
    const { body } = await take({ idCard, further: ['mortgage'] });
    expect(body).toMatchObject({ service: 'transfer', further: ['mortgage'] });
    expect((await hall.as(null)('GET', `my-ticket/${String(body['key'])}`)).body).toMatchObject({
      further: ['mortgage'],
      mayLeave: true,
    });
    await leave(body['ticketId']);
    expect(await leave(body['ticketId'])).toMatchObject({ status: 409, body: { code: 'wrong-state' } });
    expect((await leave('t0000')).status).toBe(404);
  });
});

describe('what is laid or held at the kiosk', () => {
  it('is told to its own screens that are signed in, and to no other', async () => {
    const kiosk = await screen({ role: 'kiosk', token: hall.tokens['kiosk'] });
    const signedIn = await fetch(new URL('api/v1/session', hall.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hall-screen': 'kiosk' },
      body: JSON.stringify({ token: hall.tokens['kiosk'] }),
    });
    const cookie = String(signedIn.headers.get('set-cookie')).split(';')[0];
    const byCookie = await screen({ role: 'kiosk' }, { cookie });
    const others = [
      await screen({ role: 'kiosk' }, { cookie, origin: 'http://another.example' }),
      // Nobody signed this one in, and the configuration lets no kiosk in by itself.
      await screen({ role: 'kiosk' }),
      await screen({ role: 'board' }),
      await screen({ role: 'window' }),
      await screen({ role: 'clerk', token: hall.tokens['clerk'] }),
      await screen({ role: 'manager', token: hall.tokens['manager'] }),
      await screen({ role: 'kiosk', token: hall.tokens['kiosk'], agent: 'kiosk-2' }),
    ];
    await until('the reader', () => kioskReader.state().requests.find > 0);
    kioskReader.putCard('citizen-common');
    const [card] = await until('the card', () => kiosk.card.length > 0 && kiosk.card);
    expect(card).toMatchObject({ masked: '990***********001X', kind: 'citizen' });
    expect(Object.keys(card ?? {}).sort()).toEqual(['idCard', 'kind', 'masked']);
    expect(byCookie.card).toEqual([card]);
    const { body } = await take({ idCard: card?.idCard });
    expect(body).toMatchObject({ state: 'waiting' });
    kioskReader.liftCard();

    const codes = [`http://192.168.1.20:8480/t/${String(body['ticketId'])}`, 'K7MXP2QA', '13812345678 张'];
    for (const [at, code] of codes.entries()) {
      scanner.scan(code);
      await until(`code ${at}`, () => kiosk.scan.length === at + 1);
    }
    expect(kiosk.scan).toMatchObject([
      { kind: 'ticket', value: body['ticketId'] },
      { kind: 'appointment', value: 'K7MXP2QA' },
      { kind: 'other', value: null },
    ]);
    expect(JSON.stringify(kiosk.scan)).not.toContain('138');
    for (const other of others) expect(other).toEqual({ card: [], 'card-unreadable': [], scan: [] });
    await leave(body['ticketId']);
  });
});

describe('at the window', () => {
  it('staff see the holder from the call on, and whether the card matches; public views never', async () => {
    const clerk = (action: string, content?: unknown) =>
      hall.as('clerk')('POST', `windows/1/${action}`, content);
    const { body } = await take({ idCard: await idCardOf(ANNA), priority: 'elderly' });
    const { ticketId } = body as { ticketId: string };
    expect(await staffTicket(ticketId)).not.toHaveProperty('holder');
    expect(
      (await hall.as('kiosk')('POST', `tickets/${ticketId}/priority`, { decision: 'confirmed' })).status,
    ).toBe(403);
    expect(
      await hall.as('clerk')('POST', `tickets/${ticketId}/priority`, { decision: 'denied' }),
    ).toMatchObject({ status: 400, body: { code: 'reason-needed' } });
    await hall.as('clerk')('POST', `tickets/${ticketId}/priority`, { decision: 'confirmed' });

    await clerk('open', { staff: '1001' });
    await clerk('call-next');
    expect(await staffTicket(ticketId)).toMatchObject({
      state: 'called',
      holder: '990***********001X',
      priority: 'elderly',
      priorityDecision: 'confirmed',
      // She gave three tickets back above (two of them, and the one at the reader).
      takeAndCancel: 3,
    });
    windowReader.putCard('citizen-two-characters');
    await until('no match', async () => (await staffTicket(ticketId))?.match === 'no-match');
    windowReader.liftCard();
    const finds = windowReader.state().requests.find;
    await until('the reader to see it lifted', () => windowReader.state().requests.find > finds + 1);
    windowReader.putCard('citizen-common');
    await until('a match', async () => (await staffTicket(ticketId))?.match === 'match');
    windowReader.liftCard();
    expect(await events()).toContainEqual(
      expect.objectContaining({
        type: 'hall.trace.recorded',
        data: expect.objectContaining({ action: 'match-failed', window: 1, staff: '1001' }),
      }),
    );
    const seen = JSON.stringify([
      (await hall.as(null)('GET', 'queue')).body,
      (await hall.as(null)('GET', 'windows/1')).body,
      (await hall.as('kiosk')('GET', `tickets/${ticketId}`)).body,
      (await hall.as(null)('GET', `my-ticket/${await keyOf(ticketId)}`)).body,
    ]);
    for (const word of ['990*', 'holder', 'no-match', 'takeAndCancel', personHash(checkSecret, 2026, ANNA)])
      expect(seen).not.toContain(word);
    expect(await leave(ticketId)).toMatchObject({
      status: 409,
      body: { code: 'wrong-state', state: 'called' },
    });
    await clerk('start');
    expect((await clerk('park', { reason: 'copies', minutes: 20 })).status).toBe(200);
    expect((await staffTicket(ticketId))?.parkedUntil).toMatch(/^\d{4}-/);
    expect((await clerk('park', { reason: 'x', minutes: 0 })).status).toBe(400);
  });
});

describe('the own cases', () => {
  const cases = async (key?: string): Promise<Answer> => {
    const response = await fetch(new URL('api/v1/query/case', hall.url), {
      headers: {
        authorization: `Bearer ${hall.tokens['kiosk']}`,
        ...(key === undefined ? {} : { 'x-id-card': key }),
      },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('come from the platform for the card that was read, as often as asked in its time', async () => {
    expect(await cases()).toMatchObject({ status: 409, body: { code: 'identity-needed' } });
    expect(await cases('nobody')).toMatchObject({ status: 409, body: { code: 'identity-needed' } });
    const key = await idCardOf(ANNA);
    const answer = await cases(key);
    expect(answer).toMatchObject({ status: 200, body: { cases: expect.any(Array) } });
    expect((answer.body['cases'] as unknown[]).length).toBeGreaterThan(0);
    expect((await cases(key)).status).toBe(200);
    expect(JSON.stringify(platform.calls())).toContain(personHash(checkSecret, 2026, ANNA));
    aheadMs += 120_001;
    expect((await cases(key)).status).toBe(409);
  });

  it('of a platform that is away say so', async () => {
    platform.setFault('wrong-token', true);
    expect(await cases(await idCardOf(BEN))).toMatchObject({ status: 503, body: { code: 'platform-away' } });
    platform.setFault('wrong-token', false);
  });
});

describe('no number and no name', () => {
  const words = [ANNA, BEN, '张样本', '样本', '李样'].flatMap((word) => [
    word,
    Buffer.from(word).toString('base64').replace(/=+$/, ''),
    Buffer.from(word, 'utf16le').toString('hex'),
  ]);
  const found = (bytes: Buffer, inText: string): string[] =>
    words.filter(
      (word) => bytes.includes(word) || bytes.includes(Buffer.from(word, 'utf16le')) || inText.includes(word),
    );

  it('stands in the journal, the log, the events or any file of the state', async () => {
    const all = await events();
    expect(all.some(({ data }) => 'person' in data)).toBe(true);
    expect(found(Buffer.from(JSON.stringify(all)), '')).toEqual([]);
    // The snapshot of the state is written when it stops.
    await hall.close();
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(files.length).toBeGreaterThan(2);
    const state = files.map((file) => readFileSync(join(file.parentPath, file.name)));
    // What must be there is found, so that not finding the rest means something.
    expect(state.some((bytes) => bytes.includes(personHash(checkSecret, 2026, ANNA)))).toBe(true);
    expect(state.flatMap((bytes) => found(bytes, ''))).toEqual([]);
    expect(logged.length).toBeGreaterThan(3);
    expect(found(Buffer.alloc(0), logged.join('\n'))).toEqual([]);
    await start();
  });
});

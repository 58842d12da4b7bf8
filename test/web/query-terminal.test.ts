/** What the query terminal asks of its hub: a real agent with a kiosk's and a terminal's readers, and one printer. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import { startIdReader, type IdReaderHandle } from '../../firmware-sim/id-reader/id-reader.ts';
import { samplePeople } from '../../firmware-sim/id-reader/people.ts';
import { startScanner, type ScannerHandle } from '../../firmware-sim/scanner/scanner.ts';
import { parseConfig } from '../../kiosk-agent/config.ts';
import { deviceFaults } from '../../kiosk-agent/device/manager.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';

const folder = temporaryFolder('query-terminal');
const plan = join(folder.path, 'plan.svg');
const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="9" height="9"/></svg>';
const sockets: Socket[] = [];
let hall: Hall;
let printer: PrinterHandle;
let readers: Record<'kiosk' | 'query', IdReaderHandle>;
let scanner: ScannerHandle;

beforeAll(async () => {
  writeFileSync(plan, drawing);
  printer = await startPrinter({ id: 'printer-1', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  readers = { kiosk: await startIdReader({ port: 'tcp:0' }), query: await startIdReader({ port: 'tcp:0' }) };
  scanner = await startScanner({ port: 'tcp:0' });
  hall = await startHall(
    folder.path,
    hallYaml(`
devices:
  - {id: printer-1, model: escpos-80, port: "${printer.port}"}
  - {id: reader-kiosk, model: sdt, port: "${readers.kiosk.port}"}
  - {id: reader-query, model: sdt, port: "${readers.query.port}", screen: query}
  - {id: scanner-query, model: scanner-serial, port: "${scanner.port}", screen: query}
`)
      .replace(/^hall: +\{/m, `hall: {map: {file: "${plan}"}, `)
      .replace(
        '{id: transfer,',
        `{id: transfer, forms: [{name: {zh: 申请书样表, en: Sample}, file: "${plan}"}],`,
      )
      .replace('{number: 1,', '{number: 1, area: {zh: 一楼东区, en: East}, '),
    () => new Date('2026-11-23T09:30:00+08:00'),
  );
  await until('all devices', async () =>
    ((await hall.as(null)('GET', 'health')).body['devices'] as { state: string }[]).every(
      ({ state }) => state === 'ready',
    ),
  );
});
afterAll(async () => {
  for (const socket of sockets) socket.close();
  await hall?.close();
  for (const device of [printer, scanner, ...Object.values(readers ?? {})]) await device?.close();
  folder[Symbol.dispose]();
});

/** What a screen of that kind hears of cards and codes. */
async function heardBy(screen: 'kiosk' | 'query' | undefined): Promise<string[]> {
  const socket = io(hall.url, {
    path: '/live',
    auth: { role: 'kiosk', token: hall.tokens['kiosk'], ...(screen && { screen }) },
    transports: ['websocket'],
    forceNew: true,
  });
  sockets.push(socket);
  const heard: string[] = [];
  for (const event of ['card', 'scan']) socket.on(event, () => heard.push(event));
  await new Promise<void>((resolve) => socket.once('snapshot', () => resolve()));
  return heard;
}
const kiosk = (method: string, path: string, content?: object): Promise<Answer> =>
  hall.as('kiosk')(method, path, content);
const withCard = async (path: string, idCard?: string): Promise<Answer> => {
  const response = await fetch(new URL(`api/v1/${path}`, hall.url), {
    headers: { authorization: `Bearer ${hall.tokens['kiosk']}`, ...(idCard && { 'x-id-card': idCard }) },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const keyOf = async (number: string): Promise<string> =>
  String((await kiosk('POST', 'identity', { number })).body['idCard']);
const book = (more: object): Promise<Answer> =>
  kiosk('POST', 'appointments', {
    ...{ service: 'transfer', day: '2026-11-24', from: '10:00', channel: 'query' },
    ...{ idempotencyKey: randomUUID(), ...more },
  });

describe('a kiosk and a query terminal on one PC', () => {
  it('each hear the cards and codes before their own readers only', async () => {
    const [atKiosk, unsaid, atTerminal] = await Promise.all([
      heardBy('kiosk'),
      heardBy(undefined),
      heardBy('query'),
    ]);
    readers.query.putCard('citizen-common');
    await until('the card at the terminal', () => atTerminal.includes('card'));
    scanner.scan('K7MXP2QA');
    await until('the code at the terminal', () => atTerminal.includes('scan'));
    readers.query.liftCard();
    readers.kiosk.putCard('citizen-common');
    await until('the card at the kiosk', () => atKiosk.includes('card'));
    readers.kiosk.liftCard();
    expect({ atKiosk, unsaid, atTerminal }).toEqual({
      atKiosk: ['card'],
      unsaid: ['card'],
      atTerminal: ['card', 'scan'],
    });
  });

  it('only readers and scanners say whose they are, and none at a window', () => {
    const faultsOf = (row: string): unknown => {
      const parsed = parseConfig(hallYaml(`devices: [${row}]`), deviceFaults, '/nowhere');
      return parsed.ok ? [] : parsed.faults.map(({ path }) => path);
    };
    const wrong = ['devices[0].screen'];
    expect(faultsOf('{id: a, model: escpos-80, port: "tcp:h:1", screen: query}')).toEqual(wrong);
    expect(faultsOf('{id: a, model: sdt, port: "tcp:h:1", screen: query, window: 1}')).toEqual(wrong);
    expect(faultsOf('{id: a, model: scanner-serial, port: "tcp:h:1", screen: query}')).toEqual([]);
  });
});

describe('my appointments', () => {
  it('are those on this card, by time, without those that were cancelled', async () => {
    const anna = samplePeople['citizen-common'].number;
    const later = await book({ idCard: await keyOf(anna), day: '2026-11-25', service: 'mortgage' });
    const gone = await book({ idCard: await keyOf(anna) });
    await kiosk('DELETE', `appointments/${String(gone.body['appointment'])}`);
    const today = await book({ idCard: await keyOf(anna), day: '2026-11-23', from: '11:00' });
    await book({ idCard: await keyOf(samplePeople['citizen-two-characters'].number) });
    await book({});
    const mine = await withCard('appointments/mine', await keyOf(anna));
    expect(mine.status).toBe(200);
    expect((mine.body['appointments'] as { appointment: string }[]).map((one) => one.appointment)).toEqual([
      today.body['appointment'],
      later.body['appointment'],
    ]);
    expect(JSON.stringify(mine.body)).not.toContain(anna);
  });

  it('are told to nobody without a card', async () => {
    expect(await withCard('appointments/mine')).toMatchObject({
      status: 409,
      body: { code: 'identity-needed' },
    });
    expect((await hall.as('clerk')('GET', 'appointments/mine')).status).toBe(403);
  });
});

describe('a number of the board', () => {
  it('has its place in line, and nothing with which somebody else could leave it', async () => {
    const taken = (
      await kiosk('POST', 'tickets', {
        service: 'transfer',
        delivery: 'screen',
        idempotencyKey: randomUUID(),
      })
    ).body;
    const number = String(taken['number']);
    const { status, body } = await kiosk('GET', `query/tickets/${number.toLowerCase()}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { number, state: 'waiting', ahead: 0 } });
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['key']));
    expect(JSON.stringify(body)).not.toContain(String(taken['ticketId']));
    expect((await kiosk('GET', 'query/tickets/Z999')).body).toMatchObject({ code: 'unknown-ticket' });
    expect((await hall.as(null)('GET', `query/tickets/${number}`)).status).toBe(401);
  });
});

describe('the slip of an opinion', () => {
  it('comes out with number, code and the day of the answer, and without what was said', async () => {
    const filed = (
      await kiosk('POST', 'opinions', {
        kind: 'suggestion',
        text: '希望多放几把椅子',
        idempotencyKey: randomUUID(),
      })
    ).body as Record<string, string>;
    const { opinion, code, dueDay } = filed;
    expect(await kiosk('POST', 'opinions/paper', { opinion, code })).toEqual({
      status: 200,
      body: { state: 'printed' },
    });
    const paper = printer.papers().at(-1)?.text ?? '';
    for (const words of ['意见回执', opinion, code, dueDay]) expect(paper).toContain(words);
    expect(paper).not.toContain('椅子');
  });

  it('is printed for nobody with a wrong code', async () => {
    const before = printer.papers().length;
    const wrong = { opinion: 'Y20261123-001', code: 'AAAAAA' };
    expect((await kiosk('POST', 'opinions/paper', wrong)).status).toBe(404);
    expect(printer.papers().length).toBe(before);
  });
});

describe('pictures of the hall', () => {
  it('are its plan and its sample forms, which run no script', async () => {
    const view = (await hall.as(null)('GET', 'queue')).body as unknown as {
      hall: { map: string; caseQuery: boolean };
      windows: Record<string, { area?: unknown }>;
      services: Record<string, { forms?: { picture: string }[] }>;
    };
    expect(view.hall).toMatchObject({ map: '/api/v1/hall/map', caseQuery: false });
    expect(view.windows['1']?.area).toEqual({ zh: '一楼东区', en: 'East' });
    expect(view.windows['2']?.area).toBeUndefined();
    const form = view.services['transfer']?.forms?.[0]?.picture ?? '';
    expect(view.services['mortgage']?.forms).toBeUndefined();
    expect(await (await fetch(new URL(form, hall.url))).text()).toBe(drawing);
    expect((await fetch(new URL(form.replace(/0$/, '1'), hall.url))).status).toBe(404);
    const answer = await fetch(new URL(view.hall.map, hall.url));
    expect(await answer.text()).toBe(drawing);
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  });

  it('that are missing or no pictures stop the start, with its place in the file', () => {
    writeFileSync(join(folder.path, 'plan.txt'), 'no picture');
    for (const [file, why] of [
      ['nowhere.svg', 'ENOENT'],
      ['plan.txt', 'neither SVG nor PNG'],
    ] as const) {
      const parsed = parseConfig(
        hallYaml().replace(/^hall: +\{/m, `hall: {map: {file: ${file}}, `),
        deviceFaults,
        '/nowhere',
        folder.path,
      );
      expect(parsed).toMatchObject({ ok: false, faults: [{ path: 'hall.map.file', line: 2 }] });
      expect(JSON.stringify(parsed)).toContain(why);
    }
  });
});

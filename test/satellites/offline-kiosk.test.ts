/** A second kiosk that goes on while the hall server is away: real agent and printer, against a hub that does what the test tells it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { io } from 'socket.io-client';
import { startPrinter, type PrinterHandle } from '../../firmware-sim/index.ts';
import type { EventDraft, HallEvent } from '../../kiosk-agent/contract/events.ts';
import type { PublicView } from '../../kiosk-agent/contract/live.ts';
import { offlineNumbers } from '../../kiosk-agent/cli/doctor/satellite.ts';
import { SATELLITE_BOOK, type SatelliteMemory } from '../../kiosk-agent/satellite/memory.ts';
import { numbersLeft } from '../../kiosk-agent/satellite/offline-tickets.ts';
import { rulesOf } from '../../kiosk-agent/web/views.ts';
import { configOf, hallYaml } from '../harness/hall.ts';
import { temporaryFolder, until, type Answer } from '../harness/programs.ts';
import { relay, type Relay } from '../link/relay.ts';
import { onDisk, satelliteYaml, startSatelliteAt, type Satellite } from './hall.ts';
import { ScriptedHub } from './scripted-hub.ts';

const TOKEN = 'a-token-of-the-hub-for-tests';
const UNTIL = '2999-12-31';
const folder = temporaryFolder('offline-kiosk');
let hub: ScriptedHub;
let cable: Relay;
let satellite: Satellite;
let printer: PrinterHandle;
let yaml: string;
beforeAll(async () => {
  printer = await startPrinter({ id: 'printer-2', port: 'tcp:0', speed: Number.POSITIVE_INFINITY });
  hub = await new ScriptedHub(TOKEN).listen();
  cable = await relay(() => hub.port);
  yaml = satelliteYaml(
    cable.port,
    `devices: [{id: printer-2, model: escpos-80, port: "${printer.port}"}]\nrules: {unclaimedS: 600}\n`,
  );
  satellite = await startSatelliteAt(folder.path, yaml, TOKEN);
  await back();
  expect(
    await hub.command('blocks', { blocks: [{ prefix: 'A', from: 701, to: 720, untilDay: UNTIL }] }),
  ).toMatchObject({ ok: true });
});
afterAll(async () => {
  await satellite?.close();
  await cable?.close();
  await hub?.close();
  await printer?.close();
  folder[Symbol.dispose]();
});
beforeEach(async () => {
  await back();
  hub.answer = () => ({ status: 404, body: { code: 'not-found' } });
  await printer.plug();
  await printerIs('ready');
});

const health = async () => (await satellite.as(null)('GET', 'health')).body;
const link = async (): Promise<string> => ((await health())['links'] as { state: string }[])[0]?.state ?? '';
const printerIs = (wanted: string) =>
  until(`the printer to be ${wanted}`, async () => {
    const [device] = (await health())['devices'] as { state: string; fault?: string }[];
    return (device?.fault ?? device?.state) === wanted;
  });
async function back(): Promise<void> {
  cable.mend();
  await until('the link to be level', async () => (await link()) === 'level');
}
async function away(): Promise<void> {
  cable.cut();
  await until('the cut to be noticed', async () => (await link()) === 'away');
}
const kiosk = (method: string, path: string, content?: unknown): Promise<Answer> =>
  satellite.as('kiosk')(method, path, content);
const tap = (more: object = {}): Promise<Answer> =>
  kiosk('POST', 'tickets', { service: 'transfer', idempotencyKey: randomUUID(), ...more });
const papersWith = (text: unknown): string[] =>
  printer
    .papers()
    .map((paper) => paper.text)
    .filter((each) => each.includes(String(text)));
const sheet = (text: string): string =>
  Buffer.concat([
    Buffer.from([0x1b, 0x40]),
    Buffer.from(`${text}\n`),
    Buffer.from([0x1d, 0x56, 0x42, 0x00]),
  ]).toString('base64');

describe('a second kiosk that is cut off', () => {
  it('gives the next number of its block, on paper with the mark, and delivers what it did', async () => {
    await away();
    const [one, two] = [await tap(), await tap({ language: 'en', priority: 'elderly' })];
    expect(one).toMatchObject({
      status: 201,
      body: { number: 'A701', state: 'waiting', printed: true, offline: true, ahead: null, waitMinS: null },
    });
    expect(two.body).toMatchObject({ number: 'A702', class: 'priority' });
    expect(papersWith('A701')).toHaveLength(1);
    expect(papersWith('A701')[0]).toContain('离线');
    expect(papersWith('A702')[0]).toContain('OFFLINE');
    await back();
    const came = await until('the events', () => {
      const reserved = hub.ofType('hall.ticket.reserved');
      return reserved.length === 2 && hub.ofType('hall.ticket.printed').length === 2 && reserved;
    });
    expect(came.map(({ data }) => [data['number'], data['running'], data['kiosk']])).toEqual([
      ['A701', 701, 'kiosk-2'],
      ['A702', 702, 'kiosk-2'],
    ]);
    expect(came[0]?.data['offline']).toMatchObject({
      takenAt: came[0]?.time,
      keyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('gives the same ticket for the same tap, then and when the hub is back, and never asks the hub for it', async () => {
    await away();
    const idempotencyKey = randomUUID();
    const many = await Promise.all(Array.from({ length: 5 }, () => tap({ idempotencyKey })));
    expect(new Set(many.map(({ body }) => body['ticketId'])).size).toBe(1);
    expect(many.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
    await back();
    const calls = hub.calls.length;
    expect(await tap({ idempotencyKey })).toMatchObject({
      status: 200,
      body: { ticketId: many[0]?.body['ticketId'] },
    });
    expect(hub.calls).toHaveLength(calls);
    expect(papersWith(many[0]?.body['number'])).toHaveLength(1);
    expect(
      await hub.command('print', {
        job: 'hub-ticket.0.0',
        device: 'printer-2',
        ticketId: 'hub-ticket',
        idempotencyKey,
        bytes: sheet('SECOND NUMBER'),
      }),
    ).toMatchObject({ refused: 'superseded' });
    expect(papersWith('SECOND NUMBER')).toHaveLength(0);
  });

  it('gives no second number for a tap whose paper the hub has printed here before it fell silent', async () => {
    const idempotencyKey = randomUUID();
    hub.answer = ({ method, path }) => {
      expect([method, path]).toEqual(['POST', '/api/v1/tickets']);
      void hub.command('print', {
        job: 'hub-2.0.0',
        device: 'printer-2',
        ticketId: 'hub-2',
        number: 'A002',
        idempotencyKey,
        bytes: sheet('A002 of the hub'),
      });
      return { status: 503, body: { code: 'stopping' } };
    };
    const reserved = onDisk(folder.path).filter(({ type }) => type === 'hall.ticket.reserved').length;
    // The order of the two does not matter: whichever is first on disk wins, and there is one paper.
    const answer = await tap({ idempotencyKey });
    expect([200, 201]).toContain(answer.status);
    await until(
      'the hub’s sheet or its refusal',
      () => papersWith('A002 of the hub').length === 1 || answer.body['offline'],
    );
    const papers = papersWith('A002 of the hub').length + (answer.body['offline'] ? 1 : 0);
    expect(papers).toBe(1);
    const again = await tap({ idempotencyKey });
    expect(again.body['ticketId']).toBe(answer.body['ticketId']);
    expect(onDisk(folder.path).filter(({ type }) => type === 'hall.ticket.reserved').length - reserved).toBe(
      answer.body['offline'] ? 1 : 0,
    );
  });

  it('answers with the hub’s ticket when its paper came out here and the hub went away before it answered', async () => {
    const idempotencyKey = randomUUID();
    expect(
      await hub.command('print', {
        job: 'hub-3.0.0',
        device: 'printer-2',
        ticketId: 'hub-3',
        number: 'A003',
        idempotencyKey,
        bytes: sheet('A003 of the hub'),
      }),
    ).toMatchObject({ ok: true });
    await until('the paper', () => papersWith('A003 of the hub').length === 1);
    await away();
    const answer = await tap({ idempotencyKey });
    expect(answer).toMatchObject({
      status: 200,
      body: { ticketId: 'hub-3', number: 'A003', state: 'waiting', printed: true },
    });
    expect(answer.body['offline']).toBeUndefined();
  });

  it('serves the tap itself when the hub hears it and does not answer', async () => {
    hub.answer = () => null;
    const answer = await tap();
    expect(answer).toMatchObject({ status: 201, body: { offline: true, state: 'waiting' } });
  });

  it('knows the way of its paper: none, taken on screen, printed again, given back', async () => {
    await away();
    await printer.setFault('paper-out', true);
    await printerIs('paper-out');
    const [one, two] = [await tap(), await tap()];
    expect(one.body).toMatchObject({ state: 'print-failed', paperFault: 'paper-out', printed: false });
    const idOf = ({ body }: Answer): string => String(body['ticketId']);
    expect((await kiosk('POST', `tickets/${idOf(one)}/on-screen`)).body).toMatchObject({ state: 'waiting' });
    await printer.setFault('paper-out', false);
    await printerIs('ready');
    expect((await kiosk('POST', `tickets/${idOf(two)}/reprint`)).body).toMatchObject({ state: 'waiting' });
    expect(papersWith(two.body['number']).map((text) => text.includes('补打'))).toEqual([false]);
    expect(await kiosk('POST', `tickets/${idOf(two)}/reprint`)).toMatchObject({
      status: 409,
      body: { code: 'wrong-state', state: 'waiting' },
    });

    await printer.setFault('unplug-after-bytes', true, { bytes: 120 });
    const three = await tap();
    expect(three.body).toMatchObject({ state: 'unconfirmed' });
    await printer.plug();
    await printerIs('ready');
    expect((await kiosk('POST', `tickets/${idOf(three)}/paper`, { out: false })).body).toMatchObject({
      state: 'waiting',
      number: three.body['number'],
    });
    expect(papersWith(three.body['number']).at(-1)).toContain('补打');
    expect((await kiosk('DELETE', `tickets/${idOf(three)}`)).body).toMatchObject({ state: 'cancelled' });
    expect(await kiosk('GET', 'tickets/nobody-knows')).toMatchObject({
      status: 503,
      body: { code: 'hub-away' },
    });
  });

  it('gives no number twice over a restart, and shows the hall of the last view', async () => {
    hub.view = {
      hall: { ...hallOf(), missedRule: { zh: '过号作废', en: 'void' } },
      day: {
        day: '2026-11-23',
        served: 7,
        windowsOpen: 1,
        windowsTotal: 3,
        taking: true,
        printer: null,
        journal: 'ok',
      },
      services: { transfer: { service: 'transfer', waiting: 4, waitMinS: 60, waitMaxS: 120 } },
      windows: {},
      calls: [],
    };
    cable.cut();
    await back();
    await until(
      'the view',
      async () => ((await kiosk('GET', 'queue')).body['day'] as { served?: number }).served === 7,
    );
    await away();
    const before = onDisk(folder.path).flatMap((event) =>
      event.type === 'hall.ticket.reserved' ? [event.data.number] : [],
    );
    await satellite.close();
    satellite = await startSatelliteAt(folder.path, yaml, TOKEN);
    const fresh = await tap();
    expect(fresh.status).toBe(201);
    expect(before).not.toContain(fresh.body['number']);
    const view = await liveView();
    expect(view).toMatchObject({
      hub: { state: 'away', asOf: expect.any(String) },
      day: { served: 7, taking: true },
      services: { transfer: { waiting: 4, waitMinS: null } },
    });
  });

  it('says so when it has no numbers: none leased, or all given', async () => {
    await away();
    expect(await tap({ service: 'mortgage' })).toMatchObject({
      status: 409,
      body: { code: 'offline-no-numbers', kiosk: 'kiosk-2', service: 'mortgage' },
    });
    let answer = await tap({ delivery: 'screen' });
    for (let i = 0; i < 20 && answer.status === 201; i++) answer = await tap({ delivery: 'screen' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'offline-no-numbers', service: 'transfer' } });
    const numbers = onDisk(folder.path).flatMap((event) =>
      event.type === 'hall.ticket.reserved' ? [event.data.number] : [],
    );
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toHaveLength(20);
    expect(numbers.at(-1)).toBe('A720');
  });
});

describe('the doctor of a second kiosk', () => {
  it('says what can be given while the hub is away, from the running agent or from its state folder', async () => {
    const look = (agent: Parameters<typeof offlineNumbers>[2]) =>
      offlineNumbers(configOf(yaml), folder.path, agent, '2026-11-23').map(({ subject, state }) => [
        subject,
        state,
      ]);
    const stopped = { running: false, kind: 'none', why: '' } as const;
    expect(look(stopped)).toEqual([
      ['A', 'good'],
      ['B', 'trouble'],
    ]);
    const { numbersLeft: left } = (await health()) as { numbersLeft?: Record<string, number> };
    expect(left).toEqual({ A: 0, B: 0 });
    const running = { running: true, health: { numbersLeft: left } } as Parameters<typeof offlineNumbers>[2];
    expect(look(running)).toEqual([
      ['A', 'trouble'],
      ['B', 'trouble'],
    ]);
    expect(offlineNumbers(configOf(hallYaml()), folder.path, stopped, '2026-11-23')).toEqual([]);
  });
});

describe('a second kiosk whose hub is there', () => {
  it('passes the calls of its kiosk on with the link’s token, and nothing else', async () => {
    hub.answer = ({ method, path }) => ({ status: method === 'POST' ? 201 : 200, body: { path } });
    expect(await tap({ language: 'en' })).toMatchObject({ status: 201, body: { path: '/api/v1/tickets' } });
    expect(hub.calls.at(-1)).toMatchObject({ token: TOKEN, body: { service: 'transfer', language: 'en' } });
    expect((await kiosk('GET', 'appointments/slots?service=transfer')).body).toEqual({
      path: '/api/v1/appointments/slots?service=transfer',
    });
    const calls = hub.calls.length;
    for (const path of ['windows/1', 'events', 'surge', 'query/..%2Fevents', 'appointments/%2e%2e/events'])
      expect((await kiosk('GET', path)).status).toBe(404);
    expect((await satellite.as(null)('POST', 'tickets', { service: 'transfer' })).status).toBe(401);
    expect((await satellite.as(null)('GET', 'appointments')).status).toBe(401);
    expect(hub.calls).toHaveLength(calls);
  });

  it('keeps a typed number here, and tells the hub only who it is by the hall’s key', async () => {
    // Invented: province 99 does not exist.
    const number = '990101199001010015';
    const { body, status } = await kiosk('POST', 'identity', { number: withCheckDigit(number) });
    expect(status).toBe(201);
    hub.answer = ({ path }) => ({
      status: 201,
      body: path.endsWith('/identity/lent') ? { idCard: 'key-of-the-hub' } : { path },
    });
    await tap({ idCard: body['idCard'] });
    const [ticket] = hub.calls.slice(-1);
    expect(ticket?.body['person']).toMatchObject({
      masked: body['masked'],
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(ticket?.body['idCard']).toBeUndefined();
    await kiosk('POST', 'opinions', { idCard: body['idCard'], text: 'x' });
    expect(hub.calls.at(-1)?.body).toEqual({ idCard: 'key-of-the-hub', text: 'x' });
    expect(JSON.stringify(hub.calls)).not.toContain(number.slice(0, 14));
    expect(await tap({ idCard: 'unknown-key' })).toMatchObject({
      status: 409,
      body: { code: 'identity-needed' },
    });
  });
});

describe('numbers of leased blocks', () => {
  const rules = rulesOf(configOf(hallYaml()));
  const blocks = [
    { prefix: 'A', from: 701, to: 703, untilDay: '2026-11-24' },
    { prefix: 'A', from: 801, to: 802, untilDay: '2026-11-23' },
  ];
  /** Decides and applies, as the executor does. */
  const taken = (memory: SatelliteMemory, now: string, clockOffsetMs = 0): string => {
    const id = randomUUID();
    const decision = SATELLITE_BOOK.decide(
      memory,
      {
        name: 'ticket.reserve',
        ticketId: id,
        service: 'transfer',
        language: 'zh',
        idempotencyKey: id,
        delivery: 'paper',
        kiosk: 'kiosk-2',
        keyHash: '0'.repeat(64),
        clockOffsetMs,
        blocks,
      },
      new Date(now),
      rules,
    );
    if (!decision.ok) return decision.refusal.code;
    let number = '';
    for (const event of decision.events as (EventDraft & Partial<HallEvent>)[]) {
      SATELLITE_BOOK.apply(memory, event as HallEvent);
      if (event.type === 'hall.ticket.reserved') number = event.data.number;
    }
    return number;
  };

  it('begin anew each day of the hall, by the hub’s clock, and end with the lease', () => {
    const memory = SATELLITE_BOOK.empty();
    // 23:59 and 00:01 in Shanghai.
    expect(taken(memory, '2026-11-23T15:59:00Z')).toBe('A701');
    expect(taken(memory, '2026-11-23T16:01:00Z')).toBe('A701');
    expect(taken(memory, '2026-11-23T16:02:00Z')).toBe('A702');
    // This clock is 5 minutes ahead of the hub’s: there it is still the 23rd.
    expect(taken(memory, '2026-11-23T16:03:00Z', 300_000)).toBe('A702');
    expect(taken(memory, '2026-11-25T02:00:00Z')).toBe('offline-no-numbers');
  });

  it('are given once a day, also when the clock goes back and forth and the state is read again', () => {
    let memory = SATELLITE_BOOK.empty();
    const given: string[] = [];
    for (const now of [
      '2026-11-23T02:00:00Z',
      '2026-11-24T02:00:00Z',
      '2026-11-23T03:00:00Z',
      '2026-11-24T01:00:00Z',
      '2026-11-23T04:00:00Z',
    ]) {
      given.push(`${now.slice(0, 10)} ${taken(memory, now)}`);
      memory = JSON.parse(JSON.stringify(memory)) as SatelliteMemory;
    }
    expect(given).toEqual([
      '2026-11-23 A701',
      '2026-11-24 A701',
      '2026-11-23 A702',
      '2026-11-24 A702',
      '2026-11-23 A703',
    ]);
    expect(numbersLeft(memory, blocks, 'A', '2026-11-23')).toBe(2);
    expect(numbersLeft(memory, blocks, 'A', '2026-11-24')).toBe(1);
  });

  it('take no more room after a year', () => {
    const memory = SATELLITE_BOOK.empty();
    const lease = blocks.map((block) => ({ ...block, untilDay: UNTIL }));
    blocks.splice(0, blocks.length, ...lease);
    for (let day = 0; day < 365; day++) taken(memory, new Date(Date.UTC(2026, 0, 1 + day, 4)).toISOString());
    expect(Object.keys(memory.given)).toHaveLength(14);
    expect(Object.keys(memory.tickets)).toHaveLength(2);
    expect(Object.keys(memory.keys)).toHaveLength(2);
  });
});

function hallOf(): object {
  return {
    id: 'hall-1',
    name: { zh: '测试大厅', en: 'Test hall' },
    timeZone: 'Asia/Shanghai',
    openingHours: null,
  };
}

/** What a kiosk screen at the satellite is told first. */
async function liveView(): Promise<PublicView> {
  const socket = io(satellite.url, { path: '/live', transports: ['websocket'], auth: { role: 'kiosk' } });
  try {
    return await new Promise<PublicView>((resolve, reject) => {
      socket.once('snapshot', ({ view }: { view: PublicView }) => resolve(view));
      socket.once('connect_error', reject);
    });
  } finally {
    socket.disconnect();
  }
}

/** GB 11643: the 18th character over the 17 before it. */
function withCheckDigit(number: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(number[i]), 0);
  return number.slice(0, 17) + '10X98765432'[sum % 11];
}

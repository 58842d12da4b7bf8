/** The hub's side of the satellites, through its front door: the link, the HTTP API, the live view. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addSatellite, removeSatellite } from '../../kiosk-agent/cli/satellite.ts';
import type { StaffView } from '../../kiosk-agent/contract/live.ts';
import { localTime } from '../../kiosk-agent/hall/day.ts';
import { hallYaml, startHall, type Hall } from '../harness/hall.ts';
import { api, temporaryFolder, until } from '../harness/programs.ts';
import { offlineTicket, press } from './journal.ts';
import { ScriptedSatellite } from './scripted.ts';

const folder = temporaryFolder('satellites');
let hall: Hall;
const tokens: Record<string, string> = {};
const here: ScriptedSatellite[] = [];
let epochs = 0;

async function letIn(agent: string): Promise<string> {
  const out = new PassThrough();
  const printed = text(out);
  await addSatellite(agent, folder.path, new Date(), out);
  out.end();
  return (await printed).trim();
}
beforeAll(async () => {
  // The hub has no device of its own: what is lit, printed and shown is at satellites.
  hall = await startHall(folder.path, hallYaml());
  for (const agent of ['desk-1', 'kiosk-2']) tokens[agent] = await letIn(agent);
});
afterAll(async () => {
  await hall.close();
  folder[Symbol.dispose]();
});
afterEach(async () => {
  for (const satellite of here.splice(0)) satellite.cut();
  await until('satellites to be away', async () =>
    Object.values((await health()).satellites).every(({ connected }) => !connected),
  );
  const windows = (await hall.as(null)('GET', 'queue')).body['windows'] as Record<string, { state: string }>;
  for (const [number, { state }] of Object.entries(windows)) {
    if (state === 'called') await hall.as('clerk')('POST', `windows/${number}/missed`);
    if (state === 'serving') await hall.as('clerk')('POST', `windows/${number}/finish`);
    if (state !== 'closed') await hall.as('clerk')('POST', `windows/${number}/close`, { reason: 'test' });
  }
});

const now = (): string => localTime(new Date(), 'Asia/Shanghai');
/** A satellite with a fresh journal, connected. */
async function satellite(agent: string): Promise<ScriptedSatellite> {
  const made = new ScriptedSatellite(hall.url, tokens[agent] ?? '', agent, `epoch-${++epochs}-of-test`);
  here.push(made);
  expect(await made.connect()).toBe(0);
  return made;
}
async function health() {
  return (await hall.as(null)('GET', 'health')).body as unknown as {
    status: string;
    satellites: Record<string, { connected: boolean }>;
    devices: { id: string; state: string }[];
  };
}
const EVALUATOR = { id: 'evaluator-1', kind: 'evaluator', state: 'ready', window: 1 };
const PRINTER = { id: 'printer-1', kind: 'printer', state: 'ready', window: null, columns: 48 };

/** A visitor is served at window 1 and the evaluation opens; its session. */
async function finishAtOne(): Promise<number> {
  const clerk = hall.as('clerk');
  await hall.as('kiosk')('POST', 'tickets', {
    service: 'transfer',
    delivery: 'screen',
    idempotencyKey: randomUUID(),
  });
  const opened = await clerk('POST', 'windows/1/open', { staff: 's1' });
  expect(opened.status, JSON.stringify(opened.body)).toBe(200);
  for (const step of ['call-next', 'start'])
    expect((await clerk('POST', `windows/1/${step}`)).status).toBe(200);
  const finished = await clerk('POST', 'windows/1/finish');
  return (finished.body['evaluation'] as { session: number }).session;
}
async function events(type: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const all = (await hall.as('integrator')('GET', 'events?after=0&limit=1000')).body as unknown as {
    type: string;
    data: Record<string, unknown>;
  }[];
  return all.filter((event) => event.type === type);
}

describe('the door', () => {
  it('is shut for a wrong token, for the token of another, and for one that has ended', async () => {
    const wrong = new ScriptedSatellite(hall.url, 'x'.repeat(43), 'desk-1');
    const another = new ScriptedSatellite(hall.url, tokens['kiosk-2'] ?? '', 'desk-1');
    expect([await wrong.connect(), await another.connect()]).toEqual(['not-let-in', 'not-let-in']);
    const gone = new ScriptedSatellite(hall.url, await letIn('desk-9'), 'desk-9');
    await removeSatellite('desk-9', folder.path, new PassThrough());
    expect(await gone.connect()).toBe('not-let-in');
  });

  it('takes nothing more from a satellite that is removed while it is connected', async () => {
    tokens['desk-8'] = await letIn('desk-8');
    const gone = await satellite('desk-8');
    await removeSatellite('desk-8', folder.path, new PassThrough());
    gone.journal.write('hall.device.lost', now(), { device: 'pad-1', why: 'unplugged' });
    gone.throwOver();
    await until('its connection to end', () => !gone.connected);
    expect((await events('hall.satellite.taken')).filter(({ data }) => data['agent'] === 'desk-8')).toEqual(
      [],
    );
  });

  it('gives the newest connection of a satellite the word', async () => {
    const first = await satellite('desk-1');
    const second = new ScriptedSatellite(hall.url, tokens['desk-1'] ?? '', 'desk-1', first.journal.epoch);
    here.push(second);
    await second.connect();
    await until('the older connection to end', () => !first.connected);
    expect((await health()).satellites['desk-1']?.connected).toBe(true);
    await second.report([{ id: 'sign-1', kind: 'sign', state: 'ready', window: 1 }]);
    await until('a command on the newest', () => second.asked('sign.show').length > 0);
  });

  it('lets an older journal of a satellite be delivered beside the newer one, and believes its devices all the while', async () => {
    const desk = await satellite('desk-1');
    await desk.report([EVALUATOR]);
    const older = new ScriptedSatellite(
      hall.url,
      tokens['desk-1'] ?? '',
      'desk-1',
      `epoch-${++epochs}-of-test`,
    );
    older.journal.write('hall.device.lost', now(), { device: 'evaluator-1', why: 'asleep' });
    expect(await older.connect()).toBe(0);
    expect(await older.deliver()).toEqual({ through: 1 });
    older.cut();
    const { devices, satellites } = await health();
    expect(satellites['desk-1']?.connected).toBe(true);
    expect(devices).toContainEqual(expect.objectContaining({ id: 'desk-1/evaluator-1', state: 'ready' }));
  });

  it('tells a satellite the time', async () => {
    const { now: said } = await (await satellite('desk-1')).clock();
    expect(Math.abs(Date.parse(said) - Date.now())).toBeLessThan(60_000);
  });
});

describe('a journal', () => {
  const scan = { device: 'scanner-1', kind: 'other', value: null, length: 7 } as const;

  it('is taken up to what is on disk; a gap is answered with where to go on, a bad batch with its index', async () => {
    const desk = await satellite('desk-1');
    for (let n = 0; n < 4; n++) desk.journal.write('hall.scan.kept', now(), scan);
    expect(await desk.deliver(2)).toEqual({ through: 0 });
    expect(await desk.deliver(0, desk.journal.events.slice(0, 2))).toEqual({ through: 2 });
    const [third, fourth] = desk.journal.events.slice(2);
    const bad = { ...fourth, data: { ...fourth!.data, length: -1 } } as typeof fourth;
    expect(await desk.deliver(0, [third!, bad!])).toMatchObject({
      through: 2,
      refused: { code: 'bad-event', index: 1 },
    });
    expect(await desk.deliver(0)).toEqual({ through: 4 });
    desk.cut();
    expect(await desk.connect()).toBe(4);
  });

  it('of somebody else does not pass, and neither does another history under the same name', async () => {
    const desk = await satellite('desk-1');
    const foreign = new ScriptedSatellite(hall.url, '', 'kiosk-2', desk.journal.epoch);
    foreign.journal.write('hall.scan.kept', now(), scan);
    expect(await desk.deliver(0, foreign.journal.events)).toMatchObject({
      through: 0,
      refused: { code: 'bad-event', index: 0 },
    });
    desk.journal.write('hall.scan.kept', now(), scan);
    const elsewhere = { ...desk.journal.events[0]!, source: '/halls/hall-2/agents/desk-1' };
    expect(await desk.deliver(0, [elsewhere])).toMatchObject({ refused: { code: 'bad-event', index: 0 } });
    expect(await desk.deliver()).toEqual({ through: 1 });
    const other = new ScriptedSatellite(hall.url, '', 'desk-1', desk.journal.epoch);
    other.journal.write('hall.scan.kept', now(), { ...scan, length: 8 });
    other.journal.write('hall.scan.kept', now(), scan);
    expect(await desk.deliver(0, other.journal.events)).toMatchObject({
      through: 1,
      refused: { code: 'chain-broken', index: 0 },
    });
  });

  it('that was cut before its receipt has no second effect when it comes again', async () => {
    const desk = await satellite('desk-1');
    await desk.report([EVALUATOR]);
    const session = await finishAtOne();
    desk.journal.write('hall.press.kept', now(), press(1, session, 1, now()));
    desk.journal.write('hall.device.lost', now(), { device: 'evaluator-1', why: 'unplugged' });
    desk.throwOver();
    await until('the press to rate', async () =>
      (await events('hall.rating.given')).some(({ data }) => data['session'] === session),
    );
    desk.cut();
    expect(await desk.connect()).toBe(2);
    expect(await desk.deliver()).toEqual({ through: 2 });
    const rated = (await events('hall.rating.given')).filter(({ data }) => data['session'] === session);
    expect(rated).toHaveLength(1);
    const lost = (await events('hall.device.lost')).filter(
      ({ data }) => data['device'] === 'desk-1/evaluator-1' && data['why'] === 'unplugged',
    );
    expect(lost).toHaveLength(1);
  });
});

describe('an evaluator at a satellite', () => {
  it('is lit until the end of the session, again after a cut, and its press is matched by the session', async () => {
    const desk = await satellite('desk-1');
    await desk.report([EVALUATOR]);
    const session = await finishAtOne();
    const [open] = await until(
      'the keys to be lit',
      () => desk.asked('evaluator.open').length > 0 && desk.asked('evaluator.open'),
    );
    expect(open).toMatchObject({ data: { device: 'evaluator-1', session, voice: 'please-rate' } });
    // A command that comes later than the end of the session lights nothing.
    expect(Date.parse(open?.deadline ?? '') - Date.parse(String(open?.data['until']))).toBeLessThan(1000);
    expect(Date.parse(String(open?.data['until']))).toBeGreaterThan(Date.now() + 20_000);
    desk.cut();
    await until('the hub to see it away', async () => !(await health()).satellites['desk-1']?.connected);
    desk.journal.write('hall.press.kept', now(), press(1, session, 1, now(), { level: 1, keyRaw: '5' }));
    await desk.connect();
    await desk.report([EVALUATOR]);
    await until('the keys to be lit again', () => desk.asked('evaluator.open').length === 2);
    await desk.deliver();
    const window = (await hall.as('clerk')('GET', 'windows/1')).body;
    expect(window['evaluation']).toMatchObject({ session, state: 'rated' });
    await until('the keys to go dark', () => desk.asked('evaluator.shut').length > 0);
    expect((await events('hall.rating.given')).at(-1)?.data).toMatchObject({
      session,
      level: 1,
      source: 'press',
      device: { serial: 'E1', boot: 'b1', seq: 1 },
    });
  });
});

describe('a pad and a sign at a satellite', () => {
  it('a fresh key acts, a late one only leaves a trace, and the pad shows what came of it', async () => {
    const desk = await satellite('desk-1');
    await desk.report([{ id: 'pad-1', kind: 'pad', state: 'ready', window: 1, staff: 's7' }]);
    await hall.as('kiosk')('POST', 'tickets', {
      service: 'transfer',
      delivery: 'screen',
      idempotencyKey: randomUUID(),
    });
    const key = { device: 'pad-1', window: 1, keyRaw: '04', action: 'call-next', clockOffsetMs: 0 };
    desk.journal.write('hall.key.kept', now(), {
      ...key,
      pressedAt: localTime(new Date(Date.now() - 60_000), 'Asia/Shanghai'),
    });
    await desk.deliver();
    expect((await hall.as('clerk')('GET', 'windows/1')).body).toMatchObject({ state: 'closed' });
    expect((await events('hall.trace.recorded')).at(-1)?.data).toMatchObject({
      action: 'late-key',
      window: 1,
    });
    desk.journal.write('hall.key.kept', now(), { ...key, pressedAt: now() });
    await desk.deliver(1);
    const window = await until('the key to act', async () => {
      const { body } = await hall.as('clerk')('GET', 'windows/1');
      return body['state'] === 'called' && body;
    });
    expect(window).toMatchObject({ staff: 's7' });
    const { number } = window['ticket'] as { number: string };
    await until('the pad to show the number', () =>
      desk.asked('pad.display').some(({ data }) => data['ticket'] === number && data['device'] === 'pad-1'),
    );
  });

  it('a sign that comes back says what is true now, not what it missed', async () => {
    const desk = await satellite('desk-1');
    await hall.as('clerk')('POST', 'windows/1/open', { staff: 's1' });
    await hall.as('clerk')('POST', 'windows/1/pause', { reason: 'test' });
    expect(desk.asked('sign.show')).toEqual([]);
    await desk.report([{ id: 'sign-1', kind: 'sign', state: 'ready', window: 1 }]);
    const shown = await until(
      'the sign',
      () => desk.asked('sign.show').length >= 2 && desk.asked('sign.show'),
    );
    expect(shown.map(({ data }) => [data['priority'], data['text']])).toEqual([
      ['notice', { text: '暂停服务', flashS: 0 }],
      ['call', null],
    ]);
  });
});

describe('a kiosk at a satellite', () => {
  const REF = { ticketId: '', number: '', service: 'transfer' };
  const take = (more: object = {}) =>
    api(hall.url, tokens['kiosk-2'] ?? '')('POST', 'tickets', {
      service: 'transfer',
      idempotencyKey: randomUUID(),
      ...more,
    });
  /** Writes the fate of the sheet that the hub asked for last, and delivers it. */
  async function settle(kiosk: ScriptedSatellite, outcome: 'printed' | 'failed'): Promise<void> {
    const { data } = kiosk.asked('print').at(-1)!;
    kiosk.journal.write('hall.sheet.settled', now(), {
      job: String(data['job']),
      ticketId: String(data['ticketId']),
      printer: String(data['device']),
      outcome,
      bytesSent: outcome === 'printed' ? 900 : 0,
      ...(outcome === 'printed' ? { confirmedBy: 'process-id' } : { why: 'paper-out' }),
    });
    await kiosk.deliver(kiosk.journal.events.length - 1);
  }

  it('gets its tickets on its own printer, and the answer when its paper is out', async () => {
    const kiosk = await satellite('kiosk-2');
    await kiosk.report([PRINTER], true);
    const idempotencyKey = randomUUID();
    const answer = take({ idempotencyKey });
    await until('the print command', () => kiosk.asked('print').length === 1);
    const { data } = kiosk.asked('print')[0]!;
    expect(data).toMatchObject({
      device: 'printer-1',
      idempotencyKey,
      number: expect.stringMatching(/^A\d{3}$/),
    });
    expect(Buffer.from(String(data['bytes']), 'base64').subarray(0, 2).toString('hex')).toBe('1b40');
    await settle(kiosk, 'printed');
    expect(await answer).toMatchObject({ status: 201, body: { state: 'waiting', printed: true } });
    expect((await events('hall.ticket.printed')).at(-1)?.data).toMatchObject({
      confirmedBy: 'process-id',
      printer: 'kiosk-2/printer-1',
    });
  });

  it('that has no paper says so, and its ticket does not come out somewhere else', async () => {
    const kiosk = await satellite('kiosk-2');
    const desk = await satellite('desk-1');
    await kiosk.report([PRINTER], true);
    await desk.report([PRINTER]);
    const answer = take();
    await until('the print command', () => kiosk.asked('print').length === 1);
    await settle(kiosk, 'failed');
    expect((await answer).body).toMatchObject({ state: 'print-failed', paperFault: 'paper-out' });
    expect(desk.asked('print')).toEqual([]);
  });

  it('that is away prints nothing, and nothing of it is left to be printed later', async () => {
    const kiosk = await satellite('kiosk-2');
    await kiosk.report([PRINTER], true);
    kiosk.cut();
    await until('the hub to see it away', async () => !(await health()).satellites['kiosk-2']?.connected);
    expect((await take()).body).toMatchObject({ state: 'print-failed', paperFault: 'printer-missing' });
    await kiosk.connect();
    await kiosk.report([PRINTER], true);
    await until('its numbers', () => kiosk.asked('blocks').length > 0);
    expect(kiosk.asked('print')).toEqual([]);
  });

  it('that is cut off in the middle of a sheet leaves the ticket unconfirmed until its journal says what became of it', async () => {
    const kiosk = await satellite('kiosk-2');
    await kiosk.report([PRINTER], true);
    const answer = take();
    await until('the print command', () => kiosk.asked('print').length === 1);
    kiosk.cut();
    const { body } = await answer;
    expect(body).toMatchObject({ state: 'unconfirmed' });
    await kiosk.connect();
    await settle(kiosk, 'printed');
    expect((await hall.as('kiosk')('GET', `tickets/${String(body['ticketId'])}`)).body).toMatchObject({
      state: 'waiting',
      printed: true,
    });
  });

  it('that refuses a job is known at once', async () => {
    const kiosk = await satellite('kiosk-2');
    await kiosk.report([PRINTER], true);
    kiosk.answer = ({ name }) =>
      name === 'print' ? { refused: 'superseded', why: 'given offline' } : { ok: true };
    expect((await take()).body).toMatchObject({ state: 'print-failed' });
  });

  it('has numbers of its own on each connection, and what it gave with them while it was cut off joins the line', async () => {
    const kiosk = await satellite('kiosk-2');
    await kiosk.report([PRINTER], true);
    const [told] = await until(
      'its numbers',
      () => kiosk.asked('blocks').length > 0 && kiosk.asked('blocks'),
    );
    const blocks = told?.data['blocks'] as { prefix: string; from: number; to: number }[];
    expect(blocks.map(({ prefix, from, to }) => [prefix, from, to])).toEqual([
      ['A', 701, 750],
      ['B', 701, 750],
    ]);
    kiosk.cut();
    const given = offlineTicket('o-front-door', 701, now());
    kiosk.journal.write('hall.ticket.reserved', now(), given);
    kiosk.journal.write('hall.ticket.printed', now(), {
      ...REF,
      ticketId: 'o-front-door',
      number: 'B701',
      service: 'mortgage',
      confirmedBy: 'process-id',
    });
    await kiosk.connect();
    await kiosk.report([PRINTER], true);
    await until('the same numbers again', () => kiosk.asked('blocks').length === 2);
    expect(kiosk.asked('blocks')[1]?.data['blocks']).toEqual(blocks);
    expect(await kiosk.deliver()).toEqual({ through: 2 });
    expect((await hall.as('kiosk')('GET', 'tickets/o-front-door')).body).toMatchObject({
      number: 'B701',
      state: 'waiting',
    });
    expect(kiosk.asked('print')).toEqual([]);
  });

  it('may say who its visitor is, and nobody else may', async () => {
    const person = { hash: 'c'.repeat(64), year: 2026, masked: '990***********5678' };
    expect((await take({ person, delivery: 'screen' })).status).toBe(201);
    expect(await take({ person, delivery: 'screen' })).toMatchObject({
      status: 409,
      body: { code: 'already-has-ticket' },
    });
    expect(
      await hall.as('kiosk')('POST', 'tickets', {
        service: 'mortgage',
        person,
        idempotencyKey: randomUUID(),
      }),
    ).toMatchObject({ status: 403, body: { code: 'not-allowed' } });
  });
});

describe('staff and technicians', () => {
  it('see the devices of satellites as agent/device, and a satellite that is away', async () => {
    const desk = await satellite('desk-1');
    await desk.report([{ ...EVALUATOR, state: 'faulted', fault: 'stuck-key' }]);
    const listed = (await hall.as('technician')('GET', 'devices')).body as unknown as object[];
    expect(listed).toContainEqual(
      expect.objectContaining({ id: 'desk-1/evaluator-1', state: 'faulted', fault: 'stuck-key', window: 1 }),
    );
    expect((await hall.as('clerk')('GET', 'windows/1')).body).toMatchObject({ evaluator: 'fault' });
    desk.cut();
    const after = await until('it to be away', async () => {
      const seen = await health();
      return seen.satellites['desk-1']?.connected === false && seen;
    });
    expect(after.status).toBe('degraded');
    expect(after.devices).toContainEqual(
      expect.objectContaining({ id: 'desk-1/evaluator-1', state: 'lost' }),
    );
  });
});

/** What a screen with this token sees first. */
async function snapshot(role: string, token: string): Promise<{ role: string; view: StaffView }> {
  const screen = io(hall.url, {
    path: '/live',
    transports: ['websocket'],
    auth: { role, token },
    reconnection: false,
    forceNew: true,
  });
  try {
    return await new Promise((resolve, reject) => {
      screen.once('snapshot', resolve).once('connect_error', reject);
    });
  } finally {
    screen.disconnect();
  }
}

describe('the live view', () => {
  it('names the satellites for staff, and one whose records were set back to an older copy', async () => {
    const desk = await satellite('desk-1');
    await desk.report([EVALUATOR]);
    for (let n = 0; n < 2; n++)
      desk.journal.write('hall.device.lost', now(), { device: 'pad-1', why: 'unplugged' });
    await desk.deliver();
    const view = await until('staff to see it', async () => {
      const seen = await snapshot('clerk', hall.tokens['clerk'] ?? '');
      return seen.view.satellites?.['desk-1']?.connected && seen.view;
    });
    expect(view.satellites?.['desk-1']).toMatchObject({ kiosk: false, devices: ['desk-1/evaluator-1'] });
    expect(view.satellites?.['kiosk-2']).toMatchObject({ connected: false });
    const restored = new ScriptedSatellite(hall.url, tokens['desk-1'] ?? '', 'desk-1', desk.journal.epoch);
    here.push(restored);
    restored.journal.write('hall.device.lost', now(), { device: 'pad-1', why: 'unplugged' });
    expect(await restored.connect()).toBe(2);
    await until('staff to be told', async () => {
      const { view: after } = await snapshot('technician', hall.tokens['technician'] ?? '');
      return after.satellites?.['desk-1']?.connected && after.satellites['desk-1'].trouble === 'set-back';
    });
  });

  it('is open to a satellite’s token as to a kiosk, and shows it what every public screen sees', async () => {
    const seen = await snapshot('kiosk', tokens['kiosk-2'] ?? '');
    expect(seen.role).toBe('kiosk');
    expect(seen.view.satellites).toBeUndefined();
    expect(await snapshot('clerk', tokens['kiosk-2'] ?? '').catch((error: Error) => error.message)).toBe(
      'not-allowed',
    );
  });
});

describe('a hub that was stopped', () => {
  it('goes on where its disk stands, and knows nobody as here who has not come again', async () => {
    const desk = await satellite('desk-1');
    await desk.report([EVALUATOR]);
    const session = await finishAtOne();
    desk.journal.write('hall.press.kept', now(), press(1, session, 1, now()));
    await desk.deliver();
    // What a power cut leaves: the disk as it is now, with the satellite still here.
    using image = temporaryFolder('satellites-image');
    // By another process: closing a file that SQLite has open here would drop its locks.
    execFileSync(process.execPath, [
      '--eval',
      `fs.cpSync(process.argv[1], process.argv[2], { recursive: true, filter: (file) => !/lock\\.sqlite/.test(file) })`,
      folder.path,
      image.path,
    ]);
    const before = hall;
    hall = await startHall(image.path, hallYaml());
    try {
      await afterPowerCut(desk, session);
    } finally {
      await hall.close();
      hall = before;
    }
  });
});

async function afterPowerCut(desk: ScriptedSatellite, session: number): Promise<void> {
  expect((await health()).satellites['desk-1']?.connected).toBe(false);
  await until('it to be noted', async () =>
    (await events('hall.satellite.left')).some(({ data }) => data['why'] === 'the hub was started'),
  );
  const again = new ScriptedSatellite(hall.url, tokens['desk-1'] ?? '', 'desk-1', desk.journal.epoch);
  expect(await again.connect()).toBe(1);
  expect(await again.deliver(0, desk.journal.events)).toEqual({ through: 1 });
  again.cut();
  const rated = (await events('hall.rating.given')).filter(({ data }) => data['session'] === session);
  expect(rated).toHaveLength(1);
}

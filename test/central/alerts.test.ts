/** Alerts from the halls' own events to those who are told, over real HTTP and real SMTP, with a clock that the test turns. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentsOf, type Agents } from '../../central/agents.ts';
import { sendDue, type Parts } from '../../central/alerts/deliveries.ts';
import { alertSettings } from '../../central/alerts/settings.ts';
import { alertList, deliveryList, markSeen } from '../../central/alerts/store.ts';
import { AlertWatch } from '../../central/alerts/watch.ts';
import { HallBoard } from '../../central/board.ts';
import { openDatabase, type Database } from '../../central/database.ts';
import { takeBatch } from '../../central/store.ts';
import { history, type History } from '../link/history.ts';
import { CERTIFICATE } from './mail-certificate.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { startPostgres } from './postgres.ts';
import { central } from './process.ts';

const REGION = '371002000000';
const SECRET = `whsec_${Buffer.from('a key of some length, 32 bytes!!').toString('base64')}`;
const NAMES = {
  regions: { '370000000000': { zh: '山东省', en: 'Shandong' }, [REGION]: { zh: '环翠区', en: 'Huancui' } },
  halls: { 'weihai-01': { zh: '威海市不动产登记大厅', en: 'Weihai Hall' } },
  services: {},
};

type Got = { headers: IncomingHttpHeaders; body: string; path: string };
/** Somebody's program that takes webhooks; `answer` is what it says next. */
async function startReceiver() {
  const got: Got[] = [];
  const receiver = {
    got,
    url: '',
    answer: { status: 204, headers: {}, body: '' } as Answer,
    close: () => {},
  };
  type Answer = { status: number; headers: Record<string, string>; body: string };
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      got.push({ headers: request.headers, body, path: request.url! });
      response.writeHead(receiver.answer.status, receiver.answer.headers).end(receiver.answer.body);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  receiver.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  receiver.close = () => void http.close().closeAllConnections();
  return receiver;
}

/** The subject of a mail as people read it (RFC 2047). */
function subjectOf(mail: string): string {
  const [, raw = ''] = /^Subject: (.+(?:\r\n .+)*)/m.exec(mail) ?? [];
  return raw
    .replace(/\r\n /g, ' ')
    .replace(/=\?UTF-8\?([QB])\?(.*?)\?=( (?==\?))?/gi, (_all, kind: string, text: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString()
        : decodeURIComponent(text.replace(/_/g, ' ').replace(/=/g, '%')),
    );
}

describe.each(['the embedded database', 'a PostgreSQL server'])('with %s', (engine) => {
  let stateDir: string;
  let stopPostgres = async (): Promise<void> => undefined;
  let database: Database;
  let agents: Agents;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let mail: MailServer;
  let now: number;
  let watches: AlertWatch[] = [];
  let hubs = 0;

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'alerts-'));
    writeFileSync(join(stateDir, 'ca.pem'), CERTIFICATE);
    let databaseUrl: string | undefined;
    if (engine === 'a PostgreSQL server') ({ databaseUrl, stop: stopPostgres } = await startPostgres());
    database = await openDatabase(stateDir, databaseUrl);
    agents = agentsOf(database, stateDir);
    [receiver, mail] = await Promise.all([startReceiver(), startMailServer()]);
  }, 60_000);
  afterAll(async () => {
    receiver?.close();
    await mail?.stop();
    await agents?.close();
    await database?.close();
    await stopPostgres();
    await rm(stateDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    for (const table of [
      'alerts',
      'alert_deliveries',
      'chain_alarms',
      'hall_devices',
      'day_closings',
      'halls',
      'streams',
      'events',
    ])
      await database.query(`DELETE FROM ${table}`);
    // The leases of the database run by its own clock.
    now = Date.now();
    receiver.answer = { status: 204, headers: {}, body: '' };
    receiver.got.length = 0;
    mail.mails.length = 0;
    mail.moods.clear();
  });
  afterEach(async () => {
    await Promise.all(watches.map((watch) => watch.close()));
    watches = [];
  });

  const office = () => ({
    ...{ kind: 'email', host: 'localhost', port: mail.port, ca: join(stateDir, 'ca.pem') },
    ...{
      user: 'user',
      password: 'env:MAIL_WORD',
      from: 'halls@example.org',
      to: ['one@example.org', 'two@example.org'],
    },
  });
  const program = () => ({ kind: 'webhook', url: `${receiver.url}/hook`, secret: 'env:HOOK_SECRET' });
  function server(channels: object, rules: object[] = [{ kind: 'device-down', minutes: 0 }]) {
    const clock = () => new Date(now);
    const parts: Parts = {
      ...{ database, names: NAMES, clock, log: pino({ level: 'silent' }) },
      settings: alertSettings.parse({ channels, rules, page: 'https://halls.example.org' }),
      environment: {
        HOOK_SECRET: SECRET,
        MAIL_WORD: 'word',
        ROBOT: `${receiver.url}/robot?key=1`,
        SEC: 'SEC1',
      },
    };
    const board = new HallBoard({
      ...{ database, agents, names: NAMES, clock, presence: () => undefined, silentAfterMs: 900_000 },
    });
    const watch = new AlertWatch({ ...parts, board, sources: [] });
    watches.push(watch);
    const never = new AbortController().signal;
    return {
      /** Some seconds later: looks, and sends what is due. */
      async after(seconds: number): Promise<void> {
        now += seconds * 1_000;
        await watch.round();
        await sendDue(parts, never);
      },
    };
  }
  /** A hub whose events arrive. */
  function hub(hall = 'weihai-01') {
    const agentId = `hub-${++hubs}`;
    const log: History = history(agentId, `epoch-${agentId}`, hall, now - 3_600_000);
    let sent = 0;
    const tell = async (type: string, data: object) => {
      const time = new Date(now + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
      log.addOdd({ type, data, time, region: REGION } as never);
      const { receipt } = await takeBatch(
        database,
        { agentId, epoch: log.epoch },
        REGION,
        log.events.slice(sent),
      );
      expect(receipt.refused).toBeUndefined();
      sent = log.events.length;
    };
    return {
      agentId,
      tell,
      lost: (device = 'printer-1') => tell('hall.device.faulted', { device, fault: 'cover-open' }),
      back: (device = 'printer-1') => tell('hall.device.recovered', { device, from: 'cover-open' }),
    };
  }
  const events = () =>
    receiver.got.map(({ body }) => JSON.parse(body) as { type: string; data: { count: number } });
  const deliveries = () =>
    deliveryList(database, { state: 'all', limit: 100 }, 'Asia/Shanghai', new Date(now));

  test('a device that goes down and comes back is told once each, signed, and the snippet of the docs says so', async () => {
    const far = server({ duty: program() });
    const { lost, back, agentId } = hub();
    await lost();
    await far.after(0);
    expect(receiver.got).toEqual([]);
    await far.after(61);
    await far.after(300);
    await back();
    await far.after(301);
    await far.after(61);
    await far.after(600);
    expect(events()).toMatchObject([
      {
        type: 'hall.alert.raised',
        subject: '370000000000',
        data: {
          ...{ rule: 'device-down', count: 1, regionName: { zh: '山东省' } },
          alerts: [{ agentId, hall: 'weihai-01', subject: 'printer-1', region: REGION }],
        },
      },
      { type: 'hall.alert.resolved', data: { alerts: [{ subject: 'printer-1', ended: 'gone' }] } },
    ]);
    const docs = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
    const snippet = /```js\n(import [\s\S]+?)```/.exec(docs)![1]!;
    writeFileSync(join(stateDir, 'verify.mjs'), snippet);
    const { verify } = (await import(join(stateDir, 'verify.mjs'))) as {
      verify: (headers: IncomingHttpHeaders, body: string, secret: string, nowS: number) => boolean;
    };
    const { headers, body } = receiver.got[0]!;
    const nowS = Number(headers['webhook-timestamp']);
    expect(verify(headers, body, SECRET, nowS)).toBe(true);
    expect(verify(headers, body.replace('printer', 'sprinter'), SECRET, nowS)).toBe(false);
    expect(verify(headers, body, 'whsec_YW5vdGhlciBrZXk=', nowS)).toBe(false);
    expect(verify(headers, body, SECRET, nowS + 600)).toBe(false);
  });

  test('a program that does not answer gets it when it does, once, with the same id, in order, after any restart', async () => {
    const { lost, back } = hub();
    receiver.answer = { status: 503, headers: {}, body: 'not now' };
    await lost();
    await server({ duty: program() }).after(0);
    await server({ duty: program() }).after(61);
    await back();
    await server({ duty: program() }).after(301);
    await server({ duty: program() }).after(61);
    const open = (await deliveries()).map(({ phase, state, tries, said }) => [phase, state, tries > 0, said]);
    expect(open).toEqual([
      ['resolved', 'queued', false, null],
      ['raised', 'queued', true, 'HTTP 503 not now'],
    ]);
    receiver.answer.status = 204;
    const before = receiver.got.length;
    await server({ duty: program() }).after(600);
    await server({ duty: program() }).after(5);
    await server({ duty: program() }).after(7_200);
    expect(
      events()
        .slice(before)
        .map(({ type }) => type),
    ).toEqual(['hall.alert.raised', 'hall.alert.resolved']);
    const ids = receiver.got.slice(0, before + 1).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    expect((await deliveries()).every(({ state }) => state === 'answered')).toBe(true);
  });

  test('two servers at once tell it once', async () => {
    const { lost } = hub();
    await lost();
    const two = [server({ duty: program() }), server({ duty: program() })];
    for (const seconds of [0, 61, 1, 1]) await Promise.all(two.map((far) => far.after(seconds / 2)));
    expect(events().map(({ type }) => type)).toEqual(['hall.alert.raised']);
  });

  test('a redirect is not followed, and what nobody answers for three days is given up; both are seen', async () => {
    const { lost } = hub();
    await lost();
    const closed = await startReceiver();
    closed.close();
    receiver.answer = { status: 302, headers: { location: `${receiver.url}/elsewhere` }, body: '' };
    const far = server({ duty: program(), gone: { ...program(), url: closed.url } });
    await far.after(0);
    await far.after(61);
    expect(receiver.got.map(({ path }) => path)).toEqual(['/hook']);
    await far.after(3 * 86_400 + 1);
    const failed = await deliveryList(
      database,
      { state: 'failed', limit: 10 },
      'Asia/Shanghai',
      new Date(now),
    );
    const first = failed.filter(({ phase }) => phase === 'raised');
    expect(Object.fromEntries(first.map(({ channel, state, said }) => [channel, [state, said]]))).toEqual({
      duty: ['refused', 'HTTP 302: redirects are not followed'],
      gone: ['expired', 'ECONNREFUSED'],
    });
  });

  test('the robots of WeCom and DingTalk get a text, signed as DingTalk wants it, and their errcode counts', async () => {
    const far = server({
      wecom: { kind: 'webhook', format: 'wecom', url: 'env:ROBOT' },
      dingtalk: { kind: 'webhook', format: 'dingtalk', url: 'env:ROBOT', secret: 'env:SEC' },
    });
    for (let n = 0; n < 60; n += 1) await hub(`hall-with-a-rather-long-name-${n}`).lost();
    receiver.answer = { status: 200, headers: {}, body: '{"errcode":45009,"errmsg":"too often"}' };
    await far.after(0);
    await far.after(61);
    expect((await deliveries()).map(({ said, state }) => [said, state])).toEqual([
      ['errcode 45009 too often', 'queued'],
      ['errcode 45009 too often', 'queued'],
    ]);
    receiver.answer.body = '{"errcode":0,"errmsg":"ok"}';
    await far.after(31);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['answered', 'answered']);
    for (const { body, path } of receiver.got.slice(2)) {
      const { msgtype, text } = JSON.parse(body) as { msgtype: string; text: { content: string } };
      expect([msgtype, text.content.split('\n')[0]]).toEqual(['text', '[报警] 设备故障：山东省 60']);
      expect(text.content).toContain('https://halls.example.org/#alarms');
      const url = new URL(path, receiver.url);
      const timestamp = url.searchParams.get('timestamp');
      if (timestamp === null) {
        expect(Buffer.byteLength(text.content)).toBeLessThanOrEqual(2_048);
        expect(text.content).toMatch(/另有 \d+ 个/);
        continue;
      }
      const sign = createHmac('sha256', 'SEC1').update(`${timestamp}\nSEC1`).digest('base64');
      expect([url.searchParams.get('key'), url.searchParams.get('sign')]).toEqual(['1', sign]);
    }
  });

  test('one mail a group goes over STARTTLS in both languages, and those who were greylisted get it later', async () => {
    const far = server({ office: office() });
    await hub().lost();
    await hub('weihai-02').lost('display-2');
    mail.moods.set('two@example.org', 451);
    await far.after(0);
    await far.after(61);
    expect(mail.mails).toMatchObject([{ to: ['one@example.org'], secure: true, user: 'user' }]);
    const words = subjectOf(mail.mails[0]!.text);
    expect(words).toContain('[报警] 设备故障：山东省 2');
    expect(words).toContain('[Alert] Device down: Shandong, 2');
    expect((await deliveries())[0]).toMatchObject({
      state: 'queued',
      tries: 1,
      said: expect.stringContaining('1 of 2 recipients'),
    });
    mail.moods.clear();
    await far.after(31);
    expect(mail.mails.map(({ to }) => to)).toEqual([['one@example.org'], ['two@example.org']]);
    expect((await deliveries())[0]).toMatchObject({ state: 'answered', tries: 2 });
    expect(JSON.stringify(await deliveries())).not.toContain('@example.org');
  });

  test('mail that is refused for good is seen with the reason; a server that is away is asked again', async () => {
    const gone = await startMailServer();
    const { port } = gone;
    await gone.stop();
    const far = server({
      office: office(),
      away: { ...office(), port },
      plain: { ...office(), tls: 'implicit' },
    });
    await hub().lost();
    mail.moods.set('*', 554);
    await far.after(0);
    await far.after(61);
    const states = Object.fromEntries(
      (await deliveries()).map(({ channel, state, said }) => [channel, [state, said]]),
    );
    expect(states).toEqual({
      office: ['refused', expect.stringMatching(/^554/)],
      away: ['queued', expect.stringContaining('ECONNREFUSED')],
      plain: ['queued', expect.any(String)],
    });
    const back = await startMailServer(port);
    await far.after(31);
    expect(back.mails).toHaveLength(1);
    await back.stop();
  });

  test('silence counts while the day is open only; a day that differs and a broken chain are told; what is seen is closed', async () => {
    const rules = [
      'hall-silent',
      'totals-differ',
      'chain-alarm',
      'wait-above',
      'backlog-above',
      'bad-rating-due',
    ];
    const far = server(
      { duty: program() },
      rules.map((kind) => ({ kind })),
    );
    const [open, closed] = [hub(), hub('weihai-02')];
    const day = new Date(now + 8 * 3_600_000).toISOString().slice(0, 10);
    await open.tell('hall.day.opened', { day });
    await closed.tell('hall.day.opened', { day });
    await closed.tell('hall.day.closed', { day });
    await database.query('UPDATE day_closings SET fits = false');
    await database.query(
      `INSERT INTO chain_alarms (agent_id, epoch, seq, kind) VALUES ($1, 'epoch-1', 7, 'prev-differs')`,
      [open.agentId],
    );
    await far.after(0);
    await far.after(1_900);
    await far.after(61);
    const list = await alertList(database, { state: 'open', region: REGION, limit: 50 }, [], 'Asia/Shanghai');
    expect(list.alerts.map(({ kind, hall }) => [kind, hall]).sort()).toEqual([
      ['chain-alarm', 'weihai-01'],
      ['hall-silent', 'weihai-01'],
      ['totals-differ', 'weihai-02'],
    ]);
    expect(list.open).toBe(3);
    const broken = list.alerts.find(({ kind }) => kind === 'chain-alarm')!;
    expect(await markSeen(database, broken.id, new Date(now))).toBe(true);
    expect(await markSeen(database, 'nobody', new Date(now))).toBe(false);
    await far.after(15);
    const after = await alertList(database, { state: 'resolved', limit: 50 }, [], 'Asia/Shanghai');
    expect(after.alerts).toMatchObject([{ kind: 'chain-alarm', ended: 'seen' }]);
  });
});

describe('hall-central alert test', () => {
  test('sends a marked message and says what came back, 0 or 1; a channel that is not there is 3', async () => {
    const receiver = await startReceiver();
    const state = await mkdtemp(join(tmpdir(), 'alert-test-'));
    writeFileSync(
      join(state, 'central.yaml'),
      `alerts:\n  channels:\n    duty: {kind: webhook, url: '${receiver.url}/hook', secret: 'env:HOOK_SECRET'}\n`,
    );
    const run = (channel: string) =>
      central(['alert', 'test', '--channel', channel, '--state', state], { HOOK_SECRET: SECRET });
    try {
      expect(await run('duty')).toMatchObject({ code: 0, stdout: 'duty: taken: HTTP 204\n' });
      expect(JSON.parse(receiver.got[0]!.body)).toMatchObject({
        type: 'hall.alert.test',
        data: { rule: 'test' },
      });
      receiver.answer = { status: 403, headers: {}, body: 'who are you' };
      expect(await run('duty')).toMatchObject({ code: 1, stdout: 'duty: not taken: HTTP 403 who are you\n' });
      const unknown = await run('office');
      expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining('there are: duty')]);
    } finally {
      receiver.close();
      await rm(state, { recursive: true, force: true });
    }
  });
});

/** The broker is not the far end: what it adds, repeats, forges or forgets must not cost an event. */
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { sealingKey, seal, topicOf, type Place } from '../../kiosk-agent/contract/mqtt.ts';
import { dialMqtt } from '../../kiosk-agent/link/mqtt.ts';
import { LinkSender, type LinkSenderOptions } from '../../kiosk-agent/link/sender.ts';
import { startPostgres, type PostgresServer } from '../central/postgres.ts';
import { aedesBroker, mosquittoBroker, type TestBroker } from './brokers.ts';
import { farEnd, type RunningFarEnd } from './far-end.ts';
import { history, type History } from './history.ts';

const PLACE = { region: '371000000000', hall: 'weihai-01' };
const program = process.env['HALL_MOSQUITTO'];
const until = (condition: () => boolean | Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 20_000, interval: 20 });

/** Somebody with the right to read and write everything at the broker, without any key. */
async function intruder(port: number): Promise<{ client: MqttClient; heard: Map<string, Buffer[]> }> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });
  const heard = new Map<string, Buffer[]>();
  client.on('message', (topic, payload) => void heard.set(topic, [...(heard.get(topic) ?? []), payload]));
  await client.subscribeAsync('hall/#', { qos: 1 });
  return { client, heard };
}

describe(`the link behind a broker that is not to be trusted (${program ?? 'aedes'})`, () => {
  let broker: TestBroker;
  let far: RunningFarEnd;
  let evil: MqttClient;
  let heard: Map<string, Buffer[]>;
  let count = 0;
  const senders: LinkSender[] = [];

  beforeAll(async () => {
    broker = program === undefined ? await aedesBroker() : await mosquittoBroker(program);
    far = await farEnd((port) => `mqtt://127.0.0.1:${port}`, {
      port: broker.port,
      configuration: `mqtt: {url: "mqtt://127.0.0.1:${broker.port}"}\n`,
      mqtt: PLACE,
    });
    ({ client: evil, heard } = await intruder(broker.port));
  });
  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.close()));
  });
  afterAll(async () => {
    evil?.end(true);
    await far?.stop();
    await broker?.stop();
  });

  async function agent(): Promise<{ token: string; journal: History; place: Place; agentId: string }> {
    count += 1;
    const agentId = `hub-${count}`;
    const journal = history(agentId, `epoch-${count}-a`);
    return {
      ...{ agentId, journal },
      token: await far.letIn(agentId),
      place: { ...PLACE, agentId, epoch: journal.epoch },
    };
  }
  function send(
    journal: History,
    agentId: string,
    token: string,
    heartbeatMs = 30_000,
    more: Partial<LinkSenderOptions> = {},
  ): LinkSender {
    const sender = new LinkSender({
      ...{ name: 'central', url: `mqtt://127.0.0.1:${broker.port}`, token, agentId, source: journal },
      ...{ clock: () => new Date(), random: () => 0.5, timeoutMs: 2_000 },
      retry: { firstMs: 40, capMs: 150, refusedMs: 300 },
      mqtt: { ...PLACE, heartbeatMs },
      ...more,
    });
    senders.push(sender);
    sender.start();
    return sender;
  }
  const level = (journal: History) => until(() => journal.cursor('central') === journal.durableSeq);
  const seqs = async (journal: History, agentId: string) =>
    (await far.events(agentId, journal.epoch)).map(({ seq }) => seq);

  test('forged, foreign and repeated words on through move no cursor', async () => {
    const { agentId, token, journal, place } = await agent();
    const other = await agent();
    journal.add(5);
    const sender = send(journal, agentId, token);
    await level(journal);
    const topic = topicOf(place, 'through');
    const [batch] = heard.get(topicOf(place, 'events'))!;
    const { session } = JSON.parse(batch!.toString().split('\n')[1]!) as { session: string };
    const recorded = [...heard.get(topic)!];
    // From here on the far end is gone, and the intruder says what it likes.
    await far.kill();
    journal.add(20);
    sender.wake();
    await until(() => heard.get(topicOf(place, 'events'))!.length > 1);
    const lie = { kind: 'receipt', session, batch: 2, through: 25 };
    const text = JSON.stringify(lie);
    for (const payload of [
      seal(sealingKey('guessed-token-of-an-intruder'), 'down', topic, lie),
      seal(sealingKey(other.token), 'down', topic, lie),
      // A right seal, for another direction, topic, agent or leaf.
      seal(sealingKey(token), 'up', topic, lie),
      seal(sealingKey(token), 'down', topicOf({ ...place, epoch: 'epoch-another' }, 'through'), lie),
      seal(sealingKey(token), 'down', topicOf(place, 'commands'), lie),
      `-\n${text}`,
      text,
      `${'A'.repeat(43)}\n${text}`,
      ...recorded,
      ...recorded.map((one) => Buffer.concat([one.subarray(0, 44), Buffer.from(text)])),
      '',
      '\n',
      Buffer.from([0xff, 0xfe]),
    ])
      await evil.publishAsync(topic, payload, { qos: 1, retain: true });
    await until(() => sender.status.state === 'away');
    expect(journal.cursor('central')).toBe(5);
    await far.restart();
    await level(journal);
    expect(await seqs(journal, agentId)).toEqual(journal.events.map(({ seq }) => seq));
  });

  test('a retained word of before the database was restored is not believed: all goes again', async () => {
    const { agentId, token, journal, place } = await agent();
    // What it acknowledged then, with the right seal; of all that the far end has nothing now.
    journal.add(30);
    journal.setCursor('central', 30);
    const topic = topicOf(place, 'through');
    const session = 'B'.repeat(22);
    const welcome = { kind: 'welcome', session, through: 30 };
    await evil.publishAsync(topic, seal(sealingKey(token), 'down', topic, welcome), { qos: 1 });
    const receipt = { kind: 'receipt', session, batch: 1, through: 30 };
    await evil.publishAsync(topic, seal(sealingKey(token), 'down', topic, receipt), { qos: 1, retain: true });
    send(journal, agentId, token);
    await until(async () => (await seqs(journal, agentId)).length === 30);
  });

  test('batches under another agent’s name, or sealed with another key, are not taken', async () => {
    const one = await agent();
    const two = await agent();
    const events = one.journal.add(3);
    const session = 'A'.repeat(22);
    const topic = topicOf(one.place, 'events');
    const message = { session, batch: 1, events };
    await evil.publishAsync(topic, seal(sealingKey(two.token), 'up', topic, message), { qos: 1 });
    await evil.publishAsync(topic, seal(sealingKey(one.token), 'up', topicOf(two.place, 'events'), message), {
      qos: 1,
    });
    await evil.publishAsync(topic, seal(sealingKey(one.token), 'down', topic, message), { qos: 1 });
    await evil.publishAsync(topic, `-\n${JSON.stringify(message)}`, { qos: 1 });
    await evil.publishAsync(topic, Buffer.alloc(2_000_000, 'x'), { qos: 1 });
    // What comes after them on the same way shows that they were looked at.
    send(two.journal, two.agentId, two.token);
    two.journal.add(2);
    await level(two.journal);
    expect(await seqs(one.journal, one.agentId)).toEqual([]);
    await evil.publishAsync(topic, seal(sealingKey(one.token), 'up', topic, message), { qos: 1 });
    await until(async () => (await seqs(one.journal, one.agentId)).length === 3);
  });

  test('everything an agent ever said, said again: nothing twice, no alarm, and its next batch is taken', async () => {
    const { agentId, token, journal, place } = await agent();
    journal.add(10);
    const sender = send(journal, agentId, token);
    await level(journal);
    await sender.close();
    for (const leaf of ['hello', 'answers', 'presence', 'events'] as const)
      for (const payload of [...(heard.get(topicOf(place, leaf)) ?? [])])
        await evil.publishAsync(topicOf(place, leaf), payload, { qos: 1, retain: leaf === 'presence' });
    journal.add(4);
    send(journal, agentId, token);
    await level(journal);
    expect(await seqs(journal, agentId)).toEqual(journal.events.map(({ seq }) => seq));
    const alarms = (await (await fetch(`${far.url}api/v1/alarms`)).json()) as { agentId: string }[];
    expect(alarms.filter((alarm) => alarm.agentId === agentId)).toEqual([]);
  });

  test('two agents with one id and epoch: one at a time, and every event once', async () => {
    const { agentId, token, journal } = await agent();
    journal.add(40);
    const copy = journal.copyUpTo(40);
    // The broker lets one in for the other: who is sent away comes back later each time, and one of them gets through.
    const patient = { retry: { firstMs: 200, capMs: 4_000, refusedMs: 300 }, random: Math.random };
    send(journal, agentId, token, 30_000, patient);
    send(copy, agentId, token, 30_000, patient);
    await Promise.all([level(journal), level(copy)]);
    expect(await seqs(journal, agentId)).toEqual(journal.events.map(({ seq }) => seq));
  });

  test('a broker killed in the middle and back, empty: all there, once, and presence is known again', async () => {
    const { agentId, token, journal } = await agent();
    journal.add(3_000);
    const sender = send(journal, agentId, token);
    await until(() => journal.cursor('central') > 200);
    await broker.kill();
    await until(() => sender.status.state === 'away');
    await until(async () => {
      const health = (await (await fetch(`${far.url}api/v1/health`)).json()) as { status: string };
      return health.status === 'degraded';
    });
    await broker.restart();
    ({ client: evil, heard } = await intruder(broker.port));
    await level(journal);
    expect(await seqs(journal, agentId)).toEqual(journal.events.map(({ seq }) => seq));
    await until(async () => (await far.hallState(agentId)) === 'connected');
  });

  test('an idle agent notices that nobody is behind the broker any more', async () => {
    const { agentId, token, journal } = await agent();
    journal.add(1);
    const sender = send(journal, agentId, token, 300);
    await until(() => sender.status.state === 'level');
    await far.kill();
    await until(() => sender.status.state === 'away');
    expect(sender.status.why).toContain('far end');
    await far.restart();
    await until(() => sender.status.state === 'level');
  });

  test('a recorded command does nothing, in the same connection and in the next one', async () => {
    const { agentId, token, place } = await agent();
    const done: string[] = [];
    const dial = async () => {
      const dialled = await dialMqtt({
        ...{ url: `mqtt://127.0.0.1:${broker.port}`, timeoutMs: 5_000, signal: new AbortController().signal },
        auth: { agentId, epoch: place.epoch, token },
        mqtt: PLACE,
        onCommand: async (raw) => {
          const { id } = raw as { id: string };
          done.push(id);
          return { id, ok: true };
        },
      });
      if ('failed' in dialled) throw new Error(dialled.failed);
      return dialled.connection;
    };
    const first = await dial();
    const code = await far.book(agentId, '2099-01-05');
    await until(async () => (await far.booked(agentId, code)) === 'delivered');
    const topic = topicOf(place, 'commands');
    const recorded = heard.get(topic)![0]!;
    await evil.publishAsync(topic, recorded, { qos: 1 });
    const next = await far.book(agentId, '2099-01-06');
    await until(async () => (await far.booked(agentId, next)) === 'delivered');
    expect(done).toHaveLength(2);
    first.close();
    const second = await dial();
    await evil.publishAsync(topic, recorded, { qos: 1 });
    const last = await far.book(agentId, '2099-01-07');
    await until(async () => (await far.booked(agentId, last)) === 'delivered');
    expect(done).toHaveLength(3);
    second.close();
  });
});

describe.runIf(program !== undefined)('Mosquitto with MQTT 5', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  test('a broker that takes only small packets is refused with its limit', async () => {
    const broker = await mosquittoBroker(program!, ['max_packet_size 100000']);
    stops.push(broker.stop);
    const dialled = await dialMqtt({
      ...{ url: `mqtt://127.0.0.1:${broker.port}`, timeoutMs: 5_000, signal: new AbortController().signal },
      auth: { agentId: 'hub-1', epoch: 'epoch-one', token: 'some-token-of-nobody' },
      mqtt: PLACE,
      onCommand: () => Promise.reject(new Error('not expected')),
    });
    expect(dialled).toMatchObject({ refused: true, failed: expect.stringContaining('100000') });
  });

  test('two servers share one group: the batches of one agent go to both, one is killed, nothing is lost', async () => {
    const postgres: PostgresServer = await startPostgres();
    stops.push(postgres.stop);
    const broker = await mosquittoBroker(program!, ['persistence true', 'autosave_interval 1']);
    stops.push(broker.stop);
    const behind = {
      port: broker.port,
      configuration: `mqtt: {url: "mqtt://127.0.0.1:${broker.port}"}\n`,
      mqtt: PLACE,
      databaseUrl: postgres.databaseUrl,
    };
    const servers = [
      await farEnd((port) => `mqtt://127.0.0.1:${port}`, behind),
      await farEnd((port) => `mqtt://127.0.0.1:${port}`, behind),
    ] as const;
    for (const server of servers) stops.push(server.stop);
    const journal = history('hub-1', 'epoch-shared');
    journal.add(6_000);
    let rewound = 0;
    const { setCursor } = journal;
    journal.setCursor = (link, seq) => {
      if (seq < journal.cursor(link)) rewound += 1;
      setCursor(link, seq);
    };
    const sender = new LinkSender({
      ...{ name: 'central', url: `mqtt://127.0.0.1:${broker.port}`, agentId: 'hub-1', source: journal },
      ...{ token: await servers[0].letIn('hub-1'), clock: () => new Date(), random: () => 0.5 },
      ...{ timeoutMs: 2_000, retry: { firstMs: 40, capMs: 150, refusedMs: 300 }, mqtt: PLACE },
    });
    stops.push(() => sender.close());
    sender.start();
    await until(() => journal.cursor('central') >= 2_500);
    expect(rewound).toBe(0);
    // Each knows the agent, whoever took its batches.
    for (const server of servers) expect(await server.hallState('hub-1')).toBe('connected');
    await servers[1].kill();
    await until(() => journal.cursor('central') === 6_000);
    // A broker that is killed and comes back with what it had on disk.
    await broker.kill();
    journal.add(50);
    await broker.restart();
    await until(() => journal.cursor('central') === 6_050);
    const stored = await servers[0].events('hub-1', journal.epoch);
    expect(stored).toEqual(journal.events);
  }, 90_000);
});
